"""Arguments that have a form which Terraform's core takes, and which the provider or the service behind it refuses."""

from __future__ import annotations

import base64
import json
from typing import Any, Literal

from . import Layer, Mistake, add, drop, put
from .structure import CLUSTER, GPU, RELEASE, ROLE, SUBNET, SYS, VPC

TEMPLATE = "aws_launch_template.nodes_gpu_launch_template"
POLICY = "aws_iam_role_policy.network_flow_logs_role_policy_write"
ATTACHMENT = "aws_iam_role_policy_attachment.cluster_role_policy_cluster"
IDENTITY = "aws_eks_pod_identity_association.addons_vpc_cni_identity"
STORAGE_CLASS = "kubernetes_storage_class_v1.storage_gp3"
MIME = """\
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: application/node.eks.aws

{}
--b--
"""


def wrong(
    name: str,
    where: str,
    path: str,
    value: Any,
    says: str,
    stack: Literal["cluster", "platform"] = "cluster",
    layer: Layer = Layer.ARGUMENT,
) -> Mistake:
    return Mistake(name, layer, where, says, put(where, path, value), stack=stack)


def chart(name: str, path: str, value: Any, says: str) -> Mistake:
    return wrong(name, RELEASE, path, value, says, "platform")


def late(name: str, where: str, path: str, value: Any, says: str) -> Mistake:
    return wrong(name, where, path, value, says, layer=Layer.ARGUMENT_LATE)


def policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def interface(card: int, device: int, kind: str) -> dict[str, Any]:
    return {"network_card_index": card, "device_index": device, "interface_type": kind}


LOGS = {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "eks.amazonaws.com"}}

ARGUMENTS = (
    Mistake(
        "a region that there is not",
        Layer.ARGUMENT,
        "provider",
        "Did you mean us-west-2?",
        put("provider.aws", "region", "us-west-22"),
    ),
    # One of a few words
    wrong(
        "an AMI type that is misspelt", SYS, "ami_type", "AL2023_X86_64_STANDARD", '"AL2023_x86_64_STANDARD"?'
    ),
    wrong("a capacity type that there is not", SYS, "capacity_type", "ODCR", "takes ON_DEMAND, SPOT"),
    wrong(
        "a taint's effect as Kubernetes writes it", GPU, "taint.0.effect", "NoSchedule", "takes NO_SCHEDULE"
    ),
    wrong(
        "an interface type that there is not",
        TEMPLATE,
        "network_interfaces.0.interface_type",
        "ena",
        "efa-only",
    ),
    wrong(
        "a log that EKS does not write", CLUSTER, "enabled_cluster_log_types", ["kubelet"], '"kubelet" is not'
    ),
    wrong(
        "a retention that CloudWatch does not offer",
        "aws_cloudwatch_log_group.cluster_logs",
        "retention_in_days",
        100,
        "100",
    ),
    # Names
    wrong("a cluster's name with a dot", CLUSTER, "name", "training.eu", 'holds "."'),
    wrong("a cluster's name that is too long", CLUSTER, "name", "t" * 101, "has 101 characters"),
    wrong("a prefix of a role that leaves no room", ROLE, "name_prefix", "r" * 39, "39 characters"),
    wrong("a name and a prefix", ROLE, "name", "training", "name and name_prefix exclude each other"),
    wrong(
        "a role's name with a space",
        "aws_iam_role_policy.network_flow_logs_role_policy_write",
        "name",
        "to write",
        'holds " "',
    ),
    wrong("a tag that AWS keeps for itself", VPC, "tags.aws:owner", "ml", "which AWS keeps for its own tags"),
    wrong("a Kubernetes version that there is not", CLUSTER, "version", "1.99", 'no Kubernetes "1.99"'),
    wrong(
        "a template's version in words",
        GPU,
        "launch_template.version",
        "newest",
        "LaunchTemplateSpecification version",
    ),
    # Numbers
    wrong(
        "more nodes wanted than allowed",
        SYS,
        "scaling_config.desired_size",
        4,
        "desired_size 4 is more than max_size 3",
    ),
    wrong(
        "a window that KMS does not take",
        "aws_kms_key.cluster_key",
        "deletion_window_in_days",
        31,
        "31 is out of range",
    ),
    wrong(
        "more IOPS than a volume has",
        TEMPLATE,
        "block_device_mappings.0.ebs.iops",
        80001,
        "80001 IOPS are out of range",
    ),
    # Addresses, ids and ARNs
    wrong("a range with host bits", VPC, "cidr_block", "10.0.0.1/16", "write 10.0.0.0/16"),
    wrong("a VPC that is too large", VPC, "cidr_block", "10.0.0.0/8", "EC2 takes /16 to /28"),
    wrong("an ARN without an account", CLUSTER, "role_arn", "arn:aws:iam:role/eks", "is no ARN"),
    wrong(
        "the ARN of something else",
        CLUSTER,
        "role_arn",
        "arn:aws:iam::123456789012:user/eks",
        "ARN of something else",
    ),
    wrong("an id of something else", SUBNET, "vpc_id", "subnet-0123456789abcdef0", "is no id for vpc_id"),
    wrong(
        "a reservation's id that is cut off",
        TEMPLATE,
        "capacity_reservation_specification",
        {"capacity_reservation_target": {"capacity_reservation_id": "cr-0123456789abcde"}},
        "is no id for capacity_reservation_id",
    ),
    wrong(
        "an instance type that there is not",
        GPU,
        "instance_types",
        ["g4dn.8xlrge"],
        'Did you mean "g4dn.8xlarge"?',
    ),
    wrong("an image for another processor", SYS, "instance_types", ["c7g.2xlarge"], "c7g.2xlarge is arm64"),
    # Arguments that belong to each other
    wrong(
        "an argument that only AWS sets",
        VPC,
        "arn",
        "arn:aws:ec2:us-west-2:123456789012:vpc/mine",
        "arn is read-only",
    ),
    wrong(
        "a disk beside the launch template",
        SYS,
        "disk_size",
        100,
        "launch_template and disk_size exclude each other",
    ),
    wrong(
        "security groups of a template with interfaces",
        TEMPLATE,
        "vpc_security_group_ids",
        ["sg-0123456789abcdef0"],
        "network_interfaces and vpc_security_group_ids exclude each other",
    ),
    wrong(
        "an API that nobody reaches",
        CLUSTER,
        "vpc_config.endpoint_private_access",
        False,
        "Neither a public nor a private endpoint",
    ),
    wrong("host names without DNS", VPC, "enable_dns_support", False, "with enable_dns_support = true"),
    Mistake(
        "a route to nowhere",
        Layer.ARGUMENT,
        "aws_route.network_public_route",
        "One is needed of carrier_gateway_id",
        drop("aws_route.network_public_route", "gateway_id"),
    ),
    Mistake(
        "all protocols on one port",
        Layer.ARGUMENT,
        "aws_vpc_security_group_ingress_rule.mine",
        "leave from_port and to_port out",
        add(
            "aws_vpc_security_group_ingress_rule.mine",
            {
                "security_group_id": "${aws_security_group.efa.id}",
                "cidr_ipv4": "10.0.0.0/16",
                "ip_protocol": "-1",
                "from_port": 22,
            },
        ),
    ),
    # IAM
    wrong("a policy that is no JSON", POLICY, "policy", "{'Version': '2012-10-17'}", "This is no JSON"),
    wrong(
        "a policy without a version",
        POLICY,
        "policy",
        json.dumps({"Statement": [LOGS]}),
        "Version is missing",
    ),
    wrong(
        "a policy for somebody", POLICY, "policy", policy(**LOGS, Principal="*"), "Principal is not allowed"
    ),
    wrong(
        "an element that is misspelt",
        POLICY,
        "policy",
        policy(**LOGS, Conditions={}),
        'Did you mean "Condition"?',
    ),
    wrong(
        "an action without its service",
        POLICY,
        "policy",
        policy(**{**LOGS, "Action": "PutLogEvents"}),
        "is no action",
    ),
    wrong(
        "a trust policy over a resource",
        ROLE,
        "assume_role_policy",
        policy(**TRUST, Resource="*"),
        "in a trust policy",
    ),
    wrong(
        "a trust policy for a word",
        ROLE,
        "assume_role_policy",
        policy(**{**TRUST, "Principal": {"Service": "eks"}}),
        "is no service principal",
    ),
    # Interfaces and user data
    wrong(
        "two interfaces in one place",
        TEMPLATE,
        "network_interfaces",
        [interface(0, 0, "efa"), interface(1, 1, "efa-only"), interface(1, 1, "efa-only")],
        "Two interfaces have the network card 1 and the device index 1",
    ),
    wrong(
        "no primary interface",
        TEMPLATE,
        "network_interfaces",
        [interface(0, 1, "efa")],
        "No interface has the network card 0 and the device index 0",
    ),
    wrong(
        "a primary interface without IP",
        TEMPLATE,
        "network_interfaces.0.interface_type",
        "efa-only",
        "The primary interface (card 0, device 0) carries IP",
    ),
    wrong("user data in plain text", TEMPLATE, "user_data", MIME, "is not base64"),
    wrong(
        "user data that is too large",
        TEMPLATE,
        "user_data",
        encoded("#!/bin/sh\n" + "#" * 16384),
        "EC2 takes 16384",
    ),
    wrong("a NodeConfig that is no YAML", TEMPLATE, "user_data", encoded(MIME.format("a: [")), "is not YAML"),
    wrong(
        "a NodeConfig of another version",
        TEMPLATE,
        "user_data",
        encoded(MIME.format("apiVersion: node.eks.aws/v1\nkind: NodeConfig")),
        'Did you mean "node.eks.aws/v1alpha1"?',
    ),
    # Kubernetes and Helm
    wrong(
        "a label that the kubelet refuses",
        SYS,
        "labels",
        {"node-role.kubernetes.io/sys": "x"},
        "does not join",
    ),
    wrong(
        "a label's value with a space", SYS, "labels", {"team": "machine learning"}, "is no value of a label"
    ),
    wrong("a taint's key with a space", GPU, "taint.0.key", "nvidia gpu", "is no key for Kubernetes"),
    wrong("a namespace in capitals", IDENTITY, "namespace", "Kube-System", "is no name for Kubernetes"),
    wrong(
        "a storage class with an underscore",
        STORAGE_CLASS,
        "metadata.name",
        "gp_3",
        "is no name for Kubernetes",
        "platform",
    ),
    wrong(
        "a binding mode that there is not",
        STORAGE_CLASS,
        "volume_binding_mode",
        "Lazy",
        "WaitForFirstConsumer",
        "platform",
    ),
    chart("the latest chart", "version", "latest", "is no exact chart version"),
    chart("a range of charts", "version", "~> 26.3", "is no exact chart version"),
    chart("a release's name that is too long", "name", "g" * 54, "is no name of a release"),
    chart("values that are no YAML", "values", ["driver: [enabled"], "The values are not YAML"),
    chart("values that are a list", "values", ["- driver"], "The values are no YAML map"),
    chart(
        "a repository without a scheme", "repository", "helm.ngc.nvidia.com/nvidia", "begins with https://"
    ),
    # Where the value has to be known first
    late(
        "a subnet that is too small",
        SUBNET,
        "cidr_block",
        '${cidrsubnet("10.0.0.0/16", 13, length(each.key))}',
        "/29",
    ),
    late("a region for a zone", SUBNET, "availability_zone", "${substr(each.key, 0, 9)}", "That is a region"),
    late(
        "a policy that is a role",
        ATTACHMENT,
        "policy_arn",
        "arn:${data.aws_partition.partition.partition}:iam::aws:role/AmazonEKSClusterPolicy",
        "ARN of something else",
    ),
)
