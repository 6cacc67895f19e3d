"""A picture as a tree of boxes, before anybody knows where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["column", "row"]
# What a plan does to a resource: ops/offline/changes.py.
Verb = Literal["create", "update", "replace", "delete", "forget"]
# The sizes of the texts, in px: nothing is smaller than 11, which a reader can still read at a width of 1,200.
SIZES = {"heading": 20.0, "title": 14.0, "name": 13.0, "line": 12.0, "note": 11.0, "sign": 11.0}
BOLD = frozenset({"heading", "title", "name", "sign"})
GAP = 10.0


@dataclass(frozen=True, slots=True)
class Text:
    """A line before it is wrapped; `role` says how it looks."""

    text: str
    role: str = "line"


@dataclass(slots=True)
class Box:
    """A rectangle with texts above and children below them; one without `kind` only arranges its children.

    `own` are the keys of the resources that it is, `instance` the key of their `for_each` that is meant, `addresses`
    everything that belongs to it. `weight` is its share of a row, `fill` whether it takes the height that is left.
    """

    kind: str = ""
    name: str = ""
    texts: Sequence[Text] = ()
    own: tuple[str, ...] = ()
    instance: str | None = None
    addresses: tuple[str, ...] = ()
    children: list[Box] = field(default_factory=list)
    direction: Direction = "column"
    weight: float = 1.0
    fill: bool = False
    gap: float = GAP
    change: Verb | None = None


def column(*children: Box, weight: float = 1.0, gap: float = GAP) -> Box:
    """Boxes below each other."""
    return Box(children=[*children], weight=weight, gap=gap)


def row(*children: Box, weight: float = 1.0, gap: float = GAP) -> Box:
    """Boxes side by side, as wide as their weights say."""
    return Box(children=[*children], direction="row", weight=weight, gap=gap)


def space(like: Box | None = None) -> Box:
    """Room that stays empty, as high as a box like another one would be."""
    return Box("space", texts=like.texts if like else ())


def grid(children: Sequence[Box], columns: int, gap: float = GAP, least: int = 1) -> Box:
    """Boxes of one width, in rows of one length as far as possible; what the last one lacks stays empty.

    Args:
        columns: how many go side by side at most.
        least: how many places a row has at least, so that a single small thing is not as wide as the picture.
    """
    rows_needed = -(-len(children) // max(1, columns))
    columns = max(least, -(-len(children) // rows_needed))
    rows = [children[start : start + columns] for start in range(0, len(children), columns)]
    return column(
        *(row(*some, *(space() for _ in range(columns - len(some))), gap=gap) for some in rows), gap=gap
    )


def padding_of(kind: str) -> float:
    """The room between a box's border and what is in it."""
    return {"": 0.0, "heading": 0.0, "node": 5.0, "bus": 5.0, "legend": 5.0}.get(kind, 9.0)
