"""A review as a comment on a pull request: what matters first, and never longer than GitHub takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ..capacity import Capacity, Family
from ..differences import differences
from ..nodes import counted
from ..plan import Change
from ..review import Entry, Remark, Review
from ..rule import Level
from . import words as say
from .escaping import code, fenced, html_code, words

# "body is too long (maximum is 65536 characters)" is what GitHub answers: https://github.com/trstringer/manual-approval/issues/89.
# Characters for some bodies, four times as many bytes for others: https://github.com/dead-claudia/github-limits/pull/13.
# Bytes are never fewer than characters; the rest is left to whoever adds something to the comment.
LIMIT = 60_000
_FOR_THE_REST = 500
_LINES = 40
_TITLES = {"stop": "Stop", "warn": "Look twice", "note": "Notes"}


@dataclass(frozen=True)
class _Section:
    """Items under a heading, of which as many are shown as there is room for.

    `kind` is what an item is called where it is left out.
    """

    head: str
    items: Iterable[str]
    total: int
    kind: str
    tail: str = ""

    @classmethod
    def folded(cls, title: str, items: Iterable[str], total: int, kind: str) -> _Section:
        """One that is opened by a click; the title is HTML."""
        return cls(f"<details><summary>{title}</summary>\n\n", items, total, kind, "\n</details>\n")


def markdown(review: Review, limit: int = LIMIT) -> str:
    """The comment.

    Args:
        limit: how many bytes of UTF-8 it may have at most.
    """
    parts = [_head(review)]
    used = _size(parts[0]) + _FOR_THE_REST
    left: dict[str, int] = {}
    for section in _sections(review):
        text, missing = _filled(section, limit - used)
        if missing:
            left[section.kind] = left.get(section.kind, 0) + missing
        if text:
            parts.append(text)
            used += _size(text) + 1
    if left:
        told = ", ".join(counted(number, kind) for kind, number in left.items())
        parts.append(f"*Left out for their length: {told}. The whole: `ops review --format html`*\n")
    return "\n".join(parts)


def _filled(section: _Section, room: int) -> tuple[str, int]:
    """The section as far as it fits, and how many of its items do not."""
    if not section.total:
        return "", 0
    more = f"… and {section.total:,} more: `ops review --format html` has them all\n"
    room -= _size(section.head) + _size(section.tail) + _size(more)
    shown: list[str] = []
    for item in section.items:
        room -= _size(item) + 1
        if room < 0:
            break
        shown.append(item)
    if not shown:
        return "", section.total
    missing = section.total - len(shown)
    rest = f"\n… and {missing:,} more: `ops review --format html` has them all\n" if missing else ""
    return section.head + "\n".join(shown) + "\n" + rest + section.tail, missing


def _size(text: str) -> int:
    return len(text.encode())


def _head(review: Review) -> str:
    sign, head, about, rest = say.headline(review)
    named = "; ".join(f"{words(f'{what} {does}'.strip())} ({code(rule)})" for what, does, rule in about)
    lines = [
        f"{sign} **{head}**: {'; '.join(filter(None, (named, words(rest))))}",
        "",
        words(say.scope(review)),
    ]
    return "\n".join([*lines, ""])


def _sections(review: Review) -> Iterator[_Section]:
    """The most important first: this is the order in which room is given to them."""
    for level in ("stop", "warn"):
        yield from _found(review, level)
    yield from _capacity(review.capacity)
    notes = [one for one in review.remarks if one.level == "note"]
    entries = review.of("note")
    items = (*(_remark(one) for one in notes), *(_entry(one, review) for one in entries))
    yield _Section.folded(counted(len(items), "note"), items, len(items), "note")
    accepted = (_entry(one, review) for one in review.accepted)
    title = f"{counted(len(review.accepted), 'finding')} accepted in a layout"
    yield _Section.folded(title, accepted, len(review.accepted), "accepted finding")
    drift = (_change(one) for one in review.drift)
    title = f"{counted(len(review.drift), 'resource')} changed outside Terraform"
    yield _Section.folded(title, drift, len(review.drift), "drifted resource")
    renamed = (f"- {code(say.cut(one.address))}: {words(say.renaming(one))}" for one in review.renamed)
    title = f"{counted(len(review.renamed), 'resource')} moved or imported"
    yield _Section.folded(title, renamed, len(review.renamed), "moved or imported resource")
    for stack, verbs in review.changes.items():
        counts = {verb: len(changes) for verb, changes in verbs.items()}
        title = f"All changes of {html_code(say.cut(stack, 200))}: {say.verb_counts(counts)}"
        changes = (_change(one) for of_verb in verbs.values() for one in of_verb)
        yield _Section.folded(title, changes, sum(counts.values()), "change")


def _found(review: Review, level: Level) -> Iterator[_Section]:
    remarks = [_remark(one) for one in review.remarks if one.level == level]
    entries = review.of(level)
    items = (text for texts in (remarks, (_entry(one, review) for one in entries)) for text in texts)
    total = len(remarks) + len(entries)
    yield _Section(f"### {say.SIGNS[level]} {_TITLES[level]}\n\n", items, total, say.LEVEL_WORDS[level])


def _remark(remark: Remark) -> str:
    return f"- **{words(say.cut(remark.text))}**\n"


def _entry(entry: Entry, review: Review) -> str:
    """A finding: what and where, before and after, what it does, and what to do instead."""
    finding = entry.judged.finding
    what = say.subject_of(finding, review)
    does = say.what_happens(finding, review)
    lines = [f"- **{words(what)}**{does and f' {does}'} ({code(entry.judged.rule.id)})"]
    address = say.cut(finding.address, 300)
    stack = code(say.cut(finding.stack, 200))
    if finding.change is not None and what != address:
        lines.append(f"  <br>{code(address)} in {stack}")
    elif finding.change is not None and len(review.subject.plans) > 1:
        lines.append(f"  <br>in {stack}")
    sides = say.sides(entry)
    if sides:
        lines.append(f"  <br>{' → '.join(map(words, sides))}")
    lines.append(f"  <br>{words(say.cut(finding.effect))}")
    if finding.remedy:
        lines.append(f"  <br>**Instead:** {words(say.cut(finding.remedy))}")
    if note := say.acceptance_note(entry):
        lines.append(f"  <br>*{words(note)}*")
    return "\n".join(lines) + "\n"


def _change(change: Change) -> str:
    """A resource with what differs in it."""
    told = [f"- **{say.DONE[change.verb]}** {code(say.cut(change.address, 300))}"]
    reason = say.because(change)
    told += [words(reason)] if reason else []
    renaming = say.renaming(change)
    told += [words(renaming)] if renaming else []
    if change.verb not in ("update", "replace"):
        return ", ".join(told)
    lines = []
    for one in islice(differences(change), _LINES):
        if one.before is not None:
            lines.append(f"- {one.argument}: {one.before}")
        if one.after is not None:
            lines.append(f"+ {one.argument}: {one.after}")
    if not lines:
        return ", ".join(told)
    block = fenced(lines, "diff").replace("\n", "\n  ")
    return f"{', '.join(told)}\n\n  {block}\n"


def _capacity(capacity: Capacity) -> Iterator[_Section]:
    if not capacity.changes:
        if capacity.rows:
            yield _Section("", [f"Capacity is unchanged: {words(capacity.sentence)}\n"], 1, "capacity line")
        yield from _uncounted(capacity)
        return
    text = "\n".join([*_table(capacity), "", *_families(capacity.families)])
    yield _Section("### Capacity\n\n", [text], 1, "capacity table")
    yield from _uncounted(capacity)


def _uncounted(capacity: Capacity) -> Iterator[_Section]:
    items = (f"- *{words(say.cut(one))}*" for one in capacity.unknown)
    yield _Section("", items, len(capacity.unknown), "capacity remark")


def _table(capacity: Capacity) -> Iterator[str]:
    yield "| nodes of | desired | at most | GPUs or devices | EFA interfaces |"
    yield "|---|---:|---:|---:|---:|"
    for row in say.capacity_rows(capacity):
        yield f"| {words(row.what)} | {' | '.join(row.cells)} |"


def _families(families: Sequence[Family]) -> Iterator[str]:
    yield "| vCPUs of | desired | at most | quota |"
    yield "|---|---:|---:|---|"
    for one in families:
        yield f"| {one.name}, {one.market} | {one.desired} | {one.maximum} | {words(one.counts)} |"
