"""The arguments that a configuration gives, one by one, whatever they are nested in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..schema import Body, CtyType, Nested
from ..values import UNKNOWN
from .problem import Path


@dataclass(frozen=True, slots=True)
class Given:
    """An argument that has a value which is known, or known in parts.

    `argument` is its name without the positions in lists: `scaling_config.min_size`.
    """

    path: Path
    argument: str
    value: Any
    settable: bool = True

    @property
    def name(self) -> str:
        """The last name in `argument`."""
        return self.argument.rpartition(".")[2]


def given(body: Body, config: Mapping[str, Any], path: Path = (), inside: str = "") -> Iterator[Given]:
    """Every argument of a configuration that is neither null nor unknown, those in blocks and objects included."""
    for name, attribute in body.attributes.items():
        value = config.get(name)
        if value is None or value is UNKNOWN:
            continue
        settable = attribute.required or attribute.optional
        yield Given((*path, name), f"{inside}{name}", value, settable)
        if attribute.nested is not None:
            yield from _nested(attribute.nested, value, (*path, name), f"{inside}{name}.")
        else:
            yield from _members(attribute.type, value, (*path, name), f"{inside}{name}.")
    for name, block in body.blocks.items():
        for where, one in each(config.get(name), (*path, name)):
            if isinstance(one, Mapping):
                yield from given(block.body, one, where, f"{inside}{name}.")


def each(value: object, path: Path) -> Iterator[tuple[Path, Any]]:
    """The known, non-null elements of a list, or the value itself, with their paths."""
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from each(one, (*path, index))
    elif value is not None and value is not UNKNOWN:
        yield path, value


def strings(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    """The known strings of a value that is a string, or a list or map of strings."""
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield from strings(child, (*path, key))
    else:
        for where, one in each(value, path):
            if isinstance(one, str):
                yield where, one


def _nested(nested: Nested, value: object, path: Path, inside: str) -> Iterator[Given]:
    for where, one in objects(value, path, is_map=nested.nesting == "map"):
        yield from given(Body(attributes=nested.attributes), one, where, inside)


def _members(kind: CtyType | None, value: object, path: Path, inside: str) -> Iterator[Given]:
    is_map = False
    while isinstance(kind, list) and kind[0] != "object":
        is_map = is_map or kind[0] == "map"
        kind = kind[1]
    if not isinstance(kind, list):
        return
    for where, one in objects(value, path, is_map=is_map):
        for name, member in kind[1].items():
            child = one.get(name)
            if child is not None and child is not UNKNOWN:
                yield Given((*where, name), f"{inside}{name}", child)
                yield from _members(member, child, (*where, name), f"{inside}{name}.")


def objects(value: object, path: Path, *, is_map: bool) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The known objects of a list, set or map of objects, or the one object, with their paths."""
    members: Iterable[tuple[Path, Any]]
    if is_map and isinstance(value, Mapping):
        members = (pair for key, child in value.items() for pair in each(child, (*path, key)))
    else:
        members = each(value, path)
    for where, one in members:
        if isinstance(one, Mapping):
            yield where, one
