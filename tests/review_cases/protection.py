"""Network, security groups, IAM, access and encryption."""

from __future__ import annotations

import json
from typing import Any

from tests.plans import Json, change, edited

from . import Case, note, same, stop, warn
from .control import CONTROL

_VPC: Json = {"id": "vpc-1", "cidr_block": "10.0.0.0/16"}
_SUBNET: Json = {"id": "subnet-1", "cidr_block": "10.0.0.0/24", "availability_zone": "us-west-2b"}
_NAT = {"id": "nat-1", "allocation_id": "eipalloc-1", "public_ip": "198.51.100.7"}
_ROUTE = {"route_table_id": "rtb-1", "destination_cidr_block": "0.0.0.0/0", "nat_gateway_id": "nat-1"}
_S3 = {"service_name": "com.amazonaws.us-west-2.s3", "route_table_ids": ["rtb-1", "rtb-2"]}
_ECR = {"service_name": "com.amazonaws.us-west-2.ecr.dkr", "private_dns_enabled": True}
_INGRESS: Json = {
    "security_group_id": "sg-1", "ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv4": "10.0.0.0/8",
}  # fmt: skip
_LUSTRE = {
    **_INGRESS,
    "from_port": 988,
    "to_port": 988,
    "cidr_ipv4": None,
    "referenced_security_group_id": "sg-2",
}
_RULE = "aws_vpc_security_group_ingress_rule.r"


def rule(**values: Any) -> Json:
    """A rule of a security group that is updated."""
    return change(_RULE, _INGRESS, {**_INGRESS, **values})


def policy(*statements: Json) -> str:
    """A policy as text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Any, resources: Any = "arn:aws:s3:::data/*", **more: Any) -> Json:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def trust(principal: Any, **more: Any) -> str:
    """A trust policy."""
    return policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **more})


def role_policy(before: str | None, after: str | None, **more: Any) -> Json:
    """A policy of the role `job`."""
    sides = [None if text is None else {"role": "job", "policy": text} for text in (before, after)]
    return change("aws_iam_role_policy.p", *sides, **more)


def role(before: str, after: str) -> Json:
    """A role with another trust."""
    return change(
        "aws_iam_role.r",
        {"name": "job", "assume_role_policy": before},
        {"name": "job", "assume_role_policy": after},
    )


def attachment(arn: str, **more: Any) -> Json:
    """A managed policy that is attached to the role `job`."""
    return change("aws_iam_role_policy_attachment.a", None, {"role": "job", "policy_arn": arn}, **more)


_READ = policy(allow("s3:GetObject"))
_EC2 = trust({"Service": "ec2.amazonaws.com"})
_GITHUB = {"Federated": "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com"}
_DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}  # fmt: skip
_ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
_ASSOCIATION = {
    "policy_arn": _ADMIN,
    "principal_arn": "arn:aws:iam::1:role/bob",
    "access_scope": [{"type": "cluster"}],
}
_IDENTITY = {"namespace": "training", "service_account": "torch", "role_arn": "arn:aws:iam::1:role/a"}
_KMS = {"arn": "key/1", "deletion_window_in_days": 30, "enable_key_rotation": True, "is_enabled": True}
_BLOCK = {"bucket": "data", "block_public_acls": True, "block_public_policy": True, "ignore_public_acls": True, "restrict_public_buckets": True}  # fmt: skip
_SSE: Json = {"bucket": "data", "rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms", "kms_master_key_id": "key/1"}]}]}  # fmt: skip
_LOGS = {"name": "/aws/eks/training/cluster", "retention_in_days": 90}

CASES = (
    Case(
        "the VPC is replaced, and all in it",
        (
            change("aws_vpc.v", _VPC, edited(_VPC, cidr_block="10.1.0.0/16"), because=[["cidr_block"]]),
            change("aws_subnet.s", _SUBNET, _SUBNET, because=[["vpc_id"]]),
            change("aws_nat_gateway.n", _NAT, _NAT, because=[["subnet_id"]]),
            change("aws_security_group.g", {"id": "sg-1"}, {"id": None}, because=[["vpc_id"]]),
            change("aws_flow_log.f", {"log_destination": "x"}, {"log_destination": "x"}, because=[["vpc_id"]]),
        ),
        {"network-replaced": stop("10.0.0.0/16 → 10.1.0.0/16", "because of cidr_block")},
    ),
    Case("a subnet goes", (change("aws_subnet.s", _SUBNET, None),), {"network-part-lost": stop("us-west-2b", "fails half way")}),
    Case("a NAT gateway goes", (change("aws_nat_gateway.n", _NAT, None),), {"network-part-lost": stop("no image is pulled")}),
    Case(
        "the way out goes with its table",
        (change("aws_route.r", _ROUTE, None), change("aws_route_table.t", {"id": "rtb-1"}, None)),
        {"network-part-lost": stop("main table")},
    ),
    Case("the way out goes", (change("aws_route.r", _ROUTE, None),), {"network-part-lost": stop("0.0.0.0/0", "nat-1 → gone")}),
    Case("another way out", (change("aws_route.r", _ROUTE, {**_ROUTE, "nat_gateway_id": "nat-2"}),), {"route-changed": warn("nat-1 → nat-2")}),
    Case("the address of the NAT gateway goes", (change("aws_eip.e", {"public_ip": "198.51.100.7"}, None),), {"nat-address-changed": warn("198.51.100.7 → gone")}),
    Case(
        "an endpoint less where there is no NAT",
        (same("aws_subnet.s", _SUBNET), change("aws_vpc_endpoint.e", _ECR, None)),
        {"vpc-endpoint-removed": stop("no NAT gateway", "No image is pulled")},
    ),
    Case(
        "an endpoint less where there is NAT",
        (same("aws_subnet.s", _SUBNET), same("aws_nat_gateway.n", _NAT), change("aws_vpc_endpoint.e", _S3, None)),
        {"vpc-endpoint-removed": warn("costs by the gigabyte")},
    ),
    Case("an endpoint loses a table", (change("aws_vpc_endpoint.e", _S3, {**_S3, "route_table_ids": ["rtb-1"]}),), {"vpc-endpoint-removed": warn("rtb-2 → gone")}),
    Case("an endpoint gets a table", (change("aws_vpc_endpoint.e", _S3, {**_S3, "route_table_ids": None}, unknown={"route_table_ids": True}),)),
    Case("an endpoint without its name", (change("aws_vpc_endpoint.e", _ECR, {**_ECR, "private_dns_enabled": False}),), {"vpc-endpoint-removed": warn("public addresses")}),
    Case("no flow logs", (change("aws_flow_log.f", {"log_destination": "x"}, None),), {"flow-logs-removed": warn("no longer recorded")}),
    # Security groups.
    Case("SSH from the world", (rule(cidr_ipv4="0.0.0.0/0"),), {"security-group-opened": stop("tcp/22 from 0.0.0.0/0")}),
    Case("a new rule that opens all", (change(_RULE, None, {"security_group_id": "sg-1", "ip_protocol": "-1", "cidr_ipv6": "::/0"}),), {"security-group-opened": stop("all ports from ::/0")}),
    Case("HTTPS from the world", (change(_RULE, None, {**_INGRESS, "from_port": 443, "to_port": 443, "cidr_ipv4": "0.0.0.0/0"}),), {"security-group-opened": warn("load balancer")}),
    Case(
        "HTTPS from the world in a new group",
        (change(_RULE, None, {**_INGRESS, "security_group_id": None, "from_port": 443, "to_port": 443, "cidr_ipv4": "0.0.0.0/0"}, unknown={"security_group_id": True}),),
        {"security-group-opened": note("443")},
    ),
    Case("a new rule for a group", (change(_RULE, None, _LUSTRE),)),
    Case(
        "an inline rule from the world",
        (change("aws_security_group.g", {"id": "sg-1", "ingress": []}, {"id": "sg-1", "ingress": [{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"], "ipv6_cidr_blocks": []}]}),),
        {"security-group-opened": stop("all ports")},
    ),
    Case("egress to the world", (change("aws_vpc_security_group_egress_rule.e", None, {"security_group_id": "sg-1", "ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0"}),)),
    Case("Lustre is closed", (change(_RULE, _LUSTRE, None),), {"security-group-closed": stop("tcp/988 from sg-2", "hang")}),
    Case("Lustre is closed among its own", (change(_RULE, {**_LUSTRE, "referenced_security_group_id": "sg-1"}, None),), {"security-group-closed": stop("tcp/988 from sg-1")}),
    Case("a way out of a group goes", (change("aws_vpc_security_group_egress_rule.e", {"security_group_id": "sg-1", "ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0"}, None),), {"security-group-closed": warn("all ports to 0.0.0.0/0")}),
    Case("a table loses an endpoint", (change("aws_vpc_endpoint_route_table_association.a", {"route_table_id": "rtb-1"}, None),), {"resource-lost": warn()}),
    Case("a narrower range", (rule(cidr_ipv4="10.0.0.0/16"),), {"security-group-closed": warn("10.0.0.0/8"), "security-group-opened": note("10.0.0.0/16")}),
    Case("a source that only the apply tells", (change(_RULE, _LUSTRE, {**_LUSTRE, "referenced_security_group_id": None}, unknown={"referenced_security_group_id": True}),)),
    Case("a group is replaced", (change("aws_security_group.g", {"id": "sg-1", "name": "a"}, {"name": "b"}, because=[["name"]]),), {"security-group-replaced": warn("sg-1", "fails after minutes")}),
    # IAM.
    Case("more actions", (role_policy(_READ, policy(allow(["s3:GetObject", "s3:PutObject"]))),), {"iam-widened": warn("s3:PutObject.")}),
    Case("more resources", (role_policy(_READ, policy(allow("s3:GetObject", "*"))),), {"iam-widened": warn("on *")}),
    Case("all actions of a service", (role_policy(_READ, policy(allow("s3:*"))),), {"iam-widened": warn("s3:*")}),
    Case("fewer actions", (role_policy(policy(allow("s3:*")), _READ),), {"iam-narrowed": warn("s3:*")}),
    Case("the same in another form", (role_policy(policy(allow(["S3:getobject"])), policy(allow("s3:GetObject"))),)),
    Case("a condition is dropped", (role_policy(policy(allow("s3:GetObject", Condition={"StringEquals": {"a": "b"}})), _READ),), {"iam-widened": warn("condition")}),
    Case("a condition is added", (role_policy(_READ, policy(allow("s3:GetObject", Condition={"StringEquals": {"a": "b"}}))),), {"iam-narrowed": warn("condition")}),
    Case("all but some", (role_policy(_READ, policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::a"})),), {"iam-widened": warn("NotAction"), "iam-narrowed": warn("s3:GetObject")}),
    Case("everything", (role_policy(_READ, policy(allow("s3:GetObject"), allow("*", "*"))),), {"iam-administrator": stop("owns the account")}),
    Case("a new policy that allows everything", (role_policy(None, policy(allow("*", "*"))),), {"iam-administrator": stop()}),
    Case("a new policy of a role that there is", (role_policy(None, _READ),), {"iam-widened": warn("s3:GetObject")}),
    Case("a new policy of a new role", (change("aws_iam_role.r", None, {"name": "job", "assume_role_policy": _EC2}), role_policy(None, _READ))),
    Case("a policy that only the apply tells", (role_policy(_READ, None, verb="update"), role_policy(_READ, _READ, unknown={"policy": True})), {"iam-unknown": note("known after apply")}),
    Case("a new policy that only the apply tells", (change("aws_iam_role_policy.p", None, {"role": "job"}, unknown={"policy": True}),)),
    Case("a secret policy", (change("aws_iam_role_policy.p", {"policy": _READ}, {"policy": policy(allow("*", "*"))}, sensitive={"policy": True}),), {"iam-unknown": note()}),
    Case("a policy goes", (role_policy(_READ, None),), {"iam-narrowed": warn("AccessDenied")}),
    Case("an administrator's policy", (attachment("arn:aws:iam::aws:policy/AdministratorAccess"),), {"iam-administrator": stop("AdministratorAccess")}),
    Case("another managed policy", (attachment("arn:aws:iam::aws:policy/AmazonS3FullAccess"),), {"iam-widened": warn("AmazonS3FullAccess")}),
    Case("a managed policy of a new role", (attachment("arn:aws:iam::aws:policy/AmazonS3FullAccess", unknown={"role": True}),)),
    Case(
        "nodes lose what they need",
        (change("aws_iam_role_policy_attachment.a", {"role": "n", "policy_arn": "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"}, None),),
        {"iam-narrowed": stop("becomes unhealthy")},
    ),
    Case("a role that anybody may take", (role(_EC2, trust("*")),), {"iam-trust-opened": stop("Anybody"), "iam-widened": warn("AWS:*")}),
    Case("another account may take it", (role(_EC2, policy(*json.loads(_EC2)["Statement"], *json.loads(trust({"AWS": "arn:aws:iam::9:root"}))["Statement"])),), {"iam-widened": warn("arn:aws:iam::9:root")}),
    Case("any pipeline may take it", (change("aws_iam_role.r", None, {"name": "ci", "assume_role_policy": trust(_GITHUB)}),), {"iam-trust-opened": stop("without a condition")}),
    Case("one pipeline may take it", (change("aws_iam_role.r", None, {"name": "ci", "assume_role_policy": trust(_GITHUB, Condition={"StringEquals": {"sub": "x"}})}),)),
    Case("everybody reads the bucket", (change("aws_s3_bucket_policy.p", None, {"bucket": "data", "policy": policy(allow("s3:GetObject", Principal="*"))}),), {"iam-trust-opened": stop("Anybody in any AWS account")}),
    Case("no plain HTTP any more", (change("aws_s3_bucket_policy.p", None, {"bucket": "data", "policy": policy(_DENY)}),)),
    Case("plain HTTP again", (change("aws_s3_bucket_policy.p", {"bucket": "data", "policy": policy(_DENY)}, {"bucket": "data", "policy": policy()}),), {"iam-widened": warn("Deny")}),
    Case("no bucket policy", (change("aws_s3_bucket_policy.p", {"bucket": "data", "policy": policy(_DENY)}, None),), {"iam-narrowed": warn("denied")}),
    Case("no boundary", (change("aws_iam_role.r", {"name": "a", "permissions_boundary": "b"}, {"name": "a", "permissions_boundary": None}),), {"iam-widened": warn("boundary")}),
    # Access to the cluster.
    Case("a new administrator", (change("aws_eks_access_policy_association.a", None, _ASSOCIATION),), {"cluster-administrator": warn("role/bob", "delete every job")}),
    Case("an administrator of a new cluster", (change("aws_eks_cluster.cluster", None, CONTROL), change("aws_eks_access_policy_association.a", None, _ASSOCIATION))),
    Case("an administrator of a namespace", (change("aws_eks_access_policy_association.a", None, {**_ASSOCIATION, "access_scope": [{"type": "namespace", "namespaces": ["a"]}]}),)),
    Case("somebody goes", (change("aws_eks_access_entry.e", {"principal_arn": "bob", "type": "STANDARD"}, None), change("aws_eks_access_policy_association.a", {**_ASSOCIATION, "principal_arn": "bob"}, None)), {"access-removed": warn("bob can no longer log in")}),
    Case("nodes go", (change("aws_eks_access_entry.e", {"principal_arn": "n", "type": "EC2_LINUX"}, None),), {"access-removed": stop("NotReady")}),
    Case("another role of pods", (change("aws_eks_pod_identity_association.i", _IDENTITY, {**_IDENTITY, "role_arn": "arn:aws:iam::1:role/b"}),), {"pod-identity-changed": warn("training/torch", "role/a → arn:aws:iam::1:role/b")}),
    Case("no role of pods", (change("aws_eks_pod_identity_association.i", _IDENTITY, None),), {"pod-identity-changed": warn("lose their role")}),
    # Encryption and logs.
    Case("a key goes", (change("aws_kms_key.k", _KMS, None),), {"kms-key-lost": stop("after 30 days", "cancel-key-deletion")}),
    Case("a key is disabled", (change("aws_kms_key.k", _KMS, {**_KMS, "is_enabled": False}),), {"kms-key-lost": stop("disabled")}),
    Case("a key is not rotated", (change("aws_kms_key.k", _KMS, {**_KMS, "enable_key_rotation": False}),), {"kms-key-weakened": warn("rotated → not rotated")}),
    Case("S3's own key", (change("aws_s3_bucket_server_side_encryption_configuration.s", _SSE, edited(_SSE, rule__0__apply_server_side_encryption_by_default__0={"sse_algorithm": "AES256", "kms_master_key_id": None})),), {"encryption-off": warn("aws:kms → AES256")}),
    Case("an unencrypted root volume", (change("aws_launch_template.t", {"block_device_mappings": [{"ebs": [{"encrypted": "true"}]}]}, {"block_device_mappings": [{"ebs": [{"encrypted": "false"}]}]}),), {"encryption-off": warn("encrypted = true → false")}),
    Case("a key that only the apply tells", (change("aws_cloudwatch_log_group.g", {**_LOGS, "kms_key_id": "a"}, _LOGS, unknown={"kms_key_id": True}),)),
    Case("logs without a key", (change("aws_cloudwatch_log_group.g", {**_LOGS, "kms_key_id": "a"}, {**_LOGS, "kms_key_id": None}),), {"encryption-off": warn("kms_key_id = a")}),
    Case("a bucket may be public", (change("aws_s3_bucket_public_access_block.b", _BLOCK, {**_BLOCK, "block_public_policy": False}),), {"bucket-opened": stop("block_public_policy on → off")}),
    Case("nothing keeps a bucket private", (change("aws_s3_bucket_public_access_block.b", _BLOCK, None),), {"bucket-opened": stop("restrict_public_buckets")}),
    Case("logs are kept for a shorter time", (change("aws_cloudwatch_log_group.g", _LOGS, {**_LOGS, "retention_in_days": 1}),), {"logs-lost": warn("90 days → 1 days")}),
    Case("logs are no longer kept for ever", (change("aws_cloudwatch_log_group.g", {**_LOGS, "retention_in_days": 0}, _LOGS),), {"logs-lost": warn("for ever → 90 days")}),
    Case("logs are kept for ever", (change("aws_cloudwatch_log_group.g", _LOGS, {**_LOGS, "retention_in_days": 0}),)),
    Case("logs go", (change("aws_cloudwatch_log_group.g", _LOGS, None),), {"logs-lost": warn("/aws/eks/training/cluster → gone")}),
)  # fmt: skip
