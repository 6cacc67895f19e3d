"""Whether reservations have as many free instances as the node groups ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modules.layout.rules.base import listed

from ...checking.check import Finding, Level
from ..capacity import RESERVATION_ACTIONS, Reservation, Reserved, has_reserved, instances, reserved
from ..subject import Subject
from .reservations import fits


@dataclass(frozen=True, slots=True)
class _Pool:
    """What is named in one place or several, the reservation of an id or those of a resource group, and who names it."""

    users: tuple[Reserved, ...]
    reservations: tuple[Reservation, ...]

    @property
    def where(self) -> str:
        return listed(one.path for one in self.users) if len(self.users) > 1 else self.users[0].where

    @property
    def desired(self) -> int:
        return sum(one.group.size.desired for one in self.users)

    @property
    def most(self) -> int:
        return sum(one.group.size.max for one in self.users)


class ReservationRoom:
    """Counts the free instances of each reservation: a group that asks for more waits for ever, and its jobs with it."""

    id = "reservation-room"
    level: Level = "error"
    remedy = "Ask for fewer nodes, or reserve more."
    actions: tuple[str, ...] = (
        *RESERVATION_ACTIONS,
        "ec2:DescribeInstances",
        "ec2:DescribeSubnets",
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeImages",
    )

    def applies(self, subject: Subject) -> bool:
        """Where capacity is reserved."""
        return has_reserved(subject)

    def look(self, subject: Subject) -> Iterator[Finding]:
        """As many as are desired, and as a warning as many as there may be, with those that this cluster uses already."""
        for pool in _pools(subject):
            ids = {one.id for one in pool.reservations}
            ours = sum(
                one.reservation in ids and one.cluster == subject.layout.name
                for one in instances(subject.account)
            )
            free = ours + sum(one.total if one.lies_ahead else one.available for one in pool.reservations)
            if free >= pool.most:
                continue
            total = sum(one.total for one in pool.reservations)
            own = f", {ours} of them in use by this cluster" if ours else ""
            names = listed(sorted(ids))
            has = f"{'has' if len(ids) == 1 else 'have'} {free} of {total} instances for it{own}"
            asked = " together" if len(pool.users) > 1 else ""
            if free < pool.desired:
                yield Finding(
                    pool.where,
                    f"{names} {has}, and size.desired is {pool.desired}{asked}",
                    _remedy(subject, pool.reservations, free, "desired", total + pool.desired - free),
                )
            else:
                yield Finding(
                    pool.where,
                    f"{names} {has}, and size.max is {pool.most}{asked}: nodes beyond that never start",
                    _remedy(subject, pool.reservations, free, "max", total + pool.most - free),
                    "warning",
                )


def _pools(subject: Subject) -> list[_Pool]:
    """What can be used at all; whatever else is wrong with a reservation that is named by its id is said elsewhere."""
    by_name: dict[str, list[Reserved]] = {}
    for one in reserved(subject):
        by_name.setdefault(one.named, []).append(one)
    pools = []
    for users in by_name.values():
        first = users[0]
        usable = tuple(
            found
            for found in first.reservations
            if (fits(first, found, subject) if first.names_several else _lives(found))
        )
        if usable:
            pools.append(_Pool(tuple(users), usable))
    return pools


def _lives(found: Reservation) -> bool:
    return found.state == "active" or found.lies_ahead


def _remedy(subject: Subject, found: Sequence[Reservation], free: int, size: str, wanted: int) -> str:
    """Less, or more: a capacity block never grows, but there may be others."""
    less = f"Write size.{size}: {free}" if free else "Free its instances"
    one = found[0]
    if one.is_block:
        return (
            f"{less}, or buy another capacity block, with a node group of its own: "
            f"aws ec2 describe-capacity-block-offerings --region {subject.layout.region} --instance-type {one.type} "
            f"--instance-count {wanted - sum(block.total for block in found)} --capacity-duration-hours 24"
        )
    if len(found) > 1:
        return f"{less}, or add a reservation to the resource group."
    return (
        f"{less}, or enlarge it: aws ec2 modify-capacity-reservation --region {subject.layout.region} "
        f"--capacity-reservation-id {one.id} --instance-count {wanted}"
    )
