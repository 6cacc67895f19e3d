"""The times of capacity blocks, and what happens at them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from ...checking.check import Finding, Level
from ..capacity import RESERVATION_ACTIONS, Reservation, Reserved, reserved
from ..subject import Subject
from ..times import moment, span

# EKS scales the group down before EC2 ends the instances, which it does from 30 minutes before the end.
# https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html
_DRAIN = timedelta(minutes=40)


class _Block:
    """What the checks of capacity blocks have in common."""

    actions: tuple[str, ...] = RESERVATION_ACTIONS

    def applies(self, subject: Subject) -> bool:
        """Where there is a capacity block."""
        return any(group.capacity.type == "capacity_block" for _, group in subject.groups())


class CapacityBlockTimes(_Block):
    """Compares `start` and `end` with the block's own: nodes that are to start before their block do not start at all."""

    id = "capacity-block-times"
    level: Level = "error"
    remedy = "Write the block's StartDate and EndDate."

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Equal, as far as the times lie ahead."""
        for one, block in _blocks(subject):
            capacity, path = one.group.capacity, f"{one.path}.capacity"
            start, end = _time(capacity.start), _time(capacity.end)
            ahead = block.start is not None and block.start > subject.now
            if block.start is not None and (ahead or (start is not None and start > subject.now)):
                remedy = f"Write start: {_written(block.start)}."
                starts = f"the capacity block {block.id} starts {moment(block.start)}"
                if start is None and one.group.size.desired:
                    problem = f"{starts}, and the nodes are to start with the group: EKS cannot make it"
                    yield Finding(f"{path}.start", problem, remedy)
                elif start is not None and start != block.start:
                    problem = f"{starts}, and the layout says {moment(start)}: then the nodes are to start"
                    yield Finding(f"{path}.start", problem, remedy)
            if end is not None and block.end is not None and end != block.end and block.end > subject.now:
                problem = f"the capacity block {block.id} ends {moment(block.end)}, and the layout says {moment(end)}"
                yield Finding(f"{path}.end", problem, f"Write end: {_written(block.end)}.", "warning")


class CapacityBlockSchedule(_Block):
    """Tells what happens when: the block's start, the nodes', the draining and the end; an error once EKS drains."""

    id = "capacity-block-schedule"
    level: Level = "info"
    remedy = "Write the reservation_id, start and end of a new block, or extend this one while it lasts."

    def look(self, subject: Subject) -> Iterator[Finding]:
        """What is left of each block."""
        for one, block in _blocks(subject):
            if block.end is None:
                continue
            drained = block.end - _DRAIN
            where, name, size = one.where, one.path.partition(".")[2], one.group.size.desired
            if drained <= subject.now:
                problem = f"EKS drains the group since {moment(drained)}: the block {block.id} ends {moment(block.end)}"
                yield Finding(where, problem, self.remedy, "error")
                continue
            ends = f"EKS drains the group from {moment(drained)} on, and the block ends {moment(block.end)}"
            if block.start is not None and block.start > subject.now:
                ahead, used = span(block.start - subject.now), _hours(drained - block.start)
                start = _time(one.group.capacity.start)
                scales = f"; a scheduled action scales {name} up to {size} then" if start and size else ""
                said = f"{block.id} starts {moment(block.start)}, in {ahead}{scales}; {ends}: {used} for training"
            else:
                said = f"{block.id} has begun; {ends}: {_hours(drained - subject.now)} left for training"
            yield Finding(where, said)


def _blocks(subject: Subject) -> Iterator[tuple[Reserved, Reservation]]:
    """The capacity blocks that can be used, now or later; of the others their state is told."""
    for one in reserved(subject):
        for found in one.reservations:
            fits = found.is_block and one.group.capacity.type == "capacity_block"
            if fits and (found.state == "active" or found.lies_ahead):
                yield one, found


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text.replace("Z", "+00:00"))


def _written(time: datetime) -> str:
    return time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _hours(length: timedelta) -> str:
    """Hours, which is what a block is paid by."""
    hours = length.total_seconds() / 3600
    return f"{hours:.0f} hours" if hours >= 10 else f"{hours:.1f} hours"  # where tenths do not matter
