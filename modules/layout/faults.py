"""Faults of a layout: where, what is wrong, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..data_folders import PRESETS as PRESETS

Level = Literal["error", "warning"]
Step = str | int
KeyPath = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was written: a file with a line (from 1), or a part of the program (line 0)."""

    source: str
    line: int = 0

    def __str__(self) -> str:
        return f"{_shown(self.source)}:{self.line}" if self.line else _shown(self.source)


def _shown(source: str) -> str:
    """A path as the user would type it: relative to the working directory where it lies below it."""
    path = Path(source)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        return str(path.relative_to(Path.cwd()))
    return source


def dotted(path: Sequence[Step]) -> str:
    """`("node_groups", "p5", "taints", 0, "key")` as `node_groups.p5.taints[0].key`.

    A key is quoted that is empty, or that would break a line or move what is read on a terminal.
    """
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            key = step if step and step.isprintable() else repr(step)
            text += f".{key}" if text else key
    return text


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a layout.

    `rule` is the id of the check that found it; docs/errors.md lists them all.
    """

    origin: Origin
    path: KeyPath
    problem: str
    remedy: str
    rule: str
    level: Level = "error"

    def __str__(self) -> str:
        where = f"{self.origin}: {dotted(self.path)}" if self.path else str(self.origin)
        level = "warning: " if self.level == "warning" else ""
        return f"{where}: {level}{self.problem}\n    {self.remedy} [{self.rule}]"


class LayoutError(Exception):
    """A layout that cannot be used. `faults` holds every fault found, errors and warnings, in reading order."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = in_order(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))

    @property
    def errors(self) -> tuple[Fault, ...]:
        """The faults that stop the run."""
        return tuple(fault for fault in self.faults if fault.level == "error")


def in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Without repetition, by file, line and path; the user's own files before the presets that they extend."""
    unique = dict.fromkeys(faults)
    return tuple(sorted(unique, key=_place))


def _place(fault: Fault) -> tuple[bool, str, int, str, str]:
    origin = fault.origin
    shipped = Path(origin.source).is_relative_to(PRESETS)
    return shipped, origin.source, origin.line, dotted(fault.path), fault.problem
