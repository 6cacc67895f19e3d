"""A picture with all its geometry: shapes, lines of text and links. Whoever draws it only has to choose colours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .arrange import Placed, arrange
from .boxes import BOLD, SIZES, Box, Text, Verb, column, row, space
from .colouring import SIGNS, colour, signed, used
from .reading import read
from .scene import Documents
from .scenery import scenery, summary

__all__ = ["Drawing", "Line", "Link", "Shape", "Verb", "draw"]

WIDTH = 1200
_MARGIN = 16


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text: `x` is its left end, `y` its baseline, `size` the font's, all in px. `role` chooses its colour."""

    text: str
    x: float
    y: float
    size: float
    bold: bool
    role: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A box with its place in px from the picture's upper left corner.

    `kind` is one or more words, `addresses` what it stands for as `STACK/ADDRESS`, `parent` the id of the box around it.
    """

    id: str
    kind: str
    name: str
    addresses: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float
    lines: tuple[Line, ...]
    parent: str | None
    change: Verb | None


@dataclass(frozen=True, slots=True)
class Link:
    """A line from one box to another, through its points; `kind` is `efa` or `traffic`."""

    kind: str
    start: str
    end: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """All of a picture. A shape comes after the one that it is in."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    links: tuple[Link, ...]
    title: str


def draw(documents: Documents, changes: Mapping[str, Verb] | None = None) -> Drawing:
    """Draws stacks.

    Args:
        documents: by name of the stack the content of its `cdk.tf.json`.
        changes: what a plan does, by `STACK/ADDRESS`, instances of a `for_each` with their key.
    """
    scene = read(documents)
    region = scenery(scene)
    if changes is not None:
        colour(region, changes)
    heading = Box("heading", scene.title, [Text(scene.title, "heading"), Text(summary(scene))])
    parts = [heading]
    if changes is not None:
        parts.append(_legend(used(region)))
    page = column(*parts, region, gap=12)
    _mark(page)
    placed = arrange(page, WIDTH - 2 * _MARGIN)
    ids = _ids(placed)
    shapes = tuple(
        Shape(
            ids[id(one)],
            one.box.kind,
            one.box.name,
            one.box.addresses,
            one.x + _MARGIN,
            one.y + _MARGIN,
            one.width,
            one.height,
            tuple(
                Line(text, round(x + _MARGIN, 2), round(y + _MARGIN, 2), SIZES[role], role in BOLD, role)
                for text, role, x, y in one.lines
            ),
            ids[id(parent)] if parent is not None else None,
            one.box.change,
        )
        for one, parent in placed
    )
    high = max(shape.y + shape.height for shape in shapes) + _MARGIN
    return Drawing(WIDTH, high, shapes, tuple(_links(shapes)), _title(scene.title, changes))


def _title(name: str, changes: Mapping[str, Verb] | None) -> str:
    return f"{name}: what the layout makes" if changes is None else f"{name}: what the plan changes"


def _legend(verbs: tuple[Verb, ...]) -> Box:
    """What signs and colours mean, of those that the picture has."""
    if not verbs:
        return Box("heading", "legend", [Text("The plan changes nothing.")])
    entries = [Box("legend", verb, [Text(" ".join(SIGNS[verb]), "sign")], change=verb) for verb in verbs]
    return row(*entries, *(space() for _ in range(8 - len(entries))))


def _mark(box: Box) -> None:
    if box.kind != "legend":
        box.texts = signed(box)
    for child in box.children:
        _mark(child)


def _ids(placed: list[tuple[Placed, Placed | None]]) -> dict[int, str]:
    """An id for each box, of its kind and name, with a number where two have the same."""
    taken: dict[str, int] = {}
    found = {}
    for one, _ in placed:
        stack = one.box.addresses[0].partition("/")[0] if one.box.addresses else ""
        plain = re.sub(r"[^a-z0-9]+", "-", f"{stack} {one.box.kind} {one.box.name}".lower()).strip("-")
        taken[plain] = taken.get(plain, 0) + 1
        found[id(one)] = f"box-{plain}" + (f"--{taken[plain]}" if taken[plain] > 1 else "")
    return found


def _links(shapes: tuple[Shape, ...]) -> Iterator[Link]:
    """Nodes with the EFA bus below them, and load balancers with the server to the right."""
    for index, shape in enumerate(shapes):
        after = shapes[index + 1 :]
        if shape.kind.split()[0] == "node":
            bus = next((one for one in after if one.kind == "bus" and one.parent == shape.parent), None)
            if bus is not None:
                x = shape.x + shape.width / 2
                yield Link("efa", shape.id, bus.id, ((x, shape.y + shape.height), (x, bus.y)))
        elif shape.kind == "balancer":
            server = next(one for one in after if one.kind == "workload")
            y = shape.y + shape.height / 2
            yield Link("traffic", shape.id, server.id, ((shape.x + shape.width, y), (server.x, y)))
