"""A whole review: what was found, what of it is accepted, and what else there is to say of the plans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

from .acceptance import Acceptance
from .capacity import Capacity, capacity_of
from .judge import Judged, judge
from .nodes import NodeGroup
from .plan import Change, Plan
from .rule import LEVELS, Level, Rule
from .subject import Subject

Bar = Literal["stop", "warn", "note", "never"]
# The exit status of each level, where it is at or above the bar.
STATUS: dict[Level, int] = {"stop": 2, "warn": 1, "note": 1}


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding, with the entry of a layout that accepts it, or did so until a day that has passed."""

    judged: Judged
    accepted: Acceptance | None = None
    expired: Acceptance | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that has to be said of an entry that accepts; it counts as a finding does."""

    level: Level
    text: str


@dataclass(frozen=True)
class Review:
    """The result."""

    subject: Subject
    entries: tuple[Entry, ...]
    remarks: tuple[Remark, ...]
    accepted: tuple[Entry, ...] = ()
    capacity: Capacity = field(default_factory=Capacity)

    def of(self, level: Level) -> list[Entry]:
        """The findings of a level that count."""
        return [one for one in self.entries if one.judged.level == level]

    def count(self, level: Level) -> int:
        """How many findings and remarks of a level there are."""
        return len(self.of(level)) + sum(one.level == level for one in self.remarks)

    @property
    def worst(self) -> Level | None:
        """The worst level that there is; None where nothing was found."""
        return next((level for level in LEVELS if self.count(level)), None)

    def status(self, bar: Bar) -> int:
        """The exit status: 0 where nothing is at or above the bar, else 2 for stops, and 1 for the rest."""
        worst = self.worst
        if bar == "never" or worst is None or LEVELS.index(worst) > LEVELS.index(bar):
            return 0
        return STATUS[worst]

    @cached_property
    def changes(self) -> dict[str, dict[str, list[Change]]]:
        """What happens, by stack and verb, the gravest verb first; stacks in which nothing happens have none."""
        found: dict[str, dict[str, list[Change]]] = {}
        for plan in self.subject.plans:
            verbs: dict[str, list[Change]] = {verb: [] for verb in VERBS}
            for change in plan.changes:
                if change.is_managed and change.happens:
                    verbs[change.verb].append(change)
            found[plan.stack] = {verb: changes for verb, changes in verbs.items() if changes}
        return found

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many changes of each verb there are in all stacks, the gravest verb first."""
        return {
            verb: number
            for verb in VERBS
            if (number := sum(len(verbs.get(verb, ())) for verbs in self.changes.values()))
        }

    @cached_property
    def renamed(self) -> tuple[Change, ...]:
        """The resources that are moved or imported."""
        return tuple(
            one
            for plan in self.subject.plans
            for one in plan.changes
            if one.is_managed and (one.previous_address or one.imported_id)
        )

    @cached_property
    def node_groups(self) -> dict[int, NodeGroup]:
        """The node groups by the identity of their changes."""
        return {id(one.change): one for one in self.subject.node_groups}

    @cached_property
    def drifted(self) -> frozenset[int]:
        """The identities of what has changed outside Terraform."""
        return frozenset(id(one) for one in self.drift)

    @cached_property
    def drift(self) -> tuple[Change, ...]:
        """What has changed outside Terraform."""
        return tuple(self.subject.drift)


# The gravest first.
VERBS = ("replace", "delete", "forget", "create", "update")


def review(
    plans: Sequence[Plan], rules: Sequence[Rule], acceptances: Sequence[Acceptance], today: date
) -> Review:
    """Judges plans.

    Args:
        today: the day by which an entry that accepts has expired or not.
    """
    subject = Subject(plans)
    entries = [_entry(one, acceptances, today) for one in judge(subject, rules)]
    remarks = tuple(_of_acceptances(entries, acceptances, today, {plan.stack for plan in plans}))
    return Review(
        subject,
        tuple(one for one in entries if one.accepted is None),
        remarks,
        tuple(one for one in entries if one.accepted is not None),
        capacity_of(subject.node_groups),
    )


def _entry(judged: Judged, acceptances: Sequence[Acceptance], today: date) -> Entry:
    covering = [one for one in acceptances if one.covers(judged)]
    for one in covering:
        if not one.is_over(today):
            return Entry(judged, accepted=one)
    return Entry(judged, expired=covering[0] if covering else None)


def _of_acceptances(
    entries: Sequence[Entry], acceptances: Sequence[Acceptance], today: date, stacks: Set[str]
) -> Iterator[Remark]:
    for one in acceptances:
        if any(one.covers(entry.judged) for entry in entries):
            continue
        # A file that is called otherwise, like plan.json, is of a stack of that name.
        if one.stacks and not stacks & {*one.stacks}:
            yield Remark("note", f"{one} is not used: no plan here is of {', '.join(one.stacks)}")
            continue
        over = f", and has ended on {one.until}" if one.is_over(today) else ""
        yield Remark("note", f"{one} accepts nothing that was found{over}")
