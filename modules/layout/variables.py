"""The Terraform variables that a layout leaves to the account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .faults import KeyPath, dotted
from .models import Section
from .values import Var, VariableKind


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable to declare: its name, what it may hold, and where the layout uses it."""

    name: str
    kind: VariableKind
    paths: tuple[KeyPath, ...]

    @property
    def description(self) -> str:
        """What it is, and where the layout uses it."""
        return f"{self.kind.description} ({', '.join(dotted(path) for path in self.paths)})"

    def is_used_in(self, section: str) -> bool:
        """Whether a top-level section of the layout uses it."""
        return any(path[0] == section for path in self.paths)

    def is_used_outside(self, section: str) -> bool:
        """Whether any other one does."""
        return any(path[0] != section for path in self.paths)

    @property
    def condition(self) -> str:
        """The validation, as a Terraform expression."""
        return self.kind.condition.replace("{value}", f"var.{self.name}")


def uses(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Var]]:
    """Every variable in a part of the layout, with its path."""
    if isinstance(value, Var):
        yield path, value
    elif isinstance(value, Section):
        for name in type(value).model_fields:
            yield from uses(getattr(value, name), (*path, name))
    elif isinstance(value, dict):
        for name, child in value.items():
            yield from uses(child, (*path, str(name)))
    elif isinstance(value, tuple | list):
        for index, child in enumerate(value):
            yield from uses(child, (*path, index))


def variables_of(section: Section) -> tuple[Variable, ...]:
    """The variables of a layout or of a section, by name."""
    found: dict[str, list[tuple[KeyPath, Var]]] = {}
    for path, var in uses(section):
        found.setdefault(var.name, []).append((path, var))
    return tuple(
        Variable(name, where[0][1].kind, tuple(path for path, _ in where))
        for name, where in sorted(found.items())
    )
