"""What trains in the cluster: jobs, their queues, namespaces and what defines them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..jobs import Job, jobs_of
from ..nodes import counted
from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..values import at, shown
from .parts import ends_or_anew, gone, listed, name_of, why

MANIFESTS = ("kubernetes_manifest", "kubectl_manifest")
NAMESPACES = ("kubernetes_namespace_v1", "kubernetes_namespace")
_JOB_TYPES = ("kubernetes_job_v1", "kubernetes_job")
RUNS = frozenset(
    ("TrainJob", "MPIJob", "PyTorchJob", "JobSet", "RayJob", "RayCluster", "Job", "LeaderWorkerSet")
)
QUEUES = frozenset(("ClusterQueue", "LocalQueue", "ResourceFlavor", "Cohort"))
SERVERS = {
    "kubernetes_deployment_v1": "Deployment",
    "kubernetes_deployment": "Deployment",
    "kubernetes_stateful_set_v1": "StatefulSet",
    "kubernetes_stateful_set": "StatefulSet",
    "kubernetes_daemon_set_v1": "DaemonSet",
    "kubernetes_daemonset": "DaemonSet",
}


def kind_of(change: Change) -> str:
    """The kind of a Kubernetes object; nothing of what is none, or is not told."""
    if change.type in MANIFESTS:
        for side in (change.before, change.after):
            # kubectl_manifest keeps the object as text, and its kind beside it.
            for kind in (at(side, "manifest", "kind"), side.get("kind")):
                if isinstance(kind, str):
                    return kind
        return ""
    return "Job" if change.type in _JOB_TYPES else SERVERS.get(change.type, "")


class JobEnded:
    """A training job that is destroyed or replaced: the run ends, or starts anew from its last checkpoint."""

    id = "job-ended"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Jobs that go: a warning where the job itself is edited or removed, a stop where something else takes it along."""
        told = {(one.change.stack, one.change.address): one for one in jobs_of(subject.changes)}
        edited = {
            (one.stack, one.address.removesuffix("__spec").partition(".")[2])
            for one in subject.of("terraform_data", "null_resource")
            if one.happens
        }
        namespaces = lost_namespaces(subject)
        for one in gone(subject.of(*MANIFESTS, *_JOB_TYPES)):
            kind = kind_of(one)
            if kind not in RUNS or namespace_of(one) in namespaces:
                continue
            job = told.get((one.stack, one.address))
            triggered = one.verb == "replace" and one.reason == "replace_by_triggers"
            is_edited = (one.stack, one.address.partition(".")[2]) in edited
            dragged = triggered and not is_edited
            name = str(job) if job else f"{kind} {name_of(one)}"
            if one.verb == "delete":
                effect = f"{name} is deleted: if it runs, the run ends, and what it has done since its last checkpoint is lost."
                remedy = "Be sure that it has ended, or that its last checkpoint is one to keep."
            else:
                cause = why(one) if dragged or not triggered else "because it is described in another way"
                cause = f", {cause}" if cause else ""
                effect = (
                    f"{name} is deleted and made again{cause}: if it runs, it starts anew, from its last checkpoint if it reads one, and waits for "
                    "its nodes once more."
                )
                remedy = (
                    "Nobody has edited this job: do the change that takes it along when it has ended."
                    if dragged
                    else "Wait until it has ended or written a checkpoint; a job of another name leaves it alone."
                )
            yield Finding(
                one,
                effect,
                remedy,
                _room(job),
                "starts anew" if one.verb == "replace" else "gone",
                level="stop" if dragged else None,
            )


def _room(job: Job | None) -> str:
    if job is None or not job.pods:
        return ""
    return f"{counted(job.pods, 'pod')}, {counted(job.devices, job.device)}" if job.devices else counted(job.pods, "pod")  # fmt: skip


def namespace_of(change: Change) -> str:
    """The namespace of an object that there is; nothing where it is in none, or not told."""
    for metadata in (change.was("manifest", "metadata"), change.was("metadata", 0)):
        namespace = at(metadata, "namespace")
        if isinstance(namespace, str):
            return namespace
    return ""


def lost_namespaces(subject: Subject) -> frozenset[str]:
    """Namespaces that go with all that is in them."""
    return frozenset(
        name
        for one in gone(subject.of(*NAMESPACES))
        if isinstance(name := one.was("metadata", 0, "name"), str)
    )


class NamespaceLost:
    """A namespace that is deleted: Kubernetes deletes everything in it, whoever has made it."""

    id = "namespace-lost"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Namespaces that go, typed or as manifests."""
        for one in gone(subject.of(*NAMESPACES, *MANIFESTS)):
            if one.type in NAMESPACES or kind_of(one) == "Namespace":
                yield Finding(
                    one,
                    f"Everything in namespace {name_of(one)} is deleted: jobs that run, claims with their volumes, secrets, and what people have made by hand.",
                    "Look at `kubectl get all,pvc --namespace "
                    + name_of(one)
                    + "` first; labels and annotations change in place.",
                    name_of(one),
                    "made anew, empty" if one.verb == "replace" else "gone",
                )


class DefinitionLost:
    """A definition of custom resources that goes: Kubernetes deletes every object of its kind, jobs that run among them."""

    # https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#delete-a-customresourcedefinition
    id = "definition-lost"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """CustomResourceDefinitions."""
        for one in gone(subject.of(*MANIFESTS)):
            if kind_of(one) == "CustomResourceDefinition":
                kind = shown(one.was("manifest", "spec", "names", "kind"))
                yield Finding(
                    one,
                    f"Every {kind} in the cluster is deleted with its definition, in all namespaces, and with it the pods that it has.",
                    "Change the definition in place.",
                    name_of(one),
                    "made anew" if one.verb == "replace" else "gone",
                )


class QueueLost:
    """A queue of kueue that goes: jobs that wait in it are never admitted."""

    # https://kueue.sigs.k8s.io/docs/concepts/cluster_queue/
    id = "queue-lost"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Queues and flavours that go, and queues with less room."""
        namespaces = lost_namespaces(subject)
        for one in subject.of(*MANIFESTS):
            kind = kind_of(one)
            if kind not in QUEUES:
                continue
            if one.goes and not one.is_deposed and namespace_of(one) not in namespaces:
                yield Finding(
                    one,
                    f"The {kind} {name_of(one)} is {ends_or_anew(one)}: jobs that it has admitted go on, those that wait or come later stay suspended. A queue with jobs in it has a "
                    "finalizer, for which the apply waits.",
                    "Let its jobs end first.",
                    "",
                    "another one" if one.verb == "replace" else "gone",
                )
            elif kind == "ClusterQueue" and one.verb == "update":
                less = sorted(
                    name
                    for name, quota in _quotas(one.before).items()
                    if _quotas(one.after).get(name, quota) < quota
                )
                if less:
                    yield Finding(
                        one,
                        f"Jobs that run go on. The queue admits no more than what is left of {listed(less)}; a job that needs more waits for ever.",
                        "Be sure that the largest job still fits.",
                        ", ".join(f"{name}: {_quotas(one.before)[name]:g}" for name in less),
                        ", ".join(f"{name}: {_quotas(one.after)[name]:g}" for name in less),
                        level="note",
                    )


def _listed(value: Any) -> list[Any]:
    """A list, unless it is unknown, sensitive or missing."""
    return value if isinstance(value, list) else []


def _quotas(side: dict[str, Any]) -> dict[str, float]:
    """Whole numbers only: those of devices. Memory has a unit and follows from the nodes as they do."""
    found: dict[str, float] = {}
    for group in _listed(at(side, "manifest", "spec", "resourceGroups")):
        for flavor in _listed(at(group, "flavors")):
            for resource in _listed(at(flavor, "resources")):
                name, quota = at(resource, "name"), at(resource, "nominalQuota")
                if isinstance(name, str) and str(quota).isdigit():
                    found[name] = found.get(name, 0) + float(quota)
    return found


RULES = (NamespaceLost(), DefinitionLost(), JobEnded(), QueueLost())
