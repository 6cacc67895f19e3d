"""Arguments that have to fit each other: choices, sizes, hardware, ports, schedules, launch templates."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from ops.offline.checks import Problem
from ops.offline.values import UNKNOWN

Check = Callable[[str, "dict[str, Any]"], "list[Problem]"]
HEX = "0123456789abcdef0"
RULE = {"security_group_id": f"sg-{HEX}", "cidr_ipv4": "10.0.0.0/8"}
PRIMARY = {"network_card_index": 0, "device_index": 0, "interface_type": "interface"}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def node_config(content: str, boundary: str = "b") -> str:
    return encoded(
        f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="{boundary}"\n\n--b\n'
        f"Content-Type: application/node.eks.aws\n\n{content}\n--b--\n"
    )


NODE_CONFIG = json.dumps({"apiVersion": "node.eks.aws/v1alpha1", "kind": "NodeConfig", "spec": {}})


@pytest.mark.parametrize(
    "type_name, config, path, message",
    [
        (
            "aws_eks_node_group",
            {"scaling_config": [{"min_size": 2, "desired_size": 1, "max_size": 4}]},
            ("scaling_config", 0, "desired_size"),
            "desired_size 1 is less than min_size 2",
        ),
        (
            "aws_eks_node_group",
            {"scaling_config": [{"min_size": 0, "desired_size": 5, "max_size": 4}]},
            ("scaling_config", 0, "desired_size"),
            "desired_size 5 is more than max_size 4",
        ),
        (
            "aws_eks_node_group",
            {"scaling_config": [{"min_size": 5, "desired_size": UNKNOWN, "max_size": 4}]},
            ("scaling_config", 0, "min_size"),
            "min_size 5 is more than max_size 4",
        ),
        (
            "aws_eks_node_group",
            {"ami_type": "AL2023_x86_64_STANDARD", "instance_types": ["c7g.large"]},
            ("instance_types", 0),
            "c7g.large is arm64, the AMI type AL2023_x86_64_STANDARD is for x86_64. AL2023_ARM_64_STANDARD fits.",
        ),
        (
            "aws_eks_node_group",
            {"launch_template": [{"id": f"lt-{HEX}", "name": "mine", "version": "1"}]},
            ("launch_template", 0, "id"),
            "id and name exclude each other",
        ),
        (
            "aws_eks_node_group",
            {"launch_template": [{"version": "1"}]},
            ("launch_template", 0),
            "One is needed of id or name",
        ),
        (
            "aws_eks_node_group",
            {"launch_template": [{"id": f"lt-{HEX}", "version": "1"}], "disk_size": 100},
            ("launch_template",),
            "launch_template and disk_size exclude each other",
        ),
        (
            "aws_eks_node_group",
            {"node_group_name": "a", "node_group_name_prefix": "a-"},
            ("node_group_name",),
            "exclude each other",
        ),
        ("aws_iam_role", {"name": "a", "name_prefix": "a-"}, ("name",), "exclude each other"),
        ("aws_route", {"gateway_id": f"igw-{HEX}"}, (), "destination_cidr_block"),
        (
            "aws_route",
            {
                "destination_cidr_block": "0.0.0.0/0",
                "gateway_id": f"igw-{HEX}",
                "nat_gateway_id": f"nat-{HEX}",
            },
            ("gateway_id",),
            "gateway_id and nat_gateway_id exclude each other",
        ),
        (
            "aws_vpc_security_group_ingress_rule",
            {**RULE, "ip_protocol": "tcp", "from_port": 443},
            ("to_port",),
            "EC2 needs to_port",
        ),
        (
            "aws_vpc_security_group_ingress_rule",
            {**RULE, "ip_protocol": "tcp", "from_port": 443, "to_port": 80},
            ("from_port",),
            "from_port 443 is more than to_port 80",
        ),
        (
            "aws_vpc_security_group_ingress_rule",
            {**RULE, "ip_protocol": "-1", "from_port": 0, "to_port": 0},
            ("from_port",),
            "leave from_port and to_port out",
        ),
        (
            "aws_vpc_security_group_ingress_rule",
            {"security_group_id": f"sg-{HEX}", "ip_protocol": "-1"},
            (),
            "One is needed of cidr_ipv4",
        ),
        ("aws_autoscaling_schedule", {"recurrence": "0 8 * *"}, ("recurrence",), "five fields"),
        ("aws_autoscaling_schedule", {"recurrence": "0 8 * * mon;"}, ("recurrence",), "five fields"),
        (
            "aws_autoscaling_schedule",
            {"start_time": "2026-11-22 08:00"},
            ("start_time",),
            "like 2026-11-22T08:00:00Z",
        ),
        (
            "aws_autoscaling_schedule",
            {"min_size": 0, "desired_capacity": 9, "max_size": 8},
            ("desired_capacity",),
            "more than max_size 8",
        ),
        (
            "aws_placement_group",
            {"strategy": "cluster", "partition_count": 2},
            ("partition_count",),
            'strategy "partition" only',
        ),
        (
            "aws_placement_group",
            {"strategy": "cluster", "spread_level": "rack"},
            ("spread_level",),
            '"spread" only',
        ),
        ("aws_eks_addon", {"configuration_values": '{"a": '}, ("configuration_values",), "neither: line 1"),
        (
            "aws_eks_addon",
            {"configuration_values": "[1]"},
            ("configuration_values",),
            "takes a map here, not [1]",
        ),
        (
            "aws_launch_template",
            {"network_interfaces": [PRIMARY, {**PRIMARY, "interface_type": "efa-only"}]},
            ("network_interfaces", 1),
            "network card 0 and the device index 0",
        ),
        (
            "aws_launch_template",
            {"network_interfaces": [{"network_card_index": 1, "device_index": 0}]},
            ("network_interfaces",),
            "that is the primary one",
        ),
        (
            "aws_launch_template",
            {"network_interfaces": [{"interface_type": "efa-only"}]},
            ("network_interfaces", 0, "interface_type"),
            "The primary interface",
        ),
        (
            "aws_launch_template",
            {
                "network_interfaces": [
                    PRIMARY,
                    {"network_card_index": 1, "interface_type": "efa-only", "ipv4_address_count": 2},
                ]
            },
            ("network_interfaces", 1, "ipv4_address_count"),
            "has no IP address",
        ),
        (
            "aws_launch_template",
            {"network_interfaces": [PRIMARY], "vpc_security_group_ids": [f"sg-{HEX}"]},
            ("network_interfaces",),
            "exclude each other",
        ),
        (
            "aws_launch_template",
            {"block_device_mappings": [{"ebs": [{"volume_type": "gp2", "throughput": 250}]}]},
            ("block_device_mappings", 0, "ebs", 0, "throughput"),
            "only gp3 has",
        ),
        (
            "aws_launch_template",
            {"block_device_mappings": [{"ebs": [{"volume_type": "gp3", "iops": 100}]}]},
            ("block_device_mappings", 0, "ebs", 0, "iops"),
            "3000 to 80000",
        ),
        (
            "aws_launch_template",
            {"block_device_mappings": [{"ebs": [{"volume_type": "st1", "iops": 500}]}]},
            ("block_device_mappings", 0, "ebs", 0, "iops"),
            "only gp3, io1, io2 have",
        ),
        (
            "aws_launch_template",
            {
                "metadata_options": [{"instance_metadata_tags": "enabled"}],
                "tag_specifications": [
                    {"resource_type": "instance", "tags": {"kubernetes.io/cluster/x": "owned"}}
                ],
            },
            ("tag_specifications", 0, "tags", "kubernetes.io/cluster/x"),
            "With instance_metadata_tags",
        ),
        (
            "aws_eks_cluster",
            {"vpc_config": [{"endpoint_public_access": False}]},
            ("vpc_config", 0, "endpoint_public_access"),
            "Neither a public nor a private endpoint",
        ),
        (
            "aws_vpc",
            {"enable_dns_hostnames": True, "enable_dns_support": False},
            ("enable_dns_hostnames",),
            "enable_dns_support = true",
        ),
        ("aws_flow_log", {"log_destination_type": "cloud-watch-logs"}, ("iam_role_arn",), "need a role"),
        ("aws_flow_log", {}, ("iam_role_arn",), "need a role"),
        (
            "aws_eks_node_group",
            {
                "taint": [
                    {"key": "a", "value": "b", "effect": "NO_SCHEDULE"},
                    {"key": "a", "value": "c", "effect": "NO_SCHEDULE"},
                ]
            },
            ("taint", 1),
            'the key "a" and the effect NO_SCHEDULE',
        ),
        ("aws_launch_template", {"user_data": "#!/bin/bash"}, ("user_data",), "is not base64"),
        (
            "aws_launch_template",
            {"user_data": encoded("x" * 16385)},
            ("user_data",),
            "16385 bytes: EC2 takes 16384",
        ),
        (
            "aws_launch_template",
            {"user_data": node_config(NODE_CONFIG, boundary="other")},
            ("user_data",),
            "no multipart message",
        ),
        ("aws_launch_template", {"user_data": node_config("a: [1")}, ("user_data",), "is not YAML: line"),
        ("aws_launch_template", {"user_data": node_config("text")}, ("user_data",), "is no map"),
        (
            "aws_launch_template",
            {"user_data": node_config("apiVersion: node.eks.aws/v1\nkind: NodeConfig")},
            ("user_data",),
            'Did you mean "node.eks.aws/v1alpha1"',
        ),
        (
            "aws_launch_template",
            {"user_data": node_config("apiVersion: node.eks.aws/v1alpha1\nkind: Config")},
            ("user_data",),
            "nodeadm (kind)",
        ),
    ],
)
def test_what_does_not_fit_together_is_named(
    check: Check, type_name: str, config: dict[str, Any], path: tuple[str | int, ...], message: str
) -> None:
    problems = check(type_name, config)
    assert [problem.path for problem in problems if message in problem.message] == [path], problems


@pytest.mark.parametrize(
    "type_name, config",
    [
        ("aws_eks_node_group", {"scaling_config": [{"min_size": 0, "desired_size": 0, "max_size": 1}]}),
        ("aws_eks_node_group", {"ami_type": "CUSTOM", "instance_types": ["c7g.large"]}),
        ("aws_eks_node_group", {"ami_type": "BOTTLEROCKET_ARM_64", "instance_types": ["c7g.large"]}),
        ("aws_eks_node_group", {"launch_template": [{"id": UNKNOWN, "name": None, "version": "1"}]}),
        ("aws_autoscaling_schedule", {"min_size": -1, "desired_capacity": 8, "max_size": -1}),
        (
            "aws_eks_cluster",
            {"vpc_config": [{"endpoint_public_access": False, "endpoint_private_access": True}]},
        ),
        ("aws_eks_cluster", {"vpc_config": [{"endpoint_public_access": None}]}),
        (
            "aws_eks_cluster",
            {"vpc_config": [{"endpoint_public_access": False, "endpoint_private_access": UNKNOWN}]},
        ),
        ("aws_vpc", {"enable_dns_hostnames": True, "enable_dns_support": None}),
        ("aws_vpc", {"enable_dns_hostnames": False, "enable_dns_support": False}),
        ("aws_flow_log", {"log_destination_type": "s3"}),
        ("aws_flow_log", {"iam_role_arn": UNKNOWN}),
        (
            "aws_eks_node_group",
            {"taint": [{"key": "a", "effect": "NO_SCHEDULE"}, {"key": "a", "effect": "NO_EXECUTE"}]},
        ),
        ("aws_autoscaling_schedule", {"recurrence": "*/30 8-18/2 1,15 * MON-FRI"}),
        ("aws_autoscaling_schedule", {"start_time": "2026-11-22T08:00:00Z"}),
        (
            "aws_vpc_security_group_ingress_rule",
            {**RULE, "ip_protocol": "tcp", "from_port": 443, "to_port": 443},
        ),
        ("aws_eks_addon", {"configuration_values": "env:\n  WARM_IP_TARGET: '2'\n"}),
        ("aws_placement_group", {"strategy": "partition", "partition_count": 7}),
        ("aws_placement_group", {"strategy": UNKNOWN, "partition_count": 7}),
        (
            "aws_launch_template",
            {
                "network_interfaces": [
                    PRIMARY,
                    {**PRIMARY, "device_index": 1, "interface_type": "efa-only"},
                    {**PRIMARY, "network_card_index": 1, "interface_type": "efa-only"},
                ]
            },
        ),
        ("aws_launch_template", {"network_interfaces": [{"network_card_index": UNKNOWN, "device_index": 1}]}),
        ("aws_eks_addon", {"configuration_values": ""}),
        ("aws_launch_template", {"user_data": node_config(NODE_CONFIG)}),
        ("aws_launch_template", {"user_data": encoded("x" * 16384)}),
        ("aws_launch_template", {"user_data": encoded("#!/bin/bash\necho hello\n")}),
        (
            "aws_launch_template",
            {"block_device_mappings": [{"ebs": [{"volume_type": "gp3", "iops": 16000}]}]},
        ),
    ],
)
def test_what_fits_together_is_no_problem(check: Check, type_name: str, config: dict[str, Any]) -> None:
    assert check(type_name, config) == []
