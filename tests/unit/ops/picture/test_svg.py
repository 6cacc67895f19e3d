"""The SVG of a drawing."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from ops.picture.drawing import draw
from ops.picture.svg import ThemeName, svg
from tests.unit.ops.picture.documents import cluster_stack, group

NAME = 'a <b> & "c"'
SVG = "{http://www.w3.org/2000/svg}"


def _parsed(theme: ThemeName = "auto", *, scripted: bool = False) -> ElementTree.Element:
    drawing = draw(
        {"demo": cluster_stack({"nodes_gpu": group(NAME)})}, {"demo/aws_vpc.network_vpc": "update"}
    )
    return ElementTree.fromstring(svg(drawing, theme, scripted))


def _group(root: ElementTree.Element, kind: str) -> ElementTree.Element:
    (found,) = [one for one in root.iter(f"{SVG}g") if one.get("class", "").split()[1] == kind]
    return found


def test_it_is_an_image_with_a_title() -> None:
    root = _parsed()
    assert root.get("role") == "img"
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.get("id") == root.get("aria-labelledby")
    assert title.text == "demo: what the plan changes"


def test_a_box_has_what_a_page_needs_to_find_it() -> None:
    vpc = _group(_parsed(), "vpc")
    assert vpc.get("class") == "box vpc change-update"
    assert "demo/aws_vpc.network_vpc" in (vpc.get("data-addresses") or "").split()
    assert vpc.find(f"{SVG}rect") is not None


def test_labels_are_text_and_escaped() -> None:
    root = _parsed()
    box = _group(root, "group")
    assert box.get("data-name") == NAME
    assert next(text.text for text in box.iter(f"{SVG}text")) == f"Node group {NAME}"
    assert not [*root.iter(f"{SVG}path")]


def test_colours_follow_the_reader_only_where_they_are_asked_to() -> None:
    styles = {theme: _parsed(theme).findtext(f"{SVG}style") or "" for theme in ("auto", "light", "dark")}
    assert "@media (prefers-color-scheme: dark)" in styles["auto"]
    assert "@media" not in styles["light"] + styles["dark"]
    assert styles["light"] != styles["dark"]
    assert not any("var(" in style or "--" in style for style in styles.values())


def test_only_a_scripted_picture_takes_the_keyboard() -> None:
    assert _group(_parsed(scripted=True), "vpc").get("tabindex") == "0"
    assert _group(_parsed(), "vpc").get("tabindex") is None


def test_the_same_stacks_give_the_same_bytes() -> None:
    document = {"demo": cluster_stack()}
    assert svg(draw(document)) == svg(draw(document))


@pytest.mark.parametrize("kind", ["delete", "forget"])
def test_what_goes_is_dashed(kind: str) -> None:
    style = _parsed("light").findtext(f"{SVG}style") or ""
    (rule,) = [line for line in style.splitlines() if f".change-{kind} rect" in line]
    assert "stroke-dasharray: none" not in rule
