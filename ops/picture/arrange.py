"""Where each box goes: the layout engine (Taffy, as `stretchable`) arranges the tree by the rules of CSS flexbox."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from .boxes import BOLD, SIZES, Box, Text, padding_of
from .widths import width

if TYPE_CHECKING:
    from stretchable import Node
    from stretchable.style import Style

    Nodes = dict[int, tuple[Box, Node, Node | None]]

_SPACING = 1.3
_BELOW_TEXT = 6.0
# Where a word that is too long for its line may be broken.
_BREAKS = re.compile(r"[^-/.:_,=+]*[-/.:_,=+]|[^-/.:_,=+]+")


@dataclass(slots=True)
class Placed:
    """A box with its place, and the lines of its texts: text, role, x and baseline."""

    box: Box
    x: float
    y: float
    width: float
    height: float
    lines: list[tuple[str, str, float, float]] = field(default_factory=list)


def arrange(root: Box, wide: float) -> list[tuple[Placed, Placed | None]]:
    """Every visible box of a tree of a width in px with the one around it, parents first."""
    logger = logging.getLogger()
    before = [*logger.handlers]
    from stretchable import Node
    from stretchable.style import AUTO

    # Importing it gives the root logger a handler, which is not a library's business.
    logger.handlers[:] = before
    nodes: Nodes = {}
    top = Node(_node(root, nodes, in_row=True), size=(wide, AUTO))
    # First the widths, which no text has a say in; then, as texts are wrapped to these, the heights.
    top.compute_layout(use_rounding=True)
    for box, _, text in nodes.values():
        if text is not None:
            lines = wrapped(box.texts, text.get_box().width)
            text.style = _style(size=(None, sum(_high(role) for _, role in lines)), flex_shrink=0)
    top.compute_layout(use_rounding=True)
    return [*_placed(root, nodes, None)]


def wrapped(texts: Sequence[Text], room: float) -> list[tuple[str, str]]:
    """Lines, each with its role, that are no wider than `room` px."""
    return [(line, one.role) for one in texts for line in _lines(one.text, one.role, room)]


def _lines(text: str, role: str, room: float) -> list[str]:
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if _wide(joined, role) <= room:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for part in _BREAKS.findall(word):
            if lines[-1] and _wide(lines[-1] + part, role) > room:
                lines.append("")
            for character in part:
                if lines[-1] and _wide(lines[-1] + character, role) > room:
                    lines.append("")
                lines[-1] += character
    return lines


def _wide(text: str, role: str) -> float:
    return width(text, SIZES[role], role in BOLD)


def _high(role: str) -> float:
    return SIZES[role] * _SPACING


def _node(box: Box, nodes: Nodes, *, in_row: bool = False) -> Node:
    from stretchable import Node
    from stretchable.style import FlexDirection

    across = box.direction == "row"
    text = Node(style=_style(flex_shrink=0)) if box.texts else None
    inside = [_node(child, nodes, in_row=across) for child in box.children]
    parts = [text] if text is not None else []
    if inside:
        direction = FlexDirection.ROW if across else FlexDirection.COLUMN
        style = _style(flex_direction=direction, gap=box.gap, flex_grow=1, flex_shrink=0, min_size=(0, None))
        parts.append(Node(*inside, style=style))
    grow = box.weight if in_row else float(box.fill)
    style = _style(
        flex_direction=FlexDirection.COLUMN,
        gap=_BELOW_TEXT,
        padding=padding_of(box.kind),
        min_size=(0, None),
        flex_grow=grow,
        flex_shrink=0,
        flex_basis=0 if in_row else None,
    )
    node = Node(*parts, style=style)
    nodes[id(box)] = (box, node, text)
    return node


@cache
def _style(**rules: Any) -> Style:
    """One for all nodes of the same rules, since to make it takes longer than to place a node; None is `auto`."""
    from stretchable.style import AUTO, Style

    def said(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(said, value))
        return AUTO if value is None else value

    return Style(**{name: said(value) for name, value in rules.items()})


def _placed(box: Box, nodes: Nodes, parent: Placed | None) -> Iterator[tuple[Placed, Placed | None]]:
    _, node, text = nodes[id(box)]
    place = node.get_box(relative=False)
    here = Placed(box, place.x, place.y, place.width, place.height)
    if text is not None:
        inner = text.get_box(relative=False)
        here.lines = [*_baselines(box.texts, inner.x, inner.y, inner.width)]
    if box.kind == "space":
        return
    if box.kind:
        yield here, parent
    for child in box.children:
        yield from _placed(child, nodes, here if box.kind else parent)


def _baselines(
    texts: Sequence[Text], x: float, y: float, room: float
) -> Iterator[tuple[str, str, float, float]]:
    for line, role in wrapped(texts, room):
        y += _high(role)
        yield line, role, x, y - 0.35 * SIZES[role]
