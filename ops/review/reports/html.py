"""A review as one HTML file: everything, with filters, and nothing that the network would have to bring."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import jinja2

from ..differences import differences
from ..plan import Change
from ..review import Entry, Review
from ..rule import LEVELS
from . import words as say

_TEMPLATE = Path(__file__).with_name("review.html.j2")
# Of one resource; a config map may have thousands.
_LINES = 200


def html(review: Review) -> str:
    """The page."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(_page(review)) + "\n"


def _page(review: Review) -> dict[str, Any]:
    sign, head, _, _ = say.headline(review)
    levels = _levels(review)
    remarks = sorted(review.remarks, key=lambda one: LEVELS.index(one.level))
    stacks = [say.cut(plan.stack, 200) for plan in review.subject.plans]
    return {
        "sign": sign,
        "head": head,
        "verdict": say.verdict(review),
        "scope": say.scope(review),
        "stacks": stacks,
        "remarks": [
            {"level": one.level, "word": say.LEVEL_WORDS[one.level], "text": say.cut(one.text)}
            for one in remarks
        ],
        "findings": [_finding(one, review) for one in review.entries],
        "accepted": [_finding(one, review) for one in review.accepted],
        "capacity": review.capacity,
        "rows": say.capacity_rows(review.capacity),
        "uncounted": [say.cut(one) for one in review.capacity.unknown],
        "drift": list(_changes(review.drift, levels)),
        "renamed": [(say.cut(one.address, 300), say.renaming(one)) for one in review.renamed],
        "total": sum(review.counts.values()),
        "verbs": [(verb, say.DONE[verb]) for verb in review.counts],
        "lists": [
            (
                say.cut(stack, 200),
                say.verb_counts({verb: len(changes) for verb, changes in verbs.items()}),
                _changes((one for changes in verbs.values() for one in changes), levels),
            )
            for stack, verbs in review.changes.items()
            if verbs
        ],
    }


def _levels(review: Review) -> dict[int, str]:
    """The levels of the findings about each change, by its identity."""
    found: dict[int, list[str]] = {}
    for entry in review.entries:
        levels = found.setdefault(id(entry.judged.finding.change), [])
        if entry.judged.level not in levels:
            levels.append(entry.judged.level)
    return {change: " ".join(levels) for change, levels in found.items()}


def _finding(entry: Entry, review: Review) -> dict[str, str]:
    finding = entry.judged.finding
    return {
        "level": entry.judged.level,
        "word": say.LEVEL_WORDS[entry.judged.level],
        "what": say.subject_of(finding, review),
        "does": say.what_happens(finding, review),
        "rule": entry.judged.rule.id,
        "verb": "" if finding.change is None else finding.change.verb,
        "address": say.cut(finding.address, 300),
        "stack": say.cut(finding.stack, 200),
        "sides": " → ".join(say.sides(entry)),
        "effect": say.cut(finding.effect),
        "remedy": say.cut(finding.remedy),
        "acceptance": say.acceptance_note(entry),
    }


def _changes(changes: Iterable[Change], levels: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    for one in changes:
        has_lines = one.verb in ("update", "replace")
        yield {
            "stack": say.cut(one.stack, 200),
            "verb": one.verb,
            "word": say.DONE[one.verb],
            "level": levels.get(id(one), ""),
            "address": say.cut(one.address, 300),
            "because": ", ".join(filter(None, (say.because(one), say.renaming(one)))),
            "differences": list(islice(differences(one), _LINES)) if has_lines else [],
        }
