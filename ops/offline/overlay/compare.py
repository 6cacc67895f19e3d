"""Looking into values by path, and telling whether two are the same to a provider."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..values import UNKNOWN, Dynamic, has_unknown
from .model import Rule, Values

Steps = tuple[str | int, ...]


def steps(path: str) -> Steps:
    """`launch_template.0.id` as steps, numbers for members of a list."""
    return tuple(int(step) if step.isdigit() else step for step in path.split("."))


def at(values: Values, path: str) -> Any:
    """What lies at a path; None where there is no such block, UNKNOWN where something above is not known."""
    found: Any = values
    for step in path.split("."):
        if found is UNKNOWN:
            return UNKNOWN
        if isinstance(found, Dynamic):
            found = found.value
        if isinstance(found, list):
            found = found[int(step)] if int(step) < len(found) else None
        else:
            found = found.get(step) if isinstance(found, dict) else None
    return found


def each(values: Values, path: str) -> Iterator[tuple[Steps, Any]]:
    """What lies at a path, `0` standing for every member: the steps to it, and the value."""
    return _each(values, path.split("."), ())


def _each(value: Any, rest: list[str], done: Steps) -> Iterator[tuple[Steps, Any]]:
    if not rest:
        yield done, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _each(item, rest[1:], (*done, index))
    elif isinstance(value, dict):
        # A single block or attribute is written with the same `0`, which is no step of its path.
        step, *after = rest
        yield from _each(value, after, done) if step == "0" else _each(value.get(step), after, (*done, step))


def is_set(value: Any) -> bool:
    """Whether a configuration says something; what is not known yet counts."""
    return value is not None and value not in ([], {})


def same(prior: Any, planned: Any, *, ordered: bool = False) -> bool:
    """Whether a change between two values is none to a provider.

    The SDK has no null: it compares the zero of the type, so that an empty string, list or map, 0 and false are the
    same as nothing. What is not known yet is a change. Core sends sets in an order of its own, so the order tells nothing.

    Args:
        ordered: whether it is a list, where it does.
    """
    if has_unknown(planned):
        return False
    if not prior and not planned:
        return True
    if isinstance(prior, dict) and isinstance(planned, dict):
        names = prior.keys() | planned.keys()
        return all(same(prior.get(name), planned.get(name), ordered=ordered) for name in names)
    if isinstance(prior, list) and isinstance(planned, list):
        if len(prior) != len(planned):
            return False
        if not ordered:
            prior, planned = sorted(prior, key=_key), sorted(planned, key=_key)
        pairs = zip(prior, planned, strict=True)
        return all(same(one, other, ordered=ordered) for one, other in pairs)
    return bool(prior == planned)


def _key(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps({name: _key(child) for name, child in value.items() if child}, sort_keys=True)
    if isinstance(value, list):
        return json.dumps(sorted(map(_key, value)))
    return json.dumps(value)


# Rules that several types share


def set_anew(path: str) -> Rule:
    """A new value replaces; leaving the argument out does not, since the provider then keeps what there is."""

    def rule(prior: Values, planned: Values) -> tuple[str, ...]:
        new = at(planned, path)
        return (path,) if new is not None and not same(at(prior, path), new) else ()

    return rule


def taken_away(block: str) -> Rule:
    """Leaving a block out replaces; changing it does not."""

    def rule(prior: Values, planned: Values) -> tuple[str, ...]:
        return (block,) if at(prior, block) and not at(planned, block) else ()

    return rule


def added_or_taken_away(block: str) -> Rule:
    """A block that comes or goes replaces; changing it does not."""

    def rule(prior: Values, planned: Values) -> tuple[str, ...]:
        return (block,) if bool(at(prior, block)) != bool(at(planned, block)) else ()

    return rule


def changed_while(path: str, other: str, *values: Any) -> Rule:
    """A change replaces where another argument is planned to be one of these."""

    def rule(prior: Values, planned: Values) -> tuple[str, ...]:
        changed = not same(at(prior, path), at(planned, path))
        return (path,) if changed and at(planned, other) in values else ()

    return rule


def changed_anywhere(*paths: str) -> Rule:
    """A change replaces in any of several blocks, `0` standing for each; so does one in a block that comes or goes."""

    def rule(prior: Values, planned: Values) -> tuple[str, ...]:
        found: list[str] = []
        for path in paths:
            before, after = dict(each(prior, path)), dict(each(planned, path))
            found += [
                ".".join(map(str, where))
                for where in {**before, **after}
                if not same(before.get(where), after.get(where))
            ]
        return tuple(found)

    return rule


def counted(*blocks: str) -> Rule:
    """Another number of blocks replaces; what is in them has rules of its own.

    That is what the SDK makes of a list of blocks that forces a replacement: helper/schema/schema.go, diffList.
    """

    def rule(prior: Values, planned: Values) -> tuple[str, ...]:
        found: list[str] = []
        for path in blocks:
            before, after = dict(each(prior, path)), dict(each(planned, path))
            found += [
                ".".join(map(str, where))
                for where in {**before, **after}
                if after.get(where) is not UNKNOWN and _count(before.get(where)) != _count(after.get(where))
            ]
        return tuple(found)

    return rule


def _count(blocks: Any) -> int:
    return len(blocks) if isinstance(blocks, list) else 0
