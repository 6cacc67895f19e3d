"""Terraform JSON by hand, for what no preset has."""

from __future__ import annotations

from typing import Any

ZONES = '${toset(["us-west-2a", "us-west-2b"])}'
LETTERS = 'index(split("", "abcdefg"), substr(each.key, -1, 1))'


def cluster_stack(groups: dict[str, dict[str, Any]] | None = None, zones: str = ZONES) -> dict[str, Any]:
    """A stack with a new VPC in named zones, a control plane and node groups by logical id."""
    groups = {"nodes_gpu": group("gpu")} if groups is None else groups
    subnet = {"vpc_id": "${aws_vpc.network_vpc.id}", "for_each": zones, "availability_zone": "${each.key}"}
    return {
        "provider": {"aws": [{"region": "us-west-2"}]},
        "resource": {
            "aws_vpc": {"network_vpc": {"cidr_block": "10.0.0.0/16", "tags": {"Name": "demo"}}},
            "aws_subnet": {
                "network_private": {
                    **subnet,
                    "cidr_block": f'${{cidrsubnet("10.0.0.0/16", 3, {LETTERS})}}',
                    "tags": {"kubernetes.io/role/internal-elb": "1"},
                },
                "network_public": {
                    **subnet,
                    "cidr_block": f'${{cidrsubnet("10.0.0.0/16", 6, 56 + {LETTERS})}}',
                    "tags": {"kubernetes.io/role/elb": "1"},
                },
            },
            "aws_eks_cluster": {
                "cluster": {
                    "name": "demo",
                    "version": "1.35",
                    "vpc_config": {
                        "endpoint_private_access": True,
                        "endpoint_public_access": False,
                        "subnet_ids": "${values(aws_subnet.network_private)[*].id}",
                    },
                }
            },
            "aws_eks_node_group": groups,
            "aws_launch_template": {
                f"{name}_launch_template": {"network_interfaces": [{"interface_type": "efa"}]}
                for name in groups
            },
            "aws_iam_role": {
                "nodes_gpu_role": {"name": "gpu"},
                "other_role": {"name": "of nobody"},
            },
        },
    }


def group(name: str, zone: str = "us-west-2a", logical_id: str = "nodes_gpu", **more: Any) -> dict[str, Any]:
    """A node group in one zone."""
    return {
        "node_group_name": name,
        "instance_types": ["p5.48xlarge"],
        "scaling_config": {"min_size": 0, "desired_size": 1, "max_size": 4},
        "launch_template": {"id": f"${{aws_launch_template.{logical_id}_launch_template.id}}"},
        "node_role_arn": "${aws_iam_role.nodes_gpu_role.arn}",
        "subnet_ids": [f'${{aws_subnet.network_private["{zone}"].id}}'],
        **more,
    }
