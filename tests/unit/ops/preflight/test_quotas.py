"""Quotas of what a layout makes anew: one too few, one finding, and none for what is deployed."""

from __future__ import annotations

from typing import Any

import pytest

from modules.layout.stores import CLUSTER_TAG
from tests.account.server import AccountServer
from tests.terraform_json import Load
from tests.unit.ops.preflight.capacity_account import OTHER_ZONE, REGION, ZONE, Capacity
from tests.unit.ops.preflight.subjects import client_of

PER_ZONE = "network: {nat_gateway: per_zone}\n"


@pytest.fixture
def capacity(aws: AccountServer) -> Capacity:
    return Capacity(aws)


@pytest.fixture
def ec2(aws: AccountServer) -> Any:
    return client_of("ec2", REGION)


def tagged(kind: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": CLUSTER_TAG, "Value": "demo"}]}]


@pytest.mark.parametrize(
    "text, quota, most, finding",
    [
        # moto has a default VPC in every region
        ("", ("vpc", "L-F678F1CE"), 2, ("vpc-quota", "error", "network")),
        ("", ("vpc", "L-A4707A72"), 1, ("vpc-quota", "error", "network")),
        ("", ("ec2", "L-0263D0A3"), 1, ("elastic-ip-quota", "error", "network.nat_gateway")),
        (PER_ZONE, ("ec2", "L-0263D0A3"), 2, ("elastic-ip-quota", "error", "network.nat_gateway")),
        ("", ("eks", "L-1194D53C"), 1, ("cluster-quota", "error", "name")),
        ("", ("eks", "L-6D54EA21"), 1, ("node-group-quota", "error", "node_groups")),
        ("", ("eks", "L-BD136A63"), 1, ("node-group-quota", "error", "node_groups.sys.size.desired")),
    ],
)
def test_one_less_than_is_needed_is_a_finding(
    capacity: Capacity,
    aws: AccountServer,
    layout: Load,
    text: str,
    quota: tuple[str, str],
    most: int,
    finding: tuple[str, str, str],
) -> None:
    one_node = "node_groups: {sys: {size: {min: 1, desired: 1, max: 1}}}\n"
    capacity.loaded = layout(text + one_node)
    aws.extras.quotas[quota] = most
    assert capacity.findings() == []
    aws.extras.quotas[quota] = most - 1
    assert capacity.findings() == [finding]
    problem, remedy = capacity.only(finding[0])
    assert f"({quota[1]}) is {most - 1} " in problem
    assert f"--service-code {quota[0]} --quota-code {quota[1]} --desired-value {most} " in remedy


@pytest.mark.parametrize(
    "group, number",
    [
        ("sys: {security_group_ids: [sg-0123456789abcdef0, sg-0123456789abcdef1]}", 3),
        (
            "gpu: {instance_type: g5.8xlarge, size: {desired: 1}, security_group_ids: [sg-0123456789abcdef0]}",
            3,
        ),
    ],
)
def test_groups_of_ones_own_come_on_top_of_the_clusters_and_of_efas(
    capacity: Capacity, aws: AccountServer, layout: Load, group: str, number: int
) -> None:
    capacity.loaded = layout(f"node_groups: {{{group}}}\n")
    aws.extras.quotas["vpc", "L-2AFB9258"] = number
    assert "security-group-quota" not in {id for id, _, _ in capacity.findings()}
    aws.extras.quotas["vpc", "L-2AFB9258"] = number - 1
    where = f"node_groups.{group.partition(':')[0]}.security_group_ids"
    assert ("security-group-quota", "error", where) in capacity.findings()
    assert f"needs {number} on each interface" in capacity.only("security-group-quota")[0]


def test_a_cause_of_vpcs_and_gateways_is_told_once(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    aws.extras.quotas["vpc", "L-F678F1CE"] = aws.extras.quotas["vpc", "L-A4707A72"] = 0
    capacity.loaded = layout("")
    assert capacity.findings() == [("vpc-quota", "error", "network")]
    assert "L-F678F1CE" in capacity.only("vpc-quota")[0]


def test_a_private_network_takes_no_addresses_and_no_gateways(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    for quota in (("vpc", "L-A4707A72"), ("ec2", "L-0263D0A3"), ("vpc", "L-FE5A380F")):
        aws.extras.quotas[quota] = 0
    capacity.loaded = layout("network: {fully_private: true}\n")
    assert capacity.findings() == []


def test_nodes_of_a_group_beyond_the_quota_are_a_warning_until_they_are_desired(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    aws.extras.quotas["eks", "L-BD136A63"] = 2
    capacity.loaded = layout("")
    assert capacity.findings() == [("node-group-quota", "warning", "node_groups.sys.size.max")]


def test_node_groups_that_somebody_else_made_count(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    capacity.loaded = layout("")
    aws.answer("eks:ListNodegroups", lambda call: {"nodegroups": ["sys", "theirs", "removed"]})
    aws.extras.quotas["eks", "L-6D54EA21"] = 2
    assert capacity.findings() == [("node-group-quota", "error", "node_groups")]
    capacity.deploy("aws_eks_node_group", node_group_name="removed")  # which goes with the next apply
    assert capacity.findings() == []


# NAT gateways


def nat(ec2: Any, zone: str, tags: list[dict[str, Any]] | None = None) -> tuple[str, str]:
    """A NAT gateway in the default subnet of a zone, and its address."""
    where = [{"Name": "availability-zone", "Values": [zone]}, {"Name": "default-for-az", "Values": ["true"]}]
    subnet = ec2.describe_subnets(Filters=where)["Subnets"][0]["SubnetId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address, TagSpecifications=tags or [])
    return made["NatGateway"]["NatGatewayId"], address


def test_nat_gateways_are_counted_by_zone(
    capacity: Capacity, aws: AccountServer, ec2: Any, layout: Load
) -> None:
    aws.extras.quotas["vpc", "L-FE5A380F"] = 1
    capacity.loaded = layout(PER_ZONE)
    assert capacity.findings() == []
    nat(ec2, "us-west-2c")  # where this network has none
    assert capacity.findings() == []
    nat(ec2, ZONE)
    assert capacity.findings() == [("nat-gateway-quota", "error", "network.nat_gateway")]
    assert "1 in use besides, and the layout needs 1 in us-west-2b" in capacity.only("nat-gateway-quota")[0]
    capacity.loaded = layout("")  # a single one, in the first zone
    assert capacity.findings() == []


# What is deployed


def test_a_network_that_is_deployed_is_not_counted_again(
    capacity: Capacity, aws: AccountServer, ec2: Any, layout: Load
) -> None:
    for quota in (("vpc", "L-A4707A72"), ("vpc", "L-F678F1CE"), ("eks", "L-1194D53C")):
        aws.extras.quotas[quota] = 0
    aws.extras.quotas["ec2", "L-0263D0A3"] = aws.extras.quotas["vpc", "L-FE5A380F"] = 1
    capacity.loaded = layout("")
    gateway, address = nat(ec2, OTHER_ZONE)
    capacity.deploy("aws_vpc", id="vpc-1")
    capacity.deploy("aws_eip", id=address)
    capacity.deploy("aws_nat_gateway", id=gateway)
    capacity.deploy("aws_eks_cluster", name="demo")
    assert capacity.findings() == []


def test_where_the_state_cannot_be_read_the_tag_tells_what_is_deployed(
    capacity: Capacity, aws: AccountServer, ec2: Any, layout: Load
) -> None:
    capacity.loaded = layout("")
    ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tagged("vpc"))
    _, address = nat(ec2, OTHER_ZONE, tagged("natgateway"))
    ec2.create_tags(Resources=[address], Tags=tagged("")[0]["Tags"])
    aws.answer("eks:ListClusters", lambda call: {"clusters": ["demo", "other"]})
    aws.extras.quotas["vpc", "L-F678F1CE"] = 2
    aws.extras.quotas["ec2", "L-0263D0A3"] = aws.extras.quotas["vpc", "L-FE5A380F"] = 1
    aws.extras.quotas["eks", "L-1194D53C"] = 2
    assert capacity.findings() == []


# FSx

LUSTRE = """
storage:
  file_systems:
    data: {type: persistent_2, capacity_gib: 4800, node_group: gpu}
    scratch: {type: scratch_2, capacity_gib: 2400, node_group: gpu}
node_groups:
  gpu:
    instance_type: g6.8xlarge
    availability_zone: us-west-2b
    size: {desired: 2}
"""


def lustre(id: str, kind: str, gib: int, **more: Any) -> dict[str, Any]:
    return {
        "FileSystemId": id,
        "FileSystemType": "LUSTRE",
        "StorageCapacity": gib,
        "LustreConfiguration": {"DeploymentType": kind},
        **more,
    }


@pytest.fixture
def there(aws: AccountServer) -> list[dict[str, Any]]:
    """File systems of the account."""
    found: list[dict[str, Any]] = []
    aws.answer("fsx:DescribeFileSystems", lambda call: {"FileSystems": found})
    return found


@pytest.mark.parametrize(
    "code, most, where",
    [
        ("L-FD6F2F22", 2, "data"),
        ("L-8F1B9C74", 6000, "data"),
        ("L-C48231E5", 3, "scratch"),
        ("L-AD2FC696", 6000, "scratch"),
    ],
)
def test_file_systems_and_their_storage(
    capacity: Capacity,
    aws: AccountServer,
    layout: Load,
    there: list[dict[str, Any]],
    code: str,
    most: int,
    where: str,
) -> None:
    there += [
        lustre("fs-00000000000000001", "PERSISTENT_2", 1200),
        lustre("fs-00000000000000002", "SCRATCH_2", 1200),
        lustre("fs-00000000000000003", "SCRATCH_1", 2400),
        lustre("fs-00000000000000004", "PERSISTENT_1", 9600),
        {"FileSystemId": "fs-00000000000000005", "FileSystemType": "OPENZFS", "StorageCapacity": 9600},
    ]
    capacity.loaded = layout(LUSTRE)
    aws.extras.quotas["fsx", code] = most
    assert capacity.findings() == []
    aws.extras.quotas["fsx", code] = most - 1
    assert capacity.findings() == [("lustre-quota", "error", f"storage.file_systems.{where}")]


def test_a_deployed_file_system_counts_with_the_size_that_it_is_to_have(
    capacity: Capacity, aws: AccountServer, layout: Load, there: list[dict[str, Any]]
) -> None:
    there.append(lustre("fs-00000000000000001", "PERSISTENT_2", 2400))
    capacity.loaded = layout(LUSTRE)
    capacity.deploy("aws_fsx_lustre_file_system", id="fs-00000000000000001")
    aws.extras.quotas["fsx", "L-FD6F2F22"] = 1
    aws.extras.quotas["fsx", "L-8F1B9C74"] = 4800
    assert capacity.findings() == []
    aws.extras.quotas["fsx", "L-8F1B9C74"] = 4799
    assert capacity.findings() == [("lustre-quota", "error", "storage.file_systems.data")]
