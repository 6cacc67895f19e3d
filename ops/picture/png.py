"""A picture as PNG: drawn by resvg with one font that comes with this project, so that it is the same on every machine."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

_FONT = "Roboto"
_WIDTHS = Path(__file__).with_name("widths.json")


class PngError(ValueError):
    """The picture cannot be drawn as PNG as it is; the message says what to do instead."""


def png(svg: str, zoom: float = 2) -> bytes:
    """Draws an SVG; `zoom` is pixels of the PNG for one of the SVG.

    Raises:
        PngError: the font is missing, or has no glyph for a character: such a picture would have holes.
    """
    import resvg_py

    missing = sorted({character for character in _texts(svg) if not _has_glyph(ord(character))})
    if missing:
        raise PngError(
            f"the font of the PNG has no {' '.join(missing)}, which a name in the picture has: "
            "write an .svg or .html, which show it with the reader's own fonts"
        )
    drawn: bytes = resvg_py.svg_to_bytes(
        svg_string=svg,
        zoom=zoom,
        skip_system_fonts=True,
        font_files=_fonts(),
        font_family=_FONT,
        sans_serif_family=_FONT,
        monospace_family=_FONT,
    )
    return drawn


def _texts(svg: str) -> str:
    """All that the picture shows as text, without the line breaks and blanks around it."""
    root = ElementTree.fromstring(svg)
    texts = (element for element in root.iter("{http://www.w3.org/2000/svg}text"))
    return "".join(part.strip() for element in texts for part in element.itertext())


@cache
def _fonts() -> list[str]:
    import font_roboto

    folder = Path(font_roboto.__file__).parent / "files"
    files = [folder / f"{_FONT}-{weight}.ttf" for weight in ("Regular", "Medium", "Bold")]
    for file in files:
        if not file.is_file():
            raise PngError(f"there is no {file}, which PNGs are drawn with: install font-roboto anew")
    return [str(file) for file in files]


@cache
def _runs() -> list[list[int]]:
    runs: list[list[int]] = json.loads(_WIDTHS.read_text(encoding="utf-8"))["roboto"]
    return runs


def _has_glyph(number: int) -> bool:
    return any(first <= number <= last for first, last in _runs())
