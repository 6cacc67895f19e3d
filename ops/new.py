"""`ops new`: a starting layout over a preset, with the account's values in it."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modules.layout import LayoutError, Variable, dotted, preset_names
from modules.layout.extends import missing
from modules.layout.faults import KeyPath

from .errors import UsageError
from .files import write_whole
from .new_layout import NewLayout, literal, setting
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
    layout = NewLayout(request.name, preset, request.file or Path(f"{request.name}.yaml"))
    _check_place(layout.file, force=request.force)
    layout.put(_settings(request))
    _give(layout, request.variables)
    if ask is not None:
        if "region" not in layout.tree:
            _ask_region(layout, ask)
        _ask_variables(layout, ask)
    # It may have come while the questions were answered.
    write_whole(layout.file, layout.text(), lambda: _check_place(layout.file, force=request.force))
    _report(layout, interactive=ask is not None)


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
            if given not in names:
                problem = f"there is no preset {answer!r}" if answer else "a layout needs one"
                print(f"    {problem}: write a name of the list, or a number from 1 to {len(names)}")
    if given is None:
        raise UsageError(f"--from PRESET is missing: write one of {', '.join(names)}")
    if given not in names:
        problem, _ = missing(given, Path.cwd())
        raise UsageError(f"--from {given}: {problem}; write one of {', '.join(names)}")
    return given


def _settings(request: Request) -> dict[KeyPath, Any]:
    """The values of `--region` and `--set`; each path once, since the last would win without a word."""
    values: dict[KeyPath, Any] = {} if request.region is None else {("region",): request.region}
    for text in request.sets:
        path, value = setting(text)
        if path in values:
            by = "--region" if path == ("region",) and request.region is not None else "--set"
            raise UsageError(f"--set {text}: {dotted(path)} is given by {by} already; keep one of them")
        values[path] = value
    return values


def _check_place(file: Path, *, force: bool) -> None:
    if file.suffix not in (".yaml", ".yml"):
        raise UsageError(f"{file}: the name of a layout's file ends in .yaml")
    if not file.parent.is_dir():
        raise UsageError(f"{file.parent}: is no folder")
    if file.is_dir():
        raise UsageError(f"{file}: is a folder")
    if file.is_symlink():
        raise UsageError(f"{file}: is a symbolic link; name the file that it leads to")
    if file.exists() and not force:
        raise UsageError(f"{file}: is there already; --force overwrites it")


def _give(layout: NewLayout, texts: Sequence[str]) -> None:
    """Puts the values of `--var` in the place of variables, all or none."""
    known = {variable.name: variable for variable in layout.loaded.variables}
    values: dict[KeyPath, Any] = {}
    given: set[str] = set()
    for text in texts:
        name, equals, value = text.partition("=")
        if name in given:
            raise UsageError(f"--var {text}: {name} is given by --var already; keep one of them")
        given.add(name)
        if not equals or name not in known:
            there = f"the layout has {', '.join(known)}" if known else "the layout has none"
            raise UsageError(f"--var {text}: write NAME=VALUE for one of its variables; {there}")
        try:
            values |= dict.fromkeys(known[name].paths, literal(value, known[name].kind))
        except UsageError as error:
            raise UsageError(f"--var {name}: {error}") from None
    layout.put(values)


def _ask_region(layout: NewLayout, ask: Ask) -> None:
    now = layout.loaded.layout.region
    while (answer := ask(f"AWS region [{now}]: ")) not in ("", now) and not _took(
        layout, {("region",): answer}
    ):
        pass


def _ask_variables(layout: NewLayout, ask: Ask) -> None:
    variables = layout.loaded.variables
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
            if _took(layout, dict.fromkeys(variable.paths, value)):
                break


def _question(variable: Variable) -> str:
    example = variable.kind.example
    shown = example if isinstance(example, str) else ", ".join(example)
    return f"{variable.kind.description}\n  ({', '.join(map(dotted, variable.paths))}), like {shown}"


def _took(layout: NewLayout, values: Mapping[KeyPath, Any]) -> bool:
    """Puts an answer in, or says what is wrong with it."""
    try:
        layout.put(values)
    except LayoutError as error:
        for fault in error.errors:
            elsewhere = not any(fault.path[: len(path)] == path for path in values)
            where = f"{dotted(fault.path)}: " if elsewhere else ""
            print(f"    {where}{fault.problem}\n    {fault.remedy}")
        return False
    return True


def _report(layout: NewLayout, *, interactive: bool) -> None:
    for warning in layout.loaded.warnings:
        print(warning, file=sys.stderr)
    left = layout.loaded.variables
    if left and not interactive:
        print("Left to Terraform; --var NAME=VALUE writes a value into the layout instead:", file=sys.stderr)
        for variable in left:
            example = variable.kind.example
            shown = example if isinstance(example, str) else json.dumps(list(example))
            print(f"  {variable.name}: {variable.kind.description}, like {shown}", file=sys.stderr)
    print(f"{layout.file} is written, over {layout.preset}.")
    print(f"Next: make plan LAYOUT={shlex.quote(str(layout.file))}")
