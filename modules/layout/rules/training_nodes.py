"""Rules about the nodes of training jobs: that they hold all pods, and that these talk over EFA."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ... import catalog
from ..faults import KeyPath, Level
from ..models import NodeGroup, TrainingJob
from ..pods import EFA, GPU, NEURON, Share, lacks, plain_share, pods_per_node, share
from .base import Context, Finding, listed
from .training import jobs


@dataclass(frozen=True, slots=True)
class Pods:
    """Equal pods of a job: its workers, or its parameter servers.

    `path` is that of the job; `count_key` and `resources` are paths below it. `group` is their node group, whose type the
    catalogue knows.
    """

    path: KeyPath
    job: TrainingJob
    count: int
    count_key: KeyPath
    resources: KeyPath
    group_name: str
    group: NodeGroup
    share: Share

    @property
    def because(self) -> tuple[KeyPath, ...]:
        """What the pods and their nodes follow from."""
        below = [*self.resources[:1], *self.count_key[:1]]
        return (*((*self.path, key) for key in (*below, "node_group")), ("node_groups", self.group_name))


def _group(context: Context, name: str) -> NodeGroup | None:
    group = context.layout.node_groups.get(name)
    return group if group is not None and catalog.find(group.instance_type) else None


def workers(context: Context) -> Iterator[Pods]:
    """The workers of every job whose node group is known."""
    for path, _, job in jobs(context):
        group = _group(context, job.node_group)
        if group is not None:
            taken = share(group, job.resources)
            yield Pods(path, job, job.nodes, ("nodes",), ("resources",), job.node_group, group, taken)


def _servers(context: Context) -> Iterator[Pods]:
    for path, _, job in jobs(context):
        servers = job.parameter_servers
        name = (servers.node_group if servers else None) or job.node_group
        group = _group(context, name)
        if servers is not None and group is not None:
            key: KeyPath = ("parameter_servers",)
            taken = plain_share(servers.cpu, servers.memory_gib)
            yield Pods(path, job, servers.count, (*key, "count"), key, name, group, taken)


# The key of a resource, and its unit in a message.
_RESOURCES: Mapping[str, tuple[str, str]] = {
    GPU: ("gpus", "GPUs"),
    NEURON: ("neuron_devices", "Neuron devices"),
    EFA: ("efa", "EFA interfaces"),
    "cpu": ("cpu", "vCPUs"),
    "memory_mib": ("memory_gib", "GiB"),
    "hugepages_mib": ("hugepages_mib", "MiB in huge pages"),
}


class JobLargerThanNode:
    """A pod that asks for more than any node has never starts, and the rest of the job waits for it on paid nodes.

    A part of the CPUs and of the memory of every node is the kubelet's own.
    https://kubernetes.io/docs/tasks/administer-cluster/reserve-compute-resources/
    """

    id = "job-larger-than-node"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Devices, CPUs, memory and huge pages of a pod are at most those of a node."""
        for pods in (*workers(context), *_servers(context)):
            for resource, asked, has in lacks(pods.group, pods.share):
                key, unit = _RESOURCES[resource]
                if resource == "memory_mib":
                    asked, has = asked / 1024, math.floor(has / 102.4) / 10
                node = f"a node of {pods.group_name} ({pods.group.instance_type})"
                if resource in ("cpu", "memory_mib"):
                    problem = f"a pod asks for {asked:g} {unit}, and of {node} pods get {has:g} at most"
                else:
                    problem = f"a pod asks for {asked:g} {unit}, and {node} has {has:g}"
                path = (*pods.path, *pods.resources, key)
                because = (*pods.because, (*pods.path, *pods.resources, "gpus"))
                yield Finding(path, problem, _remedy(pods, resource, has), because)


def _remedy(pods: Pods, resource: str, has: float) -> str:
    if has > 0:
        return f"Ask for {has:g} or less, or write a node_group with larger nodes."
    if resource == EFA and pods.group.type.supports_efa:
        return f"Remove it, or write node_groups.{pods.group_name}.efa: true."
    return "Remove it, or write a node_group whose nodes have some."


class JobLargerThanGroup:
    """Pods beyond what a group holds at its largest never start, and the others wait for them.

    Nobody starts more nodes than `size.max`, neither the autoscaler nor Terraform.
    """

    id = "job-larger-than-group"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """All pods of a job fit on `size.max` nodes."""
        for pods in (*workers(context), *_servers(context)):
            each, most = pods_per_node(pods.group, pods.share), pods.group.size.max
            # Where a node has no room for one pod, another rule says so.
            if each and pods.count > each * most:
                problem = f"{pods.count} pods, and {pods.group_name} holds {each * most}: {_on(each, most)}"
                size = f"node_groups.{pods.group_name}.size.max: {math.ceil(pods.count / each)}"
                remedy = f"Write {each * most} or fewer, or {size}." if most else f"Write {size}."
                yield Finding((*pods.path, *pods.count_key), problem, remedy, pods.because)


def _on(each: int, nodes: int) -> str:
    return f"{each} on each of {nodes} nodes at most" if nodes != 1 else f"{each} on its one node"


class JobLargerThanDesired:
    """Without an autoscaler a group has the nodes that are desired: pods for which there are none wait for a person."""

    id = "job-larger-than-desired"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """All pods of a job fit on the nodes that are desired, or the autoscaler brings more."""
        for pods in (*workers(context), *_servers(context)):
            each, size = pods_per_node(pods.group, pods.share), pods.group.size
            if pods.group.scaling_owner == "autoscaler" or not each:
                continue
            if each * size.desired < pods.count <= each * size.max:
                name = pods.group_name
                problem = f"{pods.count} pods, and the {size.desired} nodes that {name} has hold {each * size.desired}: nobody brings more"
                needed = math.ceil(pods.count / each)
                remedy = f"Write node_groups.{name}.size.desired: {needed}, or scaling_owner: autoscaler."
                yield Finding((*pods.path, *pods.count_key), problem, remedy, pods.because)


class JobsHoldEachOther:
    """Pods start one by one: of two jobs that do not fit together each gets some nodes, and waits for the other's.

    kueue starts a job when all of its pods fit. https://kueue.sigs.k8s.io/docs/overview/
    """

    id = "jobs-hold-each-other"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """Jobs of several pods fit on their group together, or kueue admits them."""
        if context.layout.has_release("kueue"):
            return
        by_group: dict[str, list[Pods]] = defaultdict(list)
        for pods in workers(context):
            each = pods_per_node(pods.group, pods.share)
            if pods.job.kind != "worker_set" and pods.count > 1 and each:
                by_group[pods.group_name].append(pods)
        for name, several in by_group.items():
            needed = sum(math.ceil(one.count / pods_per_node(one.group, one.share)) for one in several)
            most = several[0].group.size.max
            last = several[-1]
            if len(several) > 1 and needed > most:
                others = listed(str(one.path[-1]) for one in several[:-1])
                problem = f"together with {others} it takes {needed} nodes of {name}, which has {most} at most: each may start in part, and wait for the other for ever"
                remedy = "Write helm_releases: {kueue: {}}, which starts a job when all of its pods fit."
                because = tuple(path for one in several for path in one.because)
                yield Finding((*last.path, "nodes"), problem, remedy, because)


class JobWithoutEfa:
    """Pods without an EFA interface talk over TCP, an order of magnitude slower, and only a line in the log says so.

    https://docs.aws.amazon.com/eks/latest/userguide/node-efa.html
    """

    id = "job-without-efa"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """Jobs over several nodes with EFA take EFA interfaces with their accelerators."""
        for pods in workers(context):
            taken = pods.share
            if pods.count < 2 or not pods.group.efa or taken.efa or not (taken.gpus or taken.neuron_devices):
                continue
            path = (*pods.path, "resources")
            there = len(pods.group.type.efa_cards)
            problem = f"the pods take none of the {there} EFA interfaces of their nodes: traffic between them goes over TCP"
            if pods.job.resources.efa is None:
                remedy = "Take all accelerators of a node: its EFA interfaces cannot be shared out to so many pods."
                key = "gpus" if pods.group.type.gpus else "neuron_devices"
            else:
                remedy, key = "Leave out efa.", "efa"
            yield Finding((*path, key), problem, remedy, ((*path, "efa"), *pods.because))
