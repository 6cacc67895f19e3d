"""What the offline plan says of overrides by the provider's schema."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from modules.bindings.flavor import CDKTF, CDKTN, Flavor
from modules.layout import Fault
from ops.offline.schema import BindingPackage, Body
from ops.plan.overrides import blamed, override_faults
from tests.terraform_json import Load

GROUP = "aws_eks_node_group.nodes_sys"
DOCUMENT: dict[str, Any] = {
    "terraform": {"required_providers": {"aws": {"source": "aws", "version": "6.25.0"}}},
    "provider": {"aws": [{"region": "us-west-2"}, {"alias": "east"}], "helm": [{}]},
    "data": {"aws_partition": {"partition": {}}},
    "resource": {
        "aws_eks_node_group": {"nodes_sys": {}},
        "helm_release": {"releases_x": {}},
        "terraform_data": {"x": {}},
    },
}


@cache
def _package(name: str, flavor: Flavor) -> BindingPackage:
    return BindingPackage(name, flavor)


def _body(kind: str, type_name: str, flavor: Flavor = CDKTF) -> Body | None:
    name = type_name.partition("_")[0]
    if name == "terraform":
        return None
    return _package(name, flavor).body(kind, "" if kind == "provider" else type_name)  # type: ignore[arg-type]


def _faults(layout: Load, address: str, path: str, value: str, stack: str = "demo") -> list[Fault]:
    loaded = layout(f"overrides:\n  {address}:\n    {path}: {value}\n")
    faults = override_faults(loaded, stack, DOCUMENT, _body, CDKTF)
    where = ("overrides", address, path.strip("'"))
    assert all(one.path == where and one.origin == loaded.tree.locate(where) for one in faults)
    return faults


@pytest.mark.parametrize(
    ("address", "path", "value"),
    [
        (GROUP, "timeouts.create", "90m"),
        (GROUP, "update_config[0].max_unavailable", "3"),
        (GROUP, "update_config.max_unavailable", '"3"'),
        (GROUP, "update_config", "{max_unavailable: 3}"),
        (GROUP, "update_config", "[{max_unavailable: '${var.a}'}]"),
        (GROUP, "update_config", "${null}"),
        (GROUP, "taint", "[{key: a, effect: NO_EXECUTE}, {key: b, effect: NO_EXECUTE}]"),
        (GROUP, "version", "${null}"),
        (GROUP, "'tags[\"a.b/c\"]'", "1"),
        (GROUP, "subnet_ids[0]", "a"),
        (GROUP, "subnet_ids", "${[local.a]}"),
        (GROUP, "force_update_version", "'true'"),
        (GROUP, "lifecycle.anything_at_all", "1"),
        (GROUP, "depends_on", "[aws_vpc.x]"),
        ("provider.aws", "assume_role[0].role_arn", "arn:aws:iam::111122223333:role/x"),
        ("provider.aws.east", "profile", "x"),
        ("helm_release.releases_x", "set[0].name", "a"),
        ("helm_release.releases_x", "set", "[{name: a, value: b}]"),
        ("terraform_data.x", "input", "{a: 1}"),
        ("platform/data.aws_partition.partition", "gone", "1"),  # of another stack
        ("data.aws_partition.other", "gone", "1"),  # not there: the synthesis refuses it
    ],
)
def test_what_a_provider_takes_is_let_through(layout: Load, address: str, path: str, value: str) -> None:
    assert _faults(layout, address, path, value) == []


@pytest.mark.parametrize(
    ("address", "path", "value", "problem", "remedy"),
    [
        (
            GROUP, "update_config.max_unavailble", "3",
            "aws_eks_node_group.update_config has no argument 'max_unavailble' in aws 6.25.0",
            "Did you mean max_unavailable? It has max_unavailable, max_unavailable_percentage.",
        ),
        (GROUP, "taint", "[{key: a, efect: b}]", "taint has no argument 'efect'", "Did you mean effect?"),
        (GROUP, "arn", "x", "aws_eks_node_group.arn is read-only", "Remove it."),
        (GROUP, "id", "x", "aws_eks_node_group.id is read-only", "Remove it."),
        (GROUP, "version", "{x: 1}", "aws_eks_node_group.version takes a text", "${}"),
        (GROUP, "version.minor", "35", "version is a text, and has nothing inside", "as a whole"),
        (GROUP, "disk_size", "large", "disk_size takes a number", "${}"),
        (GROUP, "force_update_version", "1", "takes true or false", "${}"),
        (GROUP, "subnet_ids", "a", "subnet_ids takes a list", "${}"),
        (GROUP, "labels", "[a]", "labels takes a mapping", "${}"),
        (GROUP, "labels[0]", "a", "labels is a mapping", 'Write labels["key"]'),
        (GROUP, "subnet_ids.first", "a", "subnet_ids is a list", "Write subnet_ids[0]"),
        (GROUP, "scaling_config", "3", "scaling_config is a block", "with desired_size, max_size, min_size"),
        (GROUP, "scaling_config", "[{max_size: [1]}]", "scaling_config.max_size takes a number", "${}"),
        ("provider.aws", "assume_rol", "[]", "provider.aws has no argument 'assume_rol'", "mean assume_role?"),
        ("data.aws_partition.partition", "dns", "x", "data.aws_partition has no argument 'dns'", "It has id."),
        ("helm_release.releases_x", "set[0].nam", "x", "helm_release.set has no argument 'nam'", "mean name?"),
        ("helm_release.releases_x", "set[0].name", "[x]", "helm_release.set.name takes a text", "${}"),
    ],
)  # fmt: skip
def test_what_it_does_not_take_is_told_with_what_there_is_instead(
    layout: Load, address: str, path: str, value: str, problem: str, remedy: str
) -> None:
    (fault,) = _faults(layout, address, path, value)
    assert problem in fault.problem
    assert remedy in fault.remedy
    assert fault.level == "error"


def test_an_argument_of_the_newer_provider_is_told_as_such_on_the_older_and_taken_on_the_newer(
    layout: Load,
) -> None:
    (fault,) = _faults(layout, GROUP, "update_config.update_strategy", "MINIMAL")
    assert "has no argument 'update_strategy' in aws 6.25.0" in fault.problem
    assert "The newer provider of CDK Terrain has it: CDK_FLAVOR=cdktn." in fault.remedy
    loaded = layout(f"overrides:\n  {GROUP}: {{update_config.update_strategy: MINIMAL}}\n")
    newer = override_faults(loaded, "demo", DOCUMENT, lambda kind, name: _body(kind, name, CDKTN), CDKTN)
    assert newer == []


def test_what_terraform_refuses_leads_to_the_overrides_of_the_same_resource(layout: Load) -> None:
    loaded = layout(f"overrides:\n  {GROUP}: {{version: x, labels.a: b}}\n  provider.aws: {{profile: x}}\n")
    told = blamed(loaded, "demo", DOCUMENT, "Error: x\n  with aws_eks_node_group.nodes_sys,\n")
    line = loaded.tree.locate(("overrides", GROUP)).line
    assert f"layout.yaml:{line}: overrides.{GROUP}.version\n" in told
    assert f"layout.yaml:{line}: overrides.{GROUP}.labels.a\n" in told
    assert "provider.aws" not in told
    assert blamed(loaded, "demo", DOCUMENT, "Error: of aws_vpc.x") == ""
    assert blamed(loaded, "demo-platform", {}, "aws_eks_node_group.nodes_sys") == ""
