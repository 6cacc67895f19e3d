"""Pods as Kubernetes' API server checks them: https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go ."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

from .kubernetes import label_fault
from .problem import quoted
from .quantities import QuantityError, quantity

Fault = tuple[str, str]
Spec = Mapping[str, Any]

# https://www.rfc-editor.org/rfc/rfc6335#section-5.1
_SERVICE_NAME = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_SERVICE_NAME_MOST: Final = 15
_PORTS: Final = range(1, 65536)
# Relaxed since 1.30: https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
_VARIABLE = re.compile(r"[\x20-\x3c\x3e-\x7e]+")
_TEMPLATE = re.compile(r"[$%]\{")
_HUGEPAGES: Final = "hugepages-"


def faults(spec: Spec, path: str) -> Iterator[Fault]:
    """What Kubernetes would refuse in the spec of a pod: where, and why.

    Args:
        spec: in camel case, as in a manifest; what is not known yet is left alone.
        path: where it lies in its object.
    """
    volumes = [one for one in _list(spec, "volumes") if isinstance(one.get("name"), str)]
    yield from _named(volumes, f"{path}.volumes")
    known = {str(one["name"]) for one in volumes}
    given = spec.get("volumes")
    whole = given is None or (isinstance(given, list) and len(volumes) == len(given))
    for index, volume in enumerate(volumes):
        size = _map(volume, "emptyDir").get("sizeLimit")
        yield from _quantity(size, f"{path}.volumes[{index}].emptyDir.sizeLimit")
    containers = [
        (one, f"{path}.{kind}[{index}]")
        for kind in ("initContainers", "containers")
        for index, one in enumerate(_list(spec, kind))
    ]
    yield from _named([one for one, _ in containers], f"{path}.containers", "container")
    for container, where in containers:
        yield from _container(container, where, known if whole else None)
    claims = _list(spec, "resourceClaims")
    yield from _named(claims, f"{path}.resourceClaims", "claim")
    there = {one.get("name") for one in claims}
    for container, where in containers:
        for one in _list(_map(container, "resources"), "claims"):
            if one.get("name") not in there:
                yield (
                    f"{where}.resources.claims",
                    f"{quoted(str(one.get('name')))} must be one of the names in resourceClaims.",
                )
    names = Counter(
        port["name"]
        for container, _ in containers
        for port in _list(container, "ports")
        if isinstance(port.get("name"), str)
    )
    for name in (name for name, times in names.items() if times > 1):
        yield f"{path}.containers", f"Duplicate value: {quoted(name)} is the name of two ports."
    for index, one in enumerate(_list(spec, "tolerations")):
        yield from _toleration(one, f"{path}.tolerations[{index}]")
    for member in ("hostname", "subdomain"):
        value = spec.get(member)
        if isinstance(value, str) and not _TEMPLATE.search(value) and (fault := label_fault(value)):
            yield f"{path}.{member}", fault


def _container(container: Spec, path: str, volumes: Iterable[str] | None) -> Iterator[Fault]:
    if "image" in container and container["image"] in ("", None):
        yield f"{path}.image", "Required value: a container has an image."
    paths: Counter[str] = Counter()
    for index, mount in enumerate(_list(container, "volumeMounts")):
        where, name, target = f"{path}.volumeMounts[{index}]", mount.get("name"), mount.get("mountPath")
        if volumes is not None and isinstance(name, str) and name not in volumes:
            yield f"{where}.name", f"Not found: {quoted(name)} is the name of no volume of the pod."
        if isinstance(target, str):
            paths[target] += 1
            if ":" in target:
                yield f"{where}.mountPath", f"{quoted(target)} must not contain ':'."
    for target in (target for target, times in paths.items() if times > 1):
        yield f"{path}.volumeMounts", f"{quoted(target)} must be unique: two volumes are mounted there."
    for index, port in enumerate(_list(container, "ports")):
        yield from _port(port, f"{path}.ports[{index}]")
    for index, variable in enumerate(_list(container, "env")):
        name = variable.get("name")
        if isinstance(name, str) and not _VARIABLE.fullmatch(name):
            yield (
                f"{path}.env[{index}].name",
                f"{quoted(name)} is no name of a variable: it has printable characters, and no =.",
            )
    yield from _resources(_map(container, "resources"), f"{path}.resources")


def _port(port: Spec, path: str) -> Iterator[Fault]:
    name = port.get("name")
    if isinstance(name, str) and (fault := port_name_fault(name)):
        yield f"{path}.name", fault
    for member in ("containerPort", "hostPort"):
        number = port.get(member)
        if isinstance(number, (int, float)) and number not in _PORTS:
            yield f"{path}.{member}", f"{number} is no port: one is 1 to 65535."


def port_name_fault(name: str) -> str | None:
    """Why a text is no name of a port; None if it is one."""
    if len(name) <= _SERVICE_NAME_MOST and _SERVICE_NAME.fullmatch(name):
        return None
    return (
        f"{quoted(name)} is no name of a port: at most {_SERVICE_NAME_MOST} of a-z, 0-9 and single -, with a letter, "
        "and a letter or digit first and last."
    )


def _toleration(toleration: Spec, path: str) -> Iterator[Fault]:
    operator = toleration.get("operator") or "Equal"
    if operator == "Exists" and toleration.get("value"):
        yield f"{path}.operator", "value must be empty when `operator` is 'Exists'."
    if not toleration.get("key") and operator != "Exists" and "key" in toleration:
        yield f"{path}.operator", "operator must be Exists when `key` is empty, which means 'match all'."


def _resources(resources: Spec, path: str) -> Iterator[Fault]:
    """Limits and requests; devices and huge pages cannot be overcommitted.

    https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#extended-resources and
    https://kubernetes.io/docs/tasks/manage-hugepages/scheduling-hugepages/
    """
    given = {kind: _map(resources, kind) for kind in ("limits", "requests")}
    for kind, values in given.items():
        for name, value in values.items():
            yield from _quantity(value, f"{path}.{kind}[{name}]", whole=_is_extended(name))
    limits, requests = given["limits"], given["requests"]
    for name, request in requests.items():
        where, limit = f"{path}.requests[{name}]", limits.get(name)
        fixed = _is_extended(name) or name.startswith(_HUGEPAGES)
        wanted, allowed = _amount(request), _amount(limit)
        if limit is None and fixed:
            yield where, "Limit must be set for non overcommitable resources."
        elif wanted is None or allowed is None:
            continue
        elif fixed and wanted != allowed:
            yield where, f"{quoted(request)} must be equal to {name} limit of {limit}."
        elif wanted > allowed:
            yield where, f"{quoted(request)} must be less than or equal to {name} limit of {limit}."
    names = {*limits, *requests}
    if any(name.startswith(_HUGEPAGES) for name in names) and not names & {"cpu", "memory"}:
        yield path, "HugePages require cpu or memory."


def _is_extended(name: str) -> bool:
    return "/" in name and not name.startswith("kubernetes.io/")


def _amount(value: Any) -> Fraction | None:
    """What a quantity stands for; None where it is not known, or no quantity."""
    try:
        return quantity(value) if isinstance(value, (str, int, float)) else None
    except QuantityError:
        return None


def _quantity(value: Any, path: str, *, whole: bool = False) -> Iterator[Fault]:
    if not isinstance(value, (str, int, float)) or (isinstance(value, str) and _TEMPLATE.search(value)):
        return
    try:
        amount = quantity(value)
    except QuantityError as error:
        yield path, str(error)
        return
    if amount < 0:
        yield path, f"{quoted(value)} must be greater than or equal to 0."
    elif whole and amount.denominator != 1:
        yield path, f"{quoted(value)} must be an integer."


def _named(members: list[Spec], path: str, what: str = "volume") -> Iterator[Fault]:
    names = [one["name"] for one in members if isinstance(one.get("name"), str)]
    for name in names:
        if not _TEMPLATE.search(name) and (fault := label_fault(name)):
            yield f"{path}.name", fault
    for name in (name for name, times in Counter(names).items() if times > 1):
        yield path, f"Duplicate value: {quoted(name)} is the name of two {what}s."


def _map(spec: Spec, member: str) -> Spec:
    found = spec.get(member)
    return found if isinstance(found, Mapping) else {}


def _list(spec: Spec, member: str) -> list[Spec]:
    found = spec.get(member)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
