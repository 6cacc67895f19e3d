"""An existing VPC: nothing is made in it, and the plan checks what the layout says of it."""

from __future__ import annotations

import pytest

from tests.terraform_json import Body, Synth

LITERAL = """
network:
  vpc_id: vpc-0123456789abcdef0
  private_subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
"""
VARIABLE = """
network:
  vpc_id: var.vpc_id
  private_subnet_ids: var.private_subnet_ids
  public_subnet_ids: var.public_subnet_ids
"""
RESERVED = """
node_groups:
  gpu:
    instance_type: p5.48xlarge
    size: {min: 0, desired: 2, max: 4}
    availability_zone: %s
    subnet_ids: [%s]
    capacity: {type: odcr, reservation_id: cr-0123456789abcdef0}
"""

NETWORK_TYPES = (
    "aws_vpc",
    "aws_subnet",
    "aws_route_table",
    "aws_route_table_association",
    "aws_route",
    "aws_internet_gateway",
    "aws_nat_gateway",
    "aws_eip",
    "aws_vpc_endpoint",
    "aws_flow_log",
    "aws_default_security_group",
)


def _conditions(body: Body, kind: str = "postcondition") -> list[str]:
    return [check["condition"] for check in body["lifecycle"][kind]]


@pytest.mark.parametrize("text", [LITERAL, VARIABLE])
def test_nothing_of_the_network_is_made(synth: Synth, text: str) -> None:
    stack = synth(text).cluster
    assert not [of_type for of_type in NETWORK_TYPES if stack.resources(of_type)]
    assert not [address for address in stack.addresses if "flow_logs" in address]


def test_the_vpc_and_its_subnets_are_looked_up_by_id(synth: Synth) -> None:
    stack = synth(LITERAL).cluster
    assert stack["data.aws_vpc.network_vpc"]["id"] == "vpc-0123456789abcdef0"
    subnets = stack["data.aws_subnet.network_private_subnets"]
    assert subnets["id"] == "${each.value}"
    assert subnets["for_each"] == '${toset(["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"])}'
    assert "data.aws_subnet.network_public_subnets" not in stack
    assert stack.outputs["public_subnet_ids"]["value"] == []


def test_ids_may_be_variables(synth: Synth) -> None:
    stack = synth(VARIABLE).cluster
    assert stack["data.aws_vpc.network_vpc"]["id"] == "${var.vpc_id}"
    for kind in ("private", "public"):
        subnets = stack[f"data.aws_subnet.network_{kind}_subnets"]
        assert subnets["for_each"] == f"${{toset(var.{kind}_subnet_ids)}}"
    assert stack.outputs["public_subnet_ids"]["value"] == (
        "${values(data.aws_subnet.network_public_subnets)[*].id}"
    )


@pytest.mark.parametrize("text", [LITERAL, VARIABLE])
def test_the_control_plane_and_the_nodes_use_the_private_subnets(synth: Synth, text: str) -> None:
    stack = synth(text).cluster
    private = "${values(data.aws_subnet.network_private_subnets)[*].id}"
    assert stack.only("aws_eks_cluster")["vpc_config"]["subnet_ids"] == private
    assert stack["aws_eks_node_group.nodes_sys"]["subnet_ids"] == private


def test_every_subnet_has_to_lie_in_the_vpc(synth: Synth) -> None:
    stack = synth(VARIABLE + RESERVED % ("us-west-2b", "var.gpu_subnet_id")).cluster
    for name in ("network_private_subnets", "network_public_subnets", "network_gpu_subnet_0"):
        subnet = stack[f"data.aws_subnet.{name}"]
        assert "${self.vpc_id == data.aws_vpc.network_vpc.id}" in _conditions(subnet)
    messages = [
        check["error_message"]
        for check in stack["data.aws_subnet.network_gpu_subnet_0"]["lifecycle"]["postcondition"]
    ]
    assert all(message.startswith("node_groups.gpu.subnet_ids: ") for message in messages)


def test_the_cluster_is_not_made_with_subnets_in_one_zone(synth: Synth) -> None:
    stack = synth(VARIABLE).cluster
    zones = "distinct(values(data.aws_subnet.network_private_subnets)[*].availability_zone)"
    assert _conditions(stack.only("aws_eks_cluster"), "precondition") == [f"${{length({zones}) >= 2}}"]


def test_a_new_vpc_needs_no_such_check_of_its_zones(synth: Synth) -> None:
    assert "precondition" not in synth("tags: {}").cluster.only("aws_eks_cluster").get("lifecycle", {})


@pytest.mark.parametrize(
    ("zone", "expression"),
    [("us-west-2b", '"us-west-2b"'), ("var.availability_zone", "var.availability_zone")],
)
def test_the_nodes_subnet_has_to_lie_in_the_reservations_zone(
    synth: Synth, zone: str, expression: str
) -> None:
    stack = synth(VARIABLE + RESERVED % (zone, "var.gpu_subnet_id")).cluster
    subnet = stack["data.aws_subnet.network_gpu_subnet_0"]
    assert subnet["id"] == "${var.gpu_subnet_id}"
    assert f"${{self.availability_zone == {expression}}}" in _conditions(subnet)
    assert stack["aws_eks_node_group.nodes_gpu"]["subnet_ids"] == [
        "${data.aws_subnet.network_gpu_subnet_0.id}"
    ]


def test_subnets_of_a_group_without_a_zone_are_checked_for_the_vpc_alone(synth: Synth) -> None:
    stack = synth(
        LITERAL + "node_groups: {sys: {subnet_ids: [subnet-0123456789abcdef1, subnet-0123456789abcdef0]}}"
    ).cluster
    assert stack["aws_eks_node_group.nodes_sys"]["subnet_ids"] == [
        "${data.aws_subnet.network_sys_subnet_0.id}",
        "${data.aws_subnet.network_sys_subnet_1.id}",
    ]
    assert stack["data.aws_subnet.network_sys_subnet_0"]["id"] == "subnet-0123456789abcdef1"
    assert _conditions(stack["data.aws_subnet.network_sys_subnet_0"]) == [
        "${self.vpc_id == data.aws_vpc.network_vpc.id}"
    ]


def test_the_efa_security_group_is_made_in_the_existing_vpc(synth: Synth) -> None:
    stack = synth(VARIABLE + RESERVED % ("us-west-2b", "var.gpu_subnet_id")).cluster
    assert stack.only("aws_security_group")["vpc_id"] == "${data.aws_vpc.network_vpc.id}"


def test_the_plan_stops_where_the_vpc_has_no_dns(synth: Synth) -> None:
    (check,) = synth(VARIABLE).cluster["data.aws_vpc.network_vpc"]["lifecycle"]["postcondition"]
    assert check["condition"] == "${self.enable_dns_support && self.enable_dns_hostnames}"
    assert check["error_message"].startswith("network.vpc_id: ")


def test_security_groups_of_nodes_are_looked_up_and_checked_for_the_vpc(synth: Synth) -> None:
    groups = "node_groups: {sys: {security_group_ids: [sg-0123456789abcdef0, var.other]}}"
    stack = synth(LITERAL + groups).cluster
    first = stack["data.aws_security_group.network_sys_security_group_0"]
    assert first["id"] == "sg-0123456789abcdef0"
    assert _conditions(first) == ["${self.vpc_id == data.aws_vpc.network_vpc.id}"]
    assert stack["data.aws_security_group.network_sys_security_group_1"]["id"] == "${var.other}"
    assert stack["aws_launch_template.nodes_sys_launch_template"]["vpc_security_group_ids"] == [
        "${aws_eks_cluster.cluster.vpc_config[0].cluster_security_group_id}",
        "${data.aws_security_group.network_sys_security_group_0.id}",
        "${data.aws_security_group.network_sys_security_group_1.id}",
    ]
