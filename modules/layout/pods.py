"""What a training pod gets from the node group that it runs on: devices, huge pages, memory, and the environment of EFA."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .. import catalog
from .models import NodeGroup, Taint
from .models.training import PodResources

# Of a node's CPUs and memory the kubelet, the system and the DaemonSets take some; three quarters are surely left on all
# but the smallest types.
# https://kubernetes.io/docs/tasks/administer-cluster/reserve-compute-resources/
_USABLE = 0.75
# What the kubelet keeps of a node, whatever its size: 6 % of the first CPU; 255 MiB, and 100 MiB as the eviction threshold.
# https://github.com/awslabs/amazon-eks-ami/blob/main/nodeadm/internal/kubelet/config.go
KEPT_CPU = 0.06
KEPT_MEMORY_MIB = 355
# 5,120 MiB in pages of 2 MiB, for a whole node: https://docs.aws.amazon.com/eks/latest/userguide/node-efa.html
HUGE_PAGES_MIB = 5120

GPU, NEURON, EFA, HUGE_PAGES = (
    "nvidia.com/gpu",
    "aws.amazon.com/neuron",
    "vpc.amazonaws.com/efa",
    "hugepages-2Mi",
)
GROUP_LABEL = "eks.amazonaws.com/nodegroup"
# Interfaces behind which is no other pod. Images bring a list of their own that lets `lo` in, and EKS Pod Identity adds
# pod-id-link0 to nodes: https://github.com/aws/deep-learning-containers/issues/4756,
# https://github.com/aws-samples/aws-do-eks/pull/54
_NO_PEERS = "^lo,docker,veth,eni,pod-id-link"
# NCCL then names the network that it found, in one line of its start: without it, a fall-back to TCP is silent.
# https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/env.html
NCCL_ENVIRONMENT = {"NCCL_SOCKET_IFNAME": _NO_PEERS, "NCCL_DEBUG": "INFO", "NCCL_DEBUG_SUBSYS": "INIT,NET"}
# What the VPC CNI calls a pod's interface. Neuron's collectives pick another one on large nodes (release notes of
# aws-neuronx-collectives 2.12.35): https://awsdocs-neuron.readthedocs-hosted.com/en/latest/release-notes/
NEURON_ENVIRONMENT = {"CCOM_SOCKET_IFNAME": "eth0"}
# Where a job's script is in its pods: a path that no image has.
SCRIPT_FOLDER = "/etc/job"


@dataclass(frozen=True, slots=True)
class Share:
    """What one pod takes of its node.

    `cpu` in vCPUs, `memory_mib`, `huge_pages_mib` and `shared_memory_mib` in MiB; the rest are numbers of devices.
    """

    gpus: int
    neuron_devices: int
    efa: int
    cpu: float
    memory_mib: int
    huge_pages_mib: int
    shared_memory_mib: int

    @property
    def devices(self) -> dict[str, str]:
        """What has to be asked for as a limit, and in whole numbers: devices and huge pages."""
        given = {GPU: self.gpus, NEURON: self.neuron_devices, EFA: self.efa}
        pages = {HUGE_PAGES: memory_quantity(self.huge_pages_mib)} if self.huge_pages_mib else {}
        return {name: count_quantity(count) for name, count in given.items() if count} | pages

    @property
    def requests(self) -> dict[str, str]:
        """All that the pod asks for, as Kubernetes writes quantities."""
        return {"cpu": cpu_quantity(self.cpu), "memory": memory_quantity(self.memory_mib)} | self.devices

    @property
    def amounts(self) -> tuple[int, ...]:
        """All that the pod takes, in whole numbers: CPUs in thousandths, memory in MiB."""
        devices = (self.gpus, self.neuron_devices, self.efa)
        return *devices, round(self.cpu * 1000), self.memory_mib, self.huge_pages_mib


def cpu_quantity(cpus: float) -> str:
    """CPUs as Kubernetes itself writes them: `4`, `500m`, `2k`."""
    return _canonical(round(cpus * 1000), 1000, ("m", "", "k"))


def memory_quantity(mib: int) -> str:
    """Memory as Kubernetes itself writes it: the largest unit without a fraction, `5Gi` for 5,120 MiB.

    In any other form it comes back changed from the API server, and the provider calls that an error.
    https://github.com/kubernetes/apimachinery/blob/master/pkg/api/resource/quantity.go
    """
    return _canonical(mib, 1024, ("Mi", "Gi", "Ti", "Pi"))


def count_quantity(count: int) -> str:
    """A number of devices as Kubernetes itself writes it."""
    return _canonical(count, 1000, ("", "k"))


def _canonical(amount: int, step: int, units: tuple[str, ...]) -> str:
    if amount == 0:
        return "0"
    unit = 0
    while amount % step == 0 and unit < len(units) - 1:
        amount, unit = amount // step, unit + 1
    return f"{amount}{units[unit]}"


def node_efa(group: NodeGroup) -> int:
    """The EFA devices that a node of the group offers."""
    return len(group.type.efa_cards) if group.efa else 0


def node_huge_pages_mib(group: NodeGroup) -> int:
    """Memory in huge pages that a node of the group offers, in MiB: EFA's installer sets it aside."""
    return catalog.huge_pages_mib(group.type) if group.efa else 0


def node_cpu(group: NodeGroup) -> float:
    """The most vCPUs that pods get of a node of the group."""
    return group.type.vcpus - KEPT_CPU


def node_memory_mib(group: NodeGroup) -> int:
    """The most memory that pods get of a node of the group, in MiB, besides huge pages."""
    return group.type.memory_mib - node_huge_pages_mib(group) - KEPT_MEMORY_MIB


def share(group: NodeGroup, asked: PodResources | None = None) -> Share:
    """What a pod takes: what it asks for, and of the rest the part of the node that goes with its accelerators."""
    asked = asked or PodResources()
    node = group.type
    gpus = asked.gpus if asked.gpus is not None else node.gpus
    neuron = asked.neuron_devices if asked.neuron_devices is not None else node.neuron_devices
    part = min(1.0, _part(gpus, node.gpus) if node.gpus else _part(neuron, node.neuron_devices))
    efa = asked.efa if asked.efa is not None else int(node_efa(group) * part)
    pages = asked.hugepages_mib
    if pages is None:
        pages = int(min(HUGE_PAGES_MIB, node_huge_pages_mib(group)) * part) // 2 * 2 if efa else 0
    # A pod without devices on a node that has some takes none of its memory for them.
    rest = min((node.memory_mib - node_huge_pages_mib(group)) * _USABLE, node_memory_mib(group))
    memory = mib(asked.memory_gib) if asked.memory_gib is not None else max(1, int(rest * (part or 0.1)))
    shared = asked.shared_memory_gib
    return Share(
        gpus=gpus,
        neuron_devices=neuron,
        efa=efa,
        cpu=asked.cpu
        if asked.cpu is not None
        else max(0.1, int(node.vcpus * _USABLE * (part or 0.1) * 10) / 10),
        memory_mib=memory,
        huge_pages_mib=pages,
        shared_memory_mib=mib(shared) if shared is not None else max(1, memory // 2),
    )


def plain_share(cpu: float, memory_gib: float) -> Share:
    """What a pod takes that asks for CPUs and memory alone."""
    return Share(
        gpus=0,
        neuron_devices=0,
        efa=0,
        cpu=cpu,
        memory_mib=mib(memory_gib),
        huge_pages_mib=0,
        shared_memory_mib=0,
    )


def _part(taken: int, there: int) -> float:
    return taken / there if there else 1.0


def mib(gib: float) -> int:
    """GiB of a layout in whole MiB, one at least."""
    return max(1, round(gib * 1024))


def lacks(group: NodeGroup, wanted: Share) -> tuple[tuple[str, float, float], ...]:
    """What a node of the group has too little of: resource, what the pod asks for, what a node has at most."""
    node = group.type
    amounts: Iterable[tuple[str, float, float]] = (
        (GPU, wanted.gpus, node.gpus),
        (NEURON, wanted.neuron_devices, node.neuron_devices),
        (EFA, wanted.efa, node_efa(group)),
        ("cpu", wanted.cpu, node_cpu(group)),
        ("memory_mib", wanted.memory_mib, node_memory_mib(group)),
        ("hugepages_mib", wanted.huge_pages_mib, node_huge_pages_mib(group)),
    )
    return tuple(one for one in amounts if one[1] > one[2])


def node_amounts(group: NodeGroup) -> tuple[int, ...]:
    """All that a node of the group has for pods, in the order of `Share.amounts`."""
    node = group.type
    return (
        node.gpus,
        node.neuron_devices,
        node_efa(group),
        round(node_cpu(group) * 1000),
        node_memory_mib(group),
        node_huge_pages_mib(group),
    )


def room_for(wanted: Share, free: Iterable[int]) -> int:
    """How many such pods fit in what is free of a node, in the order of `Share.amounts`."""
    return min(has // takes for takes, has in zip(wanted.amounts, free, strict=True) if takes)


def pods_per_node(group: NodeGroup, wanted: Share) -> int:
    """How many such pods fit on a node of the group; 0 where none does."""
    return room_for(wanted, node_amounts(group))


def processes(group: NodeGroup, wanted: Share) -> int:
    """Processes that a pod starts where nobody says: one for each GPU or NeuronCore, or one."""
    if wanted.gpus:
        return wanted.gpus
    if wanted.neuron_devices:
        return catalog.neuron_cores(group.type) * wanted.neuron_devices // group.type.neuron_devices
    return 1


def network_environment(group: NodeGroup, wanted: Share, *, pods: int) -> dict[str, str]:
    """The environment that has NCCL or the Neuron runtime use EFA, and say what they use."""
    found: dict[str, str] = {}
    if wanted.efa:
        found["FI_PROVIDER"] = "efa"
        if catalog.efa_rdma(group.type):
            found["FI_EFA_USE_DEVICE_RDMA"] = "1"
    if wanted.gpus and pods > 1:
        found |= NCCL_ENVIRONMENT
    if wanted.neuron_devices and pods > 1:
        found |= NEURON_ENVIRONMENT
    return found


def tolerations(taints: Iterable[Taint]) -> list[dict[str, str]]:
    """Tolerations of exactly these taints, whatever their value."""
    unique = dict.fromkeys((taint.key, taint.effect) for taint in taints)
    return [{"key": key, "operator": "Exists", "effect": effect} for key, effect in unique]
