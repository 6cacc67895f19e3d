"""The nodes themselves: whether they are there as the layout says, and ready."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from modules.layout import is_known
from modules.layout.models import NodeGroup

from ...checking.check import Finding, Level
from ..cluster import Object
from ..subject import TYPE_LABEL, ZONE_LABEL, Subject, condition, instance_of, is_ready, labels_of, name_of
from .base import OfNodes
from .conditions import bad_conditions
from .instances import instances, replace
from .pods import pods_by_node, taint_text, trouble
from .telling import OfNode, by_cause, listed, ready_nodes

# Of a node that the autoscaler is about to remove:
# https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/utils/taints/taints.go
_LEAVING = ("ToBeDeletedByClusterAutoscaler", "DeletionCandidateOfClusterAutoscaler")
# Kubernetes sets them itself for what other checks tell:
# https://kubernetes.io/docs/reference/labels-annotations-taints/
_OF_KUBERNETES = ("node.kubernetes.io/", "node.cloudprovider.kubernetes.io/")
# Taints that a driver's own pod takes off a new node, as ebs.csi.aws.com/agent-not-ready:
# https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/install.md#configure-node-startup-taint
_AT_START = "/agent-not-ready"
# A kubelet may be as many minor versions behind its API server, and never before it:
# https://kubernetes.io/releases/version-skew-policy/#kubelet
_SKEW = 3


class ReadyNodes(OfNodes):
    """Every node has to be ready and take pods, or the jobs that count on it wait for ever."""

    id = "nodes-ready"
    level: Level = "error"
    remedy = "kubectl describe node NODE"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """The kubelet of each node says that it is ready, and nobody has cordoned it."""
        nodes = subject.known_nodes()
        pods = pods_by_node(subject) if any(not is_ready(node) for node, _, _ in nodes) else {}
        found = []
        for node, _, group in nodes:
            if not is_ready(node):
                problem = self._unready(subject, node, pods.get(name_of(node), []))
                found.append(OfNode(node, problem, _repaired(group) or replace(subject, node)))
            # Node repair cordons what it is about to replace: the condition says why.
            elif (node.get("spec") or {}).get("unschedulable") and not bad_conditions(node):
                remedy = f"kubectl uncordon {name_of(node)}"
                found.append(
                    OfNode(node, "is cordoned: no new pod is scheduled on it", remedy, level="warning")
                )
        yield from by_cause(found)

    def _unready(self, subject: Subject, node: Object, pods: list[Object]) -> str:
        ready = condition(node, "Ready")
        told = ": ".join(str(ready[key]) for key in ("reason", "message") if ready.get(key))
        problem = f"is not ready: {told.rstrip('.') or 'the kubelet has not said that it is'}"
        state = (
            (instances(subject).get(instance_of(node) or "") or {}).get("State", {}).get("Name", "running")
        )
        if state != "running":
            return f"{problem}; EC2 says that its instance is {state}"
        if "cni" in told.lower():
            # A node is not ready before its network is, and that is the work of one pod.
            cni = [pod for pod in pods if name_of(pod).startswith("aws-node-")]
            why = [one.text for one in map(trouble, cni) if one is not None]
            if not cni:
                return f"{problem}; it has no pod of kube-system/aws-node"
            if why:
                return f"{problem}; its pod of kube-system/aws-node {why[0]}"
        return problem


def _repaired(group: NodeGroup) -> str | None:
    """https://docs.aws.amazon.com/eks/latest/userguide/node-health.html: 30 minutes for `Ready`."""
    return "EKS replaces it by itself after 30 minutes: node_repair is true" if group.node_repair else None


class InstanceTypes(OfNodes):
    """Every node has to be of its group's instance type: another one has other devices, and costs something else."""

    id = "instance-types"
    level: Level = "error"
    remedy = "apply the layout, so that the node group is replaced: make deploy"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each node is of its group's type, or of a fallback."""
        found = []
        for node, _, group in ready_nodes(subject):
            has = labels_of(node).get(TYPE_LABEL)
            if has not in group.instance_types:
                wanted = " or ".join(group.instance_types)
                found.append(OfNode(node, f"is a {has}, and the layout says {wanted}"))
        yield from by_cause(found)


class Zones(OfNodes):
    """Nodes have to be in their group's zone, and those with EFA in one: EFA does not go from one zone to another."""

    id = "zones"
    level: Level = "error"
    remedy = (
        "name the zone in the group's availability_zone, or one subnet in subnet_ids, and apply: make deploy"
    )

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each node is in its group's zone, where one is named; those of a group with EFA are in one."""
        for path, name, group in subject.groups():
            nodes = [node for node in subject.nodes(name) if is_ready(node)]
            wanted = zones_of(subject, group)
            if wanted:
                yield from by_cause(
                    OfNode(node, f"is in {zone}, and {path} belongs in {' or '.join(wanted)}")
                    for node in nodes
                    for zone in [labels_of(node).get(ZONE_LABEL)]
                    if zone not in wanted
                )
            elif group.efa:
                yield from self._apart(path, nodes)

    def _apart(self, path: str, nodes: list[Object]) -> Iterator[Finding]:
        zones: dict[str, list[str]] = {}
        for node in nodes:
            zones.setdefault(str(labels_of(node).get(ZONE_LABEL)), []).append(name_of(node))
        if len(zones) > 1:
            told = listed(f"{zone} ({', '.join(names)})" for zone, names in sorted(zones.items()))
            yield Finding(path, f"its nodes are in {told}: EFA does not go from one zone to another")


def zones_of(subject: Subject, group: NodeGroup) -> list[str]:
    """The zones that a group's nodes belong in, as far as the layout or the account tells; empty where nothing does."""
    network = subject.layout.network
    if group.availability_zone is not None:
        return [group.availability_zone] if is_known(group.availability_zone) else []
    if network.is_new:
        zones = list(network.availability_zones or ())
        known = [zone for zone in (zones[:1] if group.efa else zones) if is_known(zone)]
        return known if zones else []
    subnets = group.subnet_ids or ()
    if subject.account is None or not subnets or not all(map(is_known, (subnets, *subnets))):
        return []
    found = subject.account.pages(
        "ec2", "describe_subnets", "Subnets", ("InvalidSubnetID.NotFound",), SubnetIds=list(subnets)
    )
    return sorted({str(one["AvailabilityZone"]) for one in found})


class Labels:
    """Every node has to have its group's labels: jobs and device plugins choose their nodes by them."""

    id = "labels"
    level: Level = "error"
    remedy = "apply the layout, which has EKS set the labels: make deploy"

    def applies(self, subject: Subject) -> bool:
        """Some group has labels."""
        return any(group.labels for _, _, group in subject.groups())

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each node has all labels of its group."""
        yield from by_cause(
            OfNode(node, self._told(key, wanted, labels_of(node)), self._command(node, key, wanted))
            for node, _, group in ready_nodes(subject)
            for key, wanted in group.labels.items()
            if labels_of(node).get(key) != wanted and not self._is_operators(subject, node, key)
        )

    def _is_operators(self, subject: Subject, node: Object, key: str) -> bool:
        """The GPU operator says "false" where it sees no GPU, which the check of GPUs tells.

        https://github.com/NVIDIA/gpu-operator/blob/main/controllers/state_manager.go
        """
        operators = key == "nvidia.com/gpu.present" and subject.layout.has_release("gpu-operator")
        return operators and labels_of(node).get(key) == "false"

    def _told(self, key: str, wanted: str, has: Mapping[str, str]) -> str:
        there = f"it is {has[key]!r}" if key in has else "the node has no such label"
        return f"the label {key} has to be {wanted!r}, and {there}"

    def _command(self, node: Object, key: str, wanted: str) -> str:
        return f"kubectl label node {name_of(node)} {key}={wanted} --overwrite"


class Taints(OfNodes):
    """Every node has to have its group's taints, which keep other pods off it, and no others, which keep jobs off it."""

    id = "taints"
    level: Level = "error"
    remedy = "apply the layout, which has EKS set the taints: make deploy"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each node has all taints of its group, and no others but those of Kubernetes."""
        found = []
        for node, _, group in ready_nodes(subject):
            taints = (node.get("spec") or {}).get("taints") or []
            has = {taint_text(taint) for taint in taints}
            if any(taint.get("key") in _LEAVING for taint in taints):
                continue
            wanted = [taint_text(taint.model_dump()) for taint in group.taints]
            for taint in wanted:
                if taint not in has and _AT_START not in taint:
                    remedy = f"kubectl taint node {name_of(node)} {taint}"
                    problem = (
                        f"the taint {taint} is missing: pods that need no accelerator are scheduled there"
                    )
                    found.append(OfNode(node, problem, remedy))
            for one in taints:
                text = taint_text(one)
                if text in wanted or str(one.get("key")).startswith(_OF_KUBERNETES):
                    continue
                problem = f"has the taint {text}, which the layout does not have: jobs that do not tolerate it stay away"
                remedy = f"find out who set it, then: kubectl taint node {name_of(node)} {text}-"
                found.append(OfNode(node, problem, remedy, "warning"))
        yield from by_cause(found)


class Versions(OfNodes):
    """The control plane and the kubelets have to be of the layout's Kubernetes version, or as near as Kubernetes allows."""

    id = "versions"
    level: Level = "error"
    remedy = "apply the layout: make deploy"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """The control plane and each kubelet are of the layout's minor version."""
        wanted = subject.layout.kubernetes_version
        served = str(subject.cluster.version().get("gitVersion"))
        server = _minor(served)
        if server is None or server != _minor(wanted):
            yield Finding(
                "kubernetes_version", f"the control plane runs {served}, and the layout says {wanted}"
            )
        found = []
        for node, _, group in ready_nodes(subject):
            version = str(_info(node).get("kubeletVersion"))
            minor = _minor(version)
            if server is None or minor is None or minor == server:
                continue
            problem = f"its kubelet is {version}, and the control plane {served}"
            if minor > server or server - minor > _SKEW:
                limit = f"Kubernetes allows a kubelet to be up to {_SKEW} versions behind, and none to be before it"
                found.append(OfNode(node, f"{problem}: {limit}", _update(group)))
            else:
                found.append(OfNode(node, problem, _update(group), "warning"))
        yield from by_cause(found)


def _update(group: NodeGroup) -> str | None:
    return "name an ami_id of the layout's version, and apply: make deploy" if group.ami_id else None


def _info(node: Object) -> Object:
    return (node.get("status") or {}).get("nodeInfo") or {}


def _minor(version: str) -> int | None:
    """35 of `1.35` and of `v1.35.2-eks-0123456`."""
    found = re.match(r"v?1\.(\d+)", version)
    return int(found[1]) if found else None


class Systems(OfNodes):
    """Every node has to run its group's operating system: another AMI has no driver for the node's devices."""

    id = "operating-systems"
    level: Level = "error"
    remedy = "apply the layout, which replaces the node group: make deploy"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each node runs the system of its group's AMI type."""
        found = []
        for node, _, group in ready_nodes(subject):
            image = str(_info(node).get("osImage"))
            # As the kubelet reads it of /etc/os-release; that of Bottlerocket ends with the variant, (aws-k8s-1.35-nvidia-fips):
            # https://github.com/bottlerocket-os/bottlerocket/blob/develop/README.md#variants
            system = "Bottlerocket" if group.is_bottlerocket else "Amazon Linux 2023"
            parts = group.ami_type.lower().split("_") if group.is_bottlerocket else ()
            variants = [one for one in ("nvidia", "fips") if one in parts]
            if not image.startswith(system) or not all(one in image for one in variants):
                found.append(OfNode(node, f"runs {image}, and the layout's AMI is {group.ami_type}"))
        yield from by_cause(found)
