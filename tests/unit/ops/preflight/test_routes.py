"""Ways out of existing networks: one broken thing, one finding."""

from __future__ import annotations

from typing import Any

import pytest

from tests.account.server import AccountServer
from tests.account.wire import Answer, Call
from tests.terraform_json import Load
from tests.unit.ops.preflight.network_account import EXISTING, ZONE, Network, network

WHERE = "network.private_subnet_ids"
ROUTES = ("node-routes", "error", WHERE)


@pytest.fixture
def net(aws: AccountServer, layout: Load) -> Network:
    return network(aws, layout(EXISTING))


def nat(net: Network, **changed: Any) -> None:
    """Has EC2 say something else of the NAT gateway."""
    found = net.ec2.describe_nat_gateways(NatGatewayIds=[net.right.nat_gateway_id])["NatGateways"]
    net.server.answer("ec2:DescribeNatGateways", lambda _: {"NatGateways": [{**found[0], **changed}]})


@pytest.mark.parametrize("state", ["pending", "failed", "deleting", "deleted"])
def test_a_nat_gateway_that_is_not_available(net: Network, state: str) -> None:
    nat(net, State=state)
    found = net.only()
    assert (found.id, found.level, found.where) == ROUTES
    assert f"leave by {net.right.nat_gateway_id}, which is {state}" in found.problem
    assert all(subnet in found.problem for subnet in net.right.subnets.values())


def test_why_a_nat_gateway_failed(net: Network) -> None:
    nat(net, State="failed", FailureMessage="Network vpc-1 has no Internet gateway attached")
    assert "is failed (Network vpc-1 has no Internet gateway attached)" in net.only().problem


def test_a_nat_gateway_that_is_not_there(net: Network) -> None:
    net.server.answer("ec2:DescribeNatGateways", lambda _: {"NatGateways": []})
    assert net.findings() == [ROUTES]


def test_a_nat_gateway_of_the_account_that_shares_the_vpc_is_not_seen(net: Network) -> None:
    vpcs = [{**one, "OwnerId": "210987654321"} for one in net.ec2.describe_vpcs()["Vpcs"]]
    net.server.answer(
        "ec2:DescribeVpcs", lambda _: {"Vpcs": [one for one in vpcs if one["VpcId"] == net.right.vpc_id]}
    )
    net.server.answer("ec2:DescribeNatGateways", lambda _: {"NatGateways": []})
    assert net.findings() == []


def test_a_nat_gateway_in_a_private_subnet(net: Network) -> None:
    nat(net, SubnetId=net.subnet())
    found = net.only()
    assert (found.id, found.level, found.where) == ROUTES
    assert f"is in {net.subnet()}, from where no route leads to an internet gateway" in found.problem


def test_a_private_nat_gateway_leads_to_other_networks(net: Network) -> None:
    nat(net, SubnetId=net.subnet(), ConnectivityType="private")
    assert net.findings() == []


def routes(net: Network, state: str = "active", **target: str) -> None:
    """Has EC2 say something else of the private subnets' default route."""
    tables = net.ec2.describe_route_tables()["RouteTables"]
    for table in tables:
        if table["RouteTableId"] == net.right.private_route_table_id:
            table["Routes"] = [one for one in table["Routes"] if one["DestinationCidrBlock"] != "0.0.0.0/0"]
            if target:
                table["Routes"].append(
                    {"DestinationCidrBlock": "0.0.0.0/0", "State": state, "Origin": "CreateRoute", **target}
                )

    def answer(call: Call) -> Answer:
        (vpc,) = call.parameters["Filters"][0]["Values"]
        return {"RouteTables": [one for one in tables if one["VpcId"] == vpc]}

    net.server.answer("ec2:DescribeRouteTables", answer)


def test_a_blackhole(net: Network) -> None:
    routes(net, "blackhole", NatGatewayId=net.right.nat_gateway_id)
    found = net.only()
    assert (found.id, found.level, found.where) == ROUTES
    assert (
        f"blackhole: {net.right.nat_gateway_id} ({net.right.private_route_table_id}) is gone" in found.problem
    )


@pytest.mark.parametrize(
    "target",
    [
        {"TransitGatewayId": "tgw-0123456789abcdef0"},
        {"NetworkInterfaceId": "eni-0123456789abcdef0"},
        {"GatewayId": "vpce-0123456789abcdef0"},
        {"GatewayId": "vgw-0123456789abcdef0"},
    ],
)
def test_other_ways_out_are_told(net: Network, target: dict[str, str]) -> None:
    routes(net, **target)
    assert net.findings() == []
    (told,) = [one for one in net.found("info") if one.id == "node-routes"]
    assert next(iter(target.values())) in told.problem


def test_halves_of_the_default_route(net: Network) -> None:
    table = net.right.private_route_table_id
    net.route(table)
    for half in ("0.0.0.0/1", "128.0.0.0/1"):
        net.route(table, half, NatGatewayId=net.right.nat_gateway_id)
    assert net.findings() == []
    nat(net, State="deleted")
    assert net.findings() == [ROUTES]


def public(net: Network, zone: str = ZONE) -> str:
    """A public subnet as one of the private ones."""
    subnet = net.right.public_subnets[zone]
    others = [id for where, id in net.right.subnets.items() if where != zone]
    net.right.values["private_subnet_ids"] = [subnet, *others]
    return subnet


def test_nodes_in_a_public_subnet(net: Network) -> None:
    subnet = public(net)
    found = net.only()
    assert (found.id, found.level, found.where) == ROUTES
    assert f"{subnet} is a public subnet" in found.problem
    assert "no public address" in found.problem


def test_nodes_in_a_public_subnet_with_public_addresses(net: Network) -> None:
    net.ec2.modify_subnet_attribute(SubnetId=public(net), MapPublicIpOnLaunch={"Value": True})
    assert net.findings() == [("node-routes", "warning", WHERE)]


def test_efa_nodes_get_no_public_address(aws: AccountServer, layout: Load) -> None:
    text = (
        EXISTING
        + """
node_groups:
  gpu: {instance_type: g4dn.8xlarge, efa: true, size: {desired: 1}, subnet_ids: [var.gpu_subnet_id]}
"""
    )
    net = network(aws, layout(text))
    subnet = net.right.public_subnets[ZONE]
    net.right.values["gpu_subnet_id"] = subnet
    net.ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    assert net.findings() == [("node-routes", "error", "node_groups.gpu.subnet_ids")]


def test_a_subnet_without_a_table_follows_the_main_one(net: Network) -> None:
    ec2 = net.ec2
    (table,) = ec2.describe_route_tables(RouteTableIds=[net.right.private_route_table_id])["RouteTables"]
    own = next(one for one in table["Associations"] if one.get("SubnetId") == net.subnet())
    ec2.disassociate_route_table(AssociationId=own["RouteTableAssociationId"])
    ids = {one.id for one in net.found()}
    assert ids == {"endpoints"}  # the main table leads nowhere
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [net.right.vpc_id]}])[
        "RouteTables"
    ]
    (main,) = [one["RouteTableId"] for one in tables if any(each.get("Main") for each in one["Associations"])]
    net.route(main, NatGatewayId=net.right.nat_gateway_id)
    assert net.findings() == []


@pytest.mark.parametrize("cidrs, fine", [("203.0.113.0/24", False), ("0.0.0.0/0", True)])
def test_an_api_that_nodes_reach_by_its_public_endpoint(
    aws: AccountServer, layout: Load, cidrs: str, fine: bool
) -> None:
    text = (
        f"{EXISTING}cluster: {{endpoint: {{private: false, public: true, public_access_cidrs: [{cidrs}]}}}}"
    )
    net = network(aws, layout(text))
    if fine:
        assert net.findings() == []
        return
    found = net.only()
    assert (found.id, found.level, found.where) == (
        "api-within-reach",
        "error",
        "cluster.endpoint.public_access_cidrs",
    )
    addresses = net.ec2.describe_nat_gateways()["NatGateways"][0]["NatGatewayAddresses"]
    assert addresses[0]["PublicIp"] in found.problem


def acl(net: Network, *entries: tuple[int, bool, str, str, int, int]) -> str:
    """A network ACL of one subnet; entries are number, egress, action, CIDR and ports of TCP."""
    ec2 = net.ec2
    id = ec2.create_network_acl(VpcId=net.right.vpc_id)["NetworkAcl"]["NetworkAclId"]
    for number, egress, action, cidr, first, last in entries:
        ec2.create_network_acl_entry(
            NetworkAclId=id,
            RuleNumber=number,
            Egress=egress,
            RuleAction=action,
            CidrBlock=cidr,
            Protocol="6",
            PortRange={"From": first, "To": last},
        )
    found = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [net.subnet()]}])
    (old,) = [one for one in found["NetworkAcls"][0]["Associations"] if one["SubnetId"] == net.subnet()]
    ec2.replace_network_acl_association(AssociationId=old["NetworkAclAssociationId"], NetworkAclId=id)
    return str(id)


OUT = (100, True, "allow", "0.0.0.0/0", 0, 65535)
IN = (100, False, "allow", "0.0.0.0/0", 1024, 65535)


@pytest.mark.parametrize(
    "entries, problem",
    [
        ((OUT, IN), ""),
        ((IN, (100, True, "allow", "10.0.0.0/8", 443, 443)), ""),  # to endpoints of the VPC
        ((IN, (100, True, "allow", "0.0.0.0/0", 80, 80)), "lets no HTTPS out (TCP 443)"),
        ((IN, (50, True, "deny", "0.0.0.0/0", 443, 443), OUT), "lets no HTTPS out"),
        ((IN, (50, True, "deny", "192.0.2.0/24", 443, 443), OUT), ""),
        ((OUT, (100, False, "allow", "0.0.0.0/0", 49152, 65535)), "lets no answers in on TCP 32768,"),
        ((OUT, (100, False, "allow", "0.0.0.0/0", 443, 443)), "no answers in on TCP 32768 and 60999,"),
    ],
)
def test_network_acls(
    net: Network, entries: tuple[tuple[int, bool, str, str, int, int], ...], problem: str
) -> None:
    id = acl(net, *entries)
    if not problem:
        assert net.findings() == []
        return
    found = net.only()
    assert (found.id, found.level, found.where) == ("network-acls", "error", WHERE)
    assert id in found.problem
    assert problem in found.problem
