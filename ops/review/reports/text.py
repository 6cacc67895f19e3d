"""A review for a terminal or a log."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import islice

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..capacity import Capacity
from ..differences import differences
from ..nodes import counted
from ..plan import Change
from ..review import Entry, Remark, Review
from ..rule import LEVELS, Level
from . import words as say

_COLORS: dict[Level, str] = {"stop": "bold red", "warn": "yellow", "note": "cyan"}
_MARKS = {"replace": "-/+", "delete": "-", "forget": "~/", "create": "+", "update": "~", "no-op": " "}
# In a log nobody folds them.
_LINES = 8
_CHANGES = 200
_FINDINGS = 100


def text(review: Review, console: Console) -> str:
    """The report, as wide and as coloured as a console is."""
    written = io.StringIO()
    paper = Console(
        file=written,
        width=console.width,
        force_terminal=console.is_terminal,
        color_system=console.color_system if console.is_terminal else None,  # type: ignore[arg-type]  # its own name of it
        no_color=console.no_color,
        highlight=False,
        markup=False,
        emoji=False,
    )
    _print(review, paper)
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines()).rstrip("\n") + "\n"


def _print(review: Review, paper: Console) -> None:
    worst = review.worst
    paper.print(Text(say.verdict(review), style=_COLORS[worst] if worst else "green"))
    paper.print(Text(say.scope(review)))
    for level in LEVELS:
        for remark in review.remarks:
            if remark.level == level:
                _print_remark(remark, paper)
        entries = review.of(level)
        for entry in entries[:_FINDINGS]:
            _print_entry(entry, level, review, paper)
        _print_more(len(entries) - _FINDINGS, say.LEVEL_WORDS[level], paper)
    _print_capacity(review.capacity, paper)
    if review.accepted:
        _print_title(f"Accepted in a layout: {len(review.accepted)}", paper)
        for entry in review.accepted[:_FINDINGS]:
            _print_entry(entry, entry.judged.level, review, paper)
        _print_more(len(review.accepted) - _FINDINGS, "accepted finding", paper)
    _print_changes(f"Changed outside Terraform: {len(review.drift)}", review.drift, paper)
    if review.renamed:
        _print_title(f"Moved or imported: {len(review.renamed)}", paper)
        for one in review.renamed[:_CHANGES]:
            _print_line(f"{say.cut(one.address, 300)}: {say.renaming(one)}", paper)
        _print_more(len(review.renamed) - _CHANGES, "resource", paper)
    for stack, verbs in review.changes.items():
        counts = {verb: len(changes) for verb, changes in verbs.items()}
        changes = [one for of_verb in verbs.values() for one in of_verb]
        _print_changes(f"{say.cut(stack, 200)}: {say.verb_counts(counts)}", changes, paper)


def _print_title(title: str, paper: Console) -> None:
    paper.print()
    paper.print(Text(title, style="bold"))


def _print_line(line: str, paper: Console, indent: int = 2, style: str = "") -> None:
    paper.print(Padding(Text(line, style=style, overflow="fold"), (0, 0, 0, indent)))


def _print_remark(remark: Remark, paper: Console) -> None:
    paper.print()
    paper.print(Text(say.LEVEL_WORDS[remark.level], style=_COLORS[remark.level]))
    _print_line(say.cut(remark.text), paper)


def _print_entry(entry: Entry, level: Level, review: Review, paper: Console) -> None:
    finding = entry.judged.finding
    paper.print()
    head = Text(say.LEVEL_WORDS[level], style=_COLORS[level]).append(f" [{entry.judged.rule.id}]", style="")
    does = say.what_happens(finding, review)
    paper.print(head.append(f" {say.subject_of(finding, review)} {does}".rstrip(), style="bold"))
    if finding.change is not None:
        _print_line(f"{say.cut(finding.address, 300)} in {say.cut(finding.stack, 200)}", paper, style="dim")
    sides = say.sides(entry)
    if sides:
        _print_line(" → ".join(sides), paper)
    _print_line(say.cut(finding.effect), paper)
    if finding.remedy:
        _print_line(f"Instead: {say.cut(finding.remedy)}", paper)
    if note := say.acceptance_note(entry):
        _print_line(note[:1].upper() + note[1:], paper)


def _print_changes(title: str, changes: Sequence[Change], paper: Console) -> None:
    if not changes:
        return
    _print_title(title, paper)
    for change in changes[:_CHANGES]:
        told = filter(None, (say.cut(change.address, 300), say.because(change), say.renaming(change)))
        _print_line(f"{_MARKS[change.verb]:>3} {', '.join(told)}", paper, indent=0)
        for line in _differences(change):
            _print_line(line, paper, indent=6)
    _print_more(len(changes) - _CHANGES, "change", paper)


def _differences(change: Change) -> Iterator[str]:
    if change.verb not in ("update", "replace"):
        return
    found = list(islice(differences(change), _LINES + 1))
    for one in found[:_LINES]:
        if one.before is None or one.after is None:
            yield f"{one.argument}: {'gone' if one.after is None else 'new'}: {one.before or one.after}"
        else:
            yield f"{one.argument}: {one.before} → {one.after}"
    if len(found) > _LINES:
        yield "… and more"


def _print_more(number: int, kind: str, paper: Console) -> None:
    if number > 0:
        _print_line(f"… and {counted(number, f'more {kind}')}: --format html has them all", paper)


def _print_capacity(capacity: Capacity, paper: Console) -> None:
    if not capacity.changes:
        if capacity.rows:
            paper.print()
            paper.print(Text(f"Capacity is unchanged: {capacity.sentence}"))
    else:
        _print_title("Capacity", paper)
        paper.print(_nodes(capacity))
        paper.print(_vcpus(capacity))
    for one in capacity.unknown:
        _print_line(say.cut(one), paper)


def _nodes(capacity: Capacity) -> Table:
    table = _table("nodes of", "desired", "at most", "devices", "EFA")
    for row in say.capacity_rows(capacity):
        table.add_row(*map(Text, (row.what, *row.cells)))
    return table


def _vcpus(capacity: Capacity) -> Table:
    table = _table("vCPUs of", "desired", "at most", "quota", numbers=2)
    for one in capacity.families:
        table.add_row(
            *map(Text, (f"{one.name}, {one.market}", str(one.desired), str(one.maximum), one.counts))
        )
    return table


def _table(first: str, *others: str, numbers: int = 4) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(first, overflow="fold")
    for index, name in enumerate(others):
        table.add_column(name, overflow="fold", justify="right" if index < numbers else "left")
    return table
