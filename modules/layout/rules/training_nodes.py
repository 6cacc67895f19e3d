"""Rules about the nodes of training jobs: what a pod takes of one, and what becomes of it with the node."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ... import catalog
from ..faults import KeyPath, Level
from ..models import NodeGroup, TrainingJob
from ..pods import EFA, GPU, NEURON, Share, lacks, plain_share, processes, share
from .base import Context, Finding
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


def parameter_servers(context: Context) -> Iterator[Pods]:
    """The parameter servers of every job that has some, where their node group is known."""
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
        for pods in (*workers(context), *parameter_servers(context)):
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


class MoreProcessesThanDevices:
    """A process without a GPU of its own shares one, and NCCL refuses two ranks on one GPU.

    https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/usage/communicators.html
    """

    id = "more-processes-than-devices"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """A pod with accelerators starts one process for each at most."""
        for pods in workers(context):
            wanted, taken = pods.job.processes_per_node, pods.share
            if wanted is None or not (taken.gpus or taken.neuron_devices):
                continue
            most = processes(pods.group, taken)
            if wanted > most:
                what = "GPUs" if taken.gpus else "NeuronCores"
                problem = f"{wanted} processes, and a pod has {most} {what}: two would share one"
                remedy = f"Remove it for one process each, or write {most} or fewer."
                yield Finding((*pods.path, "processes_per_node"), problem, remedy, pods.because)


class SpotEndsJob:
    """A spot node goes when EC2 wants it back, and the peers of its pod fail: a job without restarts ends there.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-interruptions.html
    """

    id = "spot-ends-job"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """A job on spot nodes may start again."""
        for pods in workers(context):
            job = pods.job
            # The one pod of an indexed_job is replaced, and not counted.
            goes_on = job.kind == "worker_set" or (job.kind == "indexed_job" and job.nodes == 1)
            if pods.group.capacity.type != "spot" or goes_on or job.max_restarts:
                continue
            problem = f"the first node of {pods.group_name} (spot) that EC2 takes back ends the job"
            remedy = "Write max_restarts: 10, and let the program go on from its last checkpoint."
            because = (
                (*pods.path, "kind"),
                (*pods.path, "nodes"),
                (*pods.path, "max_restarts"),
                *pods.because,
            )
            yield Finding((*pods.path, "node_group"), problem, remedy, because)
