"""Node groups that are replaced or destroyed, and with them their nodes at once."""

from __future__ import annotations

from collections.abc import Iterator

from ..nodes import NodeGroup, Nodes
from ..rule import Finding, Level
from ..subject import Subject
from ..told import empty, from_to, jobs_there
from ..values import known

_WITH_CLUSTER = "Keep the cluster: with it the group stays."


class GpuGroupReplaced:
    """A node group with GPUs or Neuron devices is destroyed and made anew: all of its nodes go at once, and every job on them."""

    id = "gpu-group-replaced"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            before = group.before
            if group.fate != "replaced" or before is None or not before.is_accelerated:
                continue
            after = f"replaced because of {_because(group)}"
            if empty(before):
                effect = "No node runs in it now: no job is hurt, and the group is made anew."
                remedy = "Deploy, unless somebody has scaled the group up since the plan was made."
                yield Finding(group.change, effect, remedy, str(before), after, level="note")
                continue
            effect = f"{_gone(before)}; every job on them ends.{_order(group)}"
            if empty(group.after):
                effect += " The new group starts with no node."
            effect += jobs_there(subject.jobs_on(group))
            remedy = (
                f"Take back the change of {_because(group, values=False)}, or make a second group with the new settings, move "
                "the jobs when they have checkpointed, and remove this one in a later deploy."
            )
            if _ends_with_cluster(group, subject):
                remedy = _WITH_CLUSTER
            elif before.is_reserved:
                remedy = (
                    f"Take back the change of {_because(group, values=False)}. If it must be: wait for the jobs' checkpoints and "
                    "stop them, then deploy; run `make preflight LAYOUT=...` first, so that the reservation is known to "
                    "be active and to have room."
                )
            yield Finding(group.change, effect, remedy, str(before), after)


class GpuGroupDestroyed:
    """A node group with GPUs or Neuron devices is destroyed, or gets another name, which is the same: its jobs end and its reservation is paid for nothing."""

    id = "gpu-group-destroyed"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            before = group.before
            if group.fate != "deleted" or before is None or not before.is_accelerated:
                continue
            new = subject.made_instead(group)
            after = "destroyed" if new is None else f"destroyed; {new.name} is made instead"
            if group.change.is_deposed:
                after = "destroyed: the old one of a replacement that was interrupted"
            if empty(before):
                effect = "No node runs in it now: no job is hurt."
                remedy = "Deploy, if nothing is to run there any more."
                yield Finding(group.change, effect, remedy, str(before), after, level="note")
                continue
            effect = f"{_gone(before)}; every job on them ends."
            remedy = "If the group is still needed, keep it in the layout; else stop its jobs first, and scale it to 0."
            if before.reservation and new is None:
                effect += f" The reservation {before.reservation} is paid for until it is cancelled or ends."
                remedy += " Cancel the reservation, or give it to another group."
            if new is not None:
                effect += f" A group's name is its identity: {new.name} is another one, made while {group.name} is destroyed."
                remedy = f"Keep the name {group.name}, or make {new.name} beside it, move the jobs, and remove {group.name} in a later deploy."
                if before.is_reserved:
                    effect += (
                        f" Where the reservation is full, {new.name} gets no instance until those of {group.name} are gone, "
                        "and may fail to be made."
                    )
                    remedy = (
                        f"Keep the name {group.name}. If it must change: stop the jobs when they have checkpointed, remove "
                        f"{group.name} in one deploy, and make {new.name} in the next."
                    )
            effect += jobs_there(subject.jobs_on(group))
            yield Finding(group.change, effect, remedy, str(before), after)


class NodeGroupLost:
    """A node group without accelerators is replaced or destroyed: what runs on it, like CoreDNS and the operators, has to find another place."""

    id = "node-group-lost"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            before = group.before
            if group.fate not in ("replaced", "deleted") or before is None or before.is_accelerated:
                continue
            if empty(before):
                continue
            after = "destroyed" if group.fate == "deleted" else f"replaced because of {_because(group)}"
            effect = f"{_gone(before)}; their pods need room elsewhere."
            remedy = "Make another group first, and remove this one in a later deploy."
            level: Level | None = None
            if _ends_with_cluster(group, subject):
                yield Finding(group.change, effect, _WITH_CLUSTER, str(before), after)
                continue
            if _untainted(group) and not _others_without_taint(group, subject):
                level = "stop"
                effect += (
                    " No other group of the cluster is without a taint: CoreDNS and the operators have no node until there is "
                    "one, so names no longer resolve, checkpoints to S3 fail and no job starts again."
                )
            effect += jobs_there(subject.jobs_on(group))
            yield Finding(group.change, effect, remedy, str(before), after, level)


class NodeGroupForgotten:
    """Terraform forgets a node group without destroying it: its nodes run on, and cost on, with nobody to look after them."""

    id = "node-group-forgotten"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            if group.fate == "forgotten" and group.before is not None:
                effect = (
                    f"Jobs go on, on {group.before.how_many}; no later plan shows, changes or removes them."
                )
                remedy = "Import the group where it belongs, or delete it by hand when its jobs are done."
                yield Finding(group.change, effect, remedy, str(group.before), "no longer managed")


def _gone(nodes: Nodes) -> str:
    """What EKS does with the nodes of a group that goes: https://docs.aws.amazon.com/eks/latest/userguide/delete-managed-node-group.html."""
    told = f"EKS drains and terminates {nodes.how_many}"
    return told if nodes.desired == 1 else f"{told} all together, not max_unavailable at a time"


def _ends_with_cluster(group: NodeGroup, subject: Subject) -> bool:
    """Whether the cluster goes too, which another rule tells: nothing about the group alone helps then."""
    name = group.change.was("cluster_name")
    return any(one.goes and one.was("name") == name for one in subject.of("aws_eks_cluster"))


def _because(group: NodeGroup, *, values: bool = True) -> str:
    """The arguments that force the replacement, with their values where these are short."""
    told = []
    for path in group.change.because:
        steps = [int(step) if step.isdigit() else step for step in path.split(".")]
        was, becomes = group.change.was(*steps), group.change.becomes(*steps)
        plain = path.replace(".0", "")
        one, other = _plain(was), _plain(becomes)
        if values and _short(one) and _short(other) and one != other:
            told.append(f"{plain} ({from_to(one, other)})")
        else:
            told.append(plain)
    return ", ".join(dict.fromkeys(told)) or "what the plan does not tell"


def _plain(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _short(value: object) -> bool:
    return known(value) and isinstance(value, str | int)


def _order(group: NodeGroup) -> str:
    """What the order of a replacement means for capacity."""
    reserved = group.before is not None and group.before.is_reserved
    if group.change.makes_first:
        told = " Terraform makes the new group first."
        if not group.change.differs("node_group_name"):
            told = (
                " Terraform makes the new group first, which EKS refuses while one of the same name is there."
            )
        return told + (" A full reservation has no instance for it." if reserved else "")
    if reserved:
        return " The reserved instances are free only when the last old node is gone, and are paid for meanwhile."
    return " The new nodes are asked for when the old ones are gone: GPUs on demand may not be there again."


def _untainted(group: NodeGroup) -> bool:
    return not group.change.was("taint")


def _others_without_taint(group: NodeGroup, subject: Subject) -> bool:
    """Whether nodes of the same cluster that stay, or roll, take any pod; a group that is only made comes too late."""
    return any(
        one.change.was("cluster_name") == group.change.was("cluster_name")
        for one in subject.open_groups
        if one is not group
    )
