"""Endpoints of existing networks: one broken thing, one finding."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from modules.layout.endpoints import NEEDED_ENDPOINTS, private_services
from tests.account.server import AccountServer
from tests.account.wire import Answer
from tests.terraform_json import Load
from tests.unit.ops.preflight.network_account import EXISTING, REGION, Network, network

WHERE = "network.private_subnet_ids"
ALL = ("ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "logs", "ssm", "ssmmessages", "sts")
OPEN = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}]


class Private(Network):
    """An existing network without a way out; its endpoints are those of `serve`."""

    endpoints: list[Answer]
    group: str

    def serve(self, services: Collection[str] = ALL, *, s3: bool = True, **more: Any) -> None:
        """Has EC2 say that there are these endpoints."""
        self.endpoints = [
            {
                "VpcEndpointId": f"vpce-{number:017x}",
                "VpcEndpointType": "Interface",
                "VpcId": self.right.vpc_id,
                "ServiceName": f"com.amazonaws.{REGION}.{service}",
                "State": "available",
                "PrivateDnsEnabled": True,
                "Groups": [{"GroupId": self.group, "GroupName": "endpoints"}],
                **more,
            }
            for number, service in enumerate(services)
        ]
        if s3:
            self.endpoints.append(
                {
                    "VpcEndpointId": "vpce-0123456789abcdef0",
                    "VpcEndpointType": "Gateway",
                    "VpcId": self.right.vpc_id,
                    "ServiceName": f"com.amazonaws.{REGION}.s3",
                    "State": "available",
                    "RouteTableIds": [self.right.private_route_table_id],
                }
            )
        self.server.answer("ec2:DescribeVpcEndpoints", lambda _: {"VpcEndpoints": self.endpoints})

    def change(self, service: str, **facts: Any) -> str:
        """Has EC2 say something else of an endpoint; returns its id."""
        (one,) = [one for one in self.endpoints if one["ServiceName"].endswith(f".{REGION}.{service}")]
        one.update(facts)
        return str(one["VpcEndpointId"])

    def allow(self, rules: list[dict[str, Any]]) -> None:
        """The rules of the endpoints' security group, in place of those before."""
        group = self.ec2.describe_security_groups(GroupIds=[self.group])["SecurityGroups"][0]
        if group["IpPermissions"]:
            self.ec2.revoke_security_group_ingress(GroupId=self.group, IpPermissions=group["IpPermissions"])
        if rules:
            self.ec2.authorize_security_group_ingress(GroupId=self.group, IpPermissions=rules)


def private(aws: AccountServer, layout: Load, more: str = "", *, way_out: bool = False) -> Private:
    made = network(aws, layout(EXISTING + more))
    net = Private(made.server, made.loaded, made.right)
    net.group = net.ec2.create_security_group(
        GroupName="endpoints", Description="endpoints", VpcId=net.right.vpc_id
    )["GroupId"]
    net.allow(OPEN)
    if not way_out:
        net.route(net.right.private_route_table_id)
    net.serve()
    return net


@pytest.fixture
def net(aws: AccountServer, layout: Load) -> Private:
    return private(aws, layout)


def test_all_endpoints_are_there(net: Private) -> None:
    assert net.findings() == []
    (told,) = [one for one in net.found("info") if one.id == "node-routes"]
    assert "endpoints of the VPC alone" in told.problem


def test_the_same_services_as_in_a_fully_private_network_of_our_own(net: Private, layout: Load) -> None:
    assert private_services(net.loaded.layout) == ALL
    assert set(NEEDED_ENDPOINTS) < set(ALL)


@pytest.mark.parametrize("service", NEEDED_ENDPOINTS)
def test_a_missing_endpoint_that_nodes_need(net: Private, service: str) -> None:
    net.serve([one for one in ALL if one != service])
    found = net.only()
    assert (found.id, found.level, found.where) == ("endpoints", "error", WHERE)
    assert f"no endpoint of {service}: nodes cannot join" in found.problem
    assert f"com.amazonaws.us-west-2.{service}." in found.remedy


def test_no_endpoint_at_all_is_one_finding(net: Private) -> None:
    """Somebody forgot a NAT gateway, or a private network: one cause."""
    net.serve([], s3=False)
    found = net.only()
    assert (found.id, found.level, found.where) == ("endpoints", "error", WHERE)
    assert ", ".join(one for one in ALL if one in NEEDED_ENDPOINTS) in found.problem
    assert all(f"com.amazonaws.us-west-2.{one}" in found.remedy for one in (*ALL, "s3"))
    assert "NAT gateway" in found.remedy


def test_endpoints_of_the_account_that_shares_the_vpc_may_be_there_unseen(net: Private) -> None:
    vpcs = [{**one, "OwnerId": "210987654321"} for one in net.ec2.describe_vpcs()["Vpcs"]]
    net.server.answer(
        "ec2:DescribeVpcs", lambda _: {"Vpcs": [one for one in vpcs if one["VpcId"] == net.right.vpc_id]}
    )
    net.serve((), s3=False)
    assert net.findings() == [("endpoints", "warning", WHERE)]


def test_a_missing_endpoint_of_an_agent(net: Private) -> None:
    net.serve([one for one in ALL if one != "logs"])
    found = net.only()
    assert (found.id, found.level, found.where) == ("endpoints", "warning", WHERE)
    assert "no endpoint of logs, which" in found.problem


@pytest.mark.parametrize(
    "more, service",
    [
        ("addons: {aws-efs-csi-driver: {}}", "elasticfilesystem"),
        ("node_groups: {sys: {scaling_owner: autoscaler}}", "autoscaling"),
    ],
)
def test_endpoints_of_addons_and_releases(aws: AccountServer, layout: Load, more: str, service: str) -> None:
    net = private(aws, layout, more)
    assert ("endpoints", "warning", WHERE) in net.findings()
    net.serve([*ALL, service])
    assert [one for one in net.findings() if one[0] == "endpoints"] == []


def test_endpoints_that_another_network_may_have(net: Private) -> None:
    gateway = net.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    net.route(net.right.private_route_table_id, "192.168.0.0/16", TransitGatewayId=gateway)
    net.serve([])
    assert net.findings() == [("endpoints", "warning", WHERE)]
    net.serve([], s3=False)
    assert net.findings() == [("endpoints", "warning", WHERE)]


def test_no_endpoint_of_s3(net: Private) -> None:
    net.serve(s3=False)
    found = net.only()
    assert (found.id, found.level, found.where) == ("endpoints", "error", WHERE)
    assert f"--route-table-ids {net.right.private_route_table_id}" in found.remedy


def test_an_endpoint_of_s3_for_other_route_tables(net: Private) -> None:
    id = net.change("s3", RouteTableIds=["rtb-0123456789abcdef0"])
    found = net.only()
    assert (found.id, found.level) == ("endpoints", "error")
    assert f"--vpc-endpoint-id {id} --add-route-table-ids {net.right.private_route_table_id}" in found.remedy


def test_an_interface_endpoint_of_s3(net: Private) -> None:
    net.serve([*ALL, "s3"], s3=False)
    assert net.findings() == []


@pytest.mark.parametrize("service, level", [("ecr.dkr", "error"), ("ssm", "warning")])
def test_an_endpoint_that_is_not_available(net: Private, service: str, level: str) -> None:
    id = net.change(service, State="failed")
    found = net.only()
    assert (found.id, found.level) == ("endpoints", level)
    assert f"the endpoint {id} of {service} is failed" in found.problem


def test_an_endpoint_without_private_dns(net: Private) -> None:
    id = net.change("sts", PrivateDnsEnabled=False)
    found = net.only()
    assert (found.id, found.level) == ("endpoints", "warning")
    assert f"--vpc-endpoint-id {id} --private-dns-enabled" in found.remedy


def rule(cidr: str, first: int = 443, last: int = 443, protocol: str = "tcp") -> dict[str, Any]:
    ports = {} if protocol == "-1" else {"FromPort": first, "ToPort": last}
    return {"IpProtocol": protocol, "IpRanges": [{"CidrIp": cidr}], **ports}


@pytest.mark.parametrize(
    "rules, shut",
    [
        ([rule("10.0.0.0/16", 0, 65535)], 0),
        ([rule("10.0.0.0/8", protocol="-1")], 0),
        ([rule("10.0.0.0/18"), rule("10.0.64.0/18")], 0),
        ([rule("10.0.0.0/20"), rule("10.0.16.0/20"), rule("10.0.32.0/19"), rule("10.0.64.0/18")], 0),
        ([rule("10.0.0.0/19")], 2),
        ([rule("10.0.0.0/20")], 3),
        ([rule("10.0.0.0/16", 80, 80)], 3),
        ([rule("10.0.0.0/16", protocol="udp")], 3),
        ([], 3),
    ],
)
def test_security_groups_of_endpoints(
    aws: AccountServer, layout: Load, rules: list[dict[str, Any]], shut: int
) -> None:
    """NAT or not: private DNS leads nodes to the endpoint, and nowhere else."""
    net = private(aws, layout, way_out=True)
    net.allow(rules)
    if not shut:
        assert net.findings() == []
        return
    found = net.only()
    assert (found.id, found.level, found.where) == ("endpoint-access", "error", WHERE)
    assert sum(subnet in found.problem for subnet in net.right.subnets.values()) == shut
    assert f"--group-id {net.group} --protocol tcp --port 443" in found.remedy


def test_security_groups_of_endpoints_without_a_way_out(net: Private) -> None:
    net.allow([])
    assert net.findings() == [("endpoint-access", "error", WHERE)]


def test_endpoints_of_services_that_nobody_calls_may_be_shut(aws: AccountServer, layout: Load) -> None:
    net = private(aws, layout, way_out=True)
    net.allow([])
    net.serve(["sagemaker.api"])
    assert net.findings() == []


def test_a_rule_for_the_nodes_security_group(aws: AccountServer, layout: Load) -> None:
    net = private(aws, layout, way_out=True)
    nodes = net.ec2.create_security_group(GroupName="nodes", Description="nodes", VpcId=net.right.vpc_id)[
        "GroupId"
    ]
    net.allow(
        [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": nodes}]}]
    )
    assert [one.id for one in net.found()] == ["endpoint-access"]
    net.deploy("aws_eks_cluster", vpc_config=[{"cluster_security_group_id": nodes}])
    assert net.findings() == []
    net.states = {}
    net.loaded = layout(f"{EXISTING}node_groups: {{sys: {{security_group_ids: [{nodes}]}}}}")
    assert net.findings() == []
