"""Quotas of running vCPUs, of which EC2 has one for each family of instance types, on demand and spot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from modules import catalog
from modules.catalog import quotas
from modules.layout.models import NodeGroup
from modules.layout.rules.base import listed

from ...checking.check import Finding, Level
from ..capacity import Instance, Reservation, all_reservations, instances
from ..quota import QUOTA_ACTIONS, Quota, exceeded
from ..subject import Subject

# "Capacity Reservations in the assessing, scheduled, pending, active, and delayed state count towards your On-Demand
# Instance quota": https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-reservations.html, "Quotas". They count
# whole, used or not, and for their owner, whoever uses them:
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-reservation-sharing.html, "Instance limits". What is in a
# capacity block does not count: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-blocks.html, "Considerations".
_COUNTED = frozenset(("assessing", "scheduled", "pending", "active", "delayed"))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Node groups that count against one quota."""

    code: str
    groups: tuple[tuple[str, NodeGroup], ...]

    @property
    def where(self) -> str:
        return listed(path for path, _ in self.groups)


class OnDemandQuota:
    """Adds the nodes to what runs on demand: beyond the quota of their family, EC2 launches none."""

    id = "on-demand-quota"
    level: Level = "error"
    remedy = "Ask for a higher quota, which may take days, or for fewer nodes."
    actions: tuple[str, ...] = (
        *QUOTA_ACTIONS,
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeCapacityReservations",
        "ec2:DescribeInstances",
        "ec2:DescribeSubnets",
        "sts:GetCallerIdentity",
    )

    def applies(self, subject: Subject) -> bool:
        """Where nodes come on demand: reservations count already, and capacity blocks do not count."""
        return any(group.capacity.type == "on_demand" for _, group in subject.groups())

    def look(self, subject: Subject) -> Iterator[Finding]:
        """The desired nodes fit, and as a warning the most that there may be."""
        running, reservations = instances(subject.account), all_reservations(subject.account)
        owner = subject.account.id
        elsewhere = {one.id for one in reservations if one.owner != owner or one.state in _COUNTED}
        plain = [
            one
            for one in running
            if not one.lifecycle and not one.on_dedicated_host and one.reservation not in elsewhere
        ]
        for wanted in _by_quota(subject, "on_demand"):
            used = sum(
                one.vcpus
                for one in plain
                if quotas.on_demand(one.type) == wanted.code and not _is_ours(one, subject, wanted)
            )
            used += sum(
                one.total * _vcpus(one.type)
                for one in reservations
                if one.owner == owner
                and not one.is_block
                and one.state in _COUNTED
                and quotas.on_demand(one.type) == wanted.code
            )
            rooms = {path: _open_to(subject, group, reservations, running) for path, group in wanted.groups}
            yield from _judged(subject, wanted, used, rooms)


class SpotQuota:
    """Adds the nodes to the spot instances that run: beyond the quota of their family, EC2 launches none."""

    id = "spot-quota"
    level: Level = "error"
    remedy = "Ask for a higher quota, which may take days, or for fewer nodes."
    actions: tuple[str, ...] = (*QUOTA_ACTIONS, "ec2:DescribeInstances")

    def applies(self, subject: Subject) -> bool:
        """Where nodes are spot instances."""
        return any(group.capacity.type == "spot" for _, group in subject.groups())

    def look(self, subject: Subject) -> Iterator[Finding]:
        """The desired nodes fit, and as a warning the most that there may be."""
        for path, group in subject.groups():
            if group.capacity.type == "spot" and quotas.spot(group.instance_type) is None:
                problem = (
                    f"which quota spot instances of type {group.instance_type} count against is not documented: look "
                    "yourself, in the console of Service Quotas"
                )
                yield Finding(path, problem, level="info")
        for wanted in _by_quota(subject, "spot"):
            used = sum(
                one.vcpus
                for one in instances(subject.account)
                if one.lifecycle == "spot"
                and quotas.spot(one.type) == wanted.code
                and not _is_ours(one, subject, wanted)
            )
            yield from _judged(subject, wanted, used, {})


def _judged(
    subject: Subject, wanted: _Wanted, used: int, rooms: Mapping[str, Mapping[str, int]]
) -> Iterator[Finding]:
    """One finding: where the desired nodes do not fit, those beyond them do not either.

    Args:
        rooms: by group, the open reservations that its nodes start in, and how many each has for them.
    """

    def needed(size: str) -> int:
        left = {id: count for room in rooms.values() for id, count in room.items()}
        vcpus = 0
        for path, group in wanted.groups:
            nodes = int(getattr(group.size, size))
            for id in rooms.get(path, ()):
                taken = min(nodes, left[id])
                left[id] -= taken
                nodes -= taken
            vcpus += nodes * _vcpus(group.instance_type)
        return vcpus

    quota = Quota("ec2", wanted.code, "vCPUs")
    levels: dict[str, Level] = {"desired": "error", "max": "warning"}
    for size, level in levels.items():
        found = exceeded(
            subject,
            quota,
            wanted.where,
            used=used,
            needed=needed(size),
            purpose=f" for size.{size}",
            level=level,
        )
        if found is not None:
            yield found
            return


def _by_quota(subject: Subject, capacity: str) -> list[_Wanted]:
    """By the quota of the first instance type: the fallbacks are for when there is none of it."""
    code_of = quotas.on_demand if capacity == "on_demand" else quotas.spot
    groups: dict[str, list[tuple[str, NodeGroup]]] = {}
    for path, group in subject.groups():
        code = code_of(group.instance_type) if group.capacity.type == capacity else None
        if code is not None:
            groups.setdefault(code, []).append((path, group))
    return [_Wanted(code, tuple(those)) for code, those in groups.items()]


def _is_ours(one: Instance, subject: Subject, wanted: _Wanted) -> bool:
    """Whether it is a node that the sizes of the layout count."""
    names = {path.partition(".")[2] for path, _ in wanted.groups}
    return one.cluster == subject.layout.name and one.group in names


def _open_to(
    subject: Subject, group: NodeGroup, reservations: Sequence[Reservation], running: Sequence[Instance]
) -> dict[str, int]:
    """The open reservations that nodes of an on-demand group start in by themselves, and how many each has for them.

    These count with the reservation.
    """
    if group.capacity.reservation_preference == "none":
        return {}
    found = [
        one
        for one in reservations
        if one.is_open
        and one.state == "active"
        and one.type == group.instance_type
        and one.placement_group is None
    ]
    zones = subject.zones_of(group) if found else []
    ours = Counter(one.reservation for one in running if one.cluster == subject.layout.name)
    return {one.id: one.available + ours[one.id] for one in found if one.zone in zones}


def _vcpus(name: str) -> int:
    """A type that the catalogue does not list belongs to no layout, and to few reservations."""
    found = catalog.find(name)
    return found.vcpus if found else 0
