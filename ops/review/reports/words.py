"""The words that all forms of a review share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..capacity import Capacity, Row
from ..differences import plain
from ..nodes import counted
from ..plan import Change
from ..review import Entry, Review
from ..rule import Finding, Level
from ..values import shown

LEVEL_WORDS: Mapping[Level, str] = {"stop": "stop", "warn": "warning", "note": "note"}
SIGNS: Mapping[Level | None, str] = {"stop": "🛑", "warn": "⚠️", "note": "✅", None: "✅"}
HEADS: Mapping[Level | None, str] = {
    "stop": "Stop",
    "warn": "Look twice",
    "note": "No objection",
    None: "No objection",
}
# What each verb is called beside a number or a resource.
DONE: Mapping[str, str] = {
    "replace": "replaced",
    "delete": "deleted",
    "forget": "forgotten",
    "create": "created",
    "update": "updated",
    "no-op": "unchanged",
}
# A finding's own texts are short; what a plan puts into them may not be.
_LONGEST = 700


def level_count(review: Review, level: Level) -> str:
    """Like `2 warnings`; nothing where there are none."""
    number = review.count(level)
    return counted(number, LEVEL_WORDS[level]) if number else ""


def verb_counts(counts: Mapping[str, int]) -> str:
    """Like `1 replaced, 12 created`; nothing where nothing happens."""
    return ", ".join(f"{number:,} {DONE[verb]}" for verb, number in counts.items())


def subject_of(finding: Finding, review: Review) -> str:
    """What it is about: `node group p5 (2 × p5.48xlarge (16 GPUs), reservation cr-0123)`, an address, or a whole plan."""
    change = finding.change
    if change is None:
        return f"the plan of {cut(finding.stack, 200)}"
    group = review.node_groups.get(id(change))
    return cut(change.address if group is None else f"node group {group.name} ({group.nodes})", 300)


def what_happens(finding: Finding, review: Review) -> str:
    """Like `is replaced`; nothing of a whole plan."""
    change = finding.change
    if change is None:
        return ""
    if id(change) in review.drifted:
        return "has changed outside Terraform"
    group = review.node_groups.get(id(change))
    if group is not None and group.fate == "rolls":
        return "is rolled"
    return f"is {DONE[change.verb]}"


def headline(review: Review) -> tuple[str, str, list[tuple[str, str, str]], str]:
    """The verdict: its sign, its word, what it is about, and the rest of it.

    What it is about are up to two resources of the worst level: what each is, what is done to it, and the rule's id.
    """
    worst = review.worst
    about: list[tuple[str, str, str]] = []
    if worst in ("stop", "warn"):
        entries = review.of(worst)
        findings = [one.judged.finding for one in entries]
        rules = {
            (one.judged.finding.stack, one.judged.finding.address): one.judged.rule.id
            for one in reversed(entries)
        }
        # Several findings about one resource are told once.
        first = list({(one.stack, one.address): one for one in reversed(findings)}.values())[::-1][:2]
        about = [
            (subject_of(one, review), what_happens(one, review), rules[one.stack, one.address])
            for one in first
        ]
        told = sum(
            (one.stack, one.address) in {(other.stack, other.address) for other in first} for one in findings
        )
        more = review.count(worst) - told
        rest = [counted(more, f"{'more ' if about else ''}{LEVEL_WORDS[worst]}") if more else ""]
        levels: tuple[Level, ...] = ("warn", "note") if worst == "stop" else ("note",)
        rest += [level_count(review, level) for level in levels]
    else:
        rest = [verb_counts(review.counts) or "nothing changes", level_count(review, "note")]
    rest.append(f"{len(review.accepted)} accepted" if review.accepted else "")
    return SIGNS[worst], HEADS[worst], about, ", ".join(filter(None, rest))


def verdict(review: Review) -> str:
    """The verdict as plain text, without its sign."""
    _, head, about, rest = headline(review)
    said = "; ".join(f"{what} {does} ({rule})" for what, does, rule in about)
    return f"{head}: {'; '.join(filter(None, (said, rest)))}"


def scope(review: Review) -> str:
    """Which stacks there are, and what happens in them."""
    stacks = [cut(plan.stack, 200) for plan in review.subject.plans]
    named = ", ".join(stacks[:6]) + (f" and {len(stacks) - 6} more" if len(stacks) > 6 else "")
    counts = verb_counts(review.counts) or "nothing changes"
    return f"{counts} in {named}" if len(stacks) == 1 else f"{counts} in {len(stacks)} stacks: {named}"


def sides(entry: Entry) -> tuple[str, ...]:
    """Before and after of a finding, as single lines; nothing where the rule says nothing of them.

    Only one line of what is there and goes on, where the rule tells no before: it was not nothing.
    """
    finding = entry.judged.finding
    before, after = cut(finding.before, 300), cut(finding.after, 300)
    if not before and after and finding.change is not None and finding.change.before:
        return (after,)
    return (before or "nothing", after or "nothing") if before or after else ()


def cut(text: str, limit: int = _LONGEST) -> str:
    """A text as one line of at most so many characters."""
    return shown(plain(text), limit) if text else ""


def acceptance_note(entry: Entry) -> str:
    """Who lets a finding pass, until when and why; or that this has ended."""
    if entry.accepted is not None:
        one = entry.accepted
        return f"accepted until {one.until} by {cut(one.layout, 200)}: {cut(one.reason)}"
    if entry.expired is not None:
        one = entry.expired
        return (
            f"was accepted until {one.until} by {cut(one.layout, 200)}, and counts again: {cut(one.reason)}"
        )
    return ""


def because(change: Change) -> str:
    """Why a resource is replaced or deleted, as far as Terraform says it."""
    if change.because:
        return f"because of {cut(', '.join(change.because), 300)}"
    return cut(change.reason.replace("_", " "), 300)


@dataclass(frozen=True, slots=True)
class Cells:
    """A row of the table of nodes: what it is about, and its cells."""

    what: str
    cells: tuple[str, ...]


def capacity_rows(capacity: Capacity) -> list[Cells]:
    """The table of nodes: desired, at most, devices, EFA interfaces."""
    rows = [(f"{cut(row.instance_type, 100)}, {row.market}", row) for row in capacity.rows]
    if len(rows) > 1:
        rows += [(f"all {f'with {one.device}' if one.device else 'others'}", one) for one in capacity.totals]
    return [Cells(what, _cells(row)) for what, row in rows]


def _cells(row: Row) -> tuple[str, ...]:
    devices = f"{row.devices} {row.device}" if row.device else "–"
    return str(row.nodes), str(row.maximum), devices, "–" if row.efa.is_nothing else str(row.efa)


def renaming(change: Change) -> str:
    """Where a resource has come from."""
    told = []
    if change.previous_address:
        told.append(f"moved from {cut(change.previous_address, 300)}")
    if change.imported_id:
        told.append(f"imported, id {cut(change.imported_id, 300)}")
    return ", ".join(told)
