"""Instance types of a node group: named, in a list, or by their properties."""

from __future__ import annotations

import re

from ... import catalog
from .manifest import Part

# https://github.com/eksctl-io/eksctl/blob/main/pkg/apis/eksctl.io/v1alpha5/types.go, DefaultNodeType
EKSCTL_DEFAULT = "m5.large"
# EKS takes 20: https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html, instanceTypes
MOST = 20
_ARCHITECTURES = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "arm64"}


def instance_types(given: Part) -> list[str]:
    """The instance types of a group, the first one first; empty, and said so, where none can be found."""
    named = given.texts("instanceTypes") or given.part("instancesDistribution").texts("instanceTypes")
    one = given.text("instanceType")
    types = [one] if one and one != "mixed" else []
    types = list(dict.fromkeys(types + named))
    if "instanceSelector" in given:
        types = types or _selected(given)
    elif not types:
        types = [EKSCTL_DEFAULT]
    if len(types) > 1:
        types = _alike(given, types)
    if len(types) > MOST:
        given.dropped("instanceTypes", f"EKS takes {MOST} types: {', '.join(types[MOST:])} are left out")
    return types[:MOST]


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
    kept, left = [types[0]], list[str]()
    for name in types[1:]:
        other = catalog.find(name)
        same = (
            first is not None
            and other is not None
            and other.architecture == first.architecture
            and (other.accelerator and (other.accelerator.name, other.accelerator.count))
            == (first.accelerator and (first.accelerator.name, first.accelerator.count))
            and bool(other.nvme_gb) == bool(first.nvme_gb)
            and other.efa_interfaces == first.efa_interfaces
        )
        (kept if same else left).append(name)
    if left:
        key = next(
            (key for key in ("instanceTypes", "instanceSelector") if key in given), "instancesDistribution"
        )
        note = f"{', '.join(left)} cannot be in one group with {types[0]}: other devices, drives, or unknown"
        # A selector asks for vCPUs and memory; what differs in drives alone is the same to it.
        others = [catalog.find(name) for name in left]
        alike = all(one is not None and first is not None and one.gpus == first.gpus == 0 for one in others)
        given.dropped(key, note, harmless=key == "instanceSelector" and alike)
    return kept
