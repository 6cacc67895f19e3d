"""Where the nodes' capacity comes from: reservations, capacity blocks, spot."""

from __future__ import annotations

from collections.abc import Iterator

from ..nodes import Nodes
from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..told import empty
from ..values import UNKNOWN, Sensitive, known

_NO_RESERVATION = "no reservation"
_BLOCK = "aws_ec2_capacity_block_reservation"


class ReservationChanged:
    """A node group no longer takes its nodes out of the reservation that is paid for, takes them out of another, or may do so."""

    id = "reservation-changed"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            before, after = group.before, group.after
            if before is None or after is None or before.efa is None or after.efa is None:
                continue  # without both launch templates nothing can be said
            was, becomes = before.reservation, after.reservation
            if was == becomes:
                continue
            found = self._told(before, was, becomes)
            yield Finding(
                group.change, *found[:2], was or _NO_RESERVATION, becomes or _NO_RESERVATION, found[2]
            )

    def _told(self, before: Nodes, was: str | None, becomes: str | None) -> tuple[str, str, Level | None]:
        masked = {repr(UNKNOWN), repr(Sensitive(None))}
        if was in masked or becomes in masked:
            return (
                "Whether the nodes still come out of the same reservation, this plan does not show.",
                "Name the reservation by its id, or compare it by hand before you deploy.",
                "warn",
            )
        if becomes is None:
            kind = before.instance_types[0] if before.instance_types else "the nodes"
            return (
                f"The nodes are asked for on demand, where {kind} may not be had, and {was} is paid for and stands empty.",
                "Keep the reservation in the layout; take it out when it is cancelled.",
                None,
            )
        if was is None:
            return (
                f"The nodes come out of {becomes} from now on; none starts unless it is active, of their type and zone, and has room.",
                "Ask the account first: `make preflight LAYOUT=...`.",
                "note" if empty(before) else "warn",
            )
        return (
            f"New nodes come out of {becomes}; {was} is paid for, and empties as the nodes are exchanged. "
            "None starts unless the new one is active, of their type and zone, and has room for all.",
            f"Ask the account first: `make preflight LAYOUT=...`. Cancel {was}, or let it end, when its nodes have gone.",
            "note" if empty(before) else "warn",
        )


class ReservationPreference:
    """Whether nodes may use any open reservation of the account, must, or must not, is another choice than before."""

    id = "reservation-preference"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            before, after = group.before, group.after
            if before is None or after is None or before.efa is None or after.efa is None:
                continue
            was, becomes = before.preference or "open", after.preference or "open"
            # A reservation that is named decides alone; EC2's own preference is `open`.
            # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CapacityReservationSpecification.html
            if was == becomes or before.reservation or after.reservation:
                continue
            effects = {
                "none": "New nodes pass over open reservations: those are paid for, and the nodes once more.",
                "open": "New nodes take an open reservation that fits, and start on demand where none does.",
                "capacity-reservations-only": "New nodes start only where an open reservation fits, and not at all without one.",
            }
            effect = effects.get(becomes, "New nodes choose their capacity in another way.")
            remedy = "Name the reservation itself, by capacity.reservation_id, where the nodes are to come out of one."
            level: Level | None = "note" if becomes == "open" else None
            yield Finding(group.change, effect, remedy, was, becomes, level)


class MarketChanged:
    """Nodes are bought in another way: on demand, as spot, or out of a capacity block."""

    id = "market-changed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            before, after = group.before, group.after
            if before is None or after is None:
                continue
            was = _market(group.change.before, before)
            becomes = _market(group.change.after, after)
            if was == becomes or not was or not becomes:
                continue
            level: Level | None = None
            if becomes == "SPOT":
                # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
                effect = "EC2 may take each node back, two minutes after it says so; a job over several nodes ends with the first."
                remedy = "Keep training that is not checkpointed every few minutes off spot instances."
                level = "stop" if before.is_reserved else None
            elif "CAPACITY_BLOCK" in (was, becomes):
                effect = "A capacity block is another purchase, with a start and an end of its own; the group is made anew for it."
                if was == "CAPACITY_BLOCK":
                    effect = "The nodes leave the capacity block, which is paid for in advance, and are asked for on demand."
                remedy = "Make a second group for the other capacity, move the jobs when they have checkpointed, and remove this one."
                level = None if empty(before) else "stop"
            else:
                effect = "The nodes are no longer taken back by EC2, and cost the price on demand; the group is made anew."
                remedy = "Check the quota of vCPUs on demand first: `make preflight LAYOUT=...`."
            yield Finding(group.change, effect, remedy, was, becomes, level)


class ReservationCancelled:
    """A capacity reservation or capacity block itself is cancelled, cut, or ends earlier: such capacity is seldom had again."""

    id = "reservation-cancelled"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for change in subject.of("aws_ec2_capacity_reservation", _BLOCK):
            count, kind = change.was("instance_count"), change.was("instance_type")
            if not change.before or not change.happens:
                continue
            before = f"{count if isinstance(count, int) else '?'} × {kind if isinstance(kind, str) else '?'}"
            if change.goes and change.type == _BLOCK:
                # The provider only forgets it: https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/ec2_capacity_block_reservation.go
                effect = "Terraform lets the capacity block go; AWS takes none back, and it is paid for and usable until its end."
                remedy = "Keep it, so that the groups that name it can be followed."
                level: Level = "warn"
                if change.verb == "replace":
                    effect += " Another one is bought in its place, and paid for in advance."
                    remedy, level = "Take back what replaces it, unless a second block is wanted.", "stop"
                yield Finding(change, effect, remedy, before, "unmanaged" if change.verb == "delete" else "another one is bought", level)  # fmt: skip
                continue
            if change.goes:
                effect = "The reservation is given up: its instances run on, but stopped or replaced ones do not come back, and EC2 rarely has as many again."
                remedy = "Keep it while anything trains on it; take it out of Terraform by a `removed` block, if it shall only be managed elsewhere."
                yield Finding(
                    change,
                    effect,
                    remedy,
                    before,
                    "cancelled" if change.verb == "delete" else "cancelled and asked for anew",
                )
                continue
            becomes = change.becomes("instance_count")
            if isinstance(count, int) and isinstance(becomes, int) and becomes < count:
                effect = f"{count - becomes} of {count} instances are given back; nodes above {becomes} have no reservation when they start anew."
                remedy = "Scale the node groups down first, and give back what stays free."
                yield Finding(change, effect, remedy, str(count), str(becomes))
            ends, then = change.was("end_date"), change.becomes("end_date")
            if known(then) and str(then) and (not known(ends) or not str(ends) or str(then) < str(ends)):
                effect = "The reservation ends, and then nothing holds capacity for new nodes; for a capacity block, EC2 ends the instances."
                remedy = "Let the jobs checkpoint before, and plan what follows."
                yield Finding(change, effect, remedy, f"ends {ends or 'never'}", f"ends {then}", "warn")


class CapacityBought:
    """A capacity reservation or capacity block that is made: it costs from the apply on, or in advance, whether nodes run in it or not."""

    id = "capacity-bought"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for change in subject.of("aws_ec2_capacity_reservation", _BLOCK):
            count, kind = change.becomes("instance_count"), change.becomes("instance_type")
            was = change.was("instance_count")
            more = change.verb == "update" and isinstance(was, int) and isinstance(count, int) and count > was
            if change.verb != "create" and not more:
                continue
            told = f"{count if isinstance(count, int) else '?'} × {kind if isinstance(kind, str) else '?'}"
            if change.type == _BLOCK:
                # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-blocks-how.html
                effect = "The apply buys a capacity block: it is paid in advance, in full, and can neither be changed nor cancelled."
                remedy = "Compare price, start and end of the offering with what the run needs, and have somebody agree to the price."
                yield Finding(change, effect, remedy, "", told)
                continue
            # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-reservations-pricing-billing.html
            effect = "It costs the price on demand from the apply on, whether its instances run or not, until it is cancelled."
            remedy = "Make it just before the nodes that use it, and cancel it after them."
            yield Finding(change, effect, remedy, str(was) if more else "", told, "note")


class BlockStartLost:
    """The action that scales a group up when its capacity block starts is removed or changed before it has run."""

    id = "block-start-lost"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for change in subject.of("aws_autoscaling_schedule"):
            start, size = change.was("start_time"), change.was("desired_capacity")
            if not change.before or not isinstance(start, str) or not isinstance(size, int) or size < 1:
                continue
            # Auto Scaling forgets the action once it has run; times in this form can be compared as text.
            if not start or start <= subject.plan_of(change).made_at or change.was("recurrence"):
                continue
            if change.verb == "delete" and not _group_goes(change, subject):
                effect = f"Nobody scales the group to {size} at {start}: the capacity block is paid for from then on, and stays empty."
                remedy = f"Keep the action, or scale up by hand at {start}."
                yield Finding(change, effect, remedy, f"{size} nodes at {start}", "nothing")
            elif change.verb in ("update", "replace") and change.differs("start_time"):
                effect = (
                    "The nodes start at another time; before the capacity block does, there is none to start."
                )
                remedy = "Compare the time with the start of the block: `make preflight LAYOUT=...`."
                yield Finding(change, effect, remedy, start, str(change.becomes("start_time")))


def _market(side: dict[str, object], nodes: Nodes) -> str:
    """How nodes are bought, as EKS calls it; nothing where the plan does not tell."""
    if nodes.is_block:
        return "CAPACITY_BLOCK"
    if nodes.market == "spot":
        return "SPOT"
    return nodes.capacity_type or ("" if "capacity_type" in side else "ON_DEMAND")


def _group_goes(change: Change, subject: Subject) -> bool:
    """Whether the node group of an action goes as well."""
    wanted = change.was("autoscaling_group_name")
    group = subject.group_of_autoscaling(wanted) if isinstance(wanted, str) else None
    return group is not None and group.fate in ("deleted", "replaced")
