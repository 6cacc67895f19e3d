"""How wide a text is at most, whichever of the usual sans fonts shows it: a picture is arranged before anybody draws it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("widths.json")
# Browsers round lengths up to 1/64 pixel: https://chromium.googlesource.com/chromium/src/+/main/third_party/blink/renderer/platform/geometry/layout_unit.h
_ROUNDING = 1 / 64


def width(text: str, size: float, bold: bool = False) -> float:
    """Pixels that one line of text takes at most; `size` is the font's, in pixels."""
    widths, widest = _widths("bold" if bold else "regular")
    return sum(widths.get(character, widest) for character in text) * size / 1000 + _ROUNDING


@cache
def _widths(weight: str) -> tuple[Mapping[str, int], int]:
    """Thousandths of the font's size by character, and those of the widest: what is not in the table counts as that."""
    table: dict[str, int] = json.loads(_FILE.read_text(encoding="utf-8"))[weight]
    return table, max(table.values())
