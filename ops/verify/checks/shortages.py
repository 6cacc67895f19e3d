"""What a node offers to pods, and what its instance type has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modules import catalog
from modules.layout.efa_drivers import (
    DEVICE_ATTRIBUTE,
    DRA_RELEASE,
    DRIVER,
    EFA_DEVICE,
    PLUGIN_RELEASE,
)
from modules.layout.models import NodeGroup
from modules.layout.pods import EFA, GPU, HUGE_PAGES, NEURON

from ..cluster import Object
from ..subject import TYPE_LABEL, Subject, labels_of, name_of
from .telling import ready_nodes

NEURON_CORES = "aws.amazon.com/neuroncore"


@dataclass(frozen=True, slots=True)
class Plugin:
    """What offers a kind of device to pods.

    Args:
        release: of the layout.
        container: what the name of its container has in it, whichever chart or operator makes it: nvidia-device-plugin of
            the GPU operator (assets/state-device-plugin) and nvidia-device-plugin-ctr of NVIDIA's chart,
            aws-efa-k8s-device-plugin and dranet (github.com/aws/eks-charts), and (k8s-)neuron-device-plugin
            (https://awsdocs-neuron.readthedocs-hosted.com/en/latest/containers/kubernetes-getting-started.html).
        bottlerocket: whether Bottlerocket brings it with the AMI.
        what: what it is called in a message.
    """

    release: str
    container: str
    bottlerocket: bool = False
    what: str = "device plugin"

    def makes(self, daemon_set: Object) -> bool:
        """Whether a DaemonSet is it."""
        spec = (((daemon_set.get("spec") or {}).get("template") or {}).get("spec")) or {}
        return any(self.container in str(one.get("name")) for one in spec.get("containers") or ())


PLUGINS: Mapping[str, Plugin] = {
    # https://docs.aws.amazon.com/eks/latest/userguide/ml-eks-optimized-ami.html
    GPU: Plugin("gpu-operator", "nvidia-device-plugin", bottlerocket=True),
    NEURON: Plugin("neuron", "neuron-device-plugin"),
    NEURON_CORES: Plugin("neuron", "neuron-device-plugin"),
    EFA: Plugin(PLUGIN_RELEASE, "efa-k8s-device-plugin"),
}
DRA_DRIVER = Plugin(DRA_RELEASE, "dranet", what="DRA driver")


def plugin_of(subject: Subject, resource: str) -> Plugin:
    """What is to offer a kind of device in this cluster."""
    return DRA_DRIVER if is_claimed(subject, resource) else PLUGINS[resource]


def is_claimed(subject: Subject, resource: str) -> bool:
    """Whether pods claim such devices, so that a node offers no number of them."""
    return resource == EFA and subject.layout.claims_efa


def efa_of(subject: Subject, node: Object) -> int:
    """How many EFA devices pods can get on a node, as the layout's driver says."""
    if not is_claimed(subject, EFA):
        return _amount(node, "allocatable", EFA)
    # By name, since a slice may still be there beside the one that has taken its place.
    return len(
        {
            device["name"]
            for one in subject.cluster.resource_slices(DRIVER)
            if (one.get("spec") or {}).get("nodeName") == name_of(node)
            for device in one["spec"].get("devices") or ()
            if _is_efa(device)
        }
    )


def _is_efa(device: Object) -> bool:
    """By its attribute, whose name may stand without the driver's domain: https://kubernetes.io/docs/reference/kubernetes-api/resource/resource-slice-v1/ ."""
    attributes = device.get("attributes") or {}
    found = attributes.get(DEVICE_ATTRIBUTE) or attributes.get(DEVICE_ATTRIBUTE.rpartition("/")[2]) or {}
    return found.get("string") == EFA_DEVICE


@dataclass(frozen=True)
class Shortage:
    """A node that offers fewer devices than its type has."""

    node: Object
    group: NodeGroup
    resource: str
    has: int
    wanted: int
    claimed: bool = False

    @property
    def capacity(self) -> int:
        """The devices that the plugin has found, healthy or not."""
        return self.has if self.claimed else _amount(self.node, "capacity", self.resource)

    @property
    def offers(self) -> str:
        """What the node has, for a message."""
        if self.claimed:
            return f"has {self.has} of {self.wanted} EFA devices in ResourceSlices of {DRIVER}"
        return f"offers {self.has} of {self.wanted} {self.resource}"


def shortages(subject: Subject, resource: str) -> list[Shortage]:
    """The ready nodes that are short of a resource."""
    found = []
    for node, _, group in ready_nodes(subject):
        wanted = wanted_of(node, group, resource)
        claimed = is_claimed(subject, resource)
        has = efa_of(subject, node) if claimed else _amount(node, "allocatable", resource)
        # GPUs that are cut into slices of several kinds, or shared in turns, have names of their own:
        # https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-operator-mig.html, gpu-sharing.html
        sliced = resource == GPU and any(
            key.startswith("nvidia.com/mig-") or key == f"{GPU}.shared" for key in _offered(node)
        )
        if has < wanted and not sliced:
            found.append(Shortage(node, group, resource, has, wanted, claimed))
    return found


def wanted_of(node: Object, group: NodeGroup, resource: str) -> int:
    """How much of a resource a node has to offer; nothing is asked of a type that is not the group's."""
    name = labels_of(node).get(TYPE_LABEL)
    kind = catalog.find(name) if name in group.instance_types else None
    if kind is None:
        return 0
    if resource == EFA:
        return len(kind.efa_cards) if group.efa else 0
    if resource == HUGE_PAGES:
        return catalog.huge_pages_mib(kind) if group.efa else 0
    if resource == NEURON_CORES:
        return catalog.neuron_cores(kind)
    return kind.gpus if resource == GPU else kind.neuron_devices


def _offered(node: Object) -> Mapping[str, str]:
    return (node.get("status") or {}).get("allocatable") or {}


def _amount(node: Object, of: str, resource: str) -> int:
    given = str(((node.get("status") or {}).get(of) or {}).get(resource) or "0")
    return mebibytes(given) if resource == HUGE_PAGES else int(given)


def mebibytes(quantity: str) -> int:
    """A quantity of memory in whole MiB: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ ."""
    units = {
        "Ki": 2**10,
        "Mi": 2**20,
        "Gi": 2**30,
        "Ti": 2**40,
        "k": 10**3,
        "M": 10**6,
        "G": 10**9,
        "T": 10**12,
    }
    unit = next((one for one in units if quantity.endswith(one)), "")
    return int(quantity.removesuffix(unit)) * units.get(unit, 1) // 2**20


def short_nodes(subject: Subject) -> dict[str, list[str]]:
    """The names of the nodes that are short of devices, by resource: the checks here say why."""
    return {key: [name_of(one.node) for one in shortages(subject, key)] for key in PLUGINS}
