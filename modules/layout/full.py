"""A layout in full: what it extends, the catalogue's values and all defaults written out, each with its origin."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .checks import NULLS_STAY
from .defaults import DEFAULT, with_defaults
from .faults import PRESETS, KeyPath, Origin
from .loader import Loaded
from .models import Section
from .rules import RULES, Context
from .rules.base import Finding
from .tree import Node, fits, replaced, wrap
from .values import Var

_PROJECT = PRESETS.parent


def in_full(loaded: Loaded) -> Node:
    """The layout as a tree that itself loads to the same layout.

    Left out are settings that are not set and have no default, and defaults that mean nothing here and that a rule
    would refuse if they were written: flow logs in a VPC that exists. An entry that the layout takes out of the
    defaults is null, else it would come back.
    """
    whole = _whole(loaded.layout, loaded.tree)
    with_nulls = _with_removals(whole, with_defaults(whole), loaded.written)
    return _without(with_nulls, _idle(whole, loaded))


def in_effect(loaded: Loaded) -> Node:
    """The same without the nulls: what there is in the end."""
    whole = _whole(loaded.layout, loaded.tree)
    return _without(whole, _idle(whole, loaded))


def origin_text(origin: Origin) -> str:
    """Where a value comes from, short: `preset eks-g4dn:4`, `my.yaml:7`, `catalogue`, `default`."""
    if not origin.line:
        return origin.source
    file = Path(os.path.normpath(Path(origin.source).absolute()))
    if file.is_relative_to(PRESETS):
        return f"preset {file.stem}:{origin.line}"
    places = [
        file,
        *(file.relative_to(above) for above in (Path.cwd(), _PROJECT) if file.is_relative_to(above)),
    ]
    return f"{min(map(str, places), key=len)}:{origin.line}"


def _whole(value: Any, node: Node | None) -> Node:
    origin = node.origin if node is not None else DEFAULT
    if isinstance(value, Section):
        given = {name: getattr(value, name) for name in type(value).model_fields}
        set_ = {name: below for name, below in given.items() if below is not None}
        return Node({name: _whole(below, _below(node, name)) for name, below in set_.items()}, origin)
    if isinstance(value, Mapping):
        return Node({str(key): _whole(below, _below(node, key)) for key, below in value.items()}, origin)
    if isinstance(value, list | tuple):
        return Node([_whole(below, _below(node, index)) for index, below in enumerate(value)], origin)
    return Node(value.reference if isinstance(value, Var) else value, origin)


def _below(node: Node | None, step: str | int) -> Node | None:
    """The node of a part; the whole where a model made parts of a single value."""
    if node is None or not isinstance(node.value, dict | list):
        return node
    return node.child(step)


def _with_removals(shown: Node, again: Node, written: Node, path: KeyPath = ()) -> Node:
    """`shown` with a null for each entry that `again` has besides, what becomes of it when it is loaded."""
    if not isinstance(shown.value, dict) or not isinstance(again.value, dict):
        return shown
    if any(fits(path, pattern) for pattern in NULLS_STAY):
        # A null inside would reach the chart; only the section as a whole can have been removed.
        return shown if shown.value or not again.value else Node(None, written.locate(path))
    children = {
        key: _with_removals(node, again.value[key], written, (*path, key)) if key in again.value else node
        for key, node in shown.value.items()
    }
    removed = {key: Node(None, written.locate((*path, key))) for key in again.value if key not in children}
    return Node(children | removed, shown.origin)


def _idle(whole: Node, loaded: Loaded) -> set[KeyPath]:
    """Defaults that a rule objects to if a file says them."""
    today = datetime.now(tz=timezone.utc).date()
    known = set(_findings(Context(loaded.layout, loaded.tree, today)))
    new = set(_findings(Context(loaded.layout, _as_written(whole), today))) - known
    reasons = [(finding.path,) if _is_default(whole, finding.path) else finding.because for finding in new]
    return {path for paths in reasons for path in paths if _is_default(whole, path)}


def _is_default(tree: Node, path: KeyPath) -> bool:
    node = tree.get(path)
    return node is not None and not node.origin.line


def _findings(context: Context) -> Iterator[Finding]:
    return (finding for rule in RULES for finding in rule.check(context))


def _as_written(node: Node) -> Node:
    return wrap(node.plain(), Origin("layout", 1))


def _without(tree: Node, paths: Iterable[KeyPath]) -> Node:
    return replaced(tree, dict.fromkeys(path for path in paths if tree.get(path) is not None))
