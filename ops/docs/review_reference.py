"""docs/review-rules.md: every rule of `ops review`."""

from __future__ import annotations

from collections.abc import Iterator

from ..review.rule import LEVELS, about
from ..review.rules import RULES
from .words import row

_HEAD = """\
# Rules of the review

Written by `make docs`. What [`ops review`](review.md) finds in a plan, by the ids that `review.accept` of a layout takes. Single findings of a
rule may be milder or graver than the level under which it stands here, as far as the plan tells."""
_LEVELS = {"stop": "Stop", "warn": "Warn", "note": "Note"}


def review_reference() -> str:
    """The page."""
    return "\n".join([_HEAD, *_rules()]) + "\n"


def _rules() -> Iterator[str]:
    for level in LEVELS:
        yield from ("", f"## {_LEVELS[level]}", "", row("rule", "what it finds, and why"), "|---|---|")
        for rule in RULES:
            if rule.level == level:
                yield row(f"`{rule.id}`", about(rule))
