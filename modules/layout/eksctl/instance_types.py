"""Instance types of a node group: named, in a list, or by their properties."""

from __future__ import annotations

import re

from ... import catalog
from ..models.node_group import MOST_INSTANCE_TYPES
from ..rules.fallbacks import fits_beside
from .manifest import Part

# https://github.com/eksctl-io/eksctl/blob/main/pkg/apis/eksctl.io/v1alpha5/types.go, DefaultNodeType
EKSCTL_DEFAULT = "m5.large"
_ARCHITECTURES = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "arm64"}


def instance_types(given: Part) -> list[str]:
    """The instance types of a group, the first one first; empty, and said so, where none can be found."""
    named = given.texts("instanceTypes") or given.part("instancesDistribution").texts("instanceTypes")
    one = given.text("instanceType")
    types = [one] if one and one != "mixed" else []
    types = list(dict.fromkeys(types + named))
    if "instanceSelector" in given and types:
        given.changed("instanceSelector", "not used: the types are named")
    elif "instanceSelector" in given:
        types = _selected(given)
    elif not types:
        types = [EKSCTL_DEFAULT]
    if len(types) > 1:
        types = _alike(given, types)
    if len(types) > MOST_INSTANCE_TYPES:
        given.dropped(
            "instanceTypes",
            f"EKS takes {MOST_INSTANCE_TYPES} types: {', '.join(types[MOST_INSTANCE_TYPES:])} are left out",
        )
    return types[:MOST_INSTANCE_TYPES]


def _selected(given: Part) -> list[str]:
    """The types of the catalogue that a selector picks, by name; those with accelerators only where it asks for them."""
    selector = given.part("instanceSelector")
    vcpus, gpus, neuron = (selector.value(key) for key in ("vCPUs", "gpus", "neuron_devices"))
    memory = _mebibytes(selector.text("memory"))
    architecture = _ARCHITECTURES.get(selector.text("cpuArchitecture") or "x86_64", "")
    allow, deny = _pattern(selector, "allow"), _pattern(selector, "deny")
    if memory is None and "memory" in selector:
        given.dropped(
            "instanceSelector", f"memory {selector.text('memory')!r} is not understood: the group is left out"
        )
        return []
    found = []
    for name in catalog.names():
        one = catalog.find(name)
        assert one is not None
        if (
            one.architecture == architecture
            and (vcpus is None or one.vcpus == vcpus)
            and (memory is None or one.memory_mib == memory)
            and (one.accelerator.count if one.accelerator else 0) == (gpus or neuron or 0)
            and bool(one.neuron_devices) == bool(neuron)
            and (not gpus or one.gpus == gpus)
            and (allow is None or allow.search(name))
            and (deny is None or not deny.search(name))
        ):
            found.append(name)
    if not found:
        given.dropped("instanceSelector", "no type of the catalogue fits: the group is left out")
    else:
        given.changed("instanceSelector", f"picks {len(found)} types of the catalogue, {found[0]} first: put your "
                                          "choice first, since a change replaces the group")  # fmt: skip
    return found


def _pattern(selector: Part, key: str) -> re.Pattern[str] | None:
    text = selector.text(key)
    try:
        return re.compile(text) if text else None
    except re.error:
        selector.dropped(key, "is no regular expression")
        return None


def _mebibytes(text: str) -> int | None:
    """Memory as eksctl takes it: GiB where no unit is given."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*(gi?b?|mi?b?|ti?b?)?", text.strip().lower())
    if not found:
        return None
    factor = {"m": 1, "g": 1024, "t": 1024 * 1024}[(found[2] or "g")[0]]
    return round(float(found[1]) * factor)


def _alike(given: Part, types: list[str]) -> list[str]:
    """Those that can stand in one node group with the first: one image, one set of devices."""
    first = catalog.find(types[0])
    efa = bool(given.value("efaEnabled", False))
    kept, left = [types[0]], list[str]()
    for name in types[1:]:
        other = catalog.find(name)
        fits = first is not None and other is not None and fits_beside(first, other, efa) is None
        (kept if fits else left).append(name)
    if left:
        key = next(
            (key for key in ("instanceTypes", "instanceSelector") if key in given), "instancesDistribution"
        )
        given.dropped(
            key, f"{', '.join(left)} cannot be in one group with {types[0]}: other devices, or unknown"
        )
    return kept
