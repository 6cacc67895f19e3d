"""`ops review`: from the files of plans to a verdict."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.text import Text

from modules.layout import load_all

from ..errors import UsageError, drop_output
from ..files import write_whole
from .acceptance import acceptances_of
from .plan import Plan, parse_plan, stack_of
from .review import Bar, Review, review
from .rule import Rule, about
from .rules import RULES

Form = Literal["md", "text", "json", "html"]
_SUFFIXES: dict[str, Form] = {".md": "md", ".txt": "text", ".json": "json", ".html": "html"}
_STDIN = Path("-")


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line.

    `form` follows from the suffix of `output` where it is None. `layouts` are those whose `review.accept` counts.
    """

    files: Sequence[Path]
    form: Form | None = None
    output: Path | None = None
    bar: Bar = "warn"
    layouts: Sequence[str] = ()


def run_review(request: Request, console: Console, rules: Sequence[Rule] = RULES) -> int:
    """Reads plans, writes or prints the review of them, and returns the exit status.

    Raises:
        UsageError: a file is no plan, or two are of the same stack.
        LayoutError: a layout is at fault.
        OSError: a file cannot be read or written.
    """
    plans = _plans(request.files)
    layouts = load_all(request.layouts) if request.layouts else []
    today = datetime.now(tz=timezone.utc).date()
    done = review(plans, rules, list(acceptances_of(layouts)), today)
    form = request.form or _form_of(request.output)
    if request.output is None:
        _print(shown(done, form, console))
    else:
        write_whole(request.output, shown(done, form, console))
        print(f"wrote {request.output}", file=sys.stderr)
    return done.status(request.bar)


def shown(done: Review, form: Form, console: Console) -> str:
    """A review in one of its forms, with a newline at the end.

    Args:
        console: how wide a text is, and whether it has colours.
    """
    # Each brings libraries of its own.
    if form == "md":
        from .reports.markdown import markdown

        return markdown(done)
    if form == "json":
        from .reports.json_report import json_report

        return json_report(done)
    if form == "html":
        from .reports.html import html

        return html(done)
    from .reports.text import text

    return text(done, console)


def print_rules(console: Console, rules: Sequence[Rule] = RULES) -> None:
    """What each rule finds, by its id, with its level."""
    for rule in rules:
        console.print(Text(f"{rule.id} ({rule.level})\n  {about(rule)}"), soft_wrap=True)


def _print(text: str) -> None:
    """Prints; where whoever reads has had enough, as `head` has, the exit status is that of the review all the same."""
    try:
        print(text, end="", flush=True)
    except BrokenPipeError:
        drop_output()


def _form_of(output: Path | None) -> Form:
    return "text" if output is None else _SUFFIXES.get(output.suffix, "text")


def _plans(files: Sequence[Path]) -> list[Plan]:
    if not files:
        raise UsageError(
            "name the plan: a file that `terraform show -json` has written, or - for standard input"
        )
    read: dict[Path, Path] = {}
    found: dict[str, Path] = {}
    plans = []
    for file in files:
        real = file if file == _STDIN else file.resolve()
        if real in read:
            raise UsageError(f"{file} is named twice")
        read[real] = file
        stack = "plan" if file == _STDIN else stack_of(file)
        if stack in found:
            told = f"{found[stack]} and {file} would both be the plan of {stack}: call each after its stack, plan.STACK.json"
            raise UsageError(told)
        found[stack] = file
        raw = sys.stdin.buffer.read() if file == _STDIN else file.read_bytes()
        plans.append(parse_plan(raw, Path("standard input") if file == _STDIN else file, stack))
    return plans
