"""Whether EC2 has the instance types where the nodes come up, and describes them as the catalogue does."""

from __future__ import annotations

from collections.abc import Iterator

from modules import catalog
from modules.catalog import ec2
from modules.catalog.instance_types import InstanceType, from_record
from modules.layout.models import NodeGroup

from ...checking.check import Finding, Level
from ..capacity import RESERVATION_ACTIONS, reserved
from ..subject import Subject

# A difference here is a launch template that EC2 refuses, or a pod that no node takes.
_WEIGHTY = (
    "accelerator",
    "architecture",
    "efa_interfaces",
    "efa_capable_cards",
    "network_cards",
    "max_network_interfaces",
)
_OTHERS = ("vcpus", "memory_mib", "bare_metal", "ipv4_per_interface", "nvme_gb", "nvme_disks")
# Not compared: how a type is sold and placed differs by region, and the catalogue has what all of them say.


class InstanceTypeOffered:
    """Asks which zones have each instance type: where a zone has none, nodes fail late, with an error that names no zone."""

    id = "instance-type-offered"
    level: Level = "error"
    remedy = "Name a zone that has the type."
    actions: tuple[str, ...] = (
        *RESERVATION_ACTIONS,
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeInstanceTypeOfferings",
        "ec2:DescribeSubnets",
    )

    def applies(self, subject: Subject) -> bool:
        """Always: nodes come up somewhere."""
        return bool(subject.layout.node_groups)

    def look(self, subject: Subject) -> Iterator[Finding]:
        """At least one type in each zone, and each type in at least one."""
        offered = _offered(subject)
        # Where all reservations of a group are in another zone, that is the cause, and reservation-zone says it.
        reserved_in = {one.path: {each.zone for each in one.reservations} for one in reserved(subject)}
        for path, group in subject.groups():
            zones, own = subject.zones_of(group), reserved_in.get(path, set())
            if zones and (not own or own & set(zones)):
                yield from self._of(subject, path, group, zones, offered)

    def _of(
        self,
        subject: Subject,
        path: str,
        group: NodeGroup,
        zones: list[str],
        offered: dict[str, set[str]],
    ) -> Iterator[Finding]:
        kinds, where = group.instance_types, f"{path}.instance_type"
        there = {kind: offered.get(kind, set()) for kind in kinds}
        unused = [kind for kind in kinds if not there[kind] & set(zones)]
        if len(unused) == len(kinds):
            problem = f"EC2 has no {' or '.join(kinds)} in {', '.join(zones)}"
            yield Finding(where, problem, _elsewhere(subject, kinds, there))
            return
        if unused:
            problem = (
                f"EC2 has no {' or '.join(unused)} in {', '.join(zones)}, where nodes of the group come up"
            )
            remedy = f"{_elsewhere(subject, unused, there)} The others of the group start in its place."
            yield Finding(where, problem, remedy, "warning")
        empty = [zone for zone in zones if not any(zone in there[kind] for kind in kinds)]
        if empty:
            have = sorted(set(zones) - set(empty))
            problem = f"EC2 has no {' or '.join(kinds)} in {', '.join(empty)}: all nodes come up in {', '.join(have)}"
            key = "availability_zone" if subject.layout.network.is_new else "subnet_ids"
            remedy = f"To say so, write {key} with what is in {', '.join(have)}."
            yield Finding(where, problem, remedy, "warning")


class InstanceTypeFacts:
    """Compares EC2's description of each type with the catalogue's, which EFA interfaces, GPUs and pod counts come from."""

    id = "instance-type-facts"
    level: Level = "error"
    remedy = "Refresh the catalogue and look at what changes: .venv/bin/python -m modules.catalog.refresh --region REGION"
    actions: tuple[str, ...] = ("ec2:DescribeInstanceTypes",)

    def applies(self, subject: Subject) -> bool:
        """Always: each group has a type."""
        return bool(subject.layout.node_groups)

    def look(self, subject: Subject) -> Iterator[Finding]:
        """EFA interfaces, network cards, accelerators and the rest; a type that the region lacks is another finding."""
        remedy = self.remedy.replace("REGION", subject.layout.region)
        found = subject.account.pages(
            "ec2", "describe_instance_types", "InstanceTypes", Filters=[_named(subject)]
        )
        for info in sorted(found, key=lambda one: str(one["InstanceType"])):
            name = str(info["InstanceType"])
            known, where = catalog.find(name), _where(subject, name)
            if known is None:
                continue
            try:
                live = from_record(name, ec2.record(info))
            except (ValueError, LookupError) as error:
                yield Finding(
                    where, f"EC2's description of {name} is not understood: {error}", remedy, "warning"
                )
                continue
            weighty, others = _differences(known, live, _WEIGHTY), _differences(known, live, _OTHERS)
            if weighty or others:
                level: Level = "error" if weighty else "warning"
                said = "; ".join(weighty + others)
                yield Finding(where, f"{name} is not what the catalogue says: {said}", remedy, level)


def _offered(subject: Subject) -> dict[str, set[str]]:
    """The zones of each instance type of the layout."""
    offered: dict[str, set[str]] = {}
    for one in subject.account.pages(
        "ec2",
        "describe_instance_type_offerings",
        "InstanceTypeOfferings",
        LocationType="availability-zone",
        Filters=[_named(subject)],
    ):
        offered.setdefault(str(one["InstanceType"]), set()).add(str(one["Location"]))
    return offered


def _named(subject: Subject) -> dict[str, str | list[str]]:
    """A filter: with ids, a type that the region does not know would be an error."""
    kinds = {kind for _, group in subject.groups() for kind in group.instance_types}
    return {"Name": "instance-type", "Values": sorted(kinds)}


def _elsewhere(subject: Subject, kinds: tuple[str, ...] | list[str], there: dict[str, set[str]]) -> str:
    region = subject.layout.region
    zones = sorted(set().union(*(there[kind] for kind in kinds)))
    if not zones:
        return f"No zone of {region} has it: take another type or region."
    key = (
        "availability_zone" if subject.layout.network.is_new else "subnet_ids, with a subnet in one of them,"
    )
    return f"Zones of {region} that have it: {', '.join(zones)}. Write {key} of the group."


def _where(subject: Subject, name: str) -> str:
    return next(f"{path}.instance_type" for path, group in subject.groups() if name in group.instance_types)


def _differences(known: InstanceType, live: InstanceType, fields: tuple[str, ...]) -> list[str]:
    pairs = [(field, getattr(known, field), getattr(live, field)) for field in fields]
    return [f"{field} is {_shown(new)} and not {_shown(old)}" for field, old, new in pairs if old != new]


def _shown(value: object) -> str:
    if isinstance(value, catalog.Accelerator):
        return f"{value.count} x {value.name} ({value.memory_mib} MiB)"
    return str(list(value)) if isinstance(value, tuple) else str(value)
