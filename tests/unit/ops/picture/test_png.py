"""Pictures as PNG, with the font that comes along, and widths that hold for it."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from ops.picture import png as module
from ops.picture.png import PngError, png
from ops.picture.widths import width

_SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="300" height="40" viewBox="0 0 300 40">
<style>text {{ fill: #000 }}</style><rect width="300" height="40" fill="#fff"/>
<text x="10" y="20" font-family="{family}" font-size="14">{text}</text></svg>"""


def drawn(text: str, family: str = "system-ui, sans-serif") -> bytes:
    return png(_SVG.format(text=text, family=family))


def test_it_is_twice_as_large_so_that_text_is_sharp() -> None:
    image = drawn("eks")
    assert image[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", image[16:24]) == (600, 80)


def test_text_is_drawn_and_the_same_each_time_whatever_fonts_are_asked_for() -> None:
    image = drawn("eks-p5-odcr × 16")
    assert image != drawn("")
    assert image == drawn("eks-p5-odcr × 16", "No Such Font, monospace")


def test_a_character_that_the_font_lacks_is_refused_and_named() -> None:
    with pytest.raises(PngError, match=r"has no 好, which .* write an \.svg or \.html"):
        drawn("eks 好")


def test_a_missing_font_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("font_roboto.__file__", str(tmp_path / "__init__.py"))
    module._fonts.cache_clear()
    with pytest.raises(PngError, match=r"Roboto-Regular\.ttf.*install font-roboto"):
        drawn("eks")
    module._fonts.cache_clear()


def test_widths_grow_with_the_size_and_with_bold_letters() -> None:
    assert 1.9 < width("eks-p5", 24) / width("eks-p5", 12) <= 2
    assert width("eks-p5", 12, bold=True) > width("eks-p5", 12)


def test_a_character_that_is_not_in_the_table_counts_as_the_widest() -> None:
    assert width("好", 10) == width("‰", 10) >= max(width(one, 10) for one in "W@—…M")
