"""Rules about what the review of a change may let pass."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ..faults import Level
from ..review_rules import RULE_IDS
from ..words import nearest
from .base import Context, Finding

# A leap year. Whoever still wants it then looks at it once more.
_LONGEST = timedelta(days=366)


class UnknownReviewRule:
    """An acceptance of a rule that there is not accepts nothing, and its author believes that it does."""

    id = "unknown-review-rule"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The rule is one of the review's."""
        for index, entry in enumerate(context.layout.review.accept):
            if entry.rule not in RULE_IDS:
                near = nearest(entry.rule, RULE_IDS)
                remedy = f"Did you mean {near}?" if near else "`python -m ops review --rules` lists them."
                yield Finding(
                    ("review", "accept", index, "rule"), f"the review has no rule {entry.rule!r}", remedy
                )


class AcceptedForTooLong:
    """What is accepted for years is forgotten, and then hides the change that it was not meant for.

    An entry that has expired is no fault of a layout: the review says so, and its findings count again.
    """

    id = "accepted-for-too-long"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The last day is at most a year ahead."""
        latest = context.today + _LONGEST
        for index, entry in enumerate(context.layout.review.accept):
            if entry.last_day > latest:
                yield Finding(
                    ("review", "accept", index, "until"),
                    f"{entry.until} is more than a year ahead",
                    f"Write {latest} or an earlier day; it can be prolonged then.",
                )
