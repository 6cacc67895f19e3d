"""Terraform variables in the place of a layout's values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_wrap_validator_function

from .forms import Form, wrong


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


# Every kind that some key of a layout takes.
KINDS: dict[str, VariableKind] = {}

_VARIABLE = re.compile(r"var\.(.*)\Z", re.DOTALL)
_VARIABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
# https://developer.hashicorp.com/terraform/language/values/variables: names that Terraform keeps for itself
_RESERVED = {"source", "version", "providers", "count", "for_each", "lifecycle", "depends_on", "locals"}


# The same for editors, which have no other way to tell a variable from a text.
VARIABLE_PATTERN = rf"^var\.(?!(?:{'|'.join(sorted(_RESERVED))})$)[a-z][a-z0-9_]{{0,63}}$"


@dataclass(frozen=True, slots=True)
class OrVariable:
    """An annotation: a value (of a form, if one is given), or `var.NAME` in its place."""

    kind: VariableKind
    form: Form | None = None

    def check(self, value: Any, handler: Callable[[Any], Any]) -> Any:
        """The variable, or the value if it has the form."""
        if isinstance(value, Var):
            return value
        if isinstance(value, str) and (match := _VARIABLE.match(value)):
            name = match[1]
            if not _VARIABLE_NAME.match(name) or name in _RESERVED:
                remedy = f"Write var.NAME, with a name like {self.kind.name}: lower-case letters, digits and underscores."
                raise wrong(f"{_short(value)!r} is no Terraform variable", remedy)
            return Var(name, self.kind)
        if isinstance(value, str) and value.startswith("${"):
            remedy = f"Write var.{self.kind.name} for a variable, without ${{}}, or the value."
            raise wrong(f"{_short(value)!r} is no value of a layout", remedy)
        return self.form(handler(value)) if self.form else handler(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The check goes around pydantic's own."""
        return no_info_wrap_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """The value, or a variable."""
        value = handler(schema)
        if self.form is not None:
            return value | self.form.json_schema(VARIABLE_PATTERN)
        return {"anyOf": [value, {"type": "string", "pattern": VARIABLE_PATTERN}]}


def or_variable(kind: VariableKind, form: Form | None = None) -> Any:
    """An annotation: a value (of a form, if one is given), or `var.NAME` in its place."""
    KINDS.setdefault(kind.condition, kind)
    return OrVariable(kind, form)


def _short(value: str) -> str:
    return value if len(value) <= 100 else value[:97] + "..."


def is_known(value: object) -> bool:
    """Whether a value is written in the layout, and is not a Terraform variable."""
    return not isinstance(value, Var)
