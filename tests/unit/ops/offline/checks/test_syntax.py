"""Ids, ARNs, address ranges, zones, instance types and tags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ops.offline.checks import Problem

Check = Callable[[str, "dict[str, Any]"], "list[Problem]"]
HEX = "0123456789abcdef0"
ACCOUNT = "123456789012"
RULE = {"security_group_id": f"sg-{HEX}", "ip_protocol": "-1"}


def only(problems: list[Problem]) -> Problem:
    assert len(problems) == 1, problems
    return problems[0]


@pytest.mark.parametrize(
    "type_name, config, path, message",
    [
        ("aws_subnet", {"vpc_id": "vpc-xyz"}, ("vpc_id",), "begin with vpc-, and 8 or 17"),
        ("aws_subnet", {"vpc_id": f"subnet-{HEX}"}, ("vpc_id",), "begin with vpc-"),
        ("aws_eks_node_group", {"subnet_ids": [f"subnet-{HEX}", "subnet-1"]}, ("subnet_ids", 1), "subnet-1"),
        ("aws_launch_template", {"image_id": "AL2023"}, ("image_id",), "begin with ami-"),
        ("aws_route_table", {"vpc_id": "main"}, ("vpc_id",), "no id for vpc_id"),
        (
            "aws_launch_template",
            {
                "capacity_reservation_specification": [
                    {"capacity_reservation_target": [{"capacity_reservation_id": "cr-1234"}]}
                ]
            },
            (
                "capacity_reservation_specification",
                0,
                "capacity_reservation_target",
                0,
                "capacity_reservation_id",
            ),
            "begin with cr-",
        ),
        (
            "aws_vpc_security_group_egress_rule",
            {**RULE, "referenced_security_group_id": "efa"},
            ("referenced_security_group_id",),
            "sg-",
        ),
        ("aws_eks_cluster", {"version": "1.99"}, ("version",), 'no Kubernetes "1.99" on EKS'),
        ("aws_eks_node_group", {"version": "1.99"}, ("version",), 'no Kubernetes "1.99" on EKS'),
        ("aws_eks_cluster", {"version": "v1.35"}, ("version",), "takes"),
        (
            "aws_eks_node_group",
            {"launch_template": [{"name": "mine", "version": "newest"}]},
            ("launch_template", 0, "version"),
            "EKS LaunchTemplateSpecification version",
        ),
        ("aws_eks_cluster", {"role_arn": "arn:aws:iam:role/x"}, ("role_arn",), "is no ARN"),
        (
            "aws_eks_cluster",
            {"role_arn": f"arn:aws:iam:us-west-2:{ACCOUNT}:role/x"},
            ("role_arn",),
            "IAM's ARNs have none",
        ),
        ("aws_eks_cluster", {"role_arn": f"arn:aws:iam::{ACCOUNT}:user/x"}, ("role_arn",), "role/NAME"),
        ("aws_eks_cluster", {"role_arn": "arn:aws:iam::1234:role/x"}, ("role_arn",), "12 digits"),
        (
            "aws_iam_role_policy_attachment",
            {"policy_arn": "AmazonEKSWorkerNodePolicy"},
            ("policy_arn",),
            "is no ARN",
        ),
        (
            "aws_eks_access_policy_association",
            {"policy_arn": "arn:aws:iam::aws:policy/AmazonEKSClusterAdminPolicy"},
            ("policy_arn",),
            "cluster-access-policy/NAME",
        ),
        ("aws_vpc", {"cidr_block": "10.0.0.0"}, ("cidr_block",), "write 10.0.0.0/32"),
        (
            "aws_vpc",
            {"cidr_block": "10.0.1.0/16"},
            ("cidr_block",),
            "host bits that are set: write 10.0.0.0/16",
        ),
        ("aws_vpc", {"cidr_block": "10.0.0.0/33"}, ("cidr_block",), "no address range"),
        ("aws_vpc", {"cidr_block": "10.0.0.0/8"}, ("cidr_block",), "/16 to /28"),
        ("aws_vpc", {"cidr_block": "fd00::/64"}, ("cidr_block",), "takes IPv4"),
        (
            "aws_vpc_security_group_ingress_rule",
            {**RULE, "cidr_ipv6": "10.0.0.0/8"},
            ("cidr_ipv6",),
            "takes IPv6",
        ),
        (
            "aws_eks_cluster",
            {"vpc_config": [{"public_access_cidrs": ["0.0.0.0/0", "203.0.113.7"]}]},
            ("vpc_config", 0, "public_access_cidrs", 1),
            "write 203.0.113.7/32",
        ),
        (
            "aws_eks_cluster",
            {"kubernetes_network_config": [{"service_ipv4_cidr": "172.20.0.0/28"}]},
            ("kubernetes_network_config", 0, "service_ipv4_cidr"),
            "/12 to /24",
        ),
        (
            "aws_route_table",
            {"vpc_id": f"vpc-{HEX}", "route": [{"cidr_block": "10.0.1.0/16"}]},
            ("route", 0, "cidr_block"),
            "write 10.0.0.0/16",
        ),
        ("aws_subnet", {"availability_zone": "us-west-2"}, ("availability_zone",), "add the zone's letter"),
        ("aws_subnet", {"availability_zone": "usw2-az1"}, ("availability_zone",), "no availability zone"),
        ("aws_subnet", {"availability_zone_id": "us-west-2a"}, ("availability_zone_id",), "usw2-az1"),
        ("aws_vpc", {"region": "us-west-2a"}, ("region",), "no AWS region"),
        (
            "aws_eks_node_group",
            {"instance_types": ["p5.48xlarge", "p5.48xlarg"]},
            ("instance_types", 1),
            'Did you mean "p5.48xlarge"',
        ),
        ("aws_vpc", {"tags": {"aws:team": "x"}}, ("tags", "aws:team"), "AWS keeps for its own"),
        ("aws_vpc", {"tags": {"k" * 129: "x"}}, ("tags", "k" * 129), "129 characters"),
        ("aws_vpc", {"tags": {"k": "x" * 257}}, ("tags", "k"), "at most 256"),
        ("aws_vpc", {"tags": {f"k{number}": "x" for number in range(51)}}, ("tags",), "51 tags"),
        ("aws_vpc", {"tags": {"k": None}}, ("tags", "k"), "has no value"),
        ("aws_iam_role", {"tags": {"team": "a|b"}}, ("tags", "team"), "IAM refuses"),
        (
            "aws_launch_template",
            {"tag_specifications": [{"resource_type": "instance", "tags": {"aws:x": "y"}}]},
            ("tag_specifications", 0, "tags", "aws:x"),
            "AWS keeps",
        ),
    ],
)
def test_a_text_of_the_wrong_form_is_named(
    check: Check, type_name: str, config: dict[str, Any], path: tuple[str | int, ...], message: str
) -> None:
    problem = only(check(type_name, config))
    assert problem.path == path
    assert message in problem.message


@pytest.mark.parametrize(
    "type_name, config",
    [
        (
            "aws_subnet",
            {"vpc_id": "vpc-12345678", "cidr_block": "10.0.32.0/19", "availability_zone": "us-gov-west-1b"},
        ),
        ("aws_subnet", {"availability_zone": "us-west-2-lax-1a"}),
        ("aws_subnet", {"availability_zone": "us-east-1-wl1-bos-wlz-1"}),
        ("aws_subnet", {"availability_zone_id": "usw2-lax1-az1"}),
        ("aws_launch_template", {"image_id": "resolve:ssm:/aws/service/eks/optimized-ami"}),
        (
            "aws_vpc_security_group_egress_rule",
            {**RULE, "referenced_security_group_id": f"{ACCOUNT}/sg-{HEX}"},
        ),
        ("aws_vpc_security_group_egress_rule", {**RULE, "cidr_ipv6": "::/0"}),
        ("aws_eks_cluster", {"role_arn": f"arn:aws-cn:iam::{ACCOUNT}:role/path/x"}),
        (
            "aws_eks_access_policy_association",
            {"policy_arn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"},
        ),
        ("aws_route", {"destination_cidr_block": "0.0.0.0/0", "gateway_id": "local"}),
        ("aws_vpc", {"tags": {f"k{number}": "x" * 256 for number in range(50)}}),
        ("aws_vpc", {"region": "ap-southeast-2", "tags": {"Name": "日本", "empty": ""}}),
        ("aws_iam_role", {"tags": {"team/cost": "Ünit 7 +a=b@c:d"}}),
    ],
)
def test_a_text_of_the_right_form_is_no_problem(check: Check, type_name: str, config: dict[str, Any]) -> None:
    assert check(type_name, config) == []
