"""Mistakes that show only in an account: what is not there, what is there already, and what still needs what goes."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ops.offline.account import Account

from . import BLOCK, EXISTING, NEW, VALUES, Edit, Layer, Mistake, add, both, drop, put
from .structure import CLUSTER, GPU, ROLE, SUBNET, SYS, VPC

OTHER_VPC = "vpc-0fedcba9876543210"
GATEWAY = "aws_internet_gateway.network_internet_gateway"
PLACEMENT = "aws_placement_group.nodes_gpu_placement_group"
TEMPLATE = "aws_launch_template.nodes_gpu_launch_template"
NODE_ROLE = "aws_iam_role.nodes_gpu_role"
SYS_TEMPLATE = "aws_launch_template.nodes_sys_launch_template"
P5 = "aws_eks_node_group.nodes_p5"
P5_TEMPLATE = "aws_launch_template.nodes_p5_launch_template"
AGENT = "aws_eks_addon.addons_eks_pod_identity_agent"


def condition(name: str, where: str, says: str, account: Callable[[Account], object]) -> Mistake:
    return Mistake(name, Layer.CONDITION, where, says, account=account, layout=EXISTING)


def value(
    name: str, variable: str, given: Any, says: str, layer: Layer = Layer.CONDITION, where: str = ""
) -> Mistake:
    return Mistake(name, layer, where or variable, says, values={variable: given}, layout=EXISTING)


def taken(name: str, where: str, says: str, type_name: str, id: str) -> Mistake:
    """Something in the account has the name already, which is its id too."""
    there = {"id": id, "name": id}
    return Mistake(
        name, Layer.CREATION, where, says, account=lambda account: account.created(type_name, there)
    )


def added(name: str, address: str, body: dict[str, Any], says: str) -> Mistake:
    """Something new in a deployed stack, which does not go with what is there."""
    return Mistake(name, Layer.CREATION, address, says, add(address, body), deployed=True)


def changed(name: str, where: str, edit: Edit, says: str) -> Mistake:
    return Mistake(name, Layer.CREATION, where, says, edit, deployed=True)


def refused(name: str, where: str, edit: Edit, says: str, layout: str = NEW) -> Mistake:
    """Something that AWS does not make in an empty account either."""
    return Mistake(name, Layer.CREATION, where, says, edit, layout=layout)


def trusted_by(service: str, action: str = "sts:AssumeRole") -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": action}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def place(subnet: str, **change: str) -> Callable[[Account], object]:
    """Puts a subnet elsewhere."""
    return lambda account: account.subnets.update({subnet: replace(account.subnets[subnet], **change)})


def without_host_names(account: Account) -> None:
    account.vpcs = {id: replace(vpc, dns_hostnames=False) for id, vpc in account.vpcs.items()}


def in_one_zone(account: Account) -> None:
    for subnet in VALUES["private_subnet_ids"]:
        place(subnet, zone="us-west-2b")(account)


def with_p5_elsewhere(account: Account) -> None:
    account.offerings = {"c5.2xlarge": list(account.zones), "p5.48xlarge": ["us-west-2c"]}


def with_one_zone(account: Account) -> None:
    account.zones = {"us-west-2b": account.zones["us-west-2b"]}


def with_a_group_in_the_vpc(account: Account) -> None:
    (vpc,) = account.all("aws_vpc")
    group = {"id": "sg-0123456789abcdef0", "name": "k8s-elb", "vpc_id": vpc["id"]}
    account.created("aws_security_group", group)


def with_a_node_group_by_hand(account: Account) -> None:
    group = {"id": "training:mine", "cluster_name": "training", "resources": []}
    account.created("aws_eks_node_group", group)


CONDITIONS = (
    condition(
        "a VPC without DNS",
        "data.aws_vpc.network_vpc",
        "turn on DNS support and DNS host",
        without_host_names,
    ),
    condition(
        "subnets in one zone",
        CLUSTER,
        "EKS needs subnets in two or more availability zones, and these lie in us-west-2b.",
        in_one_zone,
    ),
    condition(
        "a subnet of another VPC",
        "data.aws_subnet.network_private_subnets",
        f"the subnet {VALUES['private_subnet_ids'][1]} is not in the VPC {VALUES['vpc_id']}",
        place(VALUES["private_subnet_ids"][1], vpc_id=OTHER_VPC),
    ),
    condition(
        "a group's subnet of another VPC",
        "data.aws_subnet.network_p5_subnet_0",
        "node_groups.p5.subnet_ids: the subnet subnet-0000000000000000a is not in the VPC",
        place(VALUES["gpu_subnet_id"], vpc_id=OTHER_VPC),
    ),
    condition(
        "a subnet outside the reservation's zone",
        "data.aws_subnet.network_p5_subnet_0",
        "lies in us-west-2d, and the group's zone, where its reserved capacity is, is us-west-2a",
        place(VALUES["gpu_subnet_id"], zone="us-west-2d"),
    ),
    condition(
        "a zone without the instance type",
        "data.aws_ec2_instance_type_offerings.nodes_p5_offered",
        "node_groups.p5: EC2 has no p5.48xlarge in us-west-2a",
        with_p5_elsewhere,
    ),
    Mistake(
        "a region with one zone",
        Layer.CONDITION,
        "data.aws_availability_zones.network_zones",
        "has fewer than 2 zones for a control plane",
        account=with_one_zone,
    ),
    value(
        "a reservation's id that is cut off",
        "capacity_reservation_id",
        "cr-1",
        "Write cr- and 17 hexadecimal",
    ),
    value("a zone's id for its name", "availability_zone", "usw2-az1", "not a zone id"),
    value(
        "a single subnet", "private_subnet_ids", VALUES["private_subnet_ids"][:1], "the ids of two or more"
    ),
    value("an address that is none", "public_access_cidrs", ["the office"], "each like 203.0.113.0/24"),
    value("a variable without a value", "vpc_id", None, "No value for required variable", Layer.CORE_LATE),
)
LOOKUPS = (
    Mistake(
        "a platform without its cluster",
        Layer.LOOKUP,
        "data.aws_eks_cluster.cluster",
        "No cluster found for name: training",
        stack="platform",
    ),
    value(
        "a VPC that is not there",
        "vpc_id",
        OTHER_VPC,
        "no matching EC2 VPC",
        Layer.LOOKUP,
        "data.aws_vpc.network_vpc",
    ),
    value(
        "a subnet that is not there",
        "gpu_subnet_id",
        "subnet-0123456789abcdef0",
        "no matching EC2 Subnet",
        Layer.LOOKUP,
        "data.aws_subnet.network_p5_subnet_0",
    ),
    Mistake(
        "an add-on that is misspelt",
        Layer.LOOKUP,
        "data.aws_eks_addon_version.addons_coredns_version",
        "(core-dns, 1.35): empty result",
        put("data.aws_eks_addon_version.addons_coredns_version", "addon_name", "core-dns"),
    ),
)
REFUSALS = (
    taken(
        "a cluster of the same name",
        CLUSTER,
        "Cluster already exists with name: training",
        "aws_eks_cluster",
        "training",
    ),
    taken(
        "logs that an earlier cluster has left",
        "aws_cloudwatch_log_group.cluster_logs",
        "ResourceAlreadyExistsException",
        "aws_cloudwatch_log_group",
        "/aws/eks/training/cluster",
    ),
    taken(
        "a key's alias that an earlier cluster has left",
        "aws_kms_alias.cluster_key_alias",
        "AlreadyExistsException",
        "aws_kms_alias",
        "alias/eks/training",
    ),
    Mistake(
        "a capacity block that has started",
        Layer.CREATION,
        "aws_autoscaling_schedule.nodes_p5_start",
        "Given start time is in the past",
        put("aws_autoscaling_schedule.nodes_p5_start", "start_time", "2020-01-01T11:30:00Z"),
        layout=BLOCK,
    ),
    Mistake(
        "a control plane in one zone",
        Layer.CREATION,
        CLUSTER,
        "Subnets specified must be in at least two different AZs",
        put(CLUSTER, "vpc_config.subnet_ids", ['${aws_subnet.network_private["us-west-2b"].id}']),
    ),
    Mistake(
        "an add-on that does not wait for the cluster",
        Layer.CREATION,
        AGENT,
        "No cluster found for name: training",
        put(AGENT, "cluster_name", "training"),
        target=AGENT,
    ),
    Mistake(
        "a NAT gateway that does not wait for the internet gateway",
        Layer.CREATION,
        "aws_nat_gateway.network_nat",
        "has no Internet gateway attached",
        both(
            drop("aws_nat_gateway.network_nat", "depends_on"),
            drop("aws_eip.network_nat_address", "depends_on"),
        ),
        target="aws_nat_gateway.network_nat",
    ),
    changed(
        "an older Kubernetes version",
        CLUSTER,
        put(CLUSTER, "version", "1.34"),
        "Unsupported Kubernetes minor version update from 1.35 to 1.34",
    ),
    changed(
        "nodes that are newer than the control plane",
        SYS,
        put(SYS, "version", "1.36"),
        "Requested Kubernetes version 1.36 is newer than the cluster's 1.35",
    ),
    changed(
        "two node groups of one name",
        GPU,
        put(GPU, "node_group_name", "sys"),
        "NodeGroup already exists with name sys",
    ),
    added(
        "a subnet over another",
        "aws_subnet.mine",
        {"vpc_id": f"${{{VPC}.id}}", "cidr_block": "10.0.32.0/24", "availability_zone": "us-west-2a"},
        "The CIDR '10.0.32.0/24' conflicts with another subnet",
    ),
    added(
        "a subnet outside the VPC",
        "aws_subnet.mine",
        {"vpc_id": f"${{{VPC}.id}}", "cidr_block": "10.1.0.0/24", "availability_zone": "us-west-2a"},
        "The CIDR '10.1.0.0/24' is invalid",
    ),
    added(
        "a second internet gateway",
        "aws_internet_gateway.mine",
        {"vpc_id": f"${{{VPC}.id}}"},
        "is already attached to an internet gateway",
    ),
    Mistake(
        "a second release of one name",
        Layer.CREATION,
        "helm_release.mine",
        "cannot re-use a name that is still in use",
        add(
            "helm_release.mine",
            {"name": "gpu-operator", "namespace": "gpu-operator", "chart": "oci://example.com/charts/mine"},
        ),
        stack="platform",
        deployed=True,
    ),
)
# What a node group cannot have, of what the plan does not know to belong together.
NODES = (
    refused(
        "an instance type in the group and in its launch template",
        GPU,
        put(TEMPLATE, "instance_type", "g4dn.8xlarge"),
        "Cannot specify instance types in launch template and API Request",
    ),
    changed(
        "an instance profile in a launch template",
        GPU,
        put(TEMPLATE, "iam_instance_profile", {"name": "nodes"}),
        "Launch template training-gpu should not specify an instance profile",
    ),
    changed(
        "a subnet in a launch template",
        GPU,
        put(TEMPLATE, "network_interfaces", [{"subnet_id": f'${{{SUBNET}["us-west-2b"].id}}'}]),
        "You must not specify a subnet in your launch template",
    ),
    changed(
        "what a shutdown does in a launch template",
        GPU,
        put(TEMPLATE, "instance_initiated_shutdown_behavior", "terminate"),
        "should not specify instance_initiated_shutdown_behavior",
    ),
    changed(
        "spot instances in a launch template",
        GPU,
        put(TEMPLATE, "instance_market_options", {"market_type": "spot"}),
        "Instance market options are not supported with the launch template",
    ),
    changed(
        "a script for user data",
        GPU,
        put(TEMPLATE, "user_data", base64.b64encode(b"#!/bin/bash\n").decode()),
        "User data was not in the MIME multipart format",
    ),
    changed(
        "EFA on a type without it",
        SYS,
        put(SYS_TEMPLATE, "network_interfaces", [{"device_index": 0, "interface_type": "efa"}]),
        "EFA interfaces are not supported on c5.2xlarge",
    ),
    refused(
        "a network card too many",
        P5,
        put(P5_TEMPLATE, "network_interfaces.5.network_card_index", 32),
        "The network card index 32 exceeds the maximum for p5.48xlarge, which has 32 network cards",
        EXISTING,
    ),
    refused(
        "a capacity block that the launch template does not ask for",
        P5,
        drop(P5_TEMPLATE, "instance_market_options"),
        "needs instance_market_options.market_type capacity-block for the capacity type CAPACITY_BLOCK",
        BLOCK,
    ),
    refused(
        "a capacity block that the group does not ask for",
        P5,
        put(P5, "capacity_type", "ON_DEMAND"),
        "The capacity type has to be CAPACITY_BLOCK",
        BLOCK,
    ),
    refused(
        "a capacity block of a type that has none",
        P5,
        put(P5_TEMPLATE, "instance_type", "g5.48xlarge"),
        "The instance type g5.48xlarge does not support Capacity Blocks",
        BLOCK,
    ),
    refused(
        "nodes whose role EC2 cannot assume",
        GPU,
        put(NODE_ROLE, "assume_role_policy", trusted_by("eks.amazonaws.com")),
        "required service principals [ec2.amazonaws.com] were not found in the trust relationships",
    ),
    refused(
        "a cluster whose role EKS cannot assume",
        CLUSTER,
        put(ROLE, "assume_role_policy", trusted_by("eks.amazonaws.com", "sts:TagSession")),
        "could not be assumed because it does not exist or the trusted entity is not correct",
    ),
    refused(
        "nodes in another VPC than their cluster",
        GPU,
        both(
            add("aws_vpc.mine", {"cidr_block": "10.1.0.0/16"}),
            add("aws_subnet.mine", {"vpc_id": "${aws_vpc.mine.id}", "cidr_block": "10.1.0.0/24"}),
            put(GPU, "subnet_ids", ["${aws_subnet.mine.id}"]),
        ),
        "of the cluster",
    ),
    added(
        "an add-on of no such name",
        "aws_eks_addon.mine",
        {
            "cluster_name": f"${{{CLUSTER}.name}}",
            "addon_name": "core-dns",
            "addon_version": "v1.11.4-eksbuild.2",
        },
        "Addon core-dns specified is not supported in 1.35 kubernetes version",
    ),
    added(
        "an endpoint of another region",
        "aws_vpc_endpoint.mine",
        {
            "vpc_id": f"${{{VPC}.id}}",
            "service_name": "com.amazonaws.us-east-1.ecr.api",
            "vpc_endpoint_type": "Interface",
        },
        "The Vpc Endpoint Service 'com.amazonaws.us-east-1.ecr.api' does not exist",
    ),
    added(
        "an endpoint of a type that there is not",
        "aws_vpc_endpoint.mine",
        {"vpc_id": f"${{{VPC}.id}}", "service_name": "com.amazonaws.us-west-2.ecr.api"},
        "Endpoint type (Gateway) does not match available service types ([Interface])",
    ),
)
DELETIONS = (
    Mistake(
        "a cluster that protects itself",
        Layer.DELETION,
        CLUSTER,
        "Cluster has deletion protection enabled",
        put(CLUSTER, "deletion_protection", True),
        deployed=True,
    ),
    Mistake(
        "a placement group by its name",
        Layer.DELETION,
        PLACEMENT,
        "The placement group 'training-gpu' is in use and may not be deleted",
        put(TEMPLATE, "placement.group_name", "training-gpu"),
        deployed=True,
        target=PLACEMENT,
    ),
    Mistake(
        "an address that does not wait for the internet gateway",
        Layer.DELETION,
        GATEWAY,
        "DependencyViolation",
        both(
            drop("aws_nat_gateway.network_nat", "depends_on"),
            drop("aws_eip.network_nat_address", "depends_on"),
        ),
        deployed=True,
        target=GATEWAY,
    ),
    Mistake(
        "a policy that is attached by the role's name",
        Layer.DELETION,
        ROLE,
        "Cannot delete entity, must detach all policies first",
        both(
            drop(ROLE, "name_prefix"),
            put(ROLE, "name", "training-cluster"),
            put("aws_iam_role_policy_attachment.cluster_role_policy_cluster", "role", "training-cluster"),
        ),
        target=ROLE,
    ),
    Mistake(
        "a load balancer's security group in the VPC",
        Layer.DELETION,
        VPC,
        "has dependencies and cannot be deleted",
        account=with_a_group_in_the_vpc,
        deployed=True,
    ),
    Mistake(
        "a node group that somebody made by hand",
        Layer.DELETION,
        CLUSTER,
        "Cluster has nodegroups attached",
        account=with_a_node_group_by_hand,
        deployed=True,
    ),
)
SURROUNDINGS = (*CONDITIONS, *LOOKUPS, *REFUSALS, *NODES, *DELETIONS)
