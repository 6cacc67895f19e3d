"""Terraform variables in the place of a layout's values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import WrapValidator

from .forms import wrong


@dataclass(frozen=True, slots=True)
class VariableKind:
    """What a Terraform variable in the place of a value may hold.

    `condition` is a Terraform expression over `{value}`; `example` is a value that passes it.
    """

    name: str
    description: str
    condition: str
    remedy: str
    example: str | tuple[str, ...]
    many: bool = False

    @property
    def terraform_type(self) -> str:
        """The type, as Terraform writes it."""
        return "list(string)" if self.many else "string"


class Var(str):
    """A Terraform variable where a value may stand: its text is `${var.name}`, known only at plan time."""

    name: str
    kind: VariableKind

    def __new__(cls, name: str, kind: VariableKind) -> Var:  # noqa: D102
        made = super().__new__(cls, f"${{var.{name}}}")
        made.name = name
        made.kind = kind
        return made

    def __getnewargs__(self) -> tuple[str, VariableKind]:  # type: ignore[override]  # copies stay variables
        return self.name, self.kind

    @property
    def reference(self) -> str:
        """The Terraform expression, without `${}`."""
        return f"var.{self.name}"


_VARIABLE = re.compile(r"var\.(.*)\Z", re.DOTALL)
_VARIABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
# https://developer.hashicorp.com/terraform/language/values/variables: names that Terraform keeps for itself
_RESERVED = {"source", "version", "providers", "count", "for_each", "lifecycle", "depends_on", "locals"}


def or_variable(kind: VariableKind, form: Callable[[Any], Any] | None = None) -> Any:
    """An annotation: a value (of a form, if one is given), or `var.NAME` in its place."""

    def check(value: Any, handler: Callable[[Any], Any]) -> Any:
        if isinstance(value, Var):
            return value
        if isinstance(value, str) and (match := _VARIABLE.match(value)):
            name = match[1]
            if not _VARIABLE_NAME.match(name) or name in _RESERVED:
                remedy = f"Write var.NAME, with a name like {kind.name}: lower-case letters, digits and underscores."
                raise wrong(f"{_short(value)!r} is no Terraform variable", remedy)
            return Var(name, kind)
        if isinstance(value, str) and value.startswith("${"):
            remedy = f"Write var.{kind.name} for a variable, without ${{}}, or the value."
            raise wrong(f"{_short(value)!r} is no value of a layout", remedy)
        return form(handler(value)) if form else handler(value)

    return WrapValidator(check)


def _short(value: str) -> str:
    return value if len(value) <= 100 else value[:97] + "..."


def is_known(value: object) -> bool:
    """Whether a value is written in the layout, and is not a Terraform variable."""
    return not isinstance(value, Var)
