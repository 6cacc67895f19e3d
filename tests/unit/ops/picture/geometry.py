"""What is true of every picture: nothing overlaps, nothing sticks out, and all text fits."""

from __future__ import annotations

from collections import defaultdict

from ops.picture.drawing import WIDTH, Drawing, Shape
from ops.picture.widths import width

# Geometry is in whole px; texts are wrapped to the room before rounding.
_ROUNDING = 1.0


def assert_sound(drawing: Drawing) -> None:
    """Fails on the first thing that is wrong, with the boxes' names."""
    by_id = {shape.id: shape for shape in drawing.shapes}
    assert len(by_id) == len(drawing.shapes), "two boxes have one id"
    assert drawing.width <= WIDTH
    children: dict[str | None, list[Shape]] = defaultdict(list)
    for shape in drawing.shapes:
        children[shape.parent].append(shape)
        assert shape.width > 0, shape.id
        assert shape.height > 0, shape.id
        _inside(shape, by_id.get(shape.parent) if shape.parent else None, drawing)
        _readable(shape)
    for siblings in children.values():
        for index, one in enumerate(siblings):
            for other in siblings[index + 1 :]:
                assert not _overlap(one, other), f"{one.id} overlaps {other.id}"
    for shape in drawing.shapes:
        for child in children[shape.id]:
            for line in shape.lines:
                assert line.y < child.y or line.y - line.size > child.y + child.height, (
                    f"{child.id} lies on {line.text!r}"
                )
    for link in drawing.links:
        start, end = by_id[link.start], by_id[link.end]
        assert _touches(start, link.points[0]), link
        assert _touches(end, link.points[-1]), link


def _inside(shape: Shape, parent: Shape | None, drawing: Drawing) -> None:
    left, top, right, bottom = (
        (0.0, 0.0, drawing.width, drawing.height)
        if parent is None
        else (parent.x, parent.y, parent.x + parent.width, parent.y + parent.height)
    )
    assert left < shape.x, shape.id
    assert top < shape.y, shape.id
    assert shape.x + shape.width < right, shape.id
    assert shape.y + shape.height < bottom, shape.id


def _readable(shape: Shape) -> None:
    for line in shape.lines:
        assert line.size >= 11, line.text
        right = line.x + width(line.text, line.size, line.bold)
        assert shape.x <= line.x, f"{line.text!r} sticks out of {shape.id}"
        assert right <= shape.x + shape.width + _ROUNDING, f"{line.text!r} sticks out of {shape.id}"
        assert shape.y <= line.y - line.size * 0.8, f"{line.text!r} sticks out of {shape.id}"
        assert line.y + line.size * 0.25 <= shape.y + shape.height, f"{line.text!r} sticks out of {shape.id}"


def _overlap(one: Shape, other: Shape) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def _touches(shape: Shape, point: tuple[float, float]) -> bool:
    x, y = point
    return shape.x <= x <= shape.x + shape.width and shape.y <= y <= shape.y + shape.height
