"""Values in a plan: those that are known, those that only an apply will tell, and those that nobody may see."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str | int, ...]


class Unknown:
    """What only the apply will tell; equal to nothing that is known."""

    def __repr__(self) -> str:
        return "(known after apply)"


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class Sensitive:
    """A value that may not be shown; two of them can be compared, and that is all."""

    _hidden: Any = field(repr=False)

    def __repr__(self) -> str:
        return "(sensitive value)"

    __str__ = __repr__


def masked(value: Any, unknown: Any, sensitive: Any) -> Any:
    """A value of a plan with what is unknown as `UNKNOWN`, and what is sensitive as `Sensitive`.

    Args:
        unknown: `after_unknown`: true, or a tree with true where the value has a leaf that is not known.
        sensitive: `before_sensitive` or `after_sensitive`: the same for what is sensitive.
    """
    if sensitive is True:
        return Sensitive(UNKNOWN if _any(unknown) else _frozen(value))
    if unknown is True:
        return UNKNOWN
    if not unknown and not sensitive:
        return value
    if (
        isinstance(value, dict)
        or isinstance(unknown, dict)
        or (value is None and isinstance(sensitive, dict))
    ):
        values, unknowns, hidden = _mapping(value), _mapping(unknown), _mapping(sensitive)
        return {
            name: masked(values.get(name), unknowns.get(name), hidden.get(name))
            for name in dict.fromkeys((*values, *unknowns))
        }
    if isinstance(value, list) or isinstance(unknown, list):
        items, unknowns_at, hidden_at = _items(value), _items(unknown), _items(sensitive)
        return [
            masked(_get(items, index), _get(unknowns_at, index), _get(hidden_at, index))
            for index in range(max(len(items), len(unknowns_at)))
        ]
    return value


def either(one: Any, other: Any) -> Any:
    """Two trees of marks, as `before_sensitive` is, in one: with the marks of both."""
    if one is True or other is True:
        return True
    if not one or one == other:
        return other
    if isinstance(one, dict) and isinstance(other, dict):
        return {name: either(one.get(name), other.get(name)) for name in {**one, **other}}
    if isinstance(one, list) and isinstance(other, list):
        longest = max(len(one), len(other))
        return [either(_get(one, index), _get(other, index)) for index in range(longest)]
    # A mapping on one side and a list on the other, as a manifest may have: no mark fits both, so that all is hidden.
    return one if not other else True


def at(tree: Any, *path: str | int) -> Any:
    """The value at a path; None where there is none, and the mark itself where the path leads into a masked value."""
    for step in path:
        if tree is UNKNOWN or isinstance(tree, Sensitive):
            return tree
        if isinstance(tree, dict) and isinstance(step, str):
            tree = tree.get(step)
        elif isinstance(tree, list) and isinstance(step, int):
            tree = tree[step] if -len(tree) <= step < len(tree) else None
        else:
            return None
    return tree


def known(value: Any) -> bool:
    """Whether a value is there, and can be told."""
    return value is not None and value is not UNKNOWN and not isinstance(value, Sensitive)


def shown(value: Any, limit: int = 160) -> str:
    """A value as a line of text, cut to `limit` characters; what is masked stays so."""
    text = _text(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def leaves(tree: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The leaves of a tree with their paths; an empty list or mapping is one, and so is a masked value."""
    if isinstance(tree, dict) and tree:
        for name, value in tree.items():
            yield from leaves(value, (*path, name))
    elif isinstance(tree, list) and tree:
        for index, value in enumerate(tree):
            yield from leaves(value, (*path, index))
    else:
        yield path, tree


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, str):
        return " ".join(value.split()) if value else '""'
    if isinstance(value, Unknown | Sensitive):
        return repr(value)
    return json.dumps(value, ensure_ascii=False, default=repr)


def _any(tree: Any) -> bool:
    return any(value is True for _, value in leaves(tree))


def _frozen(value: Any) -> Any:
    """The same, so that it can be hashed and compared, and is no part of the tree any more."""
    return json.dumps(value, sort_keys=True)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _get(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else None
