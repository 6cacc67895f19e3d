"""A layout that a program writes in Python, as the tree that a file becomes."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .document import MAX_DEPTH, Document
from .faults import Fault, KeyPath, Origin
from .models import Section
from .tree import Node
from .values import Var

_PACKAGE = __name__.partition(".")[0]


def calling_line() -> Origin:
    """The line outside of this package that has led here, to which faults of its layout belong."""
    frame = sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).partition(".")[0] == _PACKAGE:
        frame = frame.f_back
    return Origin(frame.f_code.co_filename, frame.f_lineno)


def document(value: Any, origin: Origin) -> Document:
    """A mapping as a document, every value of which was written on one line of a program.

    Of a model it has what the program has set. A Terraform variable of a model is written as files write it, `var.NAME`.
    """
    faults: list[Fault] = []
    tree = _node(value, origin, (), faults)
    if not isinstance(tree.value, dict) and not faults:
        faults.append(_fault(origin, (), value, "a mapping"))
    return Document(tree, tuple(faults))


def _node(value: Any, origin: Origin, path: KeyPath, faults: list[Fault]) -> Node:
    if len(path) > MAX_DEPTH:
        faults.append(Fault(origin, (), f"is nested deeper than {MAX_DEPTH} levels", "Flatten it.", "yaml"))
        return Node(None, origin)
    if isinstance(value, Var):
        return Node(value.reference, origin)
    if isinstance(value, Section | Mapping):
        return Node(
            {key: _node(below, origin, (*path, key), faults) for key, below in _entries(value)}, origin
        )
    if isinstance(value, list | tuple):
        return Node(
            [_node(below, origin, (*path, index), faults) for index, below in enumerate(value)], origin
        )
    if isinstance(value, Path):
        return Node(str(value), origin)
    if not isinstance(value, str | int | float | bool | None):
        faults.append(_fault(origin, path, value, "what YAML can hold"))
        return Node(None, origin)
    if isinstance(value, float) and not math.isfinite(value):
        faults.append(Fault(origin, path, f"{value} is no number", "Write a finite number.", "type"))
    return Node(value, origin)


def _entries(value: Section | Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Section):
        # As declared: a set has no order that is the same in every run.
        yield from (
            (name, getattr(value, name))
            for name in type(value).model_fields
            if name in value.model_fields_set
        )
    else:
        yield from ((str(key), below) for key, below in value.items())


def _fault(origin: Origin, path: KeyPath, value: Any, wanted: str) -> Fault:
    problem = f"is a Python {type(value).__name__}, not {wanted}"
    return Fault(origin, path, problem, "Give text, a number, a boolean, a list, a dict or a model.", "type")
