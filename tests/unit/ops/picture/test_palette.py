"""Colours that can be read, and told apart."""

from __future__ import annotations

import pytest

from ops.picture.palette import DARK, HOLDING, LIGHT, Theme

THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])


def _luminance(color: str) -> float:
    # https://www.w3.org/TR/WCAG21/#dfn-relative-luminance
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _fills(theme: Theme) -> dict[str, str]:
    paints = {**theme.kinds, **theme.changes}
    return {"background": theme.background} | {
        name: paint.fill for name, paint in paints.items() if paint.fill != "none"
    }


def test_contrast_is_counted_as_the_guidelines_do() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@THEMES
def test_text_can_be_read_on_every_box(theme: Theme) -> None:
    for name, fill in _fills(theme).items():
        assert contrast(theme.text, fill) >= 4.5, name
        assert contrast(theme.muted, fill) >= 4.5, name


@THEMES
def test_the_word_of_a_change_can_be_read_wherever_it_stands(theme: Theme) -> None:
    for verb, paint in theme.changes.items():
        for fill in (paint.fill, *(theme.kinds[kind].fill for kind in HOLDING)):
            assert contrast(paint.stroke, fill) >= 4.5, f"{verb} on {fill}"


@THEMES
def test_the_border_of_a_box_can_be_seen_on_what_is_around_it(theme: Theme) -> None:
    # https://www.w3.org/TR/WCAG21/#non-text-contrast
    for name, paint in theme.kinds.items():
        if name not in ("heading", "addon", "addons"):
            assert contrast(paint.stroke, theme.background) >= 3, name


@THEMES
def test_what_is_destroyed_differs_from_what_is_replaced_by_more_than_a_colour(theme: Theme) -> None:
    assert theme.changes["delete"].dashes
    assert not theme.changes["replace"].dashes
