"""Outcomes for people and for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .check import LEVELS, Check, Outcome, Subject, UnaskedError, about, count

# Level, check, where, problem, remedy.
Row: TypeAlias = "tuple[str, str, str, str, str]"

_COLORS = {"error": "bold red", "warning": "yellow", "unasked": "magenta", "info": "cyan"}
_WIDE = 80  # columns that the table takes
# What is typed at a shell: it is copied, and so not broken.
_COMMAND = re.compile(r"\b(?:aws [a-z\d-]+ [a-z-]+|kubectl) |\bmake deploy\b|\.venv/bin/python ")


def print_report(outcomes: Sequence[Outcome[Subject]], console: Console) -> None:
    """What was found as a table, what could not be asked, and the verdict.

    A remedy with a command that the table would break stands below it, unbroken.
    """
    rows = _rows(outcomes)
    if rows and console.width >= _WIDE:
        room = console.width - 6 - max(len(row[0]) for row in rows) - max(len(row[1]) for row in rows)
        below = [len(row[4]) > room and bool(_COMMAND.search(row[4])) for row in rows]
        console.print(
            _table([(*row[:4], "" if out else row[4]) for row, out in zip(rows, below, strict=True)])
        )
        for (_, id, where, _, remedy), out in zip(rows, below, strict=True):
            if out:
                console.print(Text(f"{id}{f', {where}' if where else ''}:\n  {remedy}"), soft_wrap=True)
        if any(below):
            console.print()
    else:
        for level, id, where, problem, remedy in rows:
            about_what = f" {where}:" if where else ""
            console.print(Text(f"{level} [{id}]{about_what} {problem}"), soft_wrap=True)
            if remedy:
                console.print(Text(f"  {remedy}"), soft_wrap=True)
    console.print(Text(verdict(outcomes)), soft_wrap=True)
    for line in _missing(outcomes):
        console.print(Text(line), soft_wrap=True)


def _rows(outcomes: Sequence[Outcome[Subject]]) -> list[Row]:
    """What was found, the worst first; what is not known stands where a warning would."""
    found: dict[str, list[Row]] = {level: [] for level in LEVELS}
    for outcome in outcomes:
        for one in outcome.findings:
            level = outcome.level_of(one)
            found[level].append((level, outcome.check.id, one.where, one.problem, outcome.remedy_of(one)))
    unasked = [(one.check.id, one.unasked) for one in outcomes if one.unasked is not None]
    for reason, ids in by_reason(unasked).items():
        many = len(ids) > 1
        id = f"{len(ids)} checks" if many else ids[0]
        found["warning"].append(
            ("unasked", id, "", reason, f"Not looked at: {', '.join(ids)}" if many else "")
        )
    return [row for rows in found.values() for row in rows]


def by_reason(unasked: Iterable[tuple[str, UnaskedError]]) -> dict[str, list[str]]:
    """What could not be asked, by why: without credentials that is the same for everything, and told once."""
    found: dict[str, list[str]] = {}
    for name, error in unasked:
        found.setdefault(error.reason, []).append(name)
    return found


def verdict(outcomes: Sequence[Outcome[Subject]]) -> str:
    """One line: what was found, and how many checks found nothing."""
    unasked = sum(one.unasked is not None for one in outcomes)
    passed = sum(one.status == "passed" for one in outcomes)
    found = [
        _counted(count(outcomes, "error"), "error"),
        _counted(count(outcomes, "warning"), "warning"),
        f"{_counted(unasked, 'check')} could not be asked" if unasked else "",
    ]
    good = f"{passed} of {_counted(len(outcomes), 'check')} passed"
    return "; ".join(filter(None, (*found, good)))


def print_checks(checks: Sequence[Check[Subject]], console: Console) -> None:
    """What each check looks at, by its id, with its level and remedy."""
    for check in checks:
        console.print(Text(f"{check.id} ({check.level})\n  {about(check)}\n  {check.remedy}"), soft_wrap=True)


def report_json(outcomes: Sequence[Outcome[Subject]], about: Mapping[str, Any]) -> str:
    """The same for a program.

    Args:
        about: what was looked at; it stands first.
    """
    checks = [
        {
            "id": outcome.check.id,
            "status": outcome.status,
            "unasked": _unasked(outcome),
            "findings": [
                {
                    "level": outcome.level_of(finding),
                    "where": finding.where,
                    "problem": finding.problem,
                    "remedy": outcome.remedy_of(finding) or None,
                }
                for finding in outcome.findings
            ],
        }
        for outcome in outcomes
    ]
    summary = {
        "errors": count(outcomes, "error"),
        "warnings": count(outcomes, "warning"),
        "unasked": sum(one.unasked is not None for one in outcomes),
        "passed": sum(one.status == "passed" for one in outcomes),
    }
    return json.dumps({**about, "summary": summary, "checks": checks}, indent=2) + "\n"


def _unasked(outcome: Outcome[Subject]) -> dict[str, str | None] | None:
    if outcome.unasked is None:
        return None
    return {"reason": outcome.unasked.reason, "action": outcome.unasked.action}


def _table(rows: Sequence[Row]) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("level", no_wrap=True)
    table.add_column("check", no_wrap=True)
    table.add_column("what, and what to do", overflow="fold", ratio=1)
    for level, id, where, problem, remedy in rows:
        said = Text()
        if where:
            said.append(where, style="bold").append(": ")
        said.append(problem)
        if remedy:
            said.append(f"\n{remedy}", style="dim")
        table.add_row(Text(level, style=_COLORS[level]), Text(id), said)
    return table


def _missing(outcomes: Sequence[Outcome[Subject]]) -> list[str]:
    """The IAM actions that are missing, to be copied."""
    actions = sorted({one.unasked.action for one in outcomes if one.unasked and one.unasked.action})
    return [f"IAM actions that are missing: {', '.join(actions)}"] if actions else []


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}" if number or word == "check" else ""
