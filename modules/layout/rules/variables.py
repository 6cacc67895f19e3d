"""Rules about Terraform variables in a layout."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..faults import KeyPath, Level, dotted
from ..tree import Node
from ..values import Var
from ..variables import uses
from .base import Context, Finding

_REFERENCE = re.compile(r"var\.[a-z][a-z0-9_]*\Z|.*\$\{ *(var|local|data|module)\.", re.DOTALL)


class VariableOfTwoKinds:
    """A Terraform variable has one type and one validation: a subnet's id is no reservation's."""

    id = "variable-of-two-kinds"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Each variable stands for one kind of value."""
        first: dict[str, tuple[KeyPath, Var]] = {}
        for path, var in uses(context.layout):
            where, before = first.setdefault(var.name, (path, var))
            if before.kind != var.kind:
                problem = (
                    f"var.{var.name} stands for another kind of value in {dotted(where)}: "
                    f"{_kind(before)} there, {_kind(var)} here"
                )
                remedy = f"Give one of them a name of its own, like var.{var.kind.name}."
                if var.kind.name == var.name:
                    remedy = f"Write var.{before.kind.name} there, or another name of its own."
                yield Finding(path, problem, remedy, (where,))


def _kind(var: Var) -> str:
    return f"{'a list' if var.kind.many else 'one'} ({var.kind.name})"


class VariableAsText:
    """Where no variable can stand, `var.name` is a text like any other, which nobody means."""

    id = "variable-as-text"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """No text looks like a reference to Terraform, unless it is one."""
        meant = {path for path, _ in uses(context.layout)}
        for path, text in _texts(context.tree):
            if path in meant or path[0] == "overrides":  # where a reference is Terraform's
                continue
            if not _is_type(path) and _REFERENCE.match(text):
                problem = f"{text[:60]!r} is taken as text here, not as a Terraform variable"
                yield Finding(path, problem, "Write the value itself.")


def _is_type(path: KeyPath) -> bool:
    """Whether an instance type stands there, of which a rule of its own says more."""
    return path[-1:] == ("instance_type",) or path[-2:-1] == ("fallback_instance_types",)


def _texts(node: Node, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(node.value, str):
        yield path, node.value
    elif isinstance(node.value, dict):
        for key, child in node.value.items():
            yield from _texts(child, (*path, key))
    elif isinstance(node.value, list):
        for index, child in enumerate(node.value):
            yield from _texts(child, (*path, index))
