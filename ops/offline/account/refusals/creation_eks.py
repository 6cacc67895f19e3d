"""What EKS, and Auto Scaling for its groups, refuse to make."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ..account import Account
from ..eks import addon_version
from ..zones import IDS_WITHOUT_EKS
from . import node_template
from .common import Rule, State, block, missing, no_subnet
from .trust import trusts


def past_start(values: State) -> str | None:
    """What Auto Scaling says to an action whose time has passed."""
    start = values.get("start_time")
    if not isinstance(start, str) or not start:
        return None
    if datetime.fromisoformat(start.replace("Z", "+00:00")) < datetime.now(tz=timezone.utc):
        return "ValidationError: Given start time is in the past"
    return None


def _schedule(values: State, account: Account) -> str | None:
    group = values.get("autoscaling_group_name")
    if isinstance(group, str) and not _known_group(group, account):
        return f"ValidationError: AutoScalingGroup name not found - no such group: {group}"
    return past_start(values)


def _group_tag(values: State, account: Account) -> str | None:
    group = values.get("autoscaling_group_name")
    if isinstance(group, str) and not _known_group(group, account):
        return f"ValidationError: AutoScalingGroup name not found - AutoScalingGroup {group} not found"
    return None


def _known_group(name: str, account: Account) -> bool:
    """Whether there is such an Auto Scaling group; those of clusters that were not made here are unknown to us."""
    ours = {
        group["name"]
        for node_group in account.all("aws_eks_node_group")
        for resources in node_group["resources"]
        for group in resources["autoscaling_groups"]
    }
    return name in ours or account.get("aws_autoscaling_group", name) is not None


def _cluster(values: State, account: Account) -> str | None:
    name = values.get("name")
    if isinstance(name, str) and (name in account.clusters or account.get("aws_eks_cluster", name)):
        return f"ResourceInUseException: Cluster already exists with name: {name}"
    missing = [one for one in block(values, "vpc_config").get("subnet_ids") or () if no_subnet(one, account)]
    if missing:
        return f"InvalidParameterException: The subnet ID '{missing[0]}' does not exist"
    role = values.get("role_arn")
    return (
        _zones_of_cluster(values, account) or _role_gone(role, account) or _cluster_not_trusted(role, account)
    )


def _node_group(values: State, account: Account) -> str | None:
    refused = _in_cluster(values, account)
    if refused is not None:
        return refused
    cluster, name = values.get("cluster_name"), values.get("node_group_name")
    if account.get("aws_eks_node_group", f"{cluster}:{name}"):
        return f"ResourceInUseException: NodeGroup already exists with name {name} and cluster name {cluster}"
    missing = [one for one in values.get("subnet_ids") or () if no_subnet(one, account)]
    if missing:
        return f"InvalidParameterException: The subnet ID '{missing[0]}' does not exist"
    template = block(values, "launch_template").get("id")
    if isinstance(template, str) and template and not account.get("aws_launch_template", template):
        return f"InvalidParameterException: Launch template {template} not found"
    role = values.get("node_role_arn")
    return (
        _other_vpc(values, account)
        or _role_gone(role, account)
        or _nodes_not_trusted(role, account)
        or node_template.refused_creation(values, account)
    )


def _other_vpc(values: State, account: Account) -> str | None:
    """Nodes lie in the VPC of their cluster.

    https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html#node-subnet-reqs
    """
    vpc_id = _vpc_of_cluster(str(values.get("cluster_name")), account)
    for id in values.get("subnet_ids") or ():
        subnet = account.subnet(str(id))
        if vpc_id and subnet and subnet.vpc_id != vpc_id:
            return f"InvalidParameterException: The subnet '{id}' is not in the VPC '{vpc_id}' of the cluster"
    return None


def _vpc_of_cluster(name: str, account: Account) -> str | None:
    """None for a cluster that is only assumed."""
    state = account.get("aws_eks_cluster", name)
    if state is None:
        cluster = account.clusters.get(name)
        return cluster.vpc_id if cluster else None
    subnets = (account.subnet(str(id)) for id in block(state, "vpc_config").get("subnet_ids") or ())
    return next((subnet.vpc_id for subnet in subnets if subnet), None)


def _zones_of_cluster(values: State, account: Account) -> str | None:
    subnets = [account.subnet(str(one)) for one in block(values, "vpc_config").get("subnet_ids") or ()]
    zones = sorted({subnet.zone for subnet in subnets if subnet})
    if len(zones) == 1:
        return "InvalidParameterException: Subnets specified must be in at least two different AZs"
    for zone in zones:
        if account.zones.get(zone) in IDS_WITHOUT_EKS:
            others = ", ".join(name for name, id in account.zones.items() if id not in IDS_WITHOUT_EKS)
            return (
                f"UnsupportedAvailabilityZoneException: Cannot create cluster '{values.get('name')}' because {zone}, "
                "the targeted availability zone, does not currently have sufficient capacity to support the cluster. "
                f"Retry and choose from these availability zones: {others}"
            )
    return None


def _role_gone(arn: Any, account: Account) -> str | None:
    """Refuses a role that was made here and is gone; one that is not made here is taken to exist."""
    if not isinstance(arn, str) or arn.split(":")[4:5] != [account.id]:
        return None
    refused = missing(account, "aws_iam_role", arn.rpartition("/")[2], "{id}")
    return None if refused is None else _NOT_ASSUMED.format(arn=arn)


# https://github.com/terraform-aws-modules/terraform-aws-eks/issues/2406
_NOT_ASSUMED = (
    "InvalidParameterException: Role with arn: {arn}, could not be assumed because it does not exist or the trusted "
    "entity is not correct"
)


def _cluster_not_trusted(arn: Any, account: Account) -> str | None:
    return None if trusts(arn, "eks", account) else _NOT_ASSUMED.format(arn=arn)


def _nodes_not_trusted(arn: Any, account: Account) -> str | None:
    """https://github.com/aws/aws-k8s-tester/blob/master/eksconfig/add-on-managed-node-groups.go quotes it."""
    if trusts(arn, "ec2", account):
        return None
    return (
        f"InvalidParameterException: Following required service principals [ec2.{account.dns_suffix}] were not found in "
        f"the trust relationships of nodeRole {arn}"
    )


def _in_cluster(values: State, account: Account) -> str | None:
    name = values.get("cluster_name")
    if isinstance(name, str) and not account.has_cluster(name):
        return f"ResourceNotFoundException: No cluster found for name: {name}."
    return None


def _addon(values: State, account: Account) -> str | None:
    if account.get("aws_eks_addon", f"{values.get('cluster_name')}:{values.get('addon_name')}"):
        return "ResourceInUseException: Addon already exists."
    return _in_cluster(values, account) or _unknown_addon(values, account)


def _unknown_addon(values: State, account: Account) -> str | None:
    """https://github.com/marcincuber/eks/issues/10 ."""
    name, version = values.get("addon_name"), account.cluster_version(str(values.get("cluster_name")))
    if isinstance(name, str) and addon_version(name, version, most_recent=True) is None:
        return f"InvalidParameterException: Addon {name} specified is not supported in {version} kubernetes version"
    return None


def _access_entry(values: State, account: Account) -> str | None:
    if account.get("aws_eks_access_entry", f"{values.get('cluster_name')}:{values.get('principal_arn')}"):
        return (
            "ResourceInUseException: The specified access entry resource is already in use on this cluster."
        )
    return _in_cluster(values, account)


def _access_policy(values: State, account: Account) -> str | None:
    cluster, principal = values.get("cluster_name"), values.get("principal_arn")
    made_here = isinstance(cluster, str) and account.get("aws_eks_cluster", cluster) is not None
    entry = account.get("aws_eks_access_entry", f"{cluster}:{principal}")
    if made_here and isinstance(principal, str) and entry is None:
        return f"ResourceNotFoundException: The specified principalArn could not be found: {principal}"
    return _in_cluster(values, account)


def _pod_identity(values: State, account: Account) -> str | None:
    members = ("cluster_name", "namespace", "service_account")
    for other in account.all("aws_eks_pod_identity_association"):
        if all(other[one] == values.get(one) for one in members):
            return f"ResourceInUseException: Association already exists: {other['association_id']}"
    return _in_cluster(values, account)


CREATE: Mapping[str, Rule] = {
    "aws_autoscaling_group_tag": _group_tag,
    "aws_autoscaling_schedule": _schedule,
    "aws_eks_access_entry": _access_entry,
    "aws_eks_access_policy_association": _access_policy,
    "aws_eks_addon": _addon,
    "aws_eks_cluster": _cluster,
    "aws_eks_node_group": _node_group,
    "aws_eks_pod_identity_association": _pod_identity,
}
