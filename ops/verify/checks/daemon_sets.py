"""What runs on every node: the pods of DaemonSets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modules.layout.pods import EFA

from ...checking.check import Finding, Level
from ..cluster import Object
from ..subject import Subject, group_of, is_ready, name_of
from .base import OfNodes
from .known import ADDON_DAEMON_SETS, ON_EVERY_NODE, concerns, is_missing_in_eks, is_ours
from .pods import first_trouble, owned, pods_by_node, refusal, warnings
from .shortages import DRA_DRIVER, PLUGINS, short_nodes
from .telling import OfNode, by_cause


@dataclass(frozen=True, slots=True)
class _Broken:
    """A pod of a DaemonSet that is missing or not ready on a node."""

    daemon_set: Object
    node: Object
    why: str
    waits: bool = False


class DaemonSets(OfNodes):
    """Every node has to have the pods of its DaemonSets: the network, volumes and permissions of all other pods hang on them."""

    id = "daemon-sets"
    level: Level = "error"
    remedy = "kubectl describe daemonset"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each node that a DaemonSet takes has a pod of it that is ready; those of the CNI, kube-proxy and pod identity take all."""
        sets = subject.cluster.daemon_sets()
        yield from self._missing(subject, {name_of(one) for one in sets})
        broken = list(self._broken(subject, sets))
        failing = {(_namespace(one.daemon_set), name_of(one.node)) for one in broken if not one.waits}
        found = []
        for one in broken:
            # In a namespace of an operator, its pods wait for the one that fails: that one is the cause.
            place, name = _namespace(one.daemon_set), name_of(one.daemon_set)
            if one.waits and place != "kube-system" and (place, name_of(one.node)) in failing:
                continue
            remedy = (
                f"kubectl -n {place} describe daemonset {name}; "
                f"kubectl -n {place} get pods -o wide --field-selector spec.nodeName={name_of(one.node)}"
            )
            level: Level = "error" if is_ours(subject, one.daemon_set) else "warning"
            found.append(OfNode(one.node, f"{place}/{name}: {one.why}", remedy, level))
        yield from by_cause(found)

    def _missing(self, subject: Subject, there: set[str]) -> Iterator[Finding]:
        for addon, names in ADDON_DAEMON_SETS.items():
            for name in names:
                if (
                    subject.layout.has_addon(addon)
                    and name not in there
                    and not is_missing_in_eks(subject, addon)
                ):
                    remedy = f"kubectl -n kube-system get daemonset {name}; apply the layout: make deploy"
                    yield Finding(f"addons.{addon}", f"its DaemonSet {name} is not in the cluster", remedy)

    def _broken(self, subject: Subject, sets: list[Object]) -> Iterator[_Broken]:
        pods, events, short = pods_by_node(subject), warnings(subject), short_nodes(subject)
        nodes = [node for node in subject.cluster.nodes() if is_ready(node)]
        for one in sets:
            if not concerns(subject, one):
                continue
            told = _told_elsewhere(one, sets, short)
            for node in nodes:
                if name_of(node) in told:
                    continue
                refused = refusal(one, node)
                if refused is not None:
                    # Fargate, EKS Auto Mode and Windows have a network of their own; the layout's groups have not.
                    if name_of(one) in ON_EVERY_NODE and group_of(node) in subject.layout.node_groups:
                        yield _Broken(one, node, f"makes no pod there, since {refused}")
                    continue
                own = owned(pods.get(name_of(node), []), one, "DaemonSet")
                if not own:
                    yield _Broken(one, node, "has no pod there")
                    continue
                why = first_trouble(own, events)
                if why is not None:
                    yield _Broken(one, node, f"its pod {why.text}", why.waits)


def _told_elsewhere(daemon_set: Object, sets: list[Object], short: dict[str, list[str]]) -> set[str]:
    """The nodes that are short of a device, for its plugin and for what is in the plugin's own namespace.

    The check of the device says why, and names the pod of the namespace that fails.
    """
    namespace = _namespace(daemon_set)
    told: set[str] = set()
    for resource, plugin in (*PLUGINS.items(), (EFA, DRA_DRIVER)):
        beside = any(_namespace(one) == namespace for one in sets if plugin.makes(one))
        if plugin.makes(daemon_set) or (beside and namespace != "kube-system"):
            told |= {*short[resource]}
    return told


def _namespace(thing: Object) -> str:
    return str(thing["metadata"].get("namespace"))
