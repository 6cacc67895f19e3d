"""Existing networks: one broken thing, one finding."""

from __future__ import annotations

import pytest

from tests.account.server import AccountServer
from tests.terraform_json import Load
from tests.unit.ops.preflight.network_account import EXISTING, OTHER_ZONE, THIRD_ZONE, ZONE, Network, network

GROUP = """
network: {vpc_id: var.vpc_id, private_subnet_ids: var.private_subnet_ids}
node_groups:
  gpu:
    instance_type: g4dn.8xlarge
    size: {desired: 2, max: 4}
    subnet_ids: [var.gpu_subnet_id]
    availability_zone: us-west-2a
"""


@pytest.fixture
def net(aws: AccountServer, layout: Load) -> Network:
    return network(aws, layout(EXISTING))


@pytest.fixture
def gpu(aws: AccountServer, layout: Load) -> Network:
    made = network(aws, layout(GROUP))
    made.right.values["gpu_subnet_id"] = made.subnet(ZONE)
    return made


def test_a_network_that_is_right(net: Network) -> None:
    assert net.findings() == []


def test_a_group_in_a_subnet_of_its_zone(gpu: Network) -> None:
    assert gpu.findings() == []


def test_no_such_vpc_is_the_only_finding(net: Network) -> None:
    net.right.values["vpc_id"] = "vpc-0123456789abcdef0"
    found = net.only()
    assert (found.id, found.level, found.where) == ("vpc", "error", "network.vpc_id")
    assert "vpc-0123456789abcdef0 in us-west-2" in found.problem


def test_no_such_subnet(net: Network) -> None:
    net.right.values["private_subnet_ids"][2] = "subnet-0123456789abcdef0"
    found = net.only()
    assert (found.id, found.level, found.where) == ("subnets", "error", "network.private_subnet_ids")
    assert "subnet-0123456789abcdef0" in found.problem
    assert net.right.vpc_id in found.remedy


def test_a_subnet_of_another_vpc(gpu: Network) -> None:
    vpc = gpu.ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnet = gpu.ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.0.0/20", AvailabilityZone=ZONE)["Subnet"]
    gpu.right.values["gpu_subnet_id"] = subnet["SubnetId"]
    found = gpu.only()
    assert (found.id, found.level, found.where) == ("subnets", "error", "node_groups.gpu.subnet_ids")
    assert vpc in found.problem
    assert gpu.right.vpc_id in found.problem


def test_private_subnets_in_one_zone(net: Network) -> None:
    second = net.ec2.create_subnet(VpcId=net.right.vpc_id, CidrBlock="10.0.192.0/20", AvailabilityZone=ZONE)[
        "Subnet"
    ]["SubnetId"]
    net.ec2.associate_route_table(RouteTableId=net.right.private_route_table_id, SubnetId=second)
    net.right.values["private_subnet_ids"] = [net.subnet(ZONE), second]
    found = net.only()
    assert (found.id, found.level, found.where) == (
        "control-plane-zones",
        "error",
        "network.private_subnet_ids",
    )
    assert f"all 2 private subnets are in {ZONE}" in found.problem


def test_a_zone_that_takes_no_control_plane(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    described = net.ec2.describe_subnets(SubnetIds=[net.subnet(THIRD_ZONE)])["Subnets"][0]
    monkeypatch.setattr(
        "ops.preflight.checks.networks.ZONE_IDS_WITHOUT_EKS", (described["AvailabilityZoneId"],)
    )
    found = net.only()
    assert (found.id, found.level, found.where) == (
        "control-plane-zones",
        "error",
        "network.private_subnet_ids",
    )
    assert net.subnet(THIRD_ZONE) in found.problem


def test_zones_of_a_new_vpc(aws: AccountServer, layout: Load) -> None:
    net = network(aws, layout("network: {availability_zones: [us-west-2a, us-west-2e]}"))
    found = net.only()
    assert (found.id, found.where) == ("control-plane-zones", "network.availability_zones")
    assert "no zone us-west-2e" in found.problem
    assert "us-west-2a, us-west-2b" in found.remedy


def test_zones_of_a_new_vpc_without_eks(
    aws: AccountServer, layout: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = network(aws, layout("network: {availability_zones: [us-west-2a, us-west-2b]}"))
    zones = {
        one["ZoneName"]: one["ZoneId"] for one in net.ec2.describe_availability_zones()["AvailabilityZones"]
    }
    monkeypatch.setattr("ops.preflight.checks.networks.ZONE_IDS_WITHOUT_EKS", (zones[OTHER_ZONE],))
    found = net.only()
    assert (found.id, found.where) == ("control-plane-zones", "network.availability_zones")
    assert f"{OTHER_ZONE} is {zones[OTHER_ZONE]} in your account" in found.problem


def test_a_subnet_outside_the_groups_zone(gpu: Network) -> None:
    gpu.right.values["gpu_subnet_id"] = gpu.subnet(OTHER_ZONE)
    found = gpu.only()
    assert (found.id, found.level, found.where) == ("group-zone", "error", "node_groups.gpu.subnet_ids")
    assert f"{gpu.subnet(OTHER_ZONE)} is in {OTHER_ZONE}" in found.problem
    assert "availability_zone: us-west-2b" in found.remedy


def test_a_file_system_outside_its_groups_zone(aws: AccountServer, layout: Load) -> None:
    text = (
        GROUP
        + """
storage:
  file_systems:
    scratch: {type: scratch_2, capacity_gib: 1200, node_group: gpu, subnet_id: var.file_system_subnet_id}
"""
    )
    net = network(aws, layout(text))
    net.right.values |= {"gpu_subnet_id": net.subnet(ZONE), "file_system_subnet_id": net.subnet(ZONE)}
    assert net.findings() == []
    net.right.values["file_system_subnet_id"] = net.subnet(OTHER_ZONE)
    assert net.findings() == [("group-zone", "error", "storage.file_systems.scratch.subnet_id")]


@pytest.mark.parametrize("option", ["EnableDnsSupport", "EnableDnsHostnames"])
def test_dns_that_is_off(net: Network, option: str) -> None:
    net.ec2.modify_vpc_attribute(VpcId=net.right.vpc_id, **{option: {"Value": False}})
    found = net.only()
    assert (found.id, found.level, found.where) == ("vpc-dns", "error", "network.vpc_id")
    assert found.remedy.startswith("aws ec2 modify-vpc-attribute --region us-west-2")


def dhcp(net: Network, *servers: str) -> None:
    options = net.ec2.create_dhcp_options(
        DhcpConfigurations=[{"Key": "domain-name-servers", "Values": list(servers)}]
    )["DhcpOptions"]["DhcpOptionsId"]
    net.ec2.associate_dhcp_options(DhcpOptionsId=options, VpcId=net.right.vpc_id)


def test_dns_servers_of_ones_own(net: Network) -> None:
    dhcp(net, "192.168.1.2", "192.168.1.3")
    found = net.only()
    assert (found.id, found.level, found.where) == ("vpc-dns", "warning", "network.vpc_id")
    assert "192.168.1.2, 192.168.1.3" in found.problem


@pytest.mark.parametrize("server", ["AmazonProvidedDNS", "10.0.0.2", "169.254.169.253"])
def test_amazons_resolver_among_the_servers(net: Network, server: str) -> None:
    dhcp(net, server)
    assert net.findings() == []


def test_security_groups(aws: AccountServer, layout: Load) -> None:
    text = (
        EXISTING
        + """
cluster: {security_group_ids: [sg-0123456789abcdef0]}
"""
    )
    net = network(aws, layout(text))
    found = net.only()
    assert (found.id, found.level, found.where) == ("security-groups", "error", "cluster.security_group_ids")
    assert "sg-0123456789abcdef0" in found.problem


@pytest.mark.parametrize("own", [True, False])
def test_a_security_group_of_another_vpc(aws: AccountServer, layout: Load, own: bool) -> None:
    net = network(aws, layout(EXISTING))
    vpc = net.right.vpc_id if own else net.ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    group = net.ec2.create_security_group(GroupName="another", Description="another", VpcId=vpc)["GroupId"]
    net.loaded = layout(EXISTING + f"node_groups: {{sys: {{security_group_ids: [{group}]}}}}")
    expected = [] if own else [("security-groups", "error", "node_groups.sys.security_group_ids")]
    assert net.findings() == expected
