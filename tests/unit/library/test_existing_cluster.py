"""Node groups for a cluster of somebody else: what a stranger may forget is there, or refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

import pytest
from cdktf import App, TerraformStack, TerraformVariable, Token
from cdktf import Testing as Synthesis
from cdktf_cdktf_provider_aws.data_aws_subnets import DataAwsSubnets
from cdktf_cdktf_provider_aws.eks_cluster import EksCluster, EksClusterVpcConfig

from modules import (
    Cluster,
    EfaSecurityGroup,
    ExistingCluster,
    HelmReleases,
    LayoutError,
    Network,
    NodeGroup,
    Surroundings,
    add_stacks,
    load_dict,
    models,
    surroundings_of,
)
from tests.terraform_json import Stack

P5 = {"instance_type": "p5.48xlarge", "size": {"desired": 2}}
RESERVED = {"type": "odcr", "reservation_id": "var.capacity_reservation_id"}
SYS = {"instance_type": "m5.large", "size": {"desired": 1}}
SUBNETS = [f"subnet-0123456789abcdef{number}" for number in range(3)]


@pytest.fixture
def stack() -> TerraformStack:
    """A stack of a stranger, whose addresses have CDKTF's hashes."""
    return TerraformStack(Synthesis.app(), "theirs")


def _found(stack: TerraformStack, **settings: Any) -> ExistingCluster:
    given = {"name": "prod", "region": "us-west-2", "kubernetes_version": "1.35", **settings}
    return ExistingCluster(stack, "prod", **given)


def _json(stack: TerraformStack) -> Stack:
    return Stack("theirs", json.loads(Synthesis.synth(stack)))


def test_efa_nodes_have_both_security_groups_and_wait_for_the_rules(stack: TerraformStack) -> None:
    cluster = _found(stack)
    for name in ("one", "two"):
        cluster.add_node_group(
            name, {**P5, "security_group_ids": ["sg-0123456789abcdef0"]}, subnet_ids=SUBNETS[:1]
        )
    made = _json(stack)
    assert len(made.resources("aws_security_group")) == 1, (
        "one for both, so that their nodes reach each other"
    )
    [efa] = made.resources("aws_security_group")
    [found] = made.data("aws_eks_cluster")
    config = f"data.aws_eks_cluster.{found}.vpc_config[0]"
    assert made.only("aws_security_group")["vpc_id"] == f"${{{config}.vpc_id}}"
    for template in made.resources("aws_launch_template").values():
        assert {tuple(one["security_groups"]) for one in template["network_interfaces"]} == {
            (
                f"${{{config}.cluster_security_group_id}}",
                f"${{aws_security_group.{efa}.id}}",
                "sg-0123456789abcdef0",
            )
        }
    for group in made.resources("aws_eks_node_group").values():
        assert sum("_rule." in one for one in group["depends_on"]) == 2


def test_a_group_without_efa_leaves_the_security_groups_to_eks(stack: TerraformStack) -> None:
    _found(stack).add_node_group("sys", SYS, subnet_ids=SUBNETS)
    made = _json(stack)
    assert not made.resources("aws_security_group")
    assert "vpc_security_group_ids" not in made.only("aws_launch_template")


@pytest.mark.parametrize("given", [True, False])
def test_the_role_of_the_nodes_has_the_rights_of_the_cni_unless_it_has_its_own(
    stack: TerraformStack, given: bool
) -> None:
    _found(stack, cni_policy=given).add_node_group("sys", SYS, subnet_ids=SUBNETS)
    arns = [one["policy_arn"] for one in _json(stack).resources("aws_iam_role_policy_attachment").values()]
    assert any(arn.endswith("/AmazonEKS_CNI_Policy") for arn in arns) is given
    assert len(arns) == 3 + given


def test_the_control_plane_that_is_looked_up_must_not_be_older_than_the_nodes(stack: TerraformStack) -> None:
    _found(stack)
    [found] = _json(stack).data("aws_eks_cluster").values()
    assert found["name"] == "prod"
    assert found["lifecycle"]["postcondition"][0]["condition"] == (
        '${tonumber(split(".", self.version)[1]) >= 35}'
    )


def test_one_of_the_same_stack_must_not_be_either(stack: TerraformStack) -> None:
    config = EksClusterVpcConfig(subnet_ids=SUBNETS)
    eks = EksCluster(stack, "eks", name="prod", version="1.34", role_arn="arn", vpc_config=config)
    with pytest.raises(ValueError, match=r"the control plane has 1\.34, and nodes are never newer: 1\.35 is"):
        _found(stack, resource=eks)
    assert _found(stack, resource=eks, kubernetes_version="1.34").found is eks


def test_a_variable_is_declared_once(stack: TerraformStack) -> None:
    TerraformVariable(stack, "availability_zone", type="string", default="us-west-2a")
    cluster = _found(stack)
    for name in ("one", "two"):
        group = {**P5, "capacity": RESERVED, "availability_zone": "var.availability_zone"}
        cluster.add_node_group(name, group, subnet_ids=SUBNETS[:1])
    variables = _json(stack).variables
    assert set(variables) == {"availability_zone", "capacity_reservation_id"}
    assert variables["availability_zone"]["default"] == "us-west-2a", "theirs stays"


def test_the_subnet_is_checked_before_nodes_are_made_in_it(stack: TerraformStack) -> None:
    group = {**P5, "availability_zone": "us-west-2c"}
    _found(stack).add_node_group("p5", group, subnet_ids=SUBNETS[:1])
    made = _json(stack)
    [(name, subnet)] = made.data("aws_subnet").items()
    conditions = [one["condition"] for one in subnet["lifecycle"]["postcondition"]]
    assert conditions[0].startswith("${self.vpc_id == data.aws_eks_cluster.")
    assert conditions[1] == '${self.availability_zone == "us-west-2c"}'
    assert made.only("aws_eks_node_group")["subnet_ids"] == [f"${{data.aws_subnet.{name}.id}}"]


@pytest.mark.parametrize(
    ("group", "subnets", "told"),
    [
        (P5, SUBNETS[:2], r"node_groups\.p5\.subnet_ids: 2 subnets for nodes with EFA"),
        ({**SYS, "capacity": RESERVED}, SUBNETS[:2], "a reservation lies in one zone"),
        ({**P5, "sise": 1}, SUBNETS[:1], r"node_groups\.p5\.sise: there is no such key"),
        ({**P5, "subnet_ids": SUBNETS[:1]}, SUBNETS[:1], "subnets are given twice"),
        (
            {**P5, "availability_zone": "eu-west-1a"},
            SUBNETS[:1],
            r"node_groups\.p5\.availability_zone: .*us-west-2",
        ),
    ],
)
def test_the_rules_of_the_language_look_at_the_group(
    stack: TerraformStack, group: dict[str, Any], subnets: list[str], told: str
) -> None:
    with pytest.raises(LayoutError, match=told) as caught:
        _found(stack).add_node_group("p5", group, subnet_ids=subnets)
    assert {fault.origin.source for fault in caught.value.faults} == {__file__}


def test_a_cluster_has_any_name_that_eks_takes(stack: TerraformStack) -> None:
    _found(stack, name="Research_01").add_node_group("p5", P5, subnet_ids=SUBNETS[:1])
    made = _json(stack)
    assert made.only("aws_launch_template")["name"] == "Research_01-p5"
    assert made.only("aws_placement_group")["name"] == "Research_01-p5"


def test_who_adds_efa_nodes_is_told_what_pods_need_to_see_it(stack: TerraformStack) -> None:
    cluster = _found(stack)
    told = {
        name: [
            str(one.data) for one in cluster.add_node_group(name, group, subnet_ids=SUBNETS[:1]).node.metadata
        ]
        for name, group in (("p5", P5), ("sys", SYS))
    }
    assert [one for one in told["p5"] if "aws-efa-k8s-device-plugin or aws-dranet" in one]
    assert told["sys"] == []


def test_a_section_of_a_loaded_layout_is_taken_too(stack: TerraformStack) -> None:
    layout = load_dict({"name": "prod", "region": "us-west-2", "node_groups": {"sys": SYS}}).layout
    section = layout.node_groups["sys"].model_copy(update={"subnet_ids": tuple(SUBNETS)})
    made = _found(stack).add_node_group("sys", section)
    assert made is not None
    assert len(_json(stack).data("aws_subnet")) == 3


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda cluster: cluster.add_node_group("sys", SYS), "nodes need subnets"),
        (
            lambda cluster: cluster.add_node_group("sys", SYS, subnet_ids=DataAwsSubnets(cluster, "ids").ids),
            "not a list of single subnets",
        ),
        (lambda cluster: cluster.add_node_group("sys", SYS, subnet_ids="subnet-0"), "not a list of single"),
        (
            lambda cluster: cluster.add_node_group("sys", SYS, subnet_ids=["var.subnet"]),
            r"variable is \$\{var\.",
        ),
        (
            lambda cluster: cluster.add_node_group("sys", SYS, subnet_ids=cast(Any, [None])),
            "None is no subnet",
        ),
        (lambda cluster: [cluster.add_node_group("a", SYS, subnet_ids=SUBNETS) for _ in "12"], "already"),
        (lambda cluster: _found(TerraformStack.of(cluster), name="a b"), "'a b' is no name of a cluster"),
        (lambda cluster: _found(TerraformStack.of(cluster), kubernetes_version=1.35), 'as text, like "1.35"'),
        (lambda cluster: _named(cluster, Token.as_string("${var.name}")), "as text"),
    ],
)
def test_what_would_only_show_at_an_apply_is_refused(
    stack: TerraformStack, wrong: Callable[[ExistingCluster], object], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        wrong(_found(stack))


def _named(cluster: ExistingCluster, name: str) -> NodeGroup:
    group = load_dict(
        {"name": "demo", "region": "us-west-2", "node_groups": {"sys": SYS}}
    ).layout.node_groups["sys"]
    return NodeGroup(
        cluster, "x", name="x", group=group, cluster_name=name, kubernetes_version="1.35", subnet_ids=SUBNETS
    )


def test_efa_nodes_without_their_security_groups_are_refused(stack: TerraformStack) -> None:
    groups = {"p5": P5, "sys": SYS}
    loaded = load_dict({"name": "demo", "region": "us-west-2", "node_groups": groups}).layout.node_groups
    common: dict[str, Any] = {"cluster_name": "demo", "kubernetes_version": "1.35", "subnet_ids": SUBNETS[:1]}
    efa = EfaSecurityGroup(stack, "efa", name="demo", vpc_id="vpc-0123456789abcdef0")
    with pytest.raises(ValueError, match="NCCL falls back to TCP in silence"):
        NodeGroup(stack, "a", name="p5", group=loaded["p5"], **common)
    with pytest.raises(ValueError, match="without it they do not join"):
        NodeGroup(stack, "b", name="p5", group=loaded["p5"], efa_security_group=efa, **common)
    with pytest.raises(ValueError, match="without it they do not join"):
        NodeGroup(stack, "c", name="sys", group=loaded["sys"], security_groups=["sg-1"], **common)
    with pytest.raises(ValueError, match="the group has no EFA"):
        NodeGroup(stack, "d", name="sys", group=loaded["sys"], efa_security_group=efa, **common)
    with_efa = {**common, "efa_security_group": efa, "cluster_security_group_id": "sg-0"}
    with pytest.raises(ValueError, match="2 subnets for nodes with EFA"):
        NodeGroup(stack, "f", name="p5", group=loaded["p5"], **{**with_efa, "subnet_ids": SUBNETS[:2]})
    with pytest.raises(ValueError, match="no list of subnets"):
        NodeGroup(stack, "g", name="p5", group=loaded["p5"], **{**with_efa, "subnet_ids": SUBNETS[0]})
    reserved = loaded["p5"].model_copy(update={"capacity": models.Capacity(type="odcr")})
    with pytest.raises(ValueError, match="odcr without a reservation"):
        NodeGroup(stack, "h", name="p5", group=reserved, **with_efa)
    own_ami = loaded["sys"].model_copy(update={"ami_id": "ami-0123456789abcdef0"})
    with pytest.raises(ValueError, match="join by `cluster_address`"):
        NodeGroup(stack, "e", name="sys", group=own_ami, **common)


def test_constructs_stand_alone_in_a_stack_of_somebody_else(stack: TerraformStack) -> None:
    network = Network(stack, "network", name="demo", region="us-west-2")
    cluster = Cluster(
        stack, "cluster", name="demo", kubernetes_version="1.35", subnet_ids=network.private_subnet_ids
    )
    section = models.NodeGroup(
        instance_type="p5.48xlarge",
        ami_type="AL2023_x86_64_NVIDIA",
        size=models.Size(desired=2, max=2),
        efa=True,
        placement_group="none",
        local_storage="raid0",
        labels={},
        taints=(),
    )
    NodeGroup(
        stack,
        "p5",
        name="p5",
        group=section,
        cluster_name="demo",
        cluster_reference=cluster.name,
        cluster_security_group_id=cluster.security_group_id,
        efa_security_group="sg-0123456789abcdef0",
        kubernetes_version="1.35",
        subnet_ids=[network.private_subnet_ids[0]],
    )
    made = _json(stack)
    [name] = made.resources("aws_eks_cluster")
    assert made.only("aws_eks_node_group")["cluster_name"] == f"${{aws_eks_cluster.{name}.id}}"
    assert len(made.data("aws_partition")) == 2, "each looks up what it was not told"
    groups = made.only("aws_launch_template")["network_interfaces"][0]["security_groups"]
    assert groups[1] == "sg-0123456789abcdef0"


@pytest.mark.parametrize(
    ("release", "told"),
    [
        ("aws-efa-k8s-device-plugin", "NCCL falls back to TCP in silence"),
        ("aws-load-balancer-controller", r"surroundings_of\(layout, vpc_id\)"),
    ],
)
def test_a_release_that_needs_to_know_more_is_refused(stack: TerraformStack, release: str, told: str) -> None:
    section = models.HelmRelease(
        repository="https://charts.example.com", chart="x", version="1.0.0", namespace="x"
    )
    around = Surroundings("demo", "us-west-2", "1.35")
    with pytest.raises(ValueError, match=told):
        HelmReleases(stack, "releases", releases={release: section}, surroundings=around)


def test_what_load_returns_is_no_layout(stack: TerraformStack) -> None:
    loaded = load_dict({"name": "demo", "region": "us-west-2", "node_groups": {"sys": SYS}})
    with pytest.raises(TypeError, match="has the layout as its `layout`"):
        add_stacks(cast(App, stack.node.root), cast(Any, loaded))


def test_a_release_alone_knows_the_nodes_of_the_layout(stack: TerraformStack) -> None:
    layout = load_dict({"name": "demo", "region": "us-west-2", "node_groups": {"p5": P5, "sys": SYS}}).layout
    plugin = "aws-efa-k8s-device-plugin"
    HelmReleases(
        stack,
        "releases",
        releases={plugin: layout.helm_releases[plugin]},
        surroundings=surroundings_of(layout),
    )
    made = _json(stack)
    assert made.only("helm_release")["create_namespace"] is False, "it is kube-system"
    [values] = made.only("helm_release")["values"]
    assert "nvidia.com/gpu" in {one.get("key") for one in json.loads(values)["tolerations"]}
