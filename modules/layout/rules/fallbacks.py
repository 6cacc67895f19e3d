"""Rules about the instance types of a group beside the first: one launch template and one AMI have to fit them all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from ... import catalog
from ..faults import KeyPath, Level, dotted
from ..models import NodeGroup
from ..models.node_group import MOST_INSTANCE_TYPES
from ..node_spec import DRIVE_STRATEGY
from .base import Context, Finding, repeated
from .node_config import least_drives

_USAGE_CLASSES = {"on_demand": "on-demand", "spot": "spot"}
_SHOWN = 4


def _fallbacks(path: KeyPath, group: NodeGroup) -> Iterator[tuple[KeyPath, catalog.InstanceType]]:
    """The fallbacks that the catalogue knows, with their paths."""
    for index, name in enumerate(group.fallback_instance_types):
        found = catalog.find(name)
        if found is not None:
            yield (*path, "fallback_instance_types", index), found


class FallbackDoesNotFit:
    """The nodes of a group share AMI, interfaces, labels and volumes: a type that these do not fit fails when it is needed.

    https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html#managed-node-group-capacity-types
    """

    id = "fallback-does-not-fit"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Architecture, number of accelerators, EFA, NVMe drives, AMI and kind of capacity are the first type's."""
        for path, group, first in context.typed_groups():
            if group.capacity.is_reserved:
                continue  # takes none at all
            needs = Needs.of(group, first)
            for where, other in _fallbacks(path, group):
                reason = needs.lacking(other)
                if reason is None:
                    continue
                near = [name for name in _fitting(needs) if name not in group.instance_types][:_SHOWN]
                ways = [f"write a type like {', '.join(near)}"] if near else []
                if other.nvme_disks < needs.drives:
                    ways.append(needs.without_drives)
                text = ", or ".join([*ways, "give it a node group of its own"])
                because = tuple(
                    (*path, key) for key in ("instance_type", "ami_type", "efa", "capacity", "local_storage")
                )
                yield Finding(where, reason, f"{text[0].upper()}{text[1:]}.", because)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a group of a first type asks of the others."""

    first: catalog.InstanceType
    ami_type: str
    efa: bool
    drives: int
    without_drives: str
    capacity: str
    placed: bool

    @classmethod
    def of(cls, group: NodeGroup, first: catalog.InstanceType) -> Needs:
        """The needs of a group. What the first type lacks itself is said by other rules, and not asked."""
        strategy = group.drive_strategy
        used = first.nvme_disks >= least_drives(strategy) and (
            group.local_storage == "raid0" or strategy is not None
        )
        return cls(
            first=first,
            ami_type=group.ami_type if group.ami_type in first.ami_types else "",
            efa=group.efa and first.supports_efa,
            drives=least_drives(strategy) if used else 0,
            without_drives="write local_storage: none"
            if strategy is None
            else f"remove {dotted(DRIVE_STRATEGY)}",
            capacity=group.capacity.type
            if _USAGE_CLASSES.get(group.capacity.type) in first.usage_classes
            else "",
            placed=group.placement_group == "create",
        )

    def lacking(self, other: catalog.InstanceType) -> str | None:
        """Why a group of the first type cannot have nodes of the other."""
        first = self.first
        reason = fits_beside(first, other, self.efa)
        if reason is not None:
            return reason
        if other.nvme_disks < self.drives:
            drives = f"{other.nvme_disks or 'no'} NVMe drive{'' if other.nvme_disks == 1 else 's'}"
            least = "" if self.drives == 1 else f" {self.drives} of them or more"
            return f"{other.name} has {drives}, and the nodes of the group use{least or ' them'}"
        if self.ami_type and self.ami_type not in other.ami_types:
            return f"{self.ami_type} does not fit {other.name}"
        if self.capacity and _USAGE_CLASSES[self.capacity] not in other.usage_classes:
            return f"{other.name} is not offered as {self.capacity}"
        if self.placed and "cluster" not in other.placement_strategies:
            return f"{other.name} cannot be in a cluster placement group"
        return None


def fits_beside(first: catalog.InstanceType, other: catalog.InstanceType, efa: bool) -> str | None:
    """Why nodes of two types cannot be in one group, whatever else the group says; None where they can.

    Without EFA, accelerators of one vendor may differ, as long as a node has as many of them: pods ask for a number.

    Args:
        efa: whether the nodes get EFA interfaces. Such nodes work together on one job, and have to be alike.
    """
    if other.architecture != first.architecture:
        return f"{other.name} is {other.architecture}, and {first.name} {first.architecture}"
    if _devices(other, efa) != _devices(first, efa):
        return f"{other.name} has {_named(other)}, and {first.name} {_named(first)}"
    if efa and not other.supports_efa:
        return f"{other.name} has no EFA interface, and efa is on"
    if efa and catalog.efa_interfaces(other) != catalog.efa_interfaces(first):
        return f"{other.name} has its EFA interfaces on other network cards than {first.name}"
    return None


def _devices(found: catalog.InstanceType, exactly: bool) -> tuple[str, int] | None:
    one = found.accelerator
    return (one.name if exactly else one.kind, one.count) if one else None


@cache
def _fitting(needs: Needs) -> tuple[str, ...]:
    """Types that would do, those most like the first at the head: enough of them to leave out what a group has."""
    known = (catalog.find(name) for name in catalog.names())
    found = [one for one in known if one is not None and needs.lacking(one) is None]
    first = needs.first

    def unlike(one: catalog.InstanceType) -> tuple[bool, int, int, int]:
        other = one.accelerator != first.accelerator
        return other, abs(one.vcpus - first.vcpus), abs(one.memory_mib - first.memory_mib), len(one.name)

    return tuple(one.name for one in sorted(found, key=unlike)[: MOST_INSTANCE_TYPES + _SHOWN])


def _named(found: catalog.InstanceType) -> str:
    return f"{found.accelerator.count} {found.accelerator.name}" if found.accelerator else "no accelerator"


class FallbackOfReserved:
    """A reservation is of one instance type; nodes of another one would wait for capacity that nobody has reserved.

    https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html
    """

    id = "fallback-of-reserved"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Fallbacks go with on-demand and spot capacity."""
        for path, group in context.groups():
            if group.fallback_instance_types and group.capacity.is_reserved:
                problem = f"the capacity is {group.capacity.type}: a reservation of {group.instance_type} has no other type"
                remedy = "Remove it, or write capacity.type: on_demand or spot."
                yield Finding((*path, "fallback_instance_types"), problem, remedy, ((*path, "capacity"),))


class DuplicateInstanceType:
    """An instance type that stands twice gives no more capacity, and was meant to be another one."""

    id = "duplicate-instance-type"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Each type stands once, the first included."""
        for path, group in context.groups():
            for index, name in repeated(group.instance_types):
                where = (*path, "fallback_instance_types", index - 1)
                yield Finding(where, f"{name} stands there already", "Write each type once.")


class FallbackOfOtherSize:
    """The cluster autoscaler takes each node of a group for one of the first type, and scales up by its size.

    https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html#managed-node-group-capacity-types
    """

    id = "fallback-of-other-size"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """With `scaling_owner: autoscaler`, no fallback has fewer vCPUs or less memory than the first type."""
        for path, group, first in context.typed_groups():
            if group.scaling_owner != "autoscaler":
                continue
            for where, other in _fallbacks(path, group):
                if other.vcpus < first.vcpus or other.memory_mib < first.memory_mib:
                    problem = (
                        f"{other.name} ({_size(other)}) is smaller than {first.name} ({_size(first)}), by which the "
                        "autoscaler counts: pods may stay pending on its nodes"
                    )
                    remedy = "Write the smallest type as instance_type, or types of one size."
                    yield Finding(where, problem, remedy, ((*path, "instance_type"),))


def _size(found: catalog.InstanceType) -> str:
    return f"{found.vcpus} vCPU, {found.memory_mib / 1024:g} GiB"


class FallbackOfOtherAccelerator:
    """A pod gets whatever accelerator its node has: with less memory or of another generation, not every job runs on it."""

    id = "fallback-of-other-accelerator"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """The accelerators of a fallback are those of the first type, and have as much memory."""
        for path, group, first in context.typed_groups():
            for where, other in _fallbacks(path, group):
                if first.accelerator == other.accelerator or fits_beside(first, other, group.efa) is not None:
                    continue
                problem = f"{other.name} has {_with_memory(other)}, and {first.name} {_with_memory(first)}"
                remedy = (
                    "Leave it if every job runs on both; a job that does not can ask for one by nodeSelector "
                    f"node.kubernetes.io/instance-type: {first.name}."
                )
                yield Finding(where, problem, remedy, ((*path, "instance_type"), (*path, "efa")))


def _with_memory(found: catalog.InstanceType) -> str:
    each = found.accelerator
    return f"{_named(found)} of {each.memory_mib / 1024:.0f} GiB" if each else _named(found)
