"""What differs between the two sides of a change, argument by argument, in lines that a person can read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .plan import Change
from .values import UNKNOWN, Path, Sensitive, shown

_LONG = 160
# What would steer a terminal, end a line or turn the direction of a text.
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]"
)


class _Missing:
    """Nothing on one side."""


_MISSING = _Missing()


@dataclass(frozen=True, slots=True)
class Difference:
    """An argument that differs; a side that has nothing is None. The texts are single lines, cut where they are long."""

    argument: str
    before: str | None
    after: str | None


def plain(text: str) -> str:
    """A text as one line, whose invisible characters are spelled out."""
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", " ".join(text.split()))


def differences(change: Change) -> Iterator[Difference]:
    """What differs in a resource, in the order of the arguments' names; everything where there is one side only."""
    for name in change.arguments:
        yield from _between((name,), change.before.get(name), change.after.get(name))


def _between(path: Path, before: Any, after: Any) -> Iterator[Difference]:
    if before is _MISSING or after is _MISSING or not _alike(before, after):
        yield from _whole(path, before, after)
    elif isinstance(before, dict):
        for name in sorted({*before, *after}):
            one, other = before.get(name), after.get(name)
            if one != other:
                yield from _between((*path, name), one, other)
    elif isinstance(before, list):
        yield from _of_lists(path, before, after)
    else:
        yield from _of_documents(path, before, after)


def _alike(before: Any, after: Any) -> bool:
    """Whether two values can be compared part by part."""
    return any(isinstance(before, kind) and isinstance(after, kind) for kind in (dict, list, str))


def _of_lists(path: Path, before: list[Any], after: list[Any]) -> Iterator[Difference]:
    """One by one where there are as many blocks; else what has gone and what has come: many lists are sets."""
    blocks = all(isinstance(one, dict) for one in (*before, *after))
    if len(before) == len(after) and blocks:
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            if one != other:
                yield from _between((*path, index), one, other)
        return
    gone = [one for one in before if one not in after]
    come = [one for one in after if one not in before]
    if not gone and not come:  # another order, or another number of the same
        yield from _whole(path, before, after)
    elif blocks:
        for one in gone:
            yield from _whole(path, one, _MISSING)
        for one in come:
            yield from _whole(path, _MISSING, one)
    elif len(before) + len(after) > 8:
        yield from _whole(path, gone or _MISSING, come or _MISSING)
    else:
        yield from _whole(path, before, after)


def _of_documents(path: Path, before: str, after: str) -> Iterator[Difference]:
    """Texts that are JSON, as policies are, are compared as such."""
    one, other = _document(before), _document(after)
    if one is not None and other is not None and one != other:
        yield from _between(path, one, other)
    else:
        yield from _whole(path, before, after)


def _document(text: str) -> Any:
    if text[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _whole(path: Path, before: Any, after: Any) -> Iterator[Difference]:
    argument = plain(".".join(map(str, path)))
    texts = [None if one is _MISSING or one is None else _shown(one) for one in (before, after)]
    if texts[0] is not None and texts[1] is not None and texts[0] != texts[1]:
        texts = list(_contrasted(texts[0], texts[1]))
    elif isinstance(before, Sensitive) and isinstance(after, Sensitive):
        texts[1] = f"{texts[1]}, another one"
    cut = [None if text is None else shown(text, _LONG) for text in texts]
    yield Difference(argument if len(argument) <= _LONG else f"{argument[:_LONG]}…", *cut)


def _shown(value: Any) -> str:
    if isinstance(value, list) and value and all(one is UNKNOWN for one in value):
        value = UNKNOWN
    return plain(shown(value, 1_000_000))


def _contrasted(before: str, after: str) -> tuple[str, str]:
    """Two long texts from shortly before the place where they begin to differ."""
    if max(len(before), len(after)) <= _LONG:
        return before, after
    same = next(
        (index for index, (one, other) in enumerate(zip(before, after, strict=False)) if one != other),
        min(len(before), len(after)),
    )
    start = max(0, same - 40)
    return (before, after) if start == 0 else (f"…{before[start:]}", f"…{after[start:]}")
