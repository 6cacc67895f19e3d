"""The layout that is being written, and the Terraform variables that take the place of what the manifest leaves open."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ..faults import KeyPath, Origin
from ..values import Var
from .manifest import Part

_NAME = re.compile(r"[^a-z0-9]+")
_MAX_NAME = 64


@dataclass(slots=True)
class Draft:
    """Plain values of a layout with comments, by path."""

    tree: dict[str, Any] = field(default_factory=dict)
    comments: dict[KeyPath, str] = field(default_factory=dict)
    # The place in the manifest of what stands at a path of the layout.
    origins: dict[KeyPath, Origin] = field(default_factory=dict)
    # What is to be written although a preset says the same, since somebody has to look at it.
    pinned: set[str] = field(default_factory=set)
    # The variable of each text that stood for a value, by text and kind; and all names that are taken.
    variables: dict[tuple[str, str], str] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)

    def put(self, path: KeyPath, value: Any, comment: str = "") -> None:
        """Writes a value; what is None, or an empty list or mapping, is left out unless it is commented."""
        if value is None or (
            value in ([], {}) and not comment and path[0] != "helm_releases" and path[0] != "addons"
        ):
            return
        inner: Any = self.tree
        for step in path[:-1]:
            inner = inner.setdefault(step, {})
        inner[path[-1]] = value
        self.note(path, comment)

    def note(self, path: KeyPath, comment: str) -> None:
        """A comment above a key."""
        if comment and comment not in self.comments.get(path, ""):
            self.comments[path] = "\n".join(filter(None, (self.comments.get(path), comment)))

    def get(self, path: KeyPath) -> Any:
        """What has been written at a path; None where nothing has."""
        inner: Any = self.tree
        for step in path:
            inner = inner.get(step) if isinstance(inner, dict) else None
        return inner

    def known(self, part: Part, key: str, text: str, form: Any, hint: str = "", prefix: str = "") -> str:
        """A value of a form, or, where the text is none but stands for one, a Terraform variable.

        Args:
            part: where the text stands in the manifest, with `key`.
            form: the annotation of the layout's field.
            hint: name of the variable; that of the kind without it.
            prefix: what tells apart a second variable of the same name, e.g. a node group's name.
        """
        if fits(text, form):
            return text
        variable = self.variable(form, hint, prefix, text)
        what = kind_of(form).replace("_", " ")
        part.changed(key, f"{variable} in place of `{text}`, which is no {what}")
        return variable

    def variable(self, form: Any, hint: str = "", prefix: str = "", text: str = "") -> str:
        """`var.NAME` for a value that the manifest does not say; the same text gets the same variable again."""
        kind = kind_of(form)
        name = hint or kind
        if text and (text, name) in self.variables:
            return f"var.{self.variables[text, name]}"
        first = (name, f"{prefix}_{name}" if prefix else name)
        candidates = itertools.chain(first, (f"{name}_{number}" for number in itertools.count(2)))
        candidate = next(free for free in map(_variable_name, candidates) if free not in self.taken)
        self.taken[candidate] = kind
        if text:
            self.variables[text, name] = candidate
        return f"var.{candidate}"


def fits(value: Any, form: Any) -> bool:
    """Whether something is a value of a form, and no variable."""
    try:
        return not isinstance(_adapter(form).validate_python(value), Var)
    except ValidationError:
        return False


def kind_of(form: Any) -> str:
    """The name that a variable of a form has by itself."""
    value = _adapter(form).validate_python("var.x")
    assert isinstance(value, Var)
    return value.kind.name


@cache
def _adapter(form: Any) -> TypeAdapter[Any]:
    return TypeAdapter(form)


def _variable_name(text: str) -> str:
    name = _NAME.sub("_", text.lower()).strip("_")
    name = name if re.match("[a-z]", name) else f"v_{name}"
    return name[:_MAX_NAME].rstrip("_")


def layout_name(text: str, longest: int = 63) -> str:
    """A name as the language takes it: lower-case letters, digits and single hyphens, a letter first.

    Empty where the text has none of them.
    """
    name = re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")
    name = f"n-{name}" if re.match("[0-9]", name) else name
    return name[:longest].rstrip("-")
