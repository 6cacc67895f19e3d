"""Rules about where instances come from: reservations, capacity blocks, spot, placement groups."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from ..faults import Level
from ..models import ExistingPlacementGroup
from ..values import is_known
from .base import Context, Finding
from .instances import of_family


class ReservationMissing:
    """Reserved capacity is used only by a launch template that names it; without, EKS launches on demand.

    https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html
    """

    id = "reservation-missing"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`odcr` and `capacity_block` name a reservation."""
        for path, group in context.groups():
            capacity = group.capacity
            if capacity.is_reserved and not capacity.reservation_id and not capacity.reservation_group_arn:
                problem = f"{capacity.type} names no reservation"
                remedy = "Write reservation_id: cr-..., or reservation_id: var.capacity_reservation_id."
                if capacity.type == "odcr":
                    remedy += " Several reservations: reservation_group_arn."
                where = (*path, "capacity", "reservation_id")
                yield Finding(where, problem, remedy, ((*path, "capacity"),))


class TwoReservations:
    """A launch template targets one reservation or one resource group, never both.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CapacityReservationTarget.html
    """

    id = "two-reservations"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`reservation_id` and `reservation_group_arn` exclude each other."""
        for path, group in context.groups():
            capacity = group.capacity
            if capacity.type == "odcr" and capacity.reservation_id and capacity.reservation_group_arn:
                problem = "names a reservation and a resource group of reservations"
                remedy = "Keep reservation_id for one reservation, or reservation_group_arn for several."
                yield Finding((*path, "capacity", "reservation_group_arn"), problem, remedy)


class BlockFromGroup:
    """A capacity block of a managed node group is targeted by its id; EKS takes no resource group.

    https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html
    """

    id = "block-from-group"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`reservation_group_arn` is for on-demand reservations."""
        for path, group in context.groups():
            if group.capacity.type == "capacity_block" and group.capacity.reservation_group_arn:
                problem = "a capacity block is named by its id, not by a resource group"
                remedy = "Write reservation_id: cr-... in its place; one node group for each capacity block."
                yield Finding((*path, "capacity", "reservation_group_arn"), problem, remedy)


class ReservationUnused:
    """A reservation beside spot or on-demand capacity would be paid for and not used."""

    id = "reservation-unused"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """A reservation needs `type: odcr` or `capacity_block`."""
        for path, group in context.groups():
            capacity = group.capacity
            given = [key for key in ("reservation_id", "reservation_group_arn") if getattr(capacity, key)]
            if given and not capacity.is_reserved:
                wrote = context.wrote(*path, "capacity", "type")
                problem = f"the capacity is {capacity.type}{'' if wrote else ' (the default)'}, which uses no reservation"
                remedy = "Write type: odcr or type: capacity_block, or remove the reservation."
                yield Finding((*path, "capacity", given[0]), problem, remedy, ((*path, "capacity", "type"),))


class TimesWithoutBlock:
    """Only a capacity block has a start and an end that the node group has to follow."""

    id = "times-without-block"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`start` and `end` need `type: capacity_block`."""
        for path, group in context.groups():
            capacity = group.capacity
            given = [key for key in ("start", "end") if getattr(capacity, key)]
            if given and capacity.type != "capacity_block":
                problem = (
                    f"{' and '.join(given)} belong to a capacity block, and the capacity is {capacity.type}"
                )
                remedy = f"Remove {' and '.join(given)}, or write type: capacity_block."
                yield Finding((*path, "capacity", given[0]), problem, remedy, ((*path, "capacity", "type"),))


class PreferenceUnused:
    """Whether an open reservation is used is a question of on-demand instances only.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CapacityReservationSpecification.html
    """

    id = "preference-unused"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`reservation_preference` needs `type: on_demand`."""
        for path, group in context.groups():
            capacity = group.capacity
            if capacity.reservation_preference and capacity.type != "on_demand":
                why = "names its reservation" if capacity.is_reserved else "uses no reservation"
                problem = f"the capacity is {capacity.type}, which {why}"
                where = (*path, "capacity", "reservation_preference")
                remedy = "Remove it, or write type: on_demand."
                yield Finding(where, problem, remedy, ((*path, "capacity", "type"),))


class BlockEndsBeforeStart:
    """A block that ends before it starts was copied wrongly."""

    id = "block-ends-before-start"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`end` comes after `start`."""
        for path, group in context.groups():
            start, end = _time(group.capacity.start), _time(group.capacity.end)
            if start and end and end <= start:
                problem = f"{group.capacity.end} is not after the start, {group.capacity.start}"
                remedy = "Copy StartDate and EndDate from `aws ec2 describe-capacity-reservations`."
                yield Finding((*path, "capacity", "end"), problem, remedy)


class BlockIsOver:
    """EKS drains the group 40 minutes before the end of its block; afterwards no node can start.

    https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html
    """

    id = "block-is-over"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """`end` lies before today."""
        for path, group in context.groups():
            end = _time(group.capacity.end)
            if group.capacity.type == "capacity_block" and end and end.date() < context.today:
                problem = f"the capacity block ended on {end.date()}: no node of the group can start"
                remedy = "Write the reservation_id, start and end of a new block, or size.desired: 0."
                yield Finding((*path, "capacity", "end"), problem, remedy)


_USAGE_CLASSES = {"on_demand": "on-demand", "spot": "spot", "capacity_block": "capacity-block"}


class CapacityNotOffered:
    """Not every type is sold in every way (SupportedUsageClasses of EC2 DescribeInstanceTypes).

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-blocks.html
    """

    id = "capacity-not-offered"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The capacity type is among those of the instance type."""
        for path, group, found in context.typed_groups():
            usage = _USAGE_CLASSES.get(group.capacity.type)
            if usage is None or usage in found.usage_classes:
                continue
            ways = sorted(known for known, one in _USAGE_CLASSES.items() if one in found.usage_classes)
            remedy = f"Write {' or '.join([*ways, 'odcr'])} (type: of capacity)."
            near = (
                of_family(group.instance_type, "supports_capacity_block") if usage == "capacity-block" else ""
            )
            if near:
                remedy = f"Write one of {near}, or another capacity type."
            problem = f"{group.instance_type} is not offered as {group.capacity.type}"
            because = ((*path, "instance_type"), (*path, "capacity"))
            yield Finding((*path, "capacity", "type"), problem, remedy, because)


class PlacementGroupWithBlock:
    """The instances of a capacity block are placed together already, and a placement group makes launches fail.

    terraform-aws-eks #3730; eksctl #7949
    """

    id = "placement-group-with-block"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """No placement group, new or existing, over a capacity block."""
        for path, group in context.groups():
            if group.capacity.type == "capacity_block" and group.placement_group != "none":
                problem = "a capacity block takes no placement group: its instances lie together already"
                yield Finding(
                    (*path, "placement_group"), problem, "Remove placement_group.", ((*path, "capacity"),)
                )


class PlacementGroupStarvesReservation:
    """A new placement group is no part of the reservation, so that only some of the reserved instances can join it.

    Of 16 reserved nodes 11 came up: eksctl #7949, #8220; terraform-aws-eks #3672, #3699.
    """

    id = "placement-group-starves-reservation"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """An on-demand reservation goes with the placement group that it was made in, or none."""
        for path, group in context.groups():
            if group.capacity.type == "odcr" and group.placement_group == "create":
                problem = "a new placement group starves an on-demand capacity reservation"
                remedy = "Remove placement_group, or write {name: ...} of the one that the reservation was made in."
                yield Finding((*path, "placement_group"), problem, remedy, ((*path, "capacity"),))


class PlacementGroupNotSupported:
    """Not every type takes part in a cluster placement group (PlacementGroupInfo of DescribeInstanceTypes).

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/placement-strategies.html
    """

    id = "placement-group-not-supported"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`create` makes a group of strategy cluster."""
        for path, group, found in context.typed_groups():
            if group.placement_group == "create" and "cluster" not in found.placement_strategies:
                problem = f"{group.instance_type} cannot be in a cluster placement group"
                yield Finding((*path, "placement_group"), problem, "Remove it.", ((*path, "instance_type"),))


class PlacementGroupOverZones:
    """A cluster placement group lies in one availability zone; nodes of any other zone cannot be launched.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/placement-strategies.html#placement-groups-cluster
    """

    id = "placement-group-over-zones"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """A group with a placement group has one zone; an EFA group has anyway, by other rules."""
        for path, group in context.groups():
            placed = group.placement_group == "create" or isinstance(
                group.placement_group, ExistingPlacementGroup
            )
            if not placed or group.efa or group.capacity.type == "capacity_block":
                continue
            new = context.layout.network.is_new
            if (new and group.availability_zone) or (not new and len(group.subnet_ids or ()) == 1):
                continue
            remedy = "Write availability_zone." if new else "Write subnet_ids with one subnet."
            problem = "a placement group lies in one zone, and the nodes of the group spread over several"
            because = ((*path, "availability_zone"), (*path, "subnet_ids"), (*path, "efa"), ("network",))
            yield Finding((*path, "placement_group"), problem, remedy, because)


def _time(text: str | None) -> datetime | None:
    """A time of the layout; None for none, and for a variable."""
    if text is None or not is_known(text):
        return None
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc)
