"""Addresses of existing subnets, and ranges: one broken thing, one finding."""

from __future__ import annotations

import pytest

from tests.account.server import AccountServer
from tests.terraform_json import Load
from tests.unit.ops.preflight.network_account import EXISTING, OTHER_ZONE, THIRD_ZONE, ZONE, Network, network

WHERE = "node_groups.gpu.subnet_ids"
RANGE = "cluster.service_ipv4_cidr"
# A g4dn.12xlarge takes 60 addresses, two interfaces of 30; the group is in a subnet that is not the control plane's.
GPU = """
network: {vpc_id: var.vpc_id, private_subnet_ids: [var.first_subnet_id, var.second_subnet_id]}
node_groups:
  gpu:
    instance_type: g4dn.12xlarge
    size: {desired: 2, max: 4}
    subnet_ids: [var.gpu_subnet_id]
"""


def gpu(aws: AccountServer, layout: Load, free: int, text: str = GPU) -> Network:
    aws.reset()
    net = network(aws, layout(text))
    first, second, third = net.subnet(ZONE), net.subnet(OTHER_ZONE), net.subnet(THIRD_ZONE)
    given = {"first_subnet_id": first, "second_subnet_id": second, "gpu_subnet_id": third}
    net.right.values |= {name: value for name, value in given.items() if name in net.right.values}
    net.say(third, AvailableIpAddressCount=free)
    return net


@pytest.mark.parametrize(
    "free, expected",
    [
        (119, [("free-addresses", "error", WHERE)]),
        (120, [("free-addresses", "warning", WHERE)]),
        (239, [("free-addresses", "warning", WHERE)]),
        (240, []),
    ],
)
def test_free_addresses(
    aws: AccountServer, layout: Load, free: int, expected: list[tuple[str, str, str]]
) -> None:
    assert gpu(aws, layout, free).findings() == expected


def test_what_is_said_of_a_subnet_that_is_too_full(aws: AccountServer, layout: Load) -> None:
    net = gpu(aws, layout, 100)
    found = net.only()
    assert f"{net.subnet(THIRD_ZONE)} ({THIRD_ZONE}, 10.0.64.0/19) has 100 free addresses" in found.problem
    assert "gpu 2 x 60" in found.problem
    assert "take 120" in found.problem
    assert "WARM_IP_TARGET" in found.remedy


def test_free_addresses_are_told_of_a_subnet_with_room(aws: AccountServer, layout: Load) -> None:
    told = {
        one.where: one.problem for one in gpu(aws, layout, 500).found("info") if one.id == "free-addresses"
    }
    assert "has 500 free addresses; the layout takes 120 more now, 240 at its largest" in told[WHERE]


def test_a_cni_that_is_told_to_hold_fewer(aws: AccountServer, layout: Load) -> None:
    text = f"{GPU}\naddons: {{vpc-cni: {{configuration: {{env: {{WARM_IP_TARGET: '4', MINIMUM_IP_TARGET: '16'}}}}}}}}"
    assert gpu(aws, layout, 68, text).findings() == []  # 4 nodes of 17
    assert gpu(aws, layout, 67, text).findings() == [("free-addresses", "warning", WHERE)]


def test_efa_only_on_card_0_leaves_the_node_one_interface(aws: AccountServer, layout: Load) -> None:
    text = GPU.replace("g4dn.12xlarge", "p5.48xlarge")
    assert gpu(aws, layout, 200, text).findings() == []  # 4 nodes of 50, and not of 100
    assert gpu(aws, layout, 199, text).findings() == [("free-addresses", "warning", WHERE)]


def test_nodes_that_run_already_are_not_counted_again(aws: AccountServer, layout: Load) -> None:
    net = gpu(aws, layout, 120)
    tags = {"eks:cluster-name": "demo", "eks:nodegroup-name": "gpu"}
    image = net.ec2.describe_images()["Images"] or [{"ImageId": "ami-12345678"}]

    def run(count: int, cluster: str) -> None:
        net.ec2.run_instances(
            ImageId=image[0]["ImageId"],
            MinCount=count,
            MaxCount=count,
            SubnetId=net.subnet(THIRD_ZONE),
            TagSpecifications=[
                {
                    "ResourceType": "instance",
                    "Tags": [
                        {"Key": key, "Value": value}
                        for key, value in {**tags, "eks:cluster-name": cluster}.items()
                    ],
                }
            ],
        )

    run(2, "other")
    assert net.findings() == [("free-addresses", "warning", WHERE)]
    run(2, "demo")
    assert net.findings() == []  # two more nodes at the most


def test_groups_over_several_subnets_are_spread_evenly(aws: AccountServer, layout: Load) -> None:
    two = GPU.replace(
        "subnet_ids: [var.gpu_subnet_id]", "subnet_ids: [var.first_subnet_id, var.gpu_subnet_id]"
    )
    text = two.replace("g4dn.12xlarge", "c5.9xlarge")  # 60 too, without EFA
    assert gpu(aws, layout, 120, text).findings() == []
    assert gpu(aws, layout, 119, text).findings() == [("free-addresses", "warning", WHERE)]


@pytest.mark.parametrize("free, level", [(35, "error"), (36, "warning"), (105, "warning"), (106, None)])
def test_the_control_planes_addresses(aws: AccountServer, layout: Load, free: int, level: str | None) -> None:
    # 6 asked for, 16 advised; sys takes 30 for one node in each of three subnets, and 3 nodes at the most.
    text = EXISTING + "node_groups: {sys: {size: {min: 0, desired: 3, max: 9}}}"
    net = network(aws, layout(text))
    net.say(net.subnet(), AvailableIpAddressCount=free)
    assert net.findings() == ([("free-addresses", level, "network.private_subnet_ids")] if level else [])


def test_a_control_plane_that_is_there_needs_no_more(aws: AccountServer, layout: Load) -> None:
    net = network(aws, layout(EXISTING))
    net.say(net.subnet(), AvailableIpAddressCount=30)
    assert [one.level for one in net.found()] == ["error"]  # 6 and a node of 30
    net.deploy("aws_eks_cluster", name="demo")
    assert net.findings() == []


@pytest.mark.parametrize("services, expected", [("10.0.16.0/20", "error"), ("10.1.0.0/16", None)])
def test_a_range_of_services_inside_the_vpc(
    aws: AccountServer, layout: Load, services: str, expected: str | None
) -> None:
    net = network(aws, layout(EXISTING + f"cluster: {{service_ipv4_cidr: {services}}}"))
    assert net.findings() == ([("service-range", expected, RANGE)] if expected else [])


@pytest.mark.parametrize(
    "cidr, written, expected",
    [
        ("172.16.0.0/12", "", "172.20.0.0/16, the range of services that EKS chooses here,"),
        (
            "172.16.0.0/12",
            "cluster: {service_ipv4_cidr: 172.30.0.0/16}",
            "172.30.0.0/16, the range of services,",
        ),
        ("172.16.0.0/12", "cluster: {service_ipv4_cidr: 192.168.0.0/16}", ""),
        ("10.100.0.0/16", "", ""),
    ],
)
def test_a_range_of_services_that_the_routes_lead_to(
    aws: AccountServer, layout: Load, cidr: str, written: str, expected: str
) -> None:
    net = network(aws, layout(EXISTING + written))
    gateway = net.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    net.route(net.right.private_route_table_id, cidr, TransitGatewayId=gateway)
    if expected:
        found = net.only()
        assert (found.id, found.level, found.where) == ("service-range", "warning", RANGE)
        assert expected in found.problem
        assert f"{cidr} ({gateway})" in found.problem
        net.deploy("aws_eks_cluster", name="demo")  # it cannot be changed any more
    assert net.findings() == []


def test_another_vpc_of_the_same_range_is_no_fault(aws: AccountServer, layout: Load) -> None:
    net = network(aws, layout("tags: {}"))
    assert [one for one in net.found("info") if one.id == "vpc-range"] == []
    vpc = net.ec2.create_vpc(CidrBlock="10.0.128.0/20")["Vpc"]["VpcId"]
    assert net.findings() == []
    (told,) = [one for one in net.found("info") if one.id == "vpc-range"]
    assert (told.where, vpc in told.problem) == ("network.cidr", True)
    net.deploy("aws_vpc", id=vpc)
    assert [one for one in net.found("info") if one.id == "vpc-range"] == []
