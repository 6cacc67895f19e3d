"""What a serving deployment needs of its nodes, and how its pods come and go: read by its rules and by its manifests."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from .models import NodeGroup
from .models.serving import (
    ALB_DRAIN_SECONDS,
    LOCAL_DRAIN_SECONDS,
    NLB_DRAIN_SECONDS,
    SPOT_NOTICE_SECONDS,
    ServingDeployment,
)
from .models.training import PodResources
from .pods import GPU, NEURON, Share, lacks, mib, pods_per_node, share

# What a pod asks for where nothing says it: enough for a small server, and a pod that asks for nothing is the first to go.
DEFAULT_CPU = 1.0
DEFAULT_MEMORY_MIB = 2048
# At most this part of the pods is new, or away, at once in a rollout.
ROLLOUT_PART = 4


@dataclass(frozen=True, slots=True)
class Needs:
    """What each pod asks for (`cpu` in vCPUs, `memory_mib`), and the most that it gets, where there is a limit."""

    cpu: float
    memory_mib: int
    cpu_limit: float | None
    memory_limit_mib: int | None
    gpus: int
    neuron_devices: int

    @property
    def devices(self) -> dict[str, int]:
        """The accelerators, by the resource's name."""
        given = {GPU: self.gpus, NEURON: self.neuron_devices}
        return {name: count for name, count in given.items() if count}

    @property
    def share(self) -> Share:
        """The same as what a pod takes of a node."""
        return Share(
            gpus=self.gpus,
            neuron_devices=self.neuron_devices,
            efa=0,
            cpu=self.cpu,
            memory_mib=self.memory_mib,
            huge_pages_mib=0,
            shared_memory_mib=0,
        )

    def fits(self, group: NodeGroup) -> bool:
        """Whether a node of the group has room for one pod."""
        return not lacks(group, self.share)

    def room(self, groups: Iterable[NodeGroup]) -> int:
        """How many pods the nodes of the groups hold, when those that the autoscaler owns are as many as they may be."""
        return sum(pods_per_node(group, self.share) * nodes(group) for group in groups if self.fits(group))


def nodes(group: NodeGroup) -> int:
    """The most nodes that come without anybody changing the layout."""
    return group.size.max if group.scaling_owner == "autoscaler" else group.size.desired


def groups_of(serving: ServingDeployment, groups: Mapping[str, NodeGroup]) -> dict[str, NodeGroup]:
    """The node groups that the pods may run on: those named, or all that take any pod."""
    if serving.node_groups:
        return {name: groups[name] for name in serving.node_groups if name in groups}
    return {name: group for name, group in groups.items() if not group.taints}


def needs(serving: ServingDeployment, groups: Iterable[NodeGroup]) -> Needs:
    """What each pod asks for: what the layout says, or its limits, or what suits every one of its node groups."""
    asked = serving.resources
    limits, requests = asked.limits, asked.requests
    shares = [share(group, _accelerators(serving)) for group in groups] if _has_accelerators(serving) else []
    cpu = requests.cpu or limits.cpu or min((one.cpu for one in shares), default=DEFAULT_CPU)
    memory_gib = requests.memory_gib or limits.memory_gib
    return Needs(
        cpu=cpu,
        memory_mib=mib(memory_gib)
        if memory_gib
        else min((one.memory_mib for one in shares), default=DEFAULT_MEMORY_MIB),
        cpu_limit=limits.cpu,
        memory_limit_mib=mib(limits.memory_gib) if limits.memory_gib else None,
        gpus=asked.gpus,
        neuron_devices=asked.neuron_devices,
    )


def _has_accelerators(serving: ServingDeployment) -> bool:
    return bool(serving.resources.gpus or serving.resources.neuron_devices)


def _accelerators(serving: ServingDeployment) -> PodResources:
    return PodResources(gpus=serving.resources.gpus, neuron_devices=serving.resources.neuron_devices)


def drain_seconds(serving: ServingDeployment, groups: Iterable[NodeGroup]) -> int:
    """How long a pod that has to go still answers; on spot nodes so short that all fits in the notice."""
    if serving.drain_seconds is not None:
        return serving.drain_seconds
    if serving.load_balancer is None:
        return LOCAL_DRAIN_SECONDS
    usual = NLB_DRAIN_SECONDS if serving.load_balancer.type == "nlb" else ALB_DRAIN_SECONDS
    if any(group.capacity.type == "spot" for group in groups):
        # A little of the notice is gone before the node is drained.
        return min(usual, max(0, SPOT_NOTICE_SECONDS - 10 - serving.shutdown_seconds))
    return usual


def rollout(serving: ServingDeployment, groups: Iterable[NodeGroup]) -> Literal["surge", "replace"]:
    """Whether a new version starts a pod before it stops one: with accelerators, only where one pod more has room."""
    if serving.rollout is not None:
        return serving.rollout
    groups = list(groups)
    wanted = needs(serving, groups)
    return "surge" if not wanted.devices or wanted.room(groups) > serving.most else "replace"


def rollout_waves(serving: ServingDeployment, groups: Iterable[NodeGroup]) -> int:
    """How many times in a row pods have to start until all are new, at most."""
    if _has_accelerators(serving) and rollout(serving, groups) == "surge":
        return max(1, serving.most)  # there may be room for one more and no more
    return math.ceil(max(1, serving.most) / max(1, serving.most // ROLLOUT_PART))
