"""Rules about a node group's settings: size, volumes, updates, roles, repair."""

from __future__ import annotations

from collections.abc import Iterator

from ..faults import Level
from .base import Context, Finding

# https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html#gp3-ebs-volume-type; 80,000 IOPS where older pages say
# 16,000: AWS re:Invent 2025, session STG320.
GP3_IOPS = (3_000, 80_000)
GP3_IOPS_PER_GIB = 500
GP3_THROUGHPUT_PER_IOPS = 0.25
# https://docs.aws.amazon.com/ebs/latest/userguide/provisioned-iops.html
IO2_IOPS_PER_GIB = 1_000


class SizeOrder:
    """EKS refuses a group whose desired size does not lie between the smallest and the largest.

    https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupScalingConfig.html
    """

    id = "size-order"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The order is min <= desired <= max; one finding for each group."""
        for path, group in context.groups():
            size = group.size
            if size.min <= size.desired <= size.max:
                continue
            because = tuple((*path, "size", key) for key in ("min", "desired", "max"))
            if size.min > size.max:
                problem, keys = f"min {size.min} is more than max {size.max}", ("min", "max")
            elif size.min > size.desired:
                problem, keys = f"min {size.min} is more than desired {size.desired}", ("min", "desired")
            else:
                problem, keys = f"desired {size.desired} is more than max {size.max}", ("desired", "max")
            where = context.own(*((*path, "size", key) for key in keys))
            remedy = f"Write {_ordered(size.min, size.desired, size.max)}, or other numbers in this order."
            yield Finding(where, problem, remedy, because)


def _ordered(least: int, desired: int, most: int) -> str:
    low, middle, high = sorted((least, desired, most))
    return f"{{min: {low}, desired: {middle}, max: {high}}}"


class RootVolumeIops:
    """EBS bounds IOPS by type and by size; it refuses the volume when the first instance starts.

    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html
    """

    id = "root-volume-iops"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """gp3: 3,000 to 80,000 and 500 a GiB; io2: needed, and 1,000 a GiB."""
        for path, group in context.groups():
            volume, where = group.root_volume, (*path, "root_volume", "iops")
            because = ((*path, "root_volume"),)
            if volume.iops is None:
                if volume.type == "io2":
                    remedy = "Write iops: 3000 or more, or type: gp3."
                    yield Finding(where, "an io2 volume needs its number of IOPS", remedy, because)
                continue
            per_gib = IO2_IOPS_PER_GIB if volume.type == "io2" else GP3_IOPS_PER_GIB
            if volume.type == "gp3" and not GP3_IOPS[0] <= volume.iops <= GP3_IOPS[1]:
                problem = f"{volume.iops:,} IOPS are not between {GP3_IOPS[0]:,} and {GP3_IOPS[1]:,}, as gp3 has them"
                yield Finding(where, problem, "Remove it (3,000 are included), or write a number in between.")
            elif volume.iops > volume.size_gib * per_gib:
                most = volume.size_gib * per_gib
                problem = f"{volume.iops:,} IOPS are more than {volume.size_gib} GiB of {volume.type} can have: {most:,}"
                remedy = f"Write size_gib: {-(-volume.iops // per_gib)} or more, or fewer IOPS."
                yield Finding(where, problem, remedy, because)


class RootVolumeThroughput:
    """Only gp3 takes a throughput, and at most 0.25 MiB/s for each of its IOPS.

    https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html#gp3-ebs-volume-type
    """

    id = "root-volume-throughput"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """gp3 alone, and IOPS enough for it."""
        for path, group in context.groups():
            volume, where = group.root_volume, (*path, "root_volume", "throughput")
            if volume.throughput is None:
                continue
            iops = volume.iops or GP3_IOPS[0]
            if volume.type == "io2":
                yield Finding(where, "an io2 volume takes no throughput", "Remove it, or write type: gp3.")
            elif volume.throughput > iops * GP3_THROUGHPUT_PER_IOPS:
                problem = f"{volume.throughput:,} MiB/s are more than {iops:,} IOPS can carry: {iops // 4:,}"
                remedy = f"Write iops: {volume.throughput * 4} or more, or a lower throughput."
                yield Finding(
                    where, problem, remedy, ((*path, "root_volume", "iops"), (*path, "root_volume", "type"))
                )


class UpdateTwice:
    """EKS takes a number of nodes or a percentage.

    https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupUpdateConfig.html
    """

    id = "update-twice"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`max_unavailable` and `max_unavailable_percentage` exclude each other."""
        for path, group in context.groups():
            if group.update.max_unavailable and group.update.max_unavailable_percentage:
                problem = "max_unavailable is given too, and EKS takes one of the two"
                yield Finding((*path, "update", "max_unavailable_percentage"), problem, "Keep one of them.")


class UpdateLargerThanGroup:
    """EKS takes no more unavailable nodes than the group can have.

    https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
    """

    id = "update-larger-than-group"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`max_unavailable` is at most `size.max`."""
        for path, group in context.groups():
            wanted = group.update.max_unavailable
            if wanted is not None and wanted > group.size.max:
                problem = f"{wanted} nodes are more than the group can have ({group.size.max})"
                remedy = f"Write {group.size.max} or less."
                yield Finding((*path, "update", "max_unavailable"), problem, remedy, ((*path, "size"),))


class PoliciesOfOwnRole:
    """A role that exists is used as it is: nothing is attached to it."""

    id = "policies-of-own-role"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`policy_arns` is for the role that is made here."""
        for path, group in context.groups():
            if group.role_arn and group.policy_arns:
                problem = "role_arn names a role that exists, to which nothing is attached here"
                remedy = "Attach the policies to that role yourself, or remove role_arn."
                yield Finding((*path, "policy_arns"), problem, remedy, ((*path, "role_arn"),))


class RepairWithoutAgent:
    """Node repair sees what the kubelet reports; GPU, EFA and kernel faults are reported by the monitoring agent.

    https://docs.aws.amazon.com/eks/latest/userguide/node-health.html
    """

    id = "repair-without-agent"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """`node_repair` goes with the add-on eks-node-monitoring-agent."""
        if context.layout.has_addon("eks-node-monitoring-agent"):
            return
        for path, group in context.groups():
            if group.node_repair:
                problem = (
                    "without the node monitoring agent, repair sees no GPU, network or kernel fault of a node"
                )
                remedy = "Add the add-on: `addons: {eks-node-monitoring-agent: {}}`."
                because = (("addons", "eks-node-monitoring-agent"),)
                yield Finding((*path, "node_repair"), problem, remedy, because)
