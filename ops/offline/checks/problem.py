"""What is wrong with an argument, and the words that say so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from modules.layout.words import nearest

Path = tuple[str | int, ...]

# A longer list is left out where one value is near, and longer than the second in any case: nobody reads it.
LISTED, LISTED_ALONE = 12, 40


@dataclass(frozen=True, slots=True)
class Problem:
    """One argument that AWS, Kubernetes or Helm would refuse.

    `path` leads to it, like `("scaling_config", 0, "min_size")`. `message` says what was given, what is allowed and
    whose rule that is.
    """

    path: Path
    message: str


def quoted(value: object, limit: int = 80) -> str:
    """A value as a message shows it, cut where it is long."""
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= limit else f"{text[: limit - 4]}..."


def one_of(value: str, allowed: Iterable[str], whose: str) -> str:
    """The sentence for a value that is none of the allowed ones."""
    known = list(allowed)
    near = nearest(value, known)
    meant = f" Did you mean {quoted(near)}?" if near else ""
    if len(known) > (LISTED if near else LISTED_ALONE):
        return f"{quoted(value)} is none of the {len(known)} values that {whose} allows.{meant}"
    return f"{quoted(value)} is not allowed: {whose} takes {either(known)}.{meant}"


def either(words: Iterable[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    listed = [word or '""' for word in words]
    return " or ".join(filter(None, (", ".join(listed[:-1]), listed[-1] if listed else "nothing")))
