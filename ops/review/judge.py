"""A review: what the rules find in plans, and what the layouts have accepted of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .rule import LEVELS, Finding, Level, Rule
from .subject import Subject


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding with the rule that has found it."""

    rule: Rule
    finding: Finding

    @property
    def level(self) -> Level:
        """The finding's own level, or the rule's."""
        return self.finding.level or self.rule.level


def judge(subject: Subject, rules: Sequence[Rule]) -> list[Judged]:
    """What the rules find, the worst first, and then in the order of the rules, stacks and addresses."""
    found = [
        Judged(rule, finding)
        for rule in rules
        for finding in rule.look(subject)
        # Where all of a stack is destroyed, what is said of the whole is enough.
        if finding.change is None or finding.stack not in subject.ended
    ]
    order = {rule.id: number for number, rule in enumerate(rules)}
    stacks = {plan.stack: number for number, plan in enumerate(subject.plans)}
    return sorted(
        found,
        key=lambda one: (
            LEVELS.index(one.level), order[one.rule.id],
            stacks[one.finding.stack], one.finding.address,
        ),
    )  # fmt: skip
