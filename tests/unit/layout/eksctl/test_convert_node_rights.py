"""Rights of nodes: policies, roles, and what `withAddonPolicies` stands for."""

from __future__ import annotations

import textwrap

import pytest

from modules.layout.eksctl import Options
from tests.unit.layout.eksctl.imports import Import, Importer

READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
ROLE = "arn:aws:iam::111122223333:role/nodes"
POLICIES = "managedNodeGroups[0].iam.withAddonPolicies"


def _nodes(imported: Importer, fields: str, options: Options | None = None) -> Import:
    text = textwrap.indent(textwrap.dedent(fields).strip("\n"), "      ")
    return imported(
        f"managedNodeGroups:\n  - name: workers\n    instanceType: m6i.large\n    iam:\n{text}\n", options
    )


def test_policies_of_the_nodes_are_kept_but_for_those_that_all_have(imported: Importer) -> None:
    own = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"
    assert _nodes(imported, f"attachPolicyARNs: [{own}, {READ}]").group.policy_arns == (READ,)


def test_a_role_of_the_nodes_is_kept(imported: Importer) -> None:
    assert _nodes(imported, f"instanceRoleARN: {ROLE}").group.role_arn == ROLE


@pytest.mark.parametrize(
    "field",
    ["attachPolicy: {Statement: []}", "instanceRolePermissionsBoundary: arn", "instanceProfileARN: arn"],
)
def test_rights_of_nodes_without_counterpart_are_dropped(imported: Importer, field: str) -> None:
    made = _nodes(imported, field)
    assert made.fate(f"managedNodeGroups[0].iam.{field.partition(':')[0]}") == "DROPPED"


@pytest.mark.parametrize(
    ("word", "addon"),
    [
        ("ebs", "aws-ebs-csi-driver"),
        ("efs", "aws-efs-csi-driver"),
        ("fsx", "aws-fsx-csi-driver"),
        ("externalDNS", "external-dns"),
        ("certManager", "cert-manager"),
    ],
)
def test_rights_for_an_add_on_become_the_add_on(imported: Importer, word: str, addon: str) -> None:
    made = _nodes(imported, f"withAddonPolicies: {{{word}: true}}")
    assert made.layout.addons[addon].enabled
    assert made.fate(f"{POLICIES}.{word}") == "changed"
    assert addon in made.notes(f"{POLICIES}.{word}")


@pytest.mark.parametrize(
    ("word", "policy"),
    [("imageBuilder", "AmazonEC2ContainerRegistryPowerUser"), ("xRay", "AWSXRayDaemonWriteAccess")],
)
def test_rights_that_anything_on_the_nodes_uses_are_a_policy(
    imported: Importer, word: str, policy: str
) -> None:
    made = _nodes(imported, f"withAddonPolicies: {{{word}: true}}")
    assert made.group.policy_arns == (f"arn:aws:iam::aws:policy/{policy}",)


def test_policies_are_those_of_the_region_s_partition(imported: Importer) -> None:
    made = imported("""
        metadata: {name: demo, region: us-gov-west-1}
        managedNodeGroups:
          - name: workers
            instanceType: m6i.large
            iam: {withAddonPolicies: {imageBuilder: true}}
        """)
    assert made.group.policy_arns[0].startswith("arn:aws-us-gov:iam::aws:policy/")


def test_the_right_to_scale_installs_the_autoscaler_only_on_demand(imported: Importer) -> None:
    text = "withAddonPolicies: {autoScaler: true}"
    assert _nodes(imported, text).group.scaling_owner == "terraform"
    assert "--autoscaler" in _nodes(imported, text).notes(f"{POLICIES}.autoScaler")
    assert _nodes(imported, text, Options(autoscaler=True)).group.scaling_owner == "autoscaler"


@pytest.mark.parametrize("word", ["awsLoadBalancerController", "albIngress"])
def test_the_rights_of_the_load_balancer_controller_are_its_release(imported: Importer, word: str) -> None:
    made = _nodes(imported, f"withAddonPolicies: {{{word}: true}}")
    assert made.layout.has_release("aws-load-balancer-controller")
    assert made.fate(f"{POLICIES}.{word}") == "changed"
    assert not made.group.policy_arns
    off = _nodes(imported, f"withAddonPolicies: {{{word}: false}}")
    assert not off.layout.has_release("aws-load-balancer-controller")


@pytest.mark.parametrize("word", ["appMesh", "appMeshPreview"])
def test_rights_without_counterpart_are_dropped(imported: Importer, word: str) -> None:
    assert _nodes(imported, f"withAddonPolicies: {{{word}: true}}").fate(f"{POLICIES}.{word}") == "DROPPED"


def test_rights_that_are_off_are_not_missed(imported: Importer) -> None:
    made = _nodes(imported, "withAddonPolicies: {appMesh: false, fsx: false}")
    assert not made.converted.drops
    assert "aws-fsx-csi-driver" not in made.layout.addons
