"""The controllers of the layout's releases and add-ons."""

from __future__ import annotations

from collections.abc import Iterator

from ...checking.check import Finding, Level
from ..cluster import Object
from ..subject import Subject, condition, is_ready, name_of
from .base import OfNodes
from .known import ADDON_DEPLOYMENTS, concerns, is_missing_in_eks, is_ours
from .pods import selected, trouble, warnings

# The check `dns` says more of it.
_DNS = "coredns"


class Deployments(OfNodes):
    """Every Deployment of an add-on or a release has to run: without its controller nothing says why a job or a volume waits."""

    id = "deployments"
    level: Level = "error"
    remedy = "kubectl describe deployment"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each has as many available pods as it wants."""
        there = subject.cluster.deployments()
        names = {name_of(one) for one in there}
        for addon, wanted in ADDON_DEPLOYMENTS.items():
            for name in wanted:
                if (
                    name != _DNS
                    and name not in names
                    and subject.layout.has_addon(addon)
                    and not is_missing_in_eks(subject, addon)
                ):
                    remedy = "kubectl get deployments --all-namespaces; apply the layout: make deploy"
                    yield Finding(f"addons.{addon}", f"its Deployment {name} is not in the cluster", remedy)
        # Ten controllers that wait for the same node are one finding.
        causes: dict[tuple[str, Level], list[Object]] = {}
        for one in there:
            if name_of(one) == _DNS or not concerns(subject, one):
                continue
            why = unavailable(subject, one)
            if why is not None:
                level: Level = "error" if is_ours(subject, one) else "warning"
                causes.setdefault((why, level), []).append(one)
        for (why, level), those in causes.items():
            where = ", ".join(f"{one['metadata'].get('namespace')}/{name_of(one)}" for one in those)
            first = those[0]["metadata"]
            remedy = f"kubectl -n {first.get('namespace')} describe deployment {first['name']}"
            yield Finding(where, why, remedy, level)


def unavailable(subject: Subject, deployment: Object) -> str | None:
    """Why a Deployment has fewer available pods than it wants, or None where it has them.

    Pods of nodes that are not ready are no reason: what is wrong with the node is told of the node.
    """
    wanted = (deployment.get("spec") or {}).get("replicas", 1)
    has = (deployment.get("status") or {}).get("availableReplicas") or 0
    if has >= wanted:
        return None
    told = f"has {has} of {wanted} pods available"
    ill = {name_of(node) for node in subject.cluster.nodes() if not is_ready(node)}
    pods = selected(subject.cluster.pods(), deployment)
    # Evicted pods stay for a long time after others have taken their place:
    # https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-garbage-collection
    pods = [pod for pod in pods if (pod.get("status") or {}).get("phase") != "Failed"] or pods
    events = warnings(subject)
    found = [(str((pod.get("spec") or {}).get("nodeName") or ""), trouble(pod, events)) for pod in pods]
    causes = [why.text for node, why in found if why is not None and node not in ill]
    if causes:
        return f"{told}: a pod {causes[0]}"
    if any(node in ill for node, why in found if why is not None):
        return None
    for kind in ("ReplicaFailure", "Progressing", "Available"):
        said = condition(deployment, kind)
        if said.get("message") and (kind == "ReplicaFailure") == (said.get("status") == "True"):
            return f"{told}: {said.get('reason')}: {str(said['message']).rstrip('.')}"
    return told
