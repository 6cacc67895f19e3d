"""Sentences that several rules about nodes tell."""

from __future__ import annotations

from collections.abc import Sequence

from .jobs import Job
from .nodes import NodeGroup, Nodes
from .values import shown

# So many jobs are told by name.
_NAMED = 3


def jobs_there(jobs: Sequence[Job]) -> str:
    """Like ` Deployed there: TrainJob training/torch (2 pods, 16 GPUs).`; nothing where none is known."""
    if not jobs:
        return ""
    names = [str(one) for one in jobs[:_NAMED]]
    if len(jobs) > _NAMED:
        names.append(f"{len(jobs) - _NAMED} more")
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f" Deployed there: {listed}."


def training(jobs: Sequence[Job]) -> list[Job]:
    """Those of them that lose their work, since the last checkpoint, with a node."""
    return [one for one in jobs if one.trains]


def empty(nodes: Nodes | None) -> bool:
    """Whether the plan says that no node runs."""
    return nodes is not None and nodes.desired == 0


def size_command(group: NodeGroup, size: int) -> str:
    """The command that gives a group another size."""
    return (
        f"`aws eks update-nodegroup-config --cluster-name {_cluster(group)} --nodegroup-name {group.name} "
        f"--scaling-config minSize=0,desiredSize={size}`"
    )


def minimal(group: NodeGroup) -> str:
    """How EKS is told to take nodes away before it starts new ones: by the layout where the provider can say it."""
    if group.has_strategy:
        return "update: {strategy: minimal} in the layout, in a deploy of its own before this one"
    return (
        f"`aws eks update-nodegroup-config --cluster-name {_cluster(group)} --nodegroup-name {group.name} "
        "--update-config maxUnavailable=1,updateStrategy=MINIMAL`"
    )


def from_to(before: object, after: object) -> str:
    """Like `1 → 2`."""
    return f"{shown(before, 60)} → {shown(after, 60)}"


def _cluster(group: NodeGroup) -> str:
    for value in (group.change.was("cluster_name"), group.change.becomes("cluster_name")):
        if isinstance(value, str) and value:
            return value
    return "CLUSTER"
