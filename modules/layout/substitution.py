"""A layout with values in the place of its Terraform variables, checked like any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timezone
from typing import Any

from .checks import check
from .faults import KeyPath, LayoutError, Origin
from .loader import Loaded
from .tree import Node, wrap
from .variables import variables_of


def with_values(loaded: Loaded, values: Mapping[str, tuple[Any, str]], today: date | None = None) -> Loaded:
    """The layout as it is deployed with these values.

    A value that breaks a rule of the language, as a zone of another region, is a fault as if it were written.

    Args:
        values: by the variable's name, its value and where that comes from, as `TF_VAR_vpc_id`.
        today: the day for support dates; the current day (UTC) without it.

    Raises:
        LayoutError: with every fault that the values make.
    """
    changes = {
        path: wrap(value, Origin(source))
        for variable in loaded.variables
        if variable.name in values
        for value, source in [values[variable.name]]
        for path in variable.paths
    }
    written = _put(loaded.written, changes, ())
    checked = check(written, (), today or datetime.now(tz=timezone.utc).date())
    # The tree names the nearest line of a file, and a value from elsewhere has none.
    faults = [
        replace(fault, origin=changes[fault.path].origin) if fault.path in changes else fault
        for fault in checked.faults
    ]
    if checked.layout is None or any(fault.level == "error" for fault in faults):
        raise LayoutError(faults)
    return Loaded(
        loaded.name,
        loaded.file,
        checked.layout,
        variables_of(checked.layout),
        LayoutError(faults).faults,
        checked.tree,
        written,
    )


def _put(node: Node, changes: Mapping[KeyPath, Node], path: KeyPath) -> Node:
    """A copy with other values at some paths, which may lead through lists."""
    if path in changes:
        return changes[path]
    if not any(other[: len(path)] == path for other in changes):
        return node
    if isinstance(node.value, dict):
        children = {key: _put(child, changes, (*path, key)) for key, child in node.value.items()}
        return Node(children, node.origin, node.removes)
    if isinstance(node.value, list):
        items = [_put(child, changes, (*path, index)) for index, child in enumerate(node.value)]
        return Node(items, node.origin, node.removes)
    return node
