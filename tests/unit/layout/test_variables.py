"""Terraform variables in the place of values."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest

from modules.layout import Fault, Loaded, Var, is_known
from tests.unit.layout.cases import EXISTING, existing, new

LoadText = Callable[[str], Loaded]
FaultsOf = Callable[[str], tuple[Fault, ...]]

VARIABLES = EXISTING.replace("vpc-0123456789abcdef0", "var.vpc_id").replace(
    "[subnet-0123456789abcdef0, subnet-0123456789abcdef1]", "var.private_subnet_ids"
)


def test_a_variable_is_declared_with_type_description_and_validation(load_text: LoadText) -> None:
    subnets, vpc = load_text(VARIABLES).variables
    assert (vpc.name, vpc.kind.terraform_type) == ("vpc_id", "string")
    assert vpc.description == "Id of the existing VPC (network.vpc_id)"
    assert vpc.condition == 'can(regex("^vpc-([0-9a-f]{8}|[0-9a-f]{17})$", var.vpc_id))'
    assert (subnets.name, subnets.kind.terraform_type) == ("private_subnet_ids", "list(string)")
    assert "length(var.private_subnet_ids) >= 2" in subnets.condition


def test_a_literal_needs_no_variable(load_text: LoadText) -> None:
    assert load_text(EXISTING).variables == ()


def test_one_variable_in_two_places_is_declared_once(load_text: LoadText) -> None:
    text = new(
        "a: {instance_type: m5.large, size: {desired: 1}, availability_zone: var.zone}\n"
        "b: {instance_type: m5.large, size: {desired: 1}, availability_zone: var.zone}\n"
    )
    (variable,) = load_text(text).variables
    assert [path[1] for path in variable.paths] == ["a", "b"]


def test_a_variable_is_text_that_terraform_replaces(load_text: LoadText) -> None:
    vpc = load_text(VARIABLES).layout.network.vpc_id
    assert isinstance(vpc, Var)
    assert vpc == "${var.vpc_id}"
    assert vpc.reference == "var.vpc_id"
    assert not is_known(vpc)
    assert is_known("vpc-0123456789abcdef0")


def test_a_copy_is_a_variable_too(load_text: LoadText) -> None:
    vpc = load_text(VARIABLES).layout.network.vpc_id
    for made in (copy.deepcopy(vpc), pickle.loads(pickle.dumps(vpc))):
        assert isinstance(made, Var)
        assert made.kind == vpc.kind if isinstance(vpc, Var) else False


@pytest.mark.parametrize("name", ["Vpc", "vpc-id", "1a", "", "count", "a" * 65, "a.b", "x\n"])
def test_a_name_that_terraform_would_refuse_is_a_fault(name: str, faults_of: FaultsOf) -> None:
    faults = faults_of(EXISTING.replace("vpc-0123456789abcdef0", f'"var.{name}"'.replace("\n", "\\n")))
    assert [(fault.path, fault.rule) for fault in faults] == [(("network", "vpc_id"), "value")]
    assert "is no Terraform variable" in faults[0].problem
    assert "vpc_id" in faults[0].remedy


def test_terraforms_own_syntax_is_answered_with_ours(faults_of: FaultsOf) -> None:
    (fault,) = faults_of(EXISTING.replace("vpc-0123456789abcdef0", "${var.vpc}"))
    assert "without ${}" in fault.remedy


@pytest.mark.parametrize(
    "text, path",
    [
        (new().replace("us-west-2", "var.region"), "region"),
        (new().replace("demo", "var.name"), "name"),
        (new(top="network: {cidr: var.cidr}\n"), "cidr"),
        (new(top="helm_releases: {kueue: {version: var.version}}\n"), "version"),
    ],
)
def test_where_no_variable_can_stand_the_fault_says_so(text: str, path: str, faults_of: FaultsOf) -> None:
    (fault,) = faults_of(text)
    assert fault.path[-1] == path
    assert "no Terraform variable can stand here" in fault.problem


def test_variables_pass_the_rules_that_look_at_values(faults_of: FaultsOf) -> None:
    text = existing(
        "gpu:\n  instance_type: p5.48xlarge\n  size: {desired: 2}\n  availability_zone: var.zone\n"
        "  subnet_ids: [var.subnet]\n  capacity: {type: capacity_block, reservation_id: var.cr, "
        "start: var.start, end: var.end}\n",
        "cluster: {endpoint: {public: true, public_access_cidrs: var.cidrs}, "
        "secrets_encryption: {kms_key_arn: var.key}, access_entries: {a: {principal_arn: var.admin, "
        "policies: [AmazonEKSClusterAdminPolicy]}}}\n",
    )
    assert faults_of(text) == ()
