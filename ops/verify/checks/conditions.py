"""What the kubelet and EKS's node monitoring agent say of a node's health."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from modules.layout.models import NodeGroup

from ...checking.check import Finding, Level
from ..cluster import Object
from ..subject import Subject
from .base import OfNodes
from .instances import replace
from .telling import OfNode, by_cause, ready_nodes

# Bad where True: https://kubernetes.io/docs/reference/node/node-status/#condition
_OF_KUBELET = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")
# Bad where False, with the minutes after which node repair acts.
# https://docs.aws.amazon.com/eks/latest/userguide/node-health.html
OF_AGENT: Mapping[str, int] = {
    "AcceleratedHardwareReady": 10,
    "ContainerRuntimeReady": 30,
    "KernelReady": 30,
    "NetworkingReady": 30,
    "StorageReady": 30,
}
# What node repair leaves to people: errors of DCGM itself (the same page).
_UNREPAIRED = ("DCGMError", "DCGMDiagnosticFailure")


class Conditions(OfNodes):
    """No node may have a condition that says what is broken: a GPU with memory errors makes a job slow, or wrong."""

    id = "node-conditions"
    level: Level = "error"
    remedy = "kubectl describe node NODE"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """No condition of a node says that something is broken."""
        yield from by_cause(
            OfNode(node, _told(one), _help(subject, node, group, one))
            for node, _, group in ready_nodes(subject)
            for one in bad_conditions(node)
        )


def bad_conditions(node: Object) -> list[Mapping[str, Any]]:
    """The conditions of a node that say what is broken, besides `Ready`."""
    return [
        one
        for one in (node.get("status") or {}).get("conditions") or ()
        if (one.get("type") in _OF_KUBELET and one.get("status") == "True")
        or (one.get("type") in OF_AGENT and one.get("status") == "False")
    ]


def _told(condition: Mapping[str, Any]) -> str:
    why = ": ".join(str(condition[key]).rstrip(".") for key in ("reason", "message") if condition.get(key))
    return f"{condition['type']} is {condition['status']}{f': {why}' if why else ''}"


def _help(subject: Subject, node: Object, group: NodeGroup, condition: Mapping[str, Any]) -> str:
    minutes = OF_AGENT.get(str(condition["type"]))
    if minutes is None:
        return f"see what uses it up: kubectl describe node {node['metadata']['name']}"
    if group.node_repair and condition.get("reason") not in _UNREPAIRED:
        return f"EKS reboots or replaces the node after {minutes} minutes: node_repair is true"
    return replace(subject, node)
