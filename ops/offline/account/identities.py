"""The ids that the providers give."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any

from ..values import UNKNOWN
from .account import Account
from .invented import digest, hex17, letters, uuid_of

State = Mapping[str, Any]

# Letters before the hex digits: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
_PREFIXES: Mapping[str, str] = {
    "aws_ebs_volume": "vol",
    "aws_ec2_capacity_reservation": "cr",
    "aws_efs_file_system": "fs",
    "aws_egress_only_internet_gateway": "eigw",
    "aws_eip": "eipalloc",
    "aws_flow_log": "fl",
    "aws_fsx_data_repository_association": "dra",
    "aws_fsx_lustre_file_system": "fs",
    "aws_instance": "i",
    "aws_internet_gateway": "igw",
    "aws_launch_template": "lt",
    "aws_nat_gateway": "nat",
    "aws_network_acl": "acl",
    "aws_network_interface": "eni",
    "aws_route_table": "rtb",
    "aws_route_table_association": "rtbassoc",
    "aws_security_group": "sg",
    "aws_subnet": "subnet",
    "aws_vpc": "vpc",
    "aws_vpc_dhcp_options": "dopt",
    "aws_vpc_endpoint": "vpce",
    "aws_vpc_peering_connection": "pcx",
    "aws_vpc_security_group_egress_rule": "sgr",
    "aws_vpc_security_group_ingress_rule": "sgr",
}

# Members of the id, and what stands between them.
_JOINED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "aws_autoscaling_group": ("", ("name",)),
    "aws_autoscaling_schedule": ("/", ("autoscaling_group_name", "scheduled_action_name")),
    "aws_cloudwatch_log_group": ("", ("name",)),
    "aws_cloudwatch_event_rule": ("", ("name",)),
    "aws_ec2_tag": (",", ("resource_id", "key")),
    "aws_ecr_lifecycle_policy": ("", ("repository",)),
    "aws_ecr_repository": ("", ("name",)),
    "aws_eks_access_entry": (":", ("cluster_name", "principal_arn")),
    "aws_eks_access_policy_association": ("#", ("cluster_name", "principal_arn", "policy_arn")),
    "aws_eks_addon": (":", ("cluster_name", "addon_name")),
    "aws_eks_cluster": ("", ("name",)),
    "aws_eks_fargate_profile": (":", ("cluster_name", "fargate_profile_name")),
    "aws_eks_node_group": (":", ("cluster_name", "node_group_name")),
    "aws_iam_instance_profile": ("", ("name",)),
    "aws_iam_role": ("", ("name",)),
    "aws_iam_role_policy": (":", ("role", "name")),
    "aws_iam_role_policy_attachment": ("/", ("role", "policy_arn")),
    "aws_kms_alias": ("", ("name",)),
    "aws_placement_group": ("", ("name",)),
    "aws_s3_bucket": ("", ("bucket",)),
    "aws_s3_bucket_lifecycle_configuration": ("", ("bucket",)),
    "aws_s3_bucket_ownership_controls": ("", ("bucket",)),
    "aws_s3_bucket_policy": ("", ("bucket",)),
    "aws_s3_bucket_public_access_block": ("", ("bucket",)),
    "aws_s3_bucket_server_side_encryption_configuration": ("", ("bucket",)),
    "aws_s3_bucket_versioning": ("", ("bucket",)),
    "aws_sqs_queue_policy": ("", ("queue_url",)),
    "aws_ssm_parameter": ("", ("name",)),
    "helm_release": ("", ("name",)),
}


def identity(type_name: str, planned: State, account: Account) -> str:
    """The id that a provider gives a resource.

    One that is made up comes from what is planned, and differs from every id that the account ever gave.
    """
    if type_name in _JOINED:
        separator, members = _JOINED[type_name]
        return separator.join(str(planned[member]) for member in members)
    if type_name in _SPECIAL:
        return _SPECIAL[type_name](planned, account)
    if type_name == "aws_autoscaling_group_tag":
        return f"{planned['autoscaling_group_name']},{planned['tag'][0]['key']}"
    if type_name == "aws_cloudwatch_event_target":
        return _event_target(planned)
    if type_name == "aws_route":
        return _route(planned)
    if type_name == "kubernetes_manifest":
        return _manifest(planned)
    if type_name.startswith("kubernetes_"):
        return _kubernetes(planned)
    for counter in range(len(account.made) + 1):
        id = _made_up(type_name, (type_name, dict(planned), counter))
        if account.made[type_name, id] == 0:
            return id
    raise AssertionError("more ids than resources are taken")


def _made_up(type_name: str, seed: Any) -> str:
    if type_name == "aws_kms_key":
        return uuid_of(seed)
    if type_name == "aws_eks_pod_identity_association":
        return f"a-{letters(17, seed)}"
    prefix = _PREFIXES.get(type_name)
    if prefix is not None:
        return f"{prefix}-{hex17(seed)}"
    return f"{type_name.partition('_')[2].replace('_', '-')}-{digest(seed)[:17]}"


def _kubernetes(planned: State) -> str:
    """The name, behind that of the namespace where there is one."""
    metadata = planned.get("metadata")
    first = metadata[0] if isinstance(metadata, list) and metadata else {}
    name, namespace = first.get("name"), first.get("namespace")
    if not isinstance(name, str):
        start = first.get("generate_name")
        name = (start if isinstance(start, str) else "terraform-") + letters(5, dict(planned))
    return f"{namespace}/{name}" if isinstance(namespace, str) else name


def _manifest(planned: State) -> str:
    """Version, kind, namespace and name."""
    manifest = planned["manifest"].value
    metadata = manifest.get("metadata") or {}
    parts = (
        manifest.get("apiVersion"),
        manifest.get("kind"),
        metadata.get("namespace"),
        metadata.get("name"),
    )
    return "/".join(str(part) for part in parts if isinstance(part, str))


def _default_security_group(planned: State, account: Account) -> str:
    """The group that came with the VPC."""
    vpc_id = planned.get("vpc_id")
    vpc = account.get("aws_vpc", vpc_id) if isinstance(vpc_id, str) else None
    return str(vpc["default_security_group_id"]) if vpc else f"sg-{hex17('default', vpc_id)}"


def _route(planned: State) -> str:
    """The table, and a checksum of where the route goes to, as the provider has it."""
    members = ("destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id")
    goal = next((str(planned[one]) for one in members if planned.get(one) not in (None, "", UNKNOWN)), "")
    return f"r-{planned['route_table_id']}{zlib.crc32(goal.encode())}"


def _openid_connect_provider(planned: State, account: Account) -> str:
    host = str(planned["url"]).removeprefix("https://")
    return account.arn("iam", f"oidc-provider/{host}", regional=False)


def _iam_policy(planned: State, account: Account) -> str:
    path = planned.get("path")
    return account.arn(
        "iam", f"policy{path if isinstance(path, str) else '/'}{planned['name']}", regional=False
    )


def _queue(planned: State, account: Account) -> str:
    """Its URL: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html ."""
    return f"https://sqs.{account.region}.{account.dns_suffix}/{account.id}/{planned['name']}"


def _event_target(planned: State) -> str:
    """The bus is left out where it is the default one: internal/service/events/target.go of the AWS provider."""
    target = planned.get("target_id")
    target = target if isinstance(target, str) else f"terraform-{letters(26, dict(planned))}"
    parts = [str(planned["rule"]), target]
    bus = planned.get("event_bus_name")
    return "-".join(parts if bus in (None, "default") else [str(bus), *parts])


_SPECIAL: Mapping[str, Callable[[State, Account], str]] = {
    "aws_default_security_group": _default_security_group,
    "aws_iam_openid_connect_provider": _openid_connect_provider,
    "aws_iam_policy": _iam_policy,
    "aws_sqs_queue": _queue,
}
