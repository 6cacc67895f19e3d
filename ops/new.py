"""`ops new`: a starting layout over a preset, with the account's values in it."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modules.layout import LayoutError, Variable, dotted, preset_names
from modules.layout.extends import missing
from modules.layout.faults import KeyPath

from .draft import Draft, literal, setting
from .errors import UsageError
from .presets import what

Ask = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line says; `sets` are PATH=VALUE, `variables` NAME=VALUE."""

    name: str
    preset: str | None = None
    file: Path | None = None
    region: str | None = None
    sets: Sequence[str] = ()
    variables: Sequence[str] = ()
    force: bool = False


def new(request: Request, ask: Ask | None) -> None:
    """Writes the layout, and says what comes next.

    Args:
        request: what is asked for.
        ask: shows a prompt to a person and returns the answer; None in a script, where what is not given stays a
            Terraform variable.

    Raises:
        UsageError: the request cannot be understood, or the file is there already.
        LayoutError: the layout would be at fault.
        OSError: the file cannot be written.
    """
    preset = _preset(request.preset, ask)
    draft = Draft(request.name, preset, request.file or Path(f"{request.name}.yaml"))
    _check_place(draft.file, force=request.force)
    values: dict[KeyPath, Any] = {} if request.region is None else {("region",): request.region}
    draft.put(values | dict(setting(text) for text in request.sets))
    _give(draft, request.variables)
    if ask is not None:
        if "region" not in draft.tree:
            _ask_region(draft, ask)
        _ask_variables(draft, ask)
    _write(draft.file, draft.text(), force=request.force)
    _report(draft, interactive=ask is not None)


def terminal(prompt: str) -> str:
    """Asks the person at the terminal.

    Raises:
        UsageError: the input has ended, or was interrupted.
    """
    try:
        return input(prompt).strip()
    except (EOFError, KeyboardInterrupt):
        print()
        raise UsageError("stopped; nothing was written") from None


def _preset(given: str | None, ask: Ask | None) -> str:
    names = preset_names()
    if given is None and ask is not None:
        width = max(map(len, names))
        print(
            "\n".join(f"{number:>3}  {name:<{width}}  {what(name)}" for number, name in enumerate(names, 1))
        )
        numbered = {str(number): name for number, name in enumerate(names, 1)}
        while given not in names:
            answer = ask("Preset (name or number): ")
            given = numbered.get(answer, answer)
    if given is None:
        raise UsageError(f"--from PRESET is missing: write one of {', '.join(names)}")
    if given not in names:
        problem, _ = missing(given, Path.cwd())
        raise UsageError(f"--from {given}: {problem}; write one of {', '.join(names)}")
    return given


def _check_place(file: Path, *, force: bool) -> None:
    if file.suffix not in (".yaml", ".yml"):
        raise UsageError(f"{file}: the name of a layout's file ends in .yaml")
    if not file.parent.is_dir():
        raise UsageError(f"{file.parent}: is no folder")
    if file.is_dir():
        raise UsageError(f"{file}: is a folder")
    if file.exists() and not force:
        raise UsageError(f"{file}: is there already; --force overwrites it")


def _give(draft: Draft, texts: Sequence[str]) -> None:
    """Puts the values of `--var` in the place of variables, all or none."""
    known = {variable.name: variable for variable in draft.loaded.variables}
    values: dict[KeyPath, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name not in known:
            there = f"the layout has {', '.join(known)}" if known else "the layout has none"
            raise UsageError(f"--var {text}: write NAME=VALUE for one of its variables; {there}")
        values |= dict.fromkeys(known[name].paths, literal(value, known[name].kind))
    draft.put(values)


def _ask_region(draft: Draft, ask: Ask) -> None:
    now = draft.loaded.layout.region
    while (answer := ask(f"AWS region [{now}]: ")) not in ("", now) and not _took(
        draft, {("region",): answer}
    ):
        pass


def _ask_variables(draft: Draft, ask: Ask) -> None:
    variables = draft.loaded.variables
    if variables:
        print("Values of your account. Enter alone leaves one to Terraform, to be given at each deploy.")
    for variable in variables:
        print(_question(variable))
        while answer := ask(f"  {variable.name}: "):
            try:
                value = literal(answer, variable.kind)
            except UsageError as error:
                print(f"    {error}")
                continue
            if _took(draft, dict.fromkeys(variable.paths, value)):
                break


def _question(variable: Variable) -> str:
    example = variable.kind.example
    shown = example if isinstance(example, str) else ", ".join(example)
    return f"{variable.kind.description}\n  ({', '.join(map(dotted, variable.paths))}), like {shown}"


def _took(draft: Draft, values: Mapping[KeyPath, Any]) -> bool:
    """Puts an answer in, or says what is wrong with it."""
    try:
        draft.put(values)
    except LayoutError as error:
        for fault in error.errors:
            elsewhere = not any(fault.path[: len(path)] == path for path in values)
            where = f"{dotted(fault.path)}: " if elsewhere else ""
            print(f"    {where}{fault.problem}\n    {fault.remedy}")
        return False
    return True


def _write(file: Path, text: str, *, force: bool) -> None:
    """Writes the whole file or none of it."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        # It may have come while the questions were answered.
        _check_place(file, force=force)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


def _report(draft: Draft, *, interactive: bool) -> None:
    for warning in draft.loaded.warnings:
        print(warning, file=sys.stderr)
    left = draft.loaded.variables
    if left and not interactive:
        print("Left to Terraform; --var NAME=VALUE writes a value into the layout instead:", file=sys.stderr)
        for variable in left:
            example = variable.kind.example
            shown = example if isinstance(example, str) else json.dumps(list(example))
            print(f"  {variable.name}: {variable.kind.description}, like {shown}", file=sys.stderr)
    print(f"{draft.file} is written, over {draft.preset}.")
    print(f"Next: make plan LAYOUT={shlex.quote(str(draft.file))}")
