"""A rule about the form of one value, and whether a value keeps it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from ..values import UNKNOWN
from .problem import Path, Problem, either, one_of, quoted

Kind = Literal["string", "number", "integer", "boolean", "list", "map"]


@dataclass(frozen=True, slots=True)
class Constraint:
    """What an AWS operation takes for one argument.

    `whose` names the operation and its member. `least` and `most` bound a number, the length of a string (characters)
    or the size of a list or map. `pattern` must match the whole string. `items` is for the members of a list or the
    values of a map.
    """

    whose: str
    kind: Kind = "string"
    enum: tuple[str, ...] = ()
    pattern: str | None = None
    least: int | None = None
    most: int | None = None
    keys: Constraint | None = None
    items: Constraint | None = None

    def problems(self, value: Any, path: Path) -> Iterator[Problem]:
        """What is wrong with a value; nothing where it is null or unknown."""
        if value is None or value is UNKNOWN:
            return
        if self.kind in ("list", "map"):
            yield from self._of_collection(value, path)
        elif message := self._fault(value):
            yield Problem(path, message)

    def _of_collection(self, value: Any, path: Path) -> Iterator[Problem]:
        if self._outside(len(value)):
            yield Problem(path, f"{len(value)} are given: {self.whose} takes {self._bounds()}.")
        children = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, child in children:
            if self.keys:
                yield from self.keys.problems(key, (*path, key))
            if self.items:
                yield from self.items.problems(child, (*path, key))

    def _fault(self, value: Any) -> str | None:
        if self.kind == "boolean":
            return (
                None
                if value in (True, False, "true", "false")
                else one_of(str(value), ("true", "false"), self.whose)
            )
        if self.kind in ("number", "integer"):
            return self._fault_of_number(value)
        if self.enum and value not in self.enum:
            return one_of(value, self.enum, self.whose)
        if self._outside(len(value)):
            return f"{quoted(value)} has {len(value)} characters: {self.whose} takes {self._bounds()}."
        if self.pattern and not compiled(self.pattern).fullmatch(value):
            return _unmatched(value, self.pattern, self.whose)
        return None

    def _fault_of_number(self, value: Any) -> str | None:
        number = float(value)
        if self.kind == "integer" and number != int(number):
            return f"{value} is not a whole number, which {self.whose} takes."
        if self.enum and str(int(number)) not in self.enum:
            return f"{value} is not allowed: {self.whose} takes {either(self.enum)}."
        return (
            f"{value} is out of range: {self.whose} takes {self._bounds()}."
            if self._outside(number)
            else None
        )

    def _outside(self, size: float) -> bool:
        return (self.least is not None and size < self.least) or (self.most is not None and size > self.most)

    def _bounds(self) -> str:
        if self.most is None:
            return f"{self.least} or more"
        return f"{self.least} to {self.most}" if self.least else f"at most {self.most}"


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, compiled once."""
    return re.compile(pattern)


def _unmatched(value: str, pattern: str, whose: str) -> str:
    matches = compiled(pattern).fullmatch
    fine = [character for character in value if matches(character)]
    # Where a character stands alone, and neither fits before nor behind one that does, it is the fault, and naming it
    # says more than the pattern.
    wrong = [
        character
        for character in dict.fromkeys(value)
        if fine and not any(map(matches, (character, fine[0] + character, character + fine[0])))
    ]
    if wrong:
        return (
            f"{quoted(value)} holds {' '.join(map(quoted, wrong))}, which {whose} does not allow ({pattern})."
        )
    return f"{quoted(value)} is not of the form {pattern}, which {whose} takes."
