"""The page in headless Chromium, as a reader has it: from a file, without network. One browser for all of it."""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

import font_roboto
import pytest

from ops.picture.command import drawn
from ops.picture.page import page
from ops.picture.widths import width
from ops.review.plan import parse_plan
from tests.terraform_json import Synth

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

Open = Callable[..., "Page"]

QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip
HOSTILE = '</script><img src=x onerror="window.hacked=1"><script>window.hacked=2</script>\'"<!--<script>'

DOCUMENTS: dict[str, dict[str, Any]] = {
    "demo": {
        "resource": {
            "aws_vpc": {"network_vpc": {"cidr_block": "10.0.0.0/16", "tags": {"Name": HOSTILE}}},
            "aws_eks_node_group": {
                "p5": {"ami_type": "AL2023_x86_64_NVIDIA", "scaling_config": {"desired_size": 4}}
            },
            "aws_launch_template": {
                "p5": {"name": "p5", "user_data": base64.b64encode(b"line\n" * 30).decode()}
            },
        },
    },
    "demo-platform": {"resource": {"helm_release": {"plugin": {"values": ['{"image": {"tag": "1.2.3"}}']}}}},
}
PLAN = {
    "format_version": "1.2",
    "resource_changes": [
        {"address": "aws_eks_node_group.p5", "mode": "managed", "type": "aws_eks_node_group",
         "change": {"actions": ["delete", "create"], "before": {"ami_type": "AL2_x86_64_GPU", "token": "hush"},
                    "after": {"ami_type": "AL2023_x86_64_NVIDIA", "token": "hush2"}, "replace_paths": [["ami_type"]],
                    "before_sensitive": {"token": True}, "after_sensitive": {"token": True}}},
        {"address": "aws_subnet.old", "mode": "managed", "type": "aws_subnet",
         "change": {"actions": ["delete"], "before": {"cidr_block": "10.0.9.0/24"}, "after": None}},
        {"address": "aws_vpc.network_vpc", "mode": "managed", "type": "aws_vpc",
         "change": {"actions": ["no-op"], "before": {"cidr_block": "10.0.0.0/16"}, "after": {"cidr_block": "10.0.0.0/16"}}},
    ],
}  # fmt: skip


def shape(id: str, name: str, x: int, y: int, across: int, down: int, *addresses: str) -> str:
    return (
        f'<g class="box node" id="box-{id}" data-addresses={quoteattr(" ".join(addresses))} data-name={quoteattr(name)}>'
        f'<rect x="{x}" y="{y}" width="{across}" height="{down}" fill="#eee" stroke="#777"/>'
        f'<text x="{x + 6}" y="{y + 18}" font-size="13">{escape(name)}</text></g>'
    )


# What is wrong with a picture: boxes that overlap, text that sticks out, is too small or cannot be told from its ground.
LOOK = """() => {
    const faults = [];
    const svg = document.querySelector("#picture > svg");
    const boxes = [...svg.querySelectorAll(".box")].map((element) => ({
        id: element.id, rect: element.querySelector("rect"), texts: [...element.querySelectorAll("text")],
        place: element.querySelector("rect").getBBox(),
    }));
    const holds = (outer, inner) => outer.x <= inner.x + 0.1 && outer.y <= inner.y + 0.1
        && outer.x + outer.width >= inner.x + inner.width - 0.1 && outer.y + outer.height >= inner.y + inner.height - 0.1;
    const apart = (one, other) => one.x + one.width <= other.x + 0.1 || other.x + other.width <= one.x + 0.1
        || one.y + one.height <= other.y + 0.1 || other.y + other.height <= one.y + 0.1;
    const light = (colour) => {
        const [red, green, blue] = colour.match(/[\\d.]+/g).map((part) => part / 255)
            .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const fill = (element) => getComputedStyle(element).fill;
    const background = fill(svg.querySelector(".background"));
    const all = svg.viewBox.baseVal;
    boxes.forEach((box, index) => {
        if (!holds(all, box.place)) faults.push(`${box.id} is outside of the picture`);
        const inside = [];
        for (const other of boxes.slice(index + 1)) {
            if (holds(box.place, other.place)) inside.push(other);
            else if (!apart(box.place, other.place)) faults.push(`${box.id} overlaps ${other.id}`);
        }
        for (const text of box.texts) {
            const place = text.getBBox();
            const told = `${box.id} "${text.textContent}"`;
            if (!holds(box.place, place)) faults.push(`${told} sticks out`);
            if (parseFloat(getComputedStyle(text).fontSize) < 10) faults.push(`${told} is too small`);
            for (const other of [...inside.map((one) => one.place), ...box.texts.filter((one) => one !== text).map((one) => one.getBBox())])
                if (!apart(place, { ...other, x: other.x, y: other.y + 2, width: other.width, height: other.height - 4 }))
                    faults.push(`${told} is under something`);
            const ground = fill(box.rect) === "none" ? background : fill(box.rect);
            const [bright, dim] = [light(fill(text)), light(ground)].sort((one, other) => other - one);
            if ((bright + 0.05) / (dim + 0.05) < 4.5) faults.push(`${told} is pale`);
        }
    });
    return [faults, boxes.length];
}"""


# A box that has others inside, one with two resources, and one of the other stack.
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="900" viewBox="0 0 1200 900">'
    + shape("vpc", f"VPC {HOSTILE}", 10, 10, 1180, 600, "demo/aws_vpc.network_vpc")
    + shape("p5", "p5 nodes", 40, 60, 300, 60, "demo/aws_eks_node_group.p5", "demo/aws_launch_template.p5")
    + shape("zone", "us-west-2a", 40, 160, 300, 60)
    + shape("plugin", "device plugin", 40, 700, 300, 60, "demo-platform/helm_release.plugin")
    + "<style>text { fill: INK }</style></svg>"
)
PICTURES = {"light": SVG.replace("INK", "#111111"), "dark": SVG.replace("INK", "#eeeeee")}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        told = "there is no chromium on the PATH. The page of `ops picture` was NOT tested"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=QUIET, timeout=120_000)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens HTML as a file; nothing may go wrong in it, and nothing may be asked for."""
    complaints: list[str] = []
    contexts = []

    def opened(html: str, wide: int = 1200, scheme: Any = "light", refusing: bool = False) -> Page:
        file = tmp_path / "page.html"
        file.write_text(html, encoding="utf-8")
        size: ViewportSize = {"width": wide, "height": 800}
        context = browser.new_context(viewport=size, color_scheme=scheme)
        contexts.append(context)
        made = context.new_page()
        if not refusing:  # which the browser says on the console
            made.on("console", lambda message: complaints.append(f"console: {message.text}"))
        made.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        made.on(
            "request",
            lambda one: complaints.append(f"request: {one.url}") if one.url != file.as_uri() else None,
        )
        made.set_default_timeout(60_000)  # of a busy machine
        made.goto(file.as_uri())
        return made

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def demo(open_page: Open) -> Page:
    return open_page(page("demo", PICTURES, DOCUMENTS))


def active(shown: Page) -> str:
    """The id of what has the focus."""
    return str(shown.evaluate("document.activeElement.id"))


def test_a_click_shows_the_arguments_of_each_resource(demo: Page) -> None:
    assert not demo.locator("#panel").is_visible()
    demo.click("#box-p5")
    assert demo.inner_text("#heading") == "p5 nodes"
    assert demo.locator("details.resource").count() == 2
    shown = demo.locator("details.resource[open]")
    assert "aws_eks_node_group.p5" in shown.inner_text()
    assert '"desired_size": 4' in shown.inner_text()
    demo.click("text=aws_launch_template.p5")
    folded = demo.locator(".value details")
    assert "(31 lines)" in folded.inner_text()
    assert folded.locator("pre").is_hidden()
    folded.locator("summary").click()
    assert folded.locator("pre").inner_text().count("line") == 30
    demo.click("#close")
    assert not demo.locator("#panel").is_visible()


def test_json_in_a_value_is_laid_out(demo: Page) -> None:
    demo.click("#box-plugin")
    assert '{\n  "image": {\n    "tag": "1.2.3"\n  }\n}' in demo.inner_text("#content pre")


def test_what_terraform_does_not_make_can_be_found_only(demo: Page) -> None:
    demo.click("#box-zone")
    assert not demo.locator("#panel").is_visible()
    assert demo.get_attribute("#box-zone", "tabindex") is None
    demo.fill("#find", "us-west-2a")
    demo.press("#find", "Enter")
    assert "Nothing that Terraform makes" in demo.inner_text("#content")


def test_an_address_can_be_copied(demo: Page) -> None:
    demo.context.grant_permissions(["clipboard-read", "clipboard-write"])
    demo.click("#box-plugin")
    demo.click(".copy")
    demo.wait_for_selector("text=Copied")
    assert demo.evaluate("navigator.clipboard.readText()") == "helm_release.plugin"


def test_the_keyboard_does_all_of_it(demo: Page) -> None:
    demo.focus("#picture")
    for name in ("box-vpc", "box-p5"):
        demo.keyboard.press("Tab")
        assert active(demo) == name
    demo.keyboard.press("Enter")
    assert demo.inner_text("#heading") == "p5 nodes"
    assert active(demo) == "heading"
    assert demo.get_attribute("#box-p5", "aria-pressed") == "true"
    demo.keyboard.press("Escape")
    assert not demo.locator("#panel").is_visible()
    assert active(demo) == "box-p5"
    demo.keyboard.press("/")
    assert active(demo) == "find"


def test_search_marks_what_is_found_and_dims_the_rest(demo: Page) -> None:
    def strength(id: str) -> float:
        return float(demo.eval_on_selector(f"#{id} > text", "e => getComputedStyle(e).opacity"))

    def found() -> list[str]:
        return list(demo.eval_on_selector_all(".box.found", "all => all.map(one => one.id)"))

    demo.fill("#find", "DESIRED_size p5")  # words of an argument and of the name, in any order
    assert found() == ["box-p5"]
    assert demo.inner_text("#count") == "1 match"
    assert (strength("box-p5"), strength("box-vpc") < 0.5) == (1, True)
    demo.fill("#find", "1.2.3")
    assert found() == ["box-plugin"]
    demo.fill("#find", "aws_")
    assert found() == ["box-vpc", "box-p5"]
    headings = []
    for key in ("Enter", "Enter", "Enter", "Shift+Enter"):
        demo.press("#find", key)
        headings.append((demo.inner_text("#heading").split()[0], demo.inner_text("#count")))
    assert headings == [("VPC", "1 of 2 matches"), ("p5", "2 of 2 matches"), ("VPC", "1 of 2 matches"), ("p5", "2 of 2 matches")]  # fmt: skip
    assert active(demo) == "find"
    assert "aws_" in demo.locator("#content mark").all_inner_texts()
    demo.fill("#find", "arguments")  # a word of the page, and of nothing in it
    assert found() == []
    demo.fill("#find", "no such thing")
    assert (found(), demo.inner_text("#count"), demo.is_disabled("#next")) == ([], "0 matches", True)
    demo.fill("#find", "")
    assert (demo.inner_text("#count"), strength("box-vpc")) == ("", 1)


def test_what_begins_so_is_found_before_what_only_has_it_inside(demo: Page) -> None:
    demo.fill("#find", "plug")
    assert demo.inner_text("#count") == "1 match"
    demo.fill("#find", "p")  # p5 nodes, device plugin, VPC and all that has such an argument
    demo.press("#find", "Enter")
    assert demo.inner_text("#heading") == "p5 nodes"


def test_all_resources_are_listed_and_lead_to_their_boxes(demo: Page) -> None:
    demo.click("#overview")
    assert demo.locator(".list .address").all_inner_texts() == [
        "aws_vpc.network_vpc", "aws_eks_node_group.p5", "aws_launch_template.p5", "helm_release.plugin"
    ]  # fmt: skip
    demo.fill("#find", "helm")
    assert demo.locator(".list .address").all_inner_texts() == ["helm_release.plugin"]
    demo.click(".list button")
    assert demo.inner_text("#heading") == "device plugin"
    assert demo.get_attribute("#box-plugin", "class") == "box node open found chosen"


def test_a_plan_is_told_with_before_and_after(open_page: Open) -> None:
    html = page("demo", PICTURES, DOCUMENTS, [parse_plan(json.dumps(PLAN).encode(), Path("plan.demo.json"))])
    assert "hush" not in html
    shown = open_page(html)
    assert shown.inner_text("#heading") == "Changes"
    assert shown.inner_text("#sum") == "1 replaced, 1 destroyed"
    listed = [" ".join(text.split()) for text in shown.locator("#changes li").all_inner_texts()]
    assert listed == ["replaced aws_eks_node_group.p5", "destroyed aws_subnet.old"]
    shown.fill("#find", "replaced al2_")
    assert shown.locator("#changes li").count() == 1
    shown.fill("#find", "")
    shown.click("#changes button >> nth=0")
    assert shown.inner_text("#heading") == "p5 nodes"
    assert "because of ami_type" in shown.inner_text("#content")
    cells = (
        shown.locator("#content table").first.locator("tbody tr").first.locator("th, td").all_inner_texts()
    )
    assert cells == ["ami_type", "AL2_x86_64_GPU", "AL2023_x86_64_NVIDIA"]
    assert "(sensitive value)" in shown.inner_text("#content")
    assert "replaced" in str(shown.get_attribute("#box-p5", "aria-label"))
    shown.keyboard.press("Escape")
    shown.click("#overview")
    shown.click("text=aws_subnet.old")  # drawn nowhere
    assert "10.0.9.0/24" in shown.inner_text("#content")


def test_one_instance_of_a_resource_can_have_a_box(open_page: Open) -> None:
    address = 'aws_subnet.old["a b"]'
    others = [
        {"address": one, "mode": "managed", "type": "aws_subnet",
         "change": {"actions": ["delete"], "before": {"zone": one}, "after": None}}
        for one in (address, 'aws_subnet.old["c"]')
    ]  # fmt: skip
    plan = {"format_version": "1.2", "resource_changes": others}
    box = shape("old", "old subnet", 400, 700, 300, 60, f"demo/{address}")
    pictures = {theme: svg.replace("</svg>", f"{box}</svg>") for theme, svg in PICTURES.items()}
    shown = open_page(
        page("demo", pictures, DOCUMENTS, [parse_plan(json.dumps(plan).encode(), Path("demo.json"))])
    )
    shown.click("#box-old")
    assert shown.locator("details.resource .address").all_inner_texts() == [address]


def test_a_plan_that_changes_nothing_says_so(open_page: Open) -> None:
    empty = parse_plan(b'{"format_version": "1.2", "resource_changes": []}', Path("plan.demo.json"))
    assert "changes nothing" in open_page(page("demo", PICTURES, DOCUMENTS, [empty])).inner_text("#sum")


def test_no_name_runs_as_a_script(open_page: Open) -> None:
    shown = open_page(page(f"demo {HOSTILE}", PICTURES, DOCUMENTS))
    shown.click("#box-vpc", position={"x": 5, "y": 5})
    shown.fill("#find", "onerror")
    shown.press("#find", "Enter")
    assert shown.inner_text("#heading") == f"VPC {HOSTILE}"
    assert shown.inner_text("h1") == f"demo {HOSTILE}"
    value = json.dumps({"Name": HOSTILE}, indent=2)
    assert value in shown.locator("#content pre").all_inner_texts()
    assert shown.evaluate("window.hacked") is None
    assert shown.locator("img").count() == 0


def test_no_name_in_a_drawing_runs_as_a_script_or_sticks_out(open_page: Open) -> None:
    group = {"node_group_name": HOSTILE, "instance_types": [HOSTILE], "subnet_ids": [HOSTILE],
             "scaling_config": {"min_size": 0, "desired_size": 2, "max_size": 4}}  # fmt: skip
    release = dict.fromkeys(("name", "namespace", "chart", "version"), HOSTILE)
    resources = {
        "aws_eks_cluster": {"cluster": {"name": HOSTILE, "version": HOSTILE}},
        "aws_eks_node_group": {"p5": group},
        "helm_release": {"a": release, "b": release},
    }
    provider = {"aws": [{"region": HOSTILE}]}
    html = drawn(HOSTILE, ".html", {"demo": {"provider": provider, "resource": resources}})
    assert isinstance(html, str)
    shown = open_page(html)
    assert shown.inner_text("h1") == HOSTILE
    assert shown.evaluate(LOOK)[0] == []
    shown.fill("#find", "onerror")
    shown.press("#find", "Enter")
    assert HOSTILE in shown.inner_text("#heading")
    assert shown.evaluate("window.hacked") is None
    assert shown.locator("img").count() == 0


def test_nothing_but_its_own_script_may_run(open_page: Open) -> None:
    shown = open_page(page("demo", PICTURES, DOCUMENTS), refusing=True)
    shown.evaluate("""() => new Promise((done) => {
        document.addEventListener("securitypolicyviolation", done);
        const script = document.createElement("script");
        script.textContent = "window.hacked = 3";
        document.body.append(script);
    })""")
    assert shown.evaluate("window.hacked") is None


def test_all_of_the_picture_is_printed(demo: Page) -> None:
    demo.set_viewport_size({"width": 700, "height": 900})
    demo.emulate_media(media="print")
    picture = demo.locator("#picture > svg").bounding_box()
    assert picture is not None
    assert picture["x"] >= 0
    assert picture["x"] + picture["width"] <= 700
    assert picture["height"] == pytest.approx(picture["width"] * 900 / 1200, abs=1)
    assert not demo.locator("header button").first.is_visible()


@pytest.mark.parametrize("wide", [1200, 800])
def test_it_stays_readable_and_nothing_is_cut_off(wide: int, open_page: Open) -> None:
    shown = open_page(page("demo", PICTURES, DOCUMENTS), wide)
    shown.click("#box-p5")
    assert shown.evaluate("document.documentElement.scrollWidth") == wide
    for part in ("header", "#panel", "#picture"):
        box = shown.locator(part).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= wide
        assert box["y"] + box["height"] <= 800
    text = shown.locator("#box-p5 > text")
    drawn = text.bounding_box()
    assert drawn is not None
    assert drawn["height"] >= 11, "letters that can be read"
    larger = shown.locator("#larger")
    larger.click()
    grown = text.bounding_box()
    assert grown is not None
    assert grown["height"] > drawn["height"]
    shown.click("#fit")
    fitted = shown.locator("#picture > svg").bounding_box()
    assert fitted is not None
    assert fitted["width"] <= wide


def test_it_follows_the_system_until_the_reader_chooses(open_page: Open) -> None:
    def ground(shown: Page) -> str:
        return str(shown.evaluate("getComputedStyle(document.body).backgroundColor"))

    def ink(shown: Page) -> str:
        return str(shown.eval_on_selector("#box-p5 text", "e => getComputedStyle(e).fill"))

    light, dark = (
        open_page(page("demo", PICTURES, DOCUMENTS), scheme=scheme) for scheme in ("light", "dark")
    )
    bright, dim = ("rgb(255, 255, 255)", "rgb(17, 17, 17)"), ("rgb(15, 21, 27)", "rgb(238, 238, 238)")
    assert [(ground(one), ink(one)) for one in (light, dark)] == [bright, dim]
    dark.click("#theme")
    assert (ground(dark), ink(dark)) == bright
    dark.click("#theme")
    assert (ground(dark), ink(dark)) == dim
    assert ground(open_page(page("demo", PICTURES, DOCUMENTS, theme="dark"))) == ground(dark)


def test_no_text_is_wider_than_it_was_measured(open_page: Open) -> None:
    folder = Path(font_roboto.__file__).parent / "files"
    faces = "".join(
        f"@font-face {{font-family: Known; font-weight: {weight}; src: url(data:font/ttf;base64,"
        f"{base64.b64encode((folder / f'Roboto-{name}.ttf').read_bytes()).decode()})}}"
        for weight, name in ((400, "Regular"), (700, "Bold"))
    )
    shown = open_page(f'<style>{faces}</style><svg xmlns="http://www.w3.org/2000/svg"></svg>')
    texts = ["eks-p5-odcr", "p5.48xlarge × 16 · 128 GPUs · 512 EFA", "WJ///\\\\", "us-west-2a", "FlFi ffi To AV Ty-J-o",
             "10.0.0.0/16", "i", "iiiillll1111....", "${var.capacity_reservation_id}", "nvidia-device-plugin 0.17.1"]  # fmt: skip
    measured = shown.evaluate(
        """async (texts) => {
        await Promise.all(["400", "700"].map((weight) => document.fonts.load(`${weight} 12px Known`)));
        const all = [];
        for (const font of ["Known", "DejaVu Sans, sans-serif"])
          for (const size of [9, 11, 12, 13, 18])
            for (const bold of [false, true])
              for (const text of texts) {
                const element = document.createElementNS("http://www.w3.org/2000/svg", "text");
                element.textContent = text;
                for (const [name, value] of [["font-family", font], ["font-size", size], ["font-weight", bold ? 700 : 400]])
                  element.setAttribute(name, value);
                document.querySelector("svg").append(element);
                all.push([text, size, bold, element.getComputedTextLength()]);
              }
        return all;
    }""",
        texts,
    )
    assert len(measured) == 2 * 5 * 2 * len(texts)
    assert [one for one in measured if one[3] > width(one[0], one[1], one[2])] == []
    # And no room is wasted: of the widest font, nearly all is used.
    assert sum(one[3] for one in measured[-len(texts) :]) > 0.95 * sum(
        width(text, 18, True) for text in texts
    )


@pytest.mark.parametrize("preset", ["eks-p5-training", "ml-load-balanced"])
def test_presets_can_be_read(preset: str, open_page: Open, synth: Synth) -> None:
    documents = {stack.name: stack.json for stack in synth(f"extends: {preset}\nname: {preset}\n")}
    html = drawn(preset, ".html", documents)
    assert isinstance(html, str)
    shown = open_page(html)
    assert shown.evaluate("document.fonts.check('12px \"DejaVu Sans\"')"), "install fonts-dejavu-core"
    faults, boxes = shown.evaluate(LOOK)
    assert faults == []
    assert boxes > 15
    of_nodes = shown.locator(".box.open", has_text="Node group").first
    of_nodes.click(position={"x": 8, "y": 8})
    assert "aws_eks_node_group." in shown.inner_text("details.resource[open] > summary")
    assert "instance_types" in shown.inner_text("details.resource[open] table")
    shown.click("#theme")  # in dark colours too
    assert shown.evaluate(LOOK)[0] == []
    shown.evaluate("""() => {
        document.querySelector(".box.open text").textContent += " and much more".repeat(99);
        document.querySelector(".box.open:last-of-type rect").setAttribute("x", 1);
    }""")
    assert len(shown.evaluate(LOOK)[0]) >= 2, "such faults are seen"
