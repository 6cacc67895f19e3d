"""What keeps a pod from running, and what keeps a DaemonSet off a node, in the words of Kubernetes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from ...checking.check import UnaskedError
from ..cluster import Object
from ..subject import Subject, condition, labels_of, name_of

# Reasons of a container that waits for its turn, or for what is not its fault.
# https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/kubelet_pods.go: PodInitializing, ContainerCreating
_ITS_TURN = ("PodInitializing", "ContainerCreating")
# Kubernetes adds these tolerations to the pods of every DaemonSet:
# https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#taints-and-tolerations
_ALWAYS_TOLERATED = (
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/pid-pressure",
    "node.kubernetes.io/unschedulable",
    "node.kubernetes.io/network-unavailable",
)
_NOT_STARTED = "waits: "
# Of a busy cluster there are thousands, and as many pods that wait.
Warnings: TypeAlias = "Mapping[str, Sequence[Object]]"
_NONE: Warnings = MappingProxyType({})
_LONG = 300  # characters of a message; those of registries go on and on


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a pod is not ready; `waits` where it only waits for something else."""

    text: str
    waits: bool = False


def trouble(pod: Object, events: Warnings = _NONE) -> Trouble | None:
    """Why a pod is not ready, or None where it is, has done its work, or is being deleted.

    Args:
        pod: the pod.
        events: warnings by whom they are about, of whom the pod may be one.
    """
    status = pod.get("status") or {}
    if pod["metadata"].get("deletionTimestamp") or status.get("phase") == "Succeeded":
        return None
    if status.get("phase") == "Failed":
        return Trouble(_joined("failed", status.get("reason"), status.get("message")))
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return Trouble(_joined("is pending", scheduled.get("message") or scheduled.get("reason")))
    if condition(pod, "Ready").get("status") == "True":
        return None
    found = [_of_init(one) for one in status.get("initContainerStatuses") or ()]
    found += [_of_container(one) for one in status.get("containerStatuses") or ()]
    told = [one for one in found if one is not None]
    failing = next((one for one in told if not one.waits), None)
    if failing is not None:
        return failing
    warned = _last_warning(pod, events)
    if warned:
        return Trouble(_joined("does not start", warned))
    return (
        told[0]
        if told
        else Trouble(_joined("is not ready", condition(pod, "Ready").get("reason")), waits=True)
    )


def _of_init(status: Mapping[str, Any]) -> Trouble | None:
    state = status.get("state") or {}
    if (state.get("terminated") or {}).get("exitCode") == 0 or status.get("ready"):
        return None
    if "running" in state:
        return Trouble(f"waits for its init container {status.get('name')}", waits=True)
    return _stopped(status, state)


def _of_container(status: Mapping[str, Any]) -> Trouble | None:
    state = status.get("state") or {}
    if status.get("ready"):
        return None
    if "running" in state:
        return Trouble(f"runs, and its container {status.get('name')} is not ready")
    return _stopped(status, state)


def _stopped(status: Mapping[str, Any], state: Mapping[str, Any]) -> Trouble:
    waiting = state.get("waiting") or {}
    reason = str(waiting.get("reason") or "")
    ended = state.get("terminated") or (status.get("lastState") or {}).get("terminated") or {}
    if reason in _ITS_TURN:
        return Trouble(f"{_NOT_STARTED}{reason}", waits=True)
    name = status.get("name")
    if ended:
        again = f" after {_times(int(status.get('restartCount') or 0))}" if reason else ""
        how = f"its container {name} ended with exit code {ended.get('exitCode')} ({ended.get('reason')})"
        return Trouble(_joined(f"is in {reason or 'Error'}{again}", how, ended.get("message")))
    return Trouble(
        _joined(f"is in {reason or 'Unknown'}", waiting.get("message") or f"image {status.get('image')}")
    )


def _times(restarts: int) -> str:
    return f"{restarts} restart{'' if restarts == 1 else 's'}"


def _joined(first: str, *more: object) -> str:
    told = [" ".join(str(one).split()).rstrip(".") for one in more if one]
    text = ": ".join([first, *told])
    return text if len(text) <= _LONG else text[: _LONG - 3] + "..."


def _last_warning(pod: Object, events: Warnings) -> str:
    """What the last warning about the pod says: a volume that is not there, no address left."""
    own = events.get(str(pod["metadata"].get("uid")), ())
    if not own:
        return ""
    last = max(own, key=lambda one: str(one.get("lastTimestamp") or one.get("eventTime") or ""))
    return _joined(str(last.get("reason") or "Warning"), last.get("message"))


def first_trouble(pods: Iterable[Object], events: Warnings = _NONE) -> Trouble | None:
    """Why none of some pods is ready, or None where one is: while it is updated, a DaemonSet may have two on a node."""
    found = [trouble(pod, events) for pod in pods]
    return None if None in found else next(iter(found), None)


def warnings(subject: Subject) -> Warnings:
    """The warnings of the last hour by the id of whom they are about; none where they may not be listed: they only explain."""
    found: dict[str, list[Object]] = {}
    try:
        for one in subject.cluster.objects("", "v1", "events", fields="type=Warning"):
            found.setdefault(str((one.get("involvedObject") or {}).get("uid")), []).append(one)
    except UnaskedError:
        return _NONE
    return found


def pods_by_node(subject: Subject) -> dict[str, list[Object]]:
    """All pods by their node; a DaemonSet's by the one that it is meant for, before it is there."""
    found: dict[str, list[Object]] = {}
    for pod in subject.cluster.pods():
        found.setdefault(_node_of(pod), []).append(pod)
    return found


def _node_of(pod: Object) -> str:
    spec = pod.get("spec") or {}
    if spec.get("nodeName"):
        return str(spec["nodeName"])
    # https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#how-daemon-pods-are-scheduled
    for term in _terms(spec):
        for field in term.get("matchFields") or ():
            if field.get("key") == "metadata.name" and field.get("values"):
                return str(field["values"][0])
    return ""


def owned(pods: Iterable[Object], owner: Object, kind: str) -> list[Object]:
    """The pods that belong to an object, which are not being deleted."""
    name, namespace = name_of(owner), owner["metadata"].get("namespace")
    return [
        pod
        for pod in pods
        if pod["metadata"].get("namespace") == namespace
        and not pod["metadata"].get("deletionTimestamp")
        and any(
            one.get("kind") == kind and one.get("name") == name
            for one in pod["metadata"].get("ownerReferences") or ()
        )
    ]


def selected(pods: Iterable[Object], owner: Object) -> list[Object]:
    """The pods that an object's selector takes, which are not being deleted."""
    wanted = ((owner.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
    namespace = owner["metadata"].get("namespace")
    return [
        pod
        for pod in pods
        if pod["metadata"].get("namespace") == namespace
        and not pod["metadata"].get("deletionTimestamp")
        and wanted
        and all(labels_of(pod).get(key) == value for key, value in wanted.items())
    ]


def refusal(daemon_set: Object, node: Object) -> str | None:
    """Why a DaemonSet makes no pod on a node, or None where it does."""
    spec = (((daemon_set.get("spec") or {}).get("template") or {}).get("spec")) or {}
    labels = labels_of(node)
    for key, value in (spec.get("nodeSelector") or {}).items():
        if labels.get(key) != value:
            has = f"says {labels[key]}" if key in labels else "has no such label"
            return f"it asks for the label {key}={value}, and the node {has}"
    terms = _terms(spec)
    if terms and not any(_takes(term, node) for term in terms):
        return f"its node affinity takes only nodes with {_asked(terms, node)}"
    tolerations = spec.get("tolerations") or ()
    for taint in (node.get("spec") or {}).get("taints") or ():
        always = taint.get("key") in _ALWAYS_TOLERATED
        if not always and taint.get("effect") != "PreferNoSchedule" and not _tolerated(taint, tolerations):
            return f"it does not tolerate the taint {taint_text(taint)}"
    return None


def taint_text(taint: Mapping[str, Any]) -> str:
    """A taint as kubectl writes it, `key=value:Effect`."""
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint.get('key')}{value}:{taint.get('effect')}"


def _tolerated(taint: Mapping[str, Any], tolerations: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a toleration matches: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ ."""
    return any(
        (not one.get("effect") or one["effect"] == taint.get("effect"))
        and (
            (one.get("operator") == "Exists" and one.get("key") in (None, "", taint.get("key")))
            or (
                one.get("operator", "Equal") == "Equal"
                and one.get("key") == taint.get("key")
                and (one.get("value") or "") == (taint.get("value") or "")
            )
        )
        for one in tolerations
    )


def _terms(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    )
    return list((required or {}).get("nodeSelectorTerms") or ())


# https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#operators
_OPERATORS: Mapping[str, Callable[[str | None, list[str]], bool]] = {
    "In": lambda has, values: has in values,
    "NotIn": lambda has, values: has not in values,
    "Exists": lambda has, _: has is not None,
    "DoesNotExist": lambda has, _: has is None,
    # A label that is no number is neither.
    "Gt": lambda has, values: has is not None and has.lstrip("-").isdigit() and int(has) > int(values[0]),
    "Lt": lambda has, values: has is not None and has.lstrip("-").isdigit() and int(has) < int(values[0]),
}


def _takes(term: Mapping[str, Any], node: Object) -> bool:
    return not _unmet(term, node)


def _unmet(term: Mapping[str, Any], node: Object) -> list[Mapping[str, Any]]:
    given = [(one, labels_of(node).get(str(one.get("key")))) for one in term.get("matchExpressions") or ()]
    given += [(one, name_of(node)) for one in term.get("matchFields") or ()]
    return [
        one
        for one, has in given
        if not _OPERATORS[str(one.get("operator"))](has, list(one.get("values") or ()))
    ]


def _asked(terms: list[Mapping[str, Any]], node: Object) -> str:
    """What of the terms the node does not have; lists of instance types are long."""
    told = []
    for one in (unmet for term in terms for unmet in _unmet(term, node)):
        values = list(one.get("values") or ())
        some = ", ".join(values[:3]) + (f" and {len(values) - 3} more" if len(values) > 3 else "")
        told.append(" ".join(filter(None, (str(one.get("key")), str(one.get("operator")), some))))
    return f"{' or '.join(dict.fromkeys(told))}, and it is not one"
