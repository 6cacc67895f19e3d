"""What runs on the nodes: the jobs and servers that the plans tell of, and the nodes that they ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from modules.layout.pods import GPU, GROUP_LABEL, NEURON

from .nodes import counted
from .plan import Change
from .values import at, known

if TYPE_CHECKING:
    from .nodes import NodeGroup

Side = Mapping[str, Any]
# What trains, and loses a rank with a node; the others are servers, which Kubernetes starts elsewhere.
_TRAINS = {"TrainJob", "MPIJob", "PyTorchJob", "JobSet", "RayJob", "Job", "StatefulSet"}
_TYPES = {
    "kubernetes_job_v1": "Job",
    "kubernetes_job": "Job",
    "kubernetes_stateful_set_v1": "StatefulSet",
    "kubernetes_stateful_set": "StatefulSet",
    "kubernetes_deployment_v1": "Deployment",
    "kubernetes_deployment": "Deployment",
}
# So many jobs are looked at that select the same label: more tell nothing more.
_MOST = 20
_QUEUE_LABEL = "kueue.x-k8s.io/queue-name"


@dataclass(frozen=True, slots=True)
class Job:
    """A job or server of a plan, as it is deployed now.

    `wanted` are the labels that its nodes must have, each with the values that will do. `pods` and `devices` (GPUs or
    Neuron devices of all pods) are 0 where the plan does not tell them.
    """

    change: Change
    kind: str
    namespace: str
    name: str
    wanted: Mapping[str, frozenset[str]]
    tolerated: tuple[Mapping[str, Any], ...] = ()
    pods: int = 0
    devices: int = 0
    device: str = "GPU"

    @property
    def trains(self) -> bool:
        """Whether it ends, or starts anew from its last checkpoint, when it loses a node."""
        return self.kind in _TRAINS

    def tolerates(self, taint: Mapping[str, Any]) -> bool:
        """Whether its pods may be where the taint is: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/."""
        return any(_tolerates(one, taint) for one in self.tolerated)

    def __str__(self) -> str:
        """Like `TrainJob training/torch (2 pods, 16 GPUs)`."""
        room = [counted(self.pods, "pod")] if self.pods else []
        room += [counted(self.devices, self.device)] if self.devices else []
        return f"{self.kind} {self.namespace}/{self.name}" + (f" ({', '.join(room)})" if room else "")


def jobs_of(changes: Iterable[Change]) -> Iterator[Job]:
    """The jobs and servers that are there before the plans are applied: what is only made does not run yet."""
    there = [one for one in changes if one.before]
    objects = [one for one in there if one.type in ("kubernetes_manifest", "kubectl_manifest")]
    manifests = [(one, kind, body) for one in objects for kind, body in _manifest(one)]
    named = {(kind, _text(at(body, "metadata", "name"))): body for _, kind, body in manifests}
    queues = {
        (_text(at(body, "metadata", "namespace")), _text(at(body, "metadata", "name"))): body
        for _, kind, body in manifests
        if kind == "LocalQueue"
    }
    for change, kind, body in manifests:
        if kind in _TRAINS or kind == "Deployment":
            spec = _spec(body.get("spec"))
            runtime = named.get(
                (_text(at(spec, "runtimeRef", "kind")), _text(at(spec, "runtimeRef", "name")))
            )
            job = _job(change, kind, _spec(body.get("metadata")), spec, runtime)
            if not job.wanted:
                job = _queued(job, body, named, queues)
            yield job
    for change in there:
        if change.type in _TYPES:
            metadata, spec = change.was("metadata", 0), change.was("spec", 0)
            yield _job(change, _TYPES[change.type], _spec(metadata), _spec(spec), None)


class Placed:
    """The jobs by the node group that they run on."""

    def __init__(self, jobs: Iterable[Job], groups: Iterable[NodeGroup]) -> None:
        # By one label that a job selects, and its value: the group's name, if it selects that.
        self._by_label: dict[tuple[str, str], list[Job]] = {}
        for job in jobs:
            key = GROUP_LABEL if GROUP_LABEL in job.wanted else min(job.wanted, default="")
            for value in job.wanted.get(key, ()):
                alike = self._by_label.setdefault((key, value), [])
                if len(alike) < _MOST:
                    alike.append(job)
        self._stacks: dict[str, set[str]] = {}
        for group in groups:
            self._stacks.setdefault(group.name, set()).add(group.change.stack)

    def on(self, group: NodeGroup) -> list[Job]:
        """Those that select the group by its name, or by a label that it gives its nodes."""
        labels = group.change.was("labels")
        carried = labels if isinstance(labels, dict) else {}
        labelled = [(key, value) for key, value in carried.items() if isinstance(value, str)]
        chosen = [
            job for label in [(GROUP_LABEL, group.name), *labelled] for job in self._by_label.get(label, ())
        ]
        return [job for job in chosen if self._same_cluster(job, group) and _fits(job, group.name, carried)]

    def _same_cluster(self, job: Job, group: NodeGroup) -> bool:
        """Two layouts that are reviewed together may both have a group of that name: theirs is called after the layout."""
        stacks = self._stacks.get(group.name, set())
        own = group.change.stack
        return len(stacks) <= 1 or job.change.stack == own or job.change.stack.startswith(f"{own}-")


def _fits(job: Job, name: str, labels: Mapping[str, Any]) -> bool:
    carried = {**labels, GROUP_LABEL: name}
    return all(_text(carried.get(key)) in values for key, values in job.wanted.items())


def _manifest(change: Change) -> Iterator[tuple[str, dict[str, Any]]]:
    body = change.was("manifest")
    if isinstance(body, dict) and isinstance(body.get("kind"), str):
        yield body["kind"], body


def _job(
    change: Change, kind: str, metadata: dict[str, Any], spec: dict[str, Any], runtime: dict[str, Any] | None
) -> Job:
    sources: list[Any] = [spec] if runtime is None else [spec, runtime.get("spec")]
    pods = [one for source in sources for one in _pods(source, 0)]
    wanted: dict[str, frozenset[str]] = {}
    tolerated: list[Mapping[str, Any]] = []
    for pod in pods:
        wanted = {**_wanted(pod), **wanted}
        said = _list(pod.get("tolerations")) + _list(pod.get("toleration"))
        tolerated += [one for one in said if isinstance(one, dict)]
    count = _count(kind, spec)
    each, device = _devices(sources)
    namespace = _text(metadata.get("namespace")) or "default"
    name = _text(metadata.get("name")) or change.name
    return Job(change, kind, namespace, name, wanted, tuple(tolerated), count, count * each, device)


def _pods(tree: Any, depth: int) -> Iterator[dict[str, Any]]:
    """Specifications of pods, wherever a kind keeps them; in the provider's form blocks are lists."""
    if depth > 12:
        return
    if isinstance(tree, list):
        for one in tree:
            yield from _pods(one, depth + 1)
    elif isinstance(tree, dict):
        if "containers" in tree or "container" in tree:
            yield tree
            return
        for one in tree.values():
            yield from _pods(one, depth + 1)


def _wanted(pod: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    selector = next((one for key in ("nodeSelector", "node_selector") if (one := pod.get(key))), None)
    found = {}
    if isinstance(selector, dict):
        found = {key: frozenset({value}) for key, value in selector.items() if isinstance(value, str)}
    for term in _terms(_block(pod.get("affinity"))):
        for one in _list(term.get("matchExpressions")) + _list(term.get("match_expressions")):
            key, values = at(one, "key"), at(one, "values")
            if isinstance(key, str) and at(one, "operator") == "In" and isinstance(values, list):
                found[key] = frozenset(value for value in values if isinstance(value, str))
    return found


def _terms(affinity: dict[str, Any]) -> Iterator[dict[str, Any]]:
    node = _block(affinity.get("nodeAffinity") or affinity.get("node_affinity"))
    required = _block(
        node.get("requiredDuringSchedulingIgnoredDuringExecution")
        or node.get("required_during_scheduling_ignored_during_execution")
    )
    terms = required.get("nodeSelectorTerms") or required.get("node_selector_term")
    # Several terms are alternatives, of which the first may not be the one that holds.
    found = [one for one in _list(terms) if isinstance(one, dict)]
    if len(found) == 1:
        yield found[0]


def _count(kind: str, spec: dict[str, Any]) -> int:
    if kind == "TrainJob":
        return _number(at(spec, "trainer", "numNodes"))
    if kind in ("MPIJob", "PyTorchJob"):
        replicas = spec.get("mpiReplicaSpecs") or spec.get("pytorchReplicaSpecs")
        return sum(_number(at(one, "replicas")) for one in _spec(replicas).values())
    if kind == "Job":
        return _number(spec.get("parallelism")) or 1
    return _number(spec.get("replicas"))


def _devices(sources: list[Any]) -> tuple[int, str]:
    """Devices of a pod, and what they are called: as a TrainJob says for each node, else as the first container does."""
    resources = [at(sources[0], "trainer", "resourcesPerNode")]
    for source in sources:
        for pod in _pods(source, 0):
            containers = _list(pod.get("containers")) + _list(pod.get("container"))
            resources += [_block(at(one, "resources")) for one in containers]
    for one in resources:
        for name, called in ((GPU, "GPU"), (NEURON, "Neuron device")):
            number = _number(at(one, "limits", name))
            if number:
                return number, called
    return 0, "GPU"


def _queued(job: Job, body: dict[str, Any], named: Mapping[Any, Any], queues: Mapping[Any, Any]) -> Job:
    """A job that says only its queue is where kueue's flavors are: https://kueue.sigs.k8s.io/docs/concepts/resource_flavor/."""
    queue = queues.get((job.namespace, _text(at(body, "metadata", "labels", _QUEUE_LABEL))))
    cluster_queue = named.get(("ClusterQueue", _text(at(queue, "spec", "clusterQueue"))))
    wanted: dict[str, frozenset[str]] = {}
    for resources in _list(at(cluster_queue, "spec", "resourceGroups")):
        for flavor in _list(at(resources, "flavors")):
            labels = at(named.get(("ResourceFlavor", _text(at(flavor, "name")))), "spec", "nodeLabels")
            for key, value in _spec(labels).items():
                if isinstance(value, str):
                    wanted[key] = wanted.get(key, frozenset()) | {value}
    return replace(job, wanted=wanted)


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    effect, key = toleration.get("effect"), toleration.get("key")
    # Kubernetes says NoExecute, where EKS says NO_EXECUTE.
    if (
        known(effect)
        and effect
        and str(effect).lower() != str(taint.get("effect", "")).replace("_", "").lower()
    ):
        return False
    if not key:
        return toleration.get("operator") == "Exists"
    if key != taint.get("key"):
        return False
    return toleration.get("operator") == "Exists" or (toleration.get("value") or "") == (
        taint.get("value") or ""
    )


def _block(value: Any) -> dict[str, Any]:
    """An object, or the only block of the provider's form."""
    return _spec(value[0] if isinstance(value, list) and value else value)


def _spec(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int:
    """A count; the provider writes some of them, and Kubernetes quantities, as text."""
    if isinstance(value, str) and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
