"""What the page tells of each resource: its arguments as text, and what a plan does to them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..review.plan import Change, Plan
from ..review.values import UNKNOWN, Sensitive
from .planned import base, identified

HIDDEN = "(sensitive value)"
# What the helm provider takes for values that nobody may see.
_SENSITIVE = frozenset({"set_sensitive"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One argument that a plan changes; None where it is not there."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Detail:
    """One resource or data source, or one instance of it that a plan names.

    `drawn` is how the picture calls it: STACK/ADDRESS, without the index of a `for_each`. `verb` is empty where no plan
    changes it.
    """

    id: str
    drawn: str
    stack: str
    address: str
    arguments: tuple[tuple[str, str], ...] = ()
    verb: str = ""
    because: tuple[str, ...] = ()
    moved_from: str = ""
    differences: tuple[Difference, ...] = ()


def details(documents: Mapping[str, Mapping[str, Any]], plans: Sequence[Plan] = ()) -> list[Detail]:
    """All resources and data sources of the stacks, then those that only a plan knows, since it destroys them."""
    changed: dict[str, list[Change]] = {}
    for plan in plans:
        for change in plan.changes:
            if change.is_managed and (change.happens or change.previous_address):
                changed.setdefault(identified(plan.stack, base(change.address)), []).append(change)
    found: list[Detail] = []
    for stack, document in documents.items():
        for address, body in _bodies(document):
            drawn = identified(stack, address)
            arguments = tuple(rows(body))
            changes = changed.pop(drawn, [])
            found.extend(_changed(drawn, change, arguments) for change in changes)
            if not changes:
                found.append(Detail(drawn, drawn, stack, address, arguments))
    gone = [_changed(drawn, change, ()) for drawn, changes in changed.items() for change in changes]
    return [*found, *gone]


def rows(body: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Arguments and their values as text; one that has long texts inside is told leaf by leaf."""
    for name, value in body.items():
        if path + name == "//":  # cdktf's own notes
            continue
        if name in _SENSITIVE:
            yield path + name, HIDDEN
        elif name == "user_data" and (told := _decoded(value)) is not None:
            yield f"{path}{name} (decoded)", told
        elif isinstance(value, dict | list) and _has_text(value):
            items = value if isinstance(value, dict) else {str(at): one for at, one in enumerate(value)}
            yield from rows(items, f"{path}{name}.")
        else:
            yield path + name, pretty(value)


def pretty(value: Any) -> str:
    """A value as text: JSON with a line for each part, also where it is JSON in a string."""
    if value is UNKNOWN:
        return repr(value)
    if isinstance(value, Sensitive):
        return HIDDEN
    if isinstance(value, str):
        inside = _parsed(value)
        return value if inside is None else json.dumps(inside, indent=2, ensure_ascii=False)
    return json.dumps(value, indent=2, ensure_ascii=False, default=repr)


def differences(before: Any, after: Any, path: str = "") -> Iterator[Difference]:
    """The parts of two trees that differ, as far inside as both have the same form."""
    if isinstance(before, str) and isinstance(after, str):
        parsed = _parsed(before), _parsed(after)
        if None not in parsed:
            before, after = parsed
    if before == after:
        return
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        before, after = _numbered(before), _numbered(after)
    if isinstance(before, dict) and isinstance(after, dict) and before and after:
        for name in dict.fromkeys((*before, *after)):
            yield from differences(before.get(name), after.get(name), f"{path}.{name}" if path else str(name))
        return
    yield Difference(path, *(None if one is None else _text(path, one) for one in (before, after)))


def _changed(drawn: str, change: Change, arguments: tuple[tuple[str, str], ...]) -> Detail:
    return Detail(
        id=identified(change.stack, change.address),
        drawn=drawn,
        stack=change.stack,
        address=change.address,
        arguments=arguments,
        verb=change.verb if change.happens else "",
        because=change.because,
        moved_from=change.previous_address or "",
        differences=tuple(_told(change)),
    )


def _told(change: Change) -> Iterable[Difference]:
    if not change.happens:
        return ()
    if change.before and change.after:
        # What forces a replacement first, what only the apply tells last.
        return sorted(
            differences(change.before, change.after),
            key=lambda one: (not _within(one.name, change.because), one.after == repr(UNKNOWN)),
        )
    made = bool(change.after)
    texts = [
        (name, _text(name, value))
        for name, value in (change.after or change.before).items()
        if value not in (None, [], {})
    ]
    return [Difference(name, None if made else text, text if made else None) for name, text in texts]


def _within(name: str, paths: Sequence[str]) -> bool:
    return any(f"{name}.".startswith(f"{path}.") for path in paths)


def _bodies(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for kind, prefix in (("resource", ""), ("data", "data.")):
        for of_type, named in document.get(kind, {}).items():
            for name, body in named.items():
                yield f"{prefix}{of_type}.{name}", body


def _has_text(value: Any) -> bool:
    """Whether there is a string inside that has lines, or is JSON itself, or one that must be hidden."""
    if isinstance(value, dict):
        return any(name in _SENSITIVE or _has_text(one) for name, one in value.items())
    if isinstance(value, list):
        return any(_has_text(one) for one in value)
    return isinstance(value, str) and ("\n" in value or _parsed(value) is not None)


def _parsed(text: str) -> Any:
    """What a string that is a JSON object or list holds; None for any other."""
    if not (text[:1] == "{" and text[-1:] == "}") and not (text[:1] == "[" and text[-1:] == "]"):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _text(path: str, value: Any) -> str:
    told = _decoded(value) if path.endswith("user_data") else None
    return pretty(value) if told is None else told


def _decoded(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        return base64.b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None


def _numbered(items: Sequence[Any]) -> dict[str, Any]:
    return {str(at): one for at, one in enumerate(items)}
