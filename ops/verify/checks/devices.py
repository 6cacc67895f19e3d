"""What a node offers to pods against what its instance type has: GPUs, Neuron devices, EFA and huge pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from modules.layout.models import NodeGroup
from modules.layout.pods import EFA, GPU, HUGE_PAGES, NEURON

from ...checking.check import Finding, Level
from ..cluster import Object
from ..subject import Subject, condition, instance_of, name_of
from .instances import instances, replace
from .pods import Warnings, first_trouble, owned, pods_by_node, refusal, taint_text, trouble, warnings
from .releases import is_missing
from .shortages import NEURON_CORES, Plugin, Shortage, plugin_of, shortages
from .telling import OfNode, by_cause

_EFA_TYPES = ("efa", "efa-only")


@dataclass(frozen=True)
class _Around:
    """What shortages are explained by."""

    subject: Subject
    pods: Mapping[str, list[Object]]
    events: Warnings


class Devices:
    """What the checks of one kind of device have in common: a node that is short of it, and why."""

    id: str
    level: Level = "error"
    remedy = "look at the pod of the device plugin on the node, and then at the node's instance"
    resources: tuple[str, ...]

    def applies(self, subject: Subject) -> bool:
        """Some group has such devices."""
        return any(self.has(group) for _, _, group in subject.groups())

    def has(self, group: NodeGroup) -> bool:
        """Whether the nodes of a group have such devices."""
        raise NotImplementedError

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each node offers as many as its instance type has."""
        short = list(
            {
                name_of(one.node): one for key in reversed(self.resources) for one in shortages(subject, key)
            }.values()
        )
        if not short:
            return
        around = _Around(subject, pods_by_node(subject), warnings(subject))
        yield from by_cause(filter(None, (self._told(around, one) for one in short)))

    def _told(self, around: _Around, short: Shortage) -> OfNode | None:
        plugin, offers = plugin_of(around.subject, short.resource), short.offers
        if plugin.bottlerocket and short.group.is_bottlerocket:
            return self._of_hardware(around, short, f"{offers}: the device plugin of the AMI finds no more")
        sets = [one for one in around.subject.cluster.daemon_sets() if plugin.makes(one)]
        if not sets:
            if is_missing(around.subject, plugin.release):
                return None  # the check of releases says that, and for what
            wanted = f"helm_releases.{plugin.release}, or another {plugin.what}"
            return OfNode(
                short.node, f"{offers}: the cluster has no DaemonSet of a {plugin.what}", f"install {wanted}"
            )
        refusals = [refusal(one, short.node) for one in sets]
        if all(refusals):
            name = _full_name(sets[0])
            problem = f"{offers}: the DaemonSet {name} makes no pod there, since {refusals[0]}"
            return OfNode(short.node, problem, _let_in(str(refusals[0]), plugin, short.group))
        mine = next(one for one, refused in zip(sets, refusals, strict=True) if refused is None)
        return self._of_pod(around, short, mine, plugin.what)

    def _of_pod(self, around: _Around, short: Shortage, mine: Object, what: str) -> OfNode | None:
        offers = short.offers
        here = around.pods.get(name_of(short.node), [])
        name = _full_name(mine)
        status = f"kubectl -n {mine['metadata']['namespace']} get pods -o wide --field-selector spec.nodeName={name_of(short.node)}"
        pods = owned(here, mine, "DaemonSet")
        if not pods:
            return OfNode(
                short.node,
                f"{offers}: the DaemonSet {name} has no pod there",
                f"kubectl -n {mine['metadata']['namespace']} describe daemonset {name_of(mine)}",
            )
        why = first_trouble(pods, around.events)
        if why is not None and why.waits:
            # The GPU operator's pods wait for one another: the one that fails is the cause.
            for other in here:
                cause = trouble(other, around.events) if _belongs_with(mine, other) else None
                if cause is not None and not cause.waits:
                    problem = f"{offers}: the {what} waits for {_full_name(other, owner=True)}, whose pod {cause.text}"
                    return OfNode(short.node, problem, status)
        if why is not None:
            return OfNode(short.node, f"{offers}: the pod of {name} {why.text}", status)
        if short.capacity >= short.wanted and not _is_told(short.node):
            ill = short.wanted - short.has
            problem = f"{offers}: the {what} runs, and calls {ill} of them unhealthy"
            logs = f"kubectl -n {mine['metadata']['namespace']} logs {name_of(pods[0])}"
            return OfNode(short.node, problem, f"{logs}; {replace(around.subject, short.node)}")
        return self._of_hardware(around, short, f"{offers}: the {what} runs, and finds {short.capacity}")

    def _of_hardware(self, around: _Around, short: Shortage, problem: str) -> OfNode | None:
        """The devices are not there for the plugin; None where a condition of the node says why."""
        if _is_told(short.node):
            return None
        return OfNode(short.node, problem, replace(around.subject, short.node))


def _is_told(node: Object) -> bool:
    """Whether the node monitoring agent says what is wrong with the accelerators, which the check of conditions tells."""
    return condition(node, "AcceleratedHardwareReady").get("status") == "False"


def _belongs_with(daemon_set: Object, pod: Object) -> bool:
    """Whether a pod is of the same operator as a DaemonSet: in kube-system there is everybody's."""
    namespace = daemon_set["metadata"]["namespace"]
    return bool(namespace != "kube-system" and pod["metadata"].get("namespace") == namespace)


def _full_name(thing: Object, *, owner: bool = False) -> str:
    owners = thing["metadata"].get("ownerReferences") or [{}]
    name = str(owners[0].get("name") or name_of(thing)) if owner else name_of(thing)
    return f"{thing['metadata'].get('namespace')}/{name}"


def _let_in(refused: str, plugin: Plugin, group: NodeGroup) -> str:
    release = f"helm_releases.{plugin.release}"
    if any(taint_text(taint.model_dump()) in refused for taint in group.taints):
        return (
            f"{release} tolerates the taints of its groups unless its values or set say otherwise: take tolerations out of "
            "them, and apply: make deploy"
        )
    if "taint" in refused:
        return (
            f"take the taint off the node, or name it in the group's taints, which {release} tolerates, and apply: "
            "make deploy"
        )
    if "gpu.deploy" in refused:
        # https://github.com/NVIDIA/gpu-operator/blob/main/controllers/state_manager.go
        return (
            "the GPU operator sets the label where node feature discovery has seen a GPU: "
            "kubectl -n gpu-operator get pods -o wide; kubectl -n gpu-operator logs deployment/gpu-operator"
        )
    return f"widen what {release} asks of nodes, in its values, and apply: make deploy"


class Gpus(Devices):
    """Every node has to offer all its GPUs: a job that asks for whole nodes does not start with one missing."""

    id = "gpus"
    resources = (GPU,)

    def has(self, group: NodeGroup) -> bool:
        """Whether the type has NVIDIA GPUs."""
        return group.type.gpus > 0


class NeuronDevices(Devices):
    """Every node has to offer all its Neuron devices and cores: a job that asks for whole nodes does not start otherwise."""

    id = "neuron"
    resources = (NEURON, NEURON_CORES)

    def has(self, group: NodeGroup) -> bool:
        """Whether the type has Neuron devices."""
        return group.type.neuron_devices > 0


class Efa(Devices):
    """Every node has to offer all its EFA interfaces: without them NCCL takes TCP, ten times slower, and says nothing."""

    id = "efa"
    resources = (EFA,)

    def has(self, group: NodeGroup) -> bool:
        """Whether the layout gives the nodes EFA."""
        return group.efa

    def _of_hardware(self, around: _Around, short: Shortage, problem: str) -> OfNode | None:
        """EC2 knows which interfaces an instance was launched with; they never change."""
        id = instance_of(short.node)
        instance = instances(around.subject).get(id or "")
        if instance is None:
            ask = (
                f"aws ec2 describe-instances --region {around.subject.layout.region} --instance-ids {id} --query "
                "'Reservations[].Instances[].NetworkInterfaces[].InterfaceType'"
            )
            remedy = f"see whether EC2 gave it {short.wanted} interfaces of efa or efa-only: {ask}"
            return OfNode(short.node, problem, remedy)
        attached = sum(
            one.get("InterfaceType") in _EFA_TYPES for one in instance.get("NetworkInterfaces") or ()
        )
        if attached < short.wanted:
            why = f"EC2 gave the instance {attached} EFA interface{'' if attached == 1 else 's'}"
            remedy = f"it was launched from another launch template than the layout's: {replace(around.subject, short.node)}"
            return OfNode(short.node, f"{problem}; {why}", remedy)
        why = f"EC2 gave the instance all {short.wanted}: the driver does not see them"
        remedy = f"use an AMI with the EFA driver; {replace(around.subject, short.node)}"
        return OfNode(short.node, f"{problem}; {why}", remedy)


class HugePages:
    """Nodes with EFA have to have huge pages of 2 MiB: libfabric takes them, and the layout's jobs ask for them."""

    id = "huge-pages"
    level: Level = "error"
    remedy = (
        "EFA's installer sets them aside on the AMI: use an AMI that was made with it, and leave vm.nr_hugepages alone; "
        "a kubelet sees them when it starts: reboot the node"
    )

    def applies(self, subject: Subject) -> bool:
        """Some group has EFA."""
        return subject.layout.has_efa

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each node has as many as the oldest installer sets aside."""
        yield from by_cause(
            OfNode(one.node, f"offers {one.has} MiB of {HUGE_PAGES}, and {one.wanted} MiB are expected")
            for one in shortages(subject, HUGE_PAGES)
        )
