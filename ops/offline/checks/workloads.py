"""Objects of Kubernetes as its API server checks them, beyond what a schema says.

Source: the `validation.go` of each group below https://github.com/kubernetes/kubernetes/tree/master/pkg/apis .
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from ..values import UNKNOWN
from . import pods
from .kubernetes import label_fault
from .pods import Fault, Spec
from .problem import quoted
from .quantities import QuantityError, quantity

# Names of services: https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go
_SERVICE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_NAME_MOST: Final = 63
_RESTARTS: Final = ("Never", "OnFailure")


def faults(manifest: Mapping[str, Any]) -> list[Fault]:
    """What Kubernetes would refuse in an object: where, and why.

    Args:
        manifest: in camel case; what is not known yet is left alone.
    """
    spec = manifest.get("spec")
    found: list[Fault] = []
    if isinstance(spec, Mapping):
        found += _pods(spec, "spec")
        check = _KINDS.get(str(manifest.get("kind")))
        found += check(manifest, spec) if check else ()
    return list(dict.fromkeys(found))


def _pods(value: Any, path: str) -> Iterator[Fault]:
    """Every pod in an object, however deep: those of a JobSet and of a training runtime lie far down."""
    if isinstance(value, Mapping):
        if isinstance(value.get("containers"), list):
            yield from pods.faults(value, path)
            return
        for key, child in value.items():
            yield from _pods(child, f"{path}.{key}")
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _pods(child, f"{path}[{index}]")


def _template(spec: Spec) -> Spec:
    found = spec.get("template")
    return found if isinstance(found, Mapping) else {}


def _member(value: Spec, *path: str) -> Any:
    found: Any = value
    for step in path:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _name(manifest: Mapping[str, Any]) -> str | None:
    found = _member(manifest, "metadata", "name")
    return found if isinstance(found, str) and "${" not in found else None


def _job(manifest: Mapping[str, Any], spec: Spec) -> Iterator[Fault]:
    policy = _member(spec, "template", "spec", "restartPolicy")
    if isinstance(policy, str) and policy not in _RESTARTS:
        yield (
            "spec.template.spec.restartPolicy",
            f"Unsupported value: {quoted(policy)}: a Job takes {' or '.join(_RESTARTS)}.",
        )
    if spec.get("completionMode") == "Indexed":
        completions, name = spec.get("completions", 1), _name(manifest)
        last = f"{name}-{int(completions) - 1}" if name and isinstance(completions, (int, float)) else ""
        if len(last) > _NAME_MOST:
            yield (
                "metadata.name",
                f"{quoted(last)} would be the host name of a pod, and is longer than {_NAME_MOST}.",
            )
    elif "backoffLimitPerIndex" in spec:
        yield "spec.backoffLimitPerIndex", "requires indexed completion mode."
    if spec.get("podFailurePolicy") and policy == "OnFailure":
        yield "spec.template.spec.restartPolicy", "only Never is supported with podFailurePolicy."


def _selected(manifest: Mapping[str, Any], spec: Spec) -> Iterator[Fault]:
    """A Deployment or StatefulSet has to select its own pods."""
    wanted = _member(spec, "selector", "matchLabels")
    labels = _member(_template(spec), "metadata", "labels") or {}
    if not _member(spec, "selector"):
        yield "spec.selector", "Required value: it selects the pods of the template."
    elif isinstance(wanted, Mapping) and isinstance(labels, Mapping):
        missing = {
            key: value
            for key, value in wanted.items()
            if isinstance(value, str) and (key not in labels or labels[key] not in (value, UNKNOWN))
        }
        if missing:
            told = ", ".join(f"{key}={value}" for key, value in missing.items())
            yield "spec.template.metadata.labels", f"`selector` does not match template `labels`: {told}."
    policy = _member(spec, "template", "spec", "restartPolicy")
    if isinstance(policy, str) and policy != "Always":
        yield (
            "spec.template.spec.restartPolicy",
            f"Unsupported value: {quoted(policy)}: a {manifest['kind']} takes Always.",
        )


def _stateful_set(manifest: Mapping[str, Any], spec: Spec) -> Iterator[Fault]:
    yield from _selected(manifest, spec)
    replicas, name = spec.get("replicas", 1), _name(manifest)
    last = f"{name}-{replicas - 1}" if name and isinstance(replicas, int) else ""
    # The label controller-revision-hash has ten characters and a dash more:
    # https://github.com/kubernetes/kubernetes/issues/64023
    if name and max(len(last), len(name) + 11) > _NAME_MOST:
        yield "metadata.name", f"{quoted(name)} is too long: its pods' labels have {_NAME_MOST} at most."


def _service(manifest: Mapping[str, Any], spec: Spec) -> Iterator[Fault]:
    name, kind = _name(manifest), spec.get("type") or "ClusterIP"
    if name is not None and not (len(name) <= _NAME_MOST and _SERVICE.fullmatch(name)):
        yield (
            "metadata.name",
            f"{quoted(name)} is no name of a Service: at most {_NAME_MOST} of a-z, 0-9 and -, a letter first.",
        )
    ports = [one for one in spec.get("ports") or () if isinstance(one, Mapping)]
    headless = spec.get("clusterIP") == "None"
    if not ports and not headless and kind != "ExternalName":
        yield "spec.ports", "Required value: a Service that is not headless has ports."
    if len(ports) > 1 and not all(one.get("name") for one in ports):
        yield "spec.ports", "Required value: each of several ports has a name."
    for index, port in enumerate(ports):
        own, target = port.get("name"), port.get("targetPort")
        fault = label_fault(own) if isinstance(own, str) and "${" not in own else None
        if fault:
            yield f"spec.ports[{index}].name", fault
        fault = pods.port_name_fault(target) if isinstance(target, str) and "${" not in target else None
        if fault:
            yield f"spec.ports[{index}].targetPort", fault
    names = [one["name"] for one in ports if isinstance(one.get("name"), str)]
    twice = Counter(
        (one["port"], one.get("protocol") or "TCP")
        for one in ports
        if isinstance(one.get("port"), (int, float))
    )
    for (number, protocol), times in twice.items():
        if times > 1:
            yield "spec.ports", f"Duplicate value: port {number:g}/{protocol} is there twice."
    for name in (name for name, times in Counter(names).items() if times > 1):
        yield "spec.ports", f"Duplicate value: {quoted(name)} is the name of two ports."
    if kind == "LoadBalancer" and headless:
        yield "spec.clusterIP", "may not be set to 'None' for LoadBalancer services."
    if kind != "LoadBalancer" and spec.get("loadBalancerClass"):
        yield "spec.loadBalancerClass", "may only be used when `type` is 'LoadBalancer'."
    if kind != "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is False:
        yield (
            "spec.allocateLoadBalancerNodePorts",
            "may only be used when `type` is 'LoadBalancer'.",
        )


def _autoscaler(_manifest: Mapping[str, Any], spec: Spec) -> Iterator[Fault]:
    least, most = spec.get("minReplicas", 1), spec.get("maxReplicas")
    if isinstance(most, (int, float)) and isinstance(least, (int, float)) and most < least:
        yield (
            "spec.maxReplicas",
            f"{most:g} must be greater than or equal to `minReplicas`, which is {least:g}.",
        )


def _disruption_budget(_manifest: Mapping[str, Any], spec: Spec) -> Iterator[Fault]:
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        yield "spec", "minAvailable and maxUnavailable cannot be both set."


def _claim(_manifest: Mapping[str, Any], spec: Spec) -> Iterator[Fault]:
    size = _member(spec, "resources", "requests", "storage")
    if size is None:
        yield "spec.resources[storage]", "Required value: a claim says how much it wants."
    elif isinstance(size, (str, int, float)) and "${" not in str(size):
        try:
            if quantity(size) <= 0:
                yield "spec.resources[storage]", f"{quoted(size)} must be greater than zero."
        except QuantityError as error:
            yield "spec.resources[storage]", str(error)


_KINDS: Final[Mapping[str, Callable[[Mapping[str, Any], Spec], Iterator[Fault]]]] = {
    "Deployment": _selected,
    "HorizontalPodAutoscaler": _autoscaler,
    "Job": _job,
    "PersistentVolumeClaim": _claim,
    "PodDisruptionBudget": _disruption_budget,
    "Service": _service,
    "StatefulSet": _stateful_set,
}
