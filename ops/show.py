"""`ops show`: a layout in full, with the origin of every value, and what two layouts differ in."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from rich.console import Console
from rich.text import Text

from modules.layout import Loaded, dotted, load
from modules.layout.faults import KeyPath
from modules.layout.full import in_effect, in_full, origin_text
from modules.layout.language import model_at
from modules.layout.tree import Node
from modules.layout.writing import one_line, to_yaml

from .errors import UsageError


@dataclass(frozen=True, slots=True)
class Change:
    """A value that two layouts differ in; None on the side that has none."""

    path: KeyPath
    before: Node | None
    after: Node | None

    @property
    def kind(self) -> str:
        """What became of it: added, removed or changed."""
        return "added" if self.before is None else "removed" if self.after is None else "changed"


def run(name: str, other: str | None = None, *, origins: bool = False, as_json: bool = False) -> bool:
    """Prints a layout in full, or what another one has that is not as in it, with the warnings of both on stderr.

    Returns:
        Whether the two differ.

    Raises:
        LayoutError: one of them is at fault.
        UsageError: the other's name is empty.
    """
    if other == "":
        raise UsageError("--diff is empty: name a preset or a file")
    loaded = [load(each) for each in (name, other) if each is not None]
    for warning in dict.fromkeys(warning for one in loaded for warning in one.warnings):
        print(warning, file=sys.stderr)
    if other is None:
        print(show(loaded[0], origins=origins, as_json=as_json), end="")
        return False
    found = changes(*loaded)
    if as_json:
        print(changes_json(found, *loaded), end="")
    else:
        print_changes(found, Console(highlight=False))
    return bool(found)


def show(loaded: Loaded, *, origins: bool = False, as_json: bool = False) -> str:
    """The layout in full, as YAML that loads to the same, or as JSON with every origin.

    Args:
        loaded: the layout.
        origins: whether each line ends with where its value comes from.
        as_json: JSON in place of YAML.
    """
    tree = in_full(loaded)
    if as_json:
        values = [_value(path, node) for path, node in _leaves(tree)]
        return _json(
            {"name": loaded.name, "file": str(loaded.file), "layout": tree.plain(), "values": values}
        )
    placed = chain(_entries(tree), _leaves(tree)) if origins else ()
    trailing = {path: origin_text(node.origin) for path, node in placed}
    head = f"{loaded.name} in full: with all that it extends, and with every default."
    return to_yaml(tree.plain(), trailing=trailing, head=head, aligned=True)


def changes(before: Loaded, after: Loaded) -> list[Change]:
    """What the second layout has that is not as in the first, defaults included."""
    return list(_changes(in_effect(before), in_effect(after), ()))


def print_changes(found: list[Change], console: Console) -> None:
    """One line for each difference, coloured on a terminal."""
    for change in found:
        console.print(_line(change), soft_wrap=True)


def changes_json(found: list[Change], before: Loaded, after: Loaded) -> str:
    """The differences for a program."""
    entries = [
        {
            "path": list(change.path),
            "kind": change.kind,
            "before": _value(change.path, change.before) if change.before else None,
            "after": _value(change.path, change.after) if change.after else None,
        }
        for change in found
    ]
    return _json({"same": not found, "before": before.name, "after": after.name, "changes": entries})


def _leaves(node: Node, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Node]]:
    """Every value that holds no others."""
    if isinstance(node.value, dict) and node.value:
        for key, below in node.value.items():
            yield from _leaves(below, (*path, key))
    elif isinstance(node.value, list) and node.value:
        for index, below in enumerate(node.value):
            yield from _leaves(below, (*path, index))
    else:
        yield path, node


def _entries(node: Node, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Node]]:
    """Every mapping that has a name of the user's: a default, or the catalogue, may have brought it in."""
    for key, below in node.value.items() if isinstance(node.value, dict) else ():
        here = (*path, key)
        if isinstance(below.value, dict) and model_at(here) and not model_at(path):
            yield here, below
        yield from _entries(below, here)


def _changes(before: Node, after: Node, path: KeyPath) -> Iterator[Change]:
    if not isinstance(before.value, dict) or not isinstance(after.value, dict):
        if one_line(before.plain()) != one_line(after.plain()):
            yield Change(path, before, after)
        return
    for key, node in before.value.items():
        if key in after.value:
            yield from _changes(node, after.value[key], (*path, key))
        else:
            yield from (Change(where, leaf, None) for where, leaf in _settings(node, (*path, key)))
    for key, node in after.value.items():
        if key not in before.value:
            yield from (Change(where, None, leaf) for where, leaf in _settings(node, (*path, key)))


def _settings(node: Node, path: KeyPath) -> Iterator[tuple[KeyPath, Node]]:
    """Every value that a layout replaces as a whole: lists are not taken apart."""
    if isinstance(node.value, dict) and node.value:
        for key, below in node.value.items():
            yield from _settings(below, (*path, key))
    else:
        yield path, node


def _line(change: Change) -> Text:
    before, after = (one_line(node.plain()) if node else "" for node in (change.before, change.after))
    node = change.after or change.before
    origin = f" ({origin_text(node.origin)})" if node else ""
    if change.kind == "changed":
        return Text.assemble(
            f"{dotted(change.path)}: ", (before, "red"), " -> ", (after, "green"), (origin, "dim")
        )
    sign, style = ("+", "green") if change.kind == "added" else ("-", "red")
    return Text.assemble((f"{sign} {dotted(change.path)}: {after or before}", style), (origin, "dim"))


def _value(path: KeyPath, node: Node) -> dict[str, Any]:
    origin = node.origin
    where = {"file": origin.source, "line": origin.line} if origin.line else {}
    return {"path": list(path), "value": node.plain(), "origin": origin_text(origin), **where}


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"
