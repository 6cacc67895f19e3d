"""Writes `widths.json` anew from font files: `python -m ops.picture.refresh_widths`. Needs fonttools, which nothing else does.

The figures are those of DejaVu Sans, the widest of the fonts that browsers take for `sans-serif` (Debian's fonts-dejavu-core),
and of Roboto, which PNGs are drawn with: of each character the wider.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

DEJAVU = Path("/usr/share/fonts/truetype/dejavu")
FILE = Path(__file__).with_name("widths.json")
# ASCII, Western and Central European letters, and the signs that a picture may use.
CHARACTERS = "".join(
    chr(number)
    for number in (
        *range(0x20, 0x7F),
        *range(0xA0, 0x180),
        *range(0x2190, 0x2195),  # arrows
        *map(ord, "–—“”•…‰×≤≥▸▾✓●"),
        *(0x2018, 0x2019, 0x2212),  # single quotation marks, minus
    )
)


def table(fonts: Sequence[Any]) -> dict[str, int]:
    """Thousandths of the font's size that each character takes at most, in any of the fonts and before any other."""
    measured = [_advances(font) for font in fonts]
    return {
        character: max(math.ceil(one[character]) for one in measured if character in one)
        for character in CHARACTERS
    }


def drawn(fonts: Sequence[Any]) -> list[list[int]]:
    """The first and the last of each run of characters that all of the fonts have."""
    runs: list[list[int]] = []
    for number in sorted(set.intersection(*({*font.getBestCmap()} for font in fonts))):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return runs


def _advances(font: Any) -> dict[str, float]:
    glyphs: dict[int, str] = font.getBestCmap()
    ours = {glyphs[ord(character)] for character in CHARACTERS if ord(character) in glyphs}
    apart: dict[str, int] = {}
    for first, second, units in _spread_pairs(font):
        if second in ours:
            apart[first] = max(units, apart.get(first, 0))
    scale = 1000 / font["head"].unitsPerEm
    return {
        character: (font["hmtx"][glyph][0] + apart.get(glyph, 0)) * scale
        for character in CHARACTERS
        if (glyph := glyphs.get(ord(character)))
    }


def _spread_pairs(font: Any) -> Iterator[tuple[str, str, int]]:
    """Pairs of glyphs that kerning draws further apart than they are wide, and by how many units."""
    if "kern" in font:
        for one in font["kern"].kernTables:
            for (first, second), units in one.kernTable.items():
                if units > 0:
                    yield first, second, units
    if "GPOS" not in font:
        return
    lookups = font["GPOS"].table.LookupList.Lookup
    for subtable in (subtable for lookup in lookups for subtable in lookup.SubTable):
        pairs = subtable.ExtSubTable if subtable.LookupType == 9 else subtable
        if pairs.LookupType == 2:
            yield from _of_glyphs(pairs) if pairs.Format == 1 else _of_classes(pairs)


def _of_glyphs(pairs: Any) -> Iterator[tuple[str, str, int]]:
    for first, found in zip(pairs.Coverage.glyphs, pairs.PairSet, strict=True):
        for record in found.PairValueRecord:
            if (units := getattr(record.Value1, "XAdvance", 0)) > 0:
                yield first, record.SecondGlyph, units


def _of_classes(pairs: Any) -> Iterator[tuple[str, str, int]]:
    firsts, seconds = pairs.ClassDef1.classDefs, pairs.ClassDef2.classDefs
    for first in pairs.Coverage.glyphs:
        records = pairs.Class1Record[firsts.get(first, 0)].Class2Record
        for second, number in seconds.items():
            if (units := getattr(records[number].Value1, "XAdvance", 0)) > 0:
                yield first, second, units


def main() -> None:
    """Reads the fonts and writes the figures."""
    import font_roboto
    from fontTools.ttLib import TTFont

    roboto = Path(font_roboto.__file__).parent / "files"
    weights = {
        "regular": (DEJAVU / "DejaVuSans.ttf", roboto / "Roboto-Regular.ttf"),
        "bold": (DEJAVU / "DejaVuSans-Bold.ttf", roboto / "Roboto-Bold.ttf"),
    }
    fonts = {weight: [TTFont(file) for file in files] for weight, files in weights.items()}
    about = "Thousandths of the font's size; the wider of DejaVu Sans {} (https://dejavu-fonts.github.io) and Roboto {} (PyPI: font-roboto)"
    versions = [font["name"].getDebugName(5).removeprefix("Version ") for font in fonts["regular"]]
    data = {
        "about": about.format(*versions),
        **{weight: table(found) for weight, found in fonts.items()},
        "roboto": drawn([found[1] for found in fonts.values()]),
    }
    lines = (f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in data.items())
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"wrote {FILE}", file=sys.stderr)


if __name__ == "__main__":
    main()
