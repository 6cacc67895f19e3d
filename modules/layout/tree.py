"""A document as a tree in which every value knows where it was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from .faults import KeyPath, Origin

Scalar: TypeAlias = "str | int | float | bool | None"


class RawFloat(float):
    """A float that knows how it was written: `kubernetes_version: 1.30` means 1.30, not 1.3."""

    text: str

    def __new__(cls, text: str) -> RawFloat:  # noqa: D102
        made = super().__new__(cls, text)
        made.text = text
        return made

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]  # copies keep the text
        return (self.text,)


@dataclass(slots=True)
class Node:
    """A value of a document and where it was written. In a mapping the origin is that of the key.

    `removes` marks a null that took something out of the layout below it.
    """

    value: dict[str, Node] | list[Node] | Scalar
    origin: Origin
    removes: bool = False

    def plain(self) -> Any:
        """The value as Python's own dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def child(self, step: str | int) -> Node | None:
        """The value below one key or index."""
        if isinstance(self.value, dict):
            return self.value.get(str(step))
        if isinstance(self.value, list) and isinstance(step, int) and step < len(self.value):
            return self.value[step]
        return None

    def get(self, path: KeyPath) -> Node | None:
        """The node at `path`; None where there is none."""
        node: Node | None = self
        for step in path:
            node = node.child(step) if node is not None else None
        return node

    def locate(self, path: KeyPath) -> Origin:
        """Where a value was written, or the nearest thing around it that stands in a file."""
        node, origin = self, self.origin
        for step in path:
            below = node.child(step)
            if below is None:
                break
            node = below
            origin = node.origin if node.origin.line else origin
        return origin


def wrap(value: Any, origin: Origin) -> Node:
    """Python values as a tree with one origin for all of it."""
    if isinstance(value, dict):
        return Node({str(key): wrap(child, origin) for key, child in value.items()}, origin)
    if isinstance(value, list | tuple):
        return Node([wrap(child, origin) for child in value], origin)
    return Node(value, origin)


def replaced(node: Node, changes: Mapping[KeyPath, Node | None]) -> Node:
    """A copy with other values at some paths, or without the keys there where there is none.

    What stands below another of the paths goes with it, and a path below no mapping changes nothing. Each mapping is
    copied once, however many of its values change.
    """
    if not isinstance(node.value, dict):
        return node
    children = dict(node.value)
    deeper: dict[str, dict[KeyPath, Node | None]] = {}
    for path, value in changes.items():
        if len(path) > 1:
            deeper.setdefault(str(path[0]), {})[path[1:]] = value
    for key, below in deeper.items():
        if key in children:
            children[key] = replaced(children[key], below)
    for path, value in changes.items():
        if len(path) == 1 and value is not None:
            children[str(path[0])] = value
        elif len(path) == 1:
            children.pop(str(path[0]), None)
    return Node(children, node.origin)


def merge(below: Node, above: Node) -> Node:
    """`above` over `below`: maps merge, lists and scalars replace. A null stays, so that it removes a default too."""
    if above.value is None:
        return Node(None, above.origin, removes=below.value is not None or below.removes or above.removes)
    if not isinstance(below.value, dict) or not isinstance(above.value, dict):
        return above
    merged = dict(below.value)
    for key, node in above.value.items():
        merged[key] = merge(merged[key], node) if key in merged else node
    return Node(merged, above.origin)


def prune(node: Node, keep: tuple[KeyPath, ...] = (), path: KeyPath = ()) -> Node:
    """Without the keys whose value is null. Below a path of `keep`, where `*` is any key, nulls stay."""
    if isinstance(node.value, dict):
        if any(fits(path, pattern) for pattern in keep):
            return node
        kept = {
            key: prune(child, keep, (*path, key))
            for key, child in node.value.items()
            if child.value is not None
        }
        return Node(kept, node.origin)
    if isinstance(node.value, list):
        return Node(
            [prune(child, keep, (*path, index)) for index, child in enumerate(node.value)], node.origin
        )
    return node


def fits(path: KeyPath, pattern: KeyPath) -> bool:
    """Whether a path is what a pattern says; `*` stands for any one step."""
    return len(path) == len(pattern) and all(
        want in ("*", step) for step, want in zip(path, pattern, strict=True)
    )
