"""How many nodes each group has, and why there are not more."""

from __future__ import annotations

from collections.abc import Iterator

from modules.layout.models import NodeGroup

from ...aws.account import Account, Answer
from ...checking.check import Finding, Level, UnaskedError
from ..subject import Subject, group_of, instance_of
from .base import OfNodes
from .known import has_cluster

_MISSING = ("ResourceNotFoundException",)
_ACTIVITIES = 5  # the last ones; one failed attempt follows the other for as long as there is no capacity


class Sizes(OfNodes):
    """Every group has to have as many nodes as the layout says: capacity that is paid for, and not used, is the dearest."""

    id = "nodes"
    level: Level = "error"
    remedy = "see what EKS says of the group: aws eks describe-nodegroup"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each group has the nodes that it may have now."""
        for path, name, group in subject.groups():
            count, size = len(subject.nodes(name)), subject.size(group)
            if count in size:
                continue
            there = f"{count} node{'' if count == 1 else 's'}"
            wanted = _wanted(subject, group, size)
            if count >= size.stop:
                # An update starts new nodes before it takes the old ones away:
                # https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
                yield Finding(
                    path,
                    f"has {there}, and the layout says {wanted}",
                    f"where no update is under way, apply the layout: make deploy; {_describe(subject, name)}",
                    "warning",
                )
            else:
                yield Finding(
                    path,
                    f"has {there}, and the layout says {wanted}{_why(subject, name, count)}",
                    _remedy(subject, name, group),
                )
        yield from self._strangers(subject)

    def _strangers(self, subject: Subject) -> Iterator[Finding]:
        """Nodes of managed groups that are not, or no longer, in the layout."""
        others: dict[str, int] = {}
        for node in subject.cluster.nodes():
            group = group_of(node)
            if group is not None and group not in subject.layout.node_groups:
                others[group] = others.get(group, 0) + 1
        for group, count in sorted(others.items()):
            yield Finding(
                f"node_groups.{group}",
                f"has {count} node{'' if count == 1 else 's'}, and is not in the layout",
                "apply the layout, or write the group into it",
                "warning",
            )


def _wanted(subject: Subject, group: NodeGroup, size: range) -> str:
    if subject.waits(group):
        return f"0 until its capacity block starts at {group.capacity.start}"
    if subject.is_over(group):
        return f"0 at the end of its capacity block ({group.capacity.end})"
    if len(size) > 1:
        return f"{size.start} to {size.stop - 1}"
    return str(size.start)


def _remedy(subject: Subject, name: str, group: NodeGroup) -> str:
    if group.starts_later:
        # The scheduled action has run, or never will: modules/capacity_block.py.
        return (
            f"aws eks update-nodegroup-config --region {subject.layout.region} --cluster-name {subject.layout.name} "
            f"--nodegroup-name {name} --scaling-config desiredSize={group.size.desired}"
        )
    return _describe(subject, name)


def _describe(subject: Subject, name: str) -> str:
    return (
        f"aws eks describe-nodegroup --region {subject.layout.region} --cluster-name {subject.layout.name} "
        f"--nodegroup-name {name} --query nodegroup.[status,scalingConfig,health]"
    )


def _why(subject: Subject, name: str, count: int) -> str:
    """What EKS or Auto Scaling gives as the reason, or nothing where nobody can be asked."""
    if subject.account is None:
        return ""
    try:
        told = _reason(subject.account, subject, name, count)
    except UnaskedError:
        return ""
    return f": {told}" if told else ""


def _reason(account: Account, subject: Subject, name: str, count: int) -> str:
    answer = account.find(
        "eks", "describe_nodegroup", _MISSING, clusterName=subject.layout.name, nodegroupName=name
    )
    if answer is None:
        has_cluster(subject, account)
        return "EKS has no node group of that name"
    found: Answer = answer["nodegroup"]
    # https://docs.aws.amazon.com/eks/latest/APIReference/API_Issue.html
    issues = [
        f"{one.get('code')}: {_line(one.get('message'))}"
        for one in (found.get("health") or {}).get("issues") or ()
    ]
    if issues:
        return "; ".join(issues)
    if found.get("status") not in ("ACTIVE", None):
        return f"EKS says that the group is {found['status']}"
    desired = (found.get("scalingConfig") or {}).get("desiredSize")
    if desired is not None and desired <= count:
        return f"its desired size in EKS is {desired}: somebody changed it, or the layout was not applied"
    groups = (found.get("resources") or {}).get("autoScalingGroups") or ()
    return _of_auto_scaling(account, subject, name, str(groups[0]["name"])) if groups else ""


def _of_auto_scaling(account: Account, subject: Subject, name: str, group: str) -> str:
    answer = account.ask("autoscaling", "describe_auto_scaling_groups", AutoScalingGroupNames=[group])
    joined = {instance_of(node) for node in subject.nodes(name)}
    launched = [
        str(one["InstanceId"])
        for found in answer["AutoScalingGroups"]
        for one in found.get("Instances") or ()
    ]
    missing = sorted(id for id in launched if id not in joined)
    if missing:
        some = ", ".join(missing)
        return (
            f"{some} {'runs' if len(missing) == 1 else 'run'} and did not join the cluster; what nodeadm says of it: "
            f"aws ec2 get-console-output --region {subject.layout.region} --instance-id {missing[0]} --latest --output text"
        )
    # The newest first: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScalingActivities.html
    activities = account.ask(
        "autoscaling", "describe_scaling_activities", AutoScalingGroupName=group, MaxRecords=_ACTIVITIES
    )["Activities"]
    if activities and activities[0].get("StatusCode") in ("Failed", "Cancelled"):
        return f"Auto Scaling says: {_line(activities[0].get('StatusMessage'))}"
    return ""


def _line(text: object) -> str:
    return " ".join(str(text or "").split()).rstrip(".")
