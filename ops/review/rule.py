"""A rule of the review: one small named thing, as a rule of a layout and a check of an account are."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from .plan import Change

if TYPE_CHECKING:
    from .subject import Subject

Level = Literal["stop", "warn", "note"]
# From the worst to what only tells.
LEVELS: tuple[Level, ...] = ("stop", "warn", "note")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a plan that a reviewer has to see.

    Args:
        change: the resource; None where it is about a whole plan.
        effect: one or two sentences: what it does to training that runs, with numbers where there are some.
        remedy: what to do instead, or how to do it without harm.
        before: what there is, in short, like `cr-0123 (16 × p5.48xlarge)`; nothing for what is made.
        after: what there will be.
        level: the rule's own where it is None.
        plan: the stack of the plan that it is about, where there is no resource.
    """

    change: Change | None
    effect: str
    remedy: str
    before: str = ""
    after: str = ""
    level: Level | None = None
    plan: str = ""

    @property
    def stack(self) -> str:
        """The stack that it is about."""
        return self.plan if self.change is None else self.change.stack

    @property
    def address(self) -> str:
        """The resource's address; nothing where it is about a whole plan."""
        return "" if self.change is None else self.change.address


class Rule(Protocol):
    """The class's docstring says in one sentence what is found, and why it matters."""

    id: str
    level: Level

    def look(self, subject: Subject, /) -> Iterator[Finding]:
        """Yields what it finds in all plans together."""
        ...


def about(rule: Rule) -> str:
    """What a rule finds, and why: the first paragraph of its docstring."""
    return " ".join(inspect.cleandoc(type(rule).__doc__ or "").partition("\n\n")[0].split())
