"""The shortest way to write a layout: without what is the default anyway, over the preset that is nearest to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from ..extends import compose, preset_names
from ..faults import KeyPath
from ..models import Layout
from ..tree import Node, merge
from ..writing import to_yaml
from .repair import checked, written

# A `null` and an `extends` cost a reader more than a line does.
_NULL_COST = 2
_EXTENDS_COST = 2
# Beyond so many values, one check for each would take minutes.
_MOST_SINGLE = 100
_REQUIRED = ("name", "region", "instance_type", "desired", "principal_arn", "namespace", "service_account")
# What has a form of its own: taken or left as a whole.
_WHOLE = ("configuration", "values", "set", "policy", "node_config")


def shortest(
    tree: dict[str, Any], layout: Layout, presets: Path, today: date, pinned: Collection[str] = ()
) -> dict[str, Any]:
    """The shortest tree that gives the same layout.

    Args:
        pinned: top-level keys that are written in any case.
    """
    best = _without_defaults(tree, layout, today)
    cost = _cost(best)
    own, full = best, _dump(layout)
    for preset, base in _bases(presets).items():
        over = {key: own[key] for key in ("name", *pinned)} | _difference(base, own, full)
        if None in over.get("node_groups", {}).values():
            continue  # a preset without its nodes is no neighbour
        candidate = {"extends": preset, **over}
        if _cost(candidate) < cost and _gives(merge(written(base), written(over)), layout, today):
            best, cost = candidate, _cost(candidate)
    return best


@cache
def _bases(presets: Path) -> dict[str, dict[str, Any]]:
    """The presets in full; read once, since an import of many manifests compares each with all of them."""
    return {
        name: compose(presets / f"{name}.yaml", presets=presets).tree.plain()
        for name in preset_names(presets)
    }


def _without_defaults(tree: dict[str, Any], layout: Layout, today: date) -> dict[str, Any]:
    optional = [path for path in _values(tree) if path[-1] not in _REQUIRED]
    bare = checked(_without(tree, optional), today).layout
    if bare is None:
        return tree
    full, default = _dump(layout), _dump(bare)
    removable = [path for path in optional if _at(full, path) == _at(default, path)]
    shorter = _without(tree, removable)
    if _gives(written(shorter), layout, today):
        return shorter
    # Some of them only look alike while the others are gone.
    kept = tree
    for path in removable[:_MOST_SINGLE]:
        shorter = _without(kept, [path])
        kept = shorter if _gives(written(shorter), layout, today) else kept
    return kept


def _values(tree: dict[str, Any], path: KeyPath = ()) -> Iterator[KeyPath]:
    for key, value in tree.items():
        if isinstance(value, dict) and value and key not in _WHOLE:
            yield from _values(value, (*path, key))
        else:
            yield (*path, key)


def _without(tree: dict[str, Any], paths: Iterable[KeyPath]) -> dict[str, Any]:
    """A copy without some values, and without the mappings that held nothing else."""
    gone = set(paths)

    def copy(inner: dict[str, Any], path: KeyPath) -> dict[str, Any]:
        kept = {}
        for key, value in inner.items():
            here = (*path, key)
            if here in gone:
                continue
            if isinstance(value, dict) and value and key not in _WHOLE:
                value = copy(value, here)
                if not value:
                    continue
            kept[key] = value
        return kept

    return copy(tree, ())


_NOTHING = object()


def _dump(layout: Layout) -> dict[str, Any]:
    return layout.model_dump(warnings=False)  # which wonders about variables


def _at(dump: Any, path: KeyPath) -> Any:
    for step in path:
        dump = dump.get(step, _NOTHING) if isinstance(dump, dict) else _NOTHING
    return dump


def _difference(base: dict[str, Any], wanted: dict[str, Any], full: dict[str, Any]) -> dict[str, Any]:
    """What has to be written over `base` to get `wanted`; `full` has the values that `wanted` leaves to defaults."""
    over: dict[str, Any] = {}
    for key, value in wanted.items():
        below = base.get(key, _NOTHING)
        if isinstance(below, dict) and isinstance(value, dict):
            inner = _difference(below, value, full.get(key) or {})
            if inner:
                over[key] = inner
        elif below != value:
            over[key] = value
    for key in base.keys() - wanted.keys():
        below, value = base[key], full.get(key)
        if value == below:
            continue
        if isinstance(below, dict) and isinstance(value, dict):
            over |= {key: inner} if (inner := _difference(below, {}, value)) else {}
        elif value is None or isinstance(value, str | int | bool):
            over[key] = value
        else:
            over[key] = None
    return {key: over[key] for key in [*wanted, *base] if key in over}


def _gives(tree: Node, layout: Layout, today: date) -> bool:
    found = checked(tree, today)
    return found.layout == layout and all(fault.level != "error" for fault in found.faults)


def _cost(tree: dict[str, Any]) -> int:
    """Lines of the layout, and something for what makes it harder to read."""
    text = to_yaml(tree)
    return len(text.splitlines()) + _NULL_COST * text.count(": null") + _EXTENDS_COST * ("extends" in tree)
