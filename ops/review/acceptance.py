"""What layouts accept of a review: `review.accept`, findings of a rule that somebody has looked at and let pass for a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from modules.layout import Loaded

from .judge import Judged


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One entry of `review.accept`.

    Args:
        rule: the id of the rule.
        reason: why it may pass.
        until: the last day on which it counts.
        layout: what the layout is called on the command line.
        resources: globs of addresses, in which only `*` and `?` are special; all of them where there is none.
        stacks: the layout's own stacks, whose plans it is about; of all plans where there is none.
    """

    rule: str
    reason: str
    until: date
    layout: str
    resources: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()

    def __str__(self) -> str:
        about = f" of {', '.join(self.resources)}" if self.resources else ""
        return f"review.accept of {self.layout}: {self.rule}{about}"

    def covers(self, judged: Judged) -> bool:
        """Whether a finding is one that is accepted, be it in time or not."""
        finding = judged.finding
        return (
            judged.rule.id == self.rule
            and (not self.stacks or finding.stack in self.stacks)
            and (not self.resources or any(_matches(finding.address, glob) for glob in self.resources))
        )

    def is_over(self, today: date) -> bool:
        """Whether its last day has passed."""
        return today > self.until


def acceptances_of(layouts: Sequence[Loaded]) -> Iterator[Acceptance]:
    """All that layouts accept, in their order."""
    for one in layouts:
        layout = one.layout
        # Those that are about to go as well.
        stacks = (layout.data_stack, layout.name, layout.platform_stack, layout.workloads_stack)
        for entry in one.layout.review.accept:
            yield Acceptance(
                entry.rule, entry.reason, entry.last_day, one.name, entry.resources or (), stacks
            )


def _matches(address: str, glob: str) -> bool:
    # Not fnmatch: an address has brackets of its own.
    pattern = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in glob)
    return re.fullmatch(pattern, address, re.S) is not None
