"""A drawing as SVG: plain class rules that every renderer knows, and labels that are text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal
from xml.etree import ElementTree

from .drawing import Drawing, Line, Link, Shape
from .palette import DARK, HOLDING, LIGHT, Paint, Theme

ThemeName = Literal["auto", "light", "dark"]
FONTS = '"DejaVu Sans", Verdana, "Segoe UI", Roboto, Helvetica, Arial, sans-serif'
_NAMESPACE = "http://www.w3.org/2000/svg"


def svg(drawing: Drawing, theme: ThemeName = "auto", scripted: bool = False) -> str:
    """The text of an SVG file.

    Args:
        theme: "auto" is light or dark as the reader's system is; the others are one of both.
        scripted: boxes can be reached with the keyboard, for a page that answers to it.
    """
    wide, high = _number(drawing.width), _number(drawing.height)
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": _NAMESPACE,
            "class": "picture",
            "role": "img",
            "aria-labelledby": "picture-title",
            "viewBox": f"0 0 {wide} {high}",
            "width": wide,
            "height": high,
        },
    )
    ElementTree.SubElement(root, "title", {"id": "picture-title"}).text = drawing.title
    ElementTree.SubElement(root, "style").text = _style(theme)
    ElementTree.SubElement(root, "rect", {"class": "background", "width": wide, "height": high})
    for shape in drawing.shapes:
        _shape(root, shape, scripted=scripted)
    for link in drawing.links:
        _link(root, link)
    ElementTree.indent(root, "")
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _shape(root: ElementTree.Element, shape: Shape, *, scripted: bool) -> None:
    attributes = {
        "class": " ".join(["box", shape.kind, *([f"change-{shape.change}"] if shape.change else [])]),
        "id": shape.id,
        "data-addresses": " ".join(shape.addresses),
        "data-name": shape.name,
    }
    if scripted and shape.addresses:
        attributes |= {"tabindex": "0", "role": "button", "aria-label": shape.name}
    group = ElementTree.SubElement(root, "g", attributes)
    place = {"x": shape.x, "y": shape.y, "width": shape.width, "height": shape.height}
    ElementTree.SubElement(
        group, "rect", {name: _number(value) for name, value in place.items()} | {"rx": "4"}
    )
    for line in shape.lines:
        _line(group, line)


def _line(group: ElementTree.Element, line: Line) -> None:
    attributes = {"class": line.role, "x": _number(line.x), "y": _number(line.y)}
    ElementTree.SubElement(group, "text", attributes).text = line.text


def _link(root: ElementTree.Element, link: Link) -> None:
    points = " ".join(f"{_number(x)},{_number(y)}" for x, y in link.points)
    ElementTree.SubElement(root, "polyline", {"class": f"link {link.kind}", "points": points})
    if link.kind == "traffic":
        x, y = link.points[-1]
        tip = f"{_number(x)},{_number(y)} {_number(x - 9)},{_number(y - 5)} {_number(x - 9)},{_number(y + 5)}"
        ElementTree.SubElement(root, "polygon", {"class": "tip", "points": tip})


def _style(theme: ThemeName) -> str:
    rules = [*_fonts(), *_colours(DARK if theme == "dark" else LIGHT)]
    if theme == "auto":
        rules += ["@media (prefers-color-scheme: dark) {", *_colours(DARK), "}"]
    return "\n".join(["", *rules, ""])


def _fonts() -> Iterator[str]:
    from .boxes import BOLD, SIZES

    yield f".picture text {{ font-family: {FONTS}; }}"
    for role, size in SIZES.items():
        weight = "bold" if role in BOLD else "normal"
        yield f".picture text.{role} {{ font-size: {_number(size)}px; font-weight: {weight}; }}"


def _colours(theme: Theme) -> Iterator[str]:
    yield f".picture .background {{ fill: {theme.background}; }}"
    yield f".picture text {{ fill: {theme.text}; }}"
    yield f".picture text.note {{ fill: {theme.muted}; }}"
    yield f".picture .link {{ fill: none; stroke: {theme.link}; stroke-width: 2px; }}"
    yield f".picture .tip {{ fill: {theme.link}; }}"
    for kind, paint in theme.kinds.items():
        yield f".picture .{kind} rect {{ {_painted(paint)} }}"
        if kind == "accelerated":
            yield f".picture .link.efa {{ stroke: {paint.stroke}; }}"
    for verb, paint in theme.changes.items():
        yield f".picture .change-{verb} rect {{ {_painted(paint)} }}"
        yield f".picture .change-{verb} text.sign {{ fill: {paint.stroke}; }}"
    # What holds other boxes keeps its own fill, or these would hardly be seen.
    for kind in HOLDING:
        yield f".picture .{kind} rect {{ fill: {theme.kinds[kind].fill}; }}"


def _painted(paint: Paint) -> str:
    dashes = paint.dashes or "none"
    return (
        f"fill: {paint.fill}; stroke: {paint.stroke}; stroke-width: {_number(paint.thick)}px; "
        f"stroke-dasharray: {dashes};"
    )


def _number(value: float) -> str:
    """A number without needless digits."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
