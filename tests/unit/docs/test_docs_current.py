"""The documentation says what the code does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from modules.layout import LayoutError, load
from modules.layout.extends import preset_names
from modules.layout.releases import CHARTS

ROOT = Path(__file__).parents[3]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])


def _blocks(page: Path, language: str) -> Iterator[str]:
    yield from re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)


def test_the_readme_lists_every_preset_and_no_other() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `(eks-[a-z0-9-]+)`(?: \(default\))? \| (\S+) x (\d+) \| (.+?) \| (\d+) \|", text, re.M
    )
    pages = re.findall(r"^\| \[`([a-z0-9-]+)`\]\(docs/presets/\1\.md\) \|", text, re.M)
    assert sorted([*(row[0] for row in rows), *pages]) == sorted(preset_names())
    assert sorted(pages) == sorted(page.stem for page in (ROOT / "docs" / "presets").glob("*.md"))
    for name, instance_type, desired, gpus, efa in rows:
        layout = load(name, today=date(2026, 11, 22)).layout
        group = next(group for group in layout.node_groups.values() if group.type.accelerator)
        accelerator = group.type.accelerator
        assert accelerator is not None
        assert (instance_type, int(desired), gpus, int(efa)) == (
            group.instance_type,
            group.size.desired,
            f"{accelerator.count} {accelerator.name}",
            group.type.efa_interfaces,
        )


LAYOUTS = {
    f"{page.stem} {name}": text
    for page in PAGES
    for text in _blocks(page, "yaml")
    if (name := text.partition("\n")[0].removeprefix("# ")).endswith(".yaml") and "# broken" not in text
    if not text.startswith("# cluster.yaml")  # eksctl's
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_that_a_page_shows_loads(name: str, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")  # as in the checkout
    page, _, file = name.partition(" ")
    for other, text in LAYOUTS.items():
        if other.startswith(f"{page} "):  # which it may extend
            (tmp_path / other.partition(" ")[2]).write_text(text, encoding="utf-8")
    assert load(str(tmp_path / file), today=date(2026, 11, 22)).warnings == ()


def test_the_layouts_that_the_readme_shows_load(tmp_path: Path) -> None:
    texts = [
        block
        for block in _blocks(ROOT / "README.md", "yaml")
        if "extends:" in block and "# broken" not in block
    ]
    assert texts
    for number, text in enumerate(texts):
        file = tmp_path / f"layout-{number}.yaml"
        file.write_text(text, encoding="utf-8")
        loaded = load(str(file), today=date(2026, 11, 22))
        assert not loaded.warnings
        assert not loaded.variables, "the example replaces every variable of its preset"


def test_the_faults_that_the_readme_shows_are_those_of_its_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (broken,) = [block for block in _blocks(ROOT / "README.md", "yaml") if block.startswith("# broken.yaml")]
    Path("broken.yaml").write_text(broken, encoding="utf-8")
    with pytest.raises(LayoutError) as raised:
        load("./broken.yaml", today=date(2026, 11, 22))
    (shown,) = [block for block in _blocks(ROOT / "README.md", "text") if block.startswith("broken.yaml")]
    assert shown.strip() == str(raised.value).replace(f"{ROOT}/", "")


def test_the_releases_page_names_every_known_chart_with_its_version() -> None:
    rows = {
        name: (chart, version, repository)
        for name, chart, version, repository in re.findall(
            r"^\| `([a-z0-9-]+)` \| `([a-z0-9-]+)` (\S+) \| `(\S+)` \|",
            (ROOT / "docs" / "releases.md").read_text(encoding="utf-8"),
            re.M,
        )
    }
    assert rows == {name: (known.chart, known.version, known.repository) for name, known in CHARTS.items()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name}: {target}"
