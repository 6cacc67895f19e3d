"""Which layouts a run is about, and what it writes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from modules.app import chosen_layouts, remove_stale, synthesize
from modules.layout import load


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("eks-p5-odcr", ["eks-p5-odcr"]),
        ("a.yaml,b.yaml", ["a.yaml", "b.yaml"]),
        (" a.yaml , b.yaml ,", ["a.yaml", "b.yaml"]),
    ],
)
def test_layout_in_the_environment_names_one_or_several(tmp_path: Path, given: str, names: list[str]) -> None:
    (tmp_path / "cdktf.json").write_text('{"context": {"layout": "other"}}')
    assert chosen_layouts({"LAYOUT": given}, tmp_path) == names


@pytest.mark.parametrize("environment", [{}, {"LAYOUT": ""}, {"LAYOUT": "  "}])
def test_without_it_the_context_of_cdktf_json_does(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "cdktf.json").write_text('{"context": {"layout": "one,two"}}')
    assert chosen_layouts(environment, tmp_path) == ["one", "two"]


@pytest.mark.parametrize("content", [None, "{}", '{"context": {}}'])
def test_without_either_it_is_the_default_preset(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "cdktf.json").write_text(content)
    assert chosen_layouts({}, tmp_path) == ["eks-g4dn"]


def test_the_projects_own_default_is_a_preset() -> None:
    root = Path(__file__).resolve().parents[3]
    assert chosen_layouts({}, root) == ["eks-g4dn"]


def test_stacks_of_an_earlier_run_are_removed_and_nothing_else_is(tmp_path: Path) -> None:
    """What stays behind would be reviewed, or deployed, though nobody asked for it."""
    loaded = [load("eks-g4dn", today=date(2026, 11, 22))]
    earlier = tmp_path / "stacks" / "earlier"
    earlier.mkdir(parents=True)
    (earlier / "cdk.tf.json").write_text("{}")
    for kept in (tmp_path / "notes", tmp_path / "stacks" / "modules-of-mine"):
        kept.mkdir()
        (kept / "main.tf").write_text("")
    remove_stale(synthesize(loaded, str(tmp_path)))
    assert not earlier.exists()
    assert (tmp_path / "notes" / "main.tf").is_file()
    assert (tmp_path / "stacks" / "modules-of-mine" / "main.tf").is_file()


def test_stacks_of_several_layouts_are_written_in_one_run(tmp_path: Path) -> None:
    loaded = [load(name, today=date(2026, 11, 22)) for name in ("eks-g4dn", "eks-g5-node-autorepair")]
    folder = synthesize(loaded, str(tmp_path / "out"))
    assert folder == tmp_path / "out"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {name: stack["dependencies"] for name, stack in manifest["stacks"].items()} == {
        "eks-g4dn": [],
        "eks-g4dn-platform": ["eks-g4dn"],
        "eks-g5-node-autorepair": [],
        "eks-g5-node-autorepair-platform": ["eks-g5-node-autorepair"],
    }
    for name in manifest["stacks"]:
        json.loads((folder / "stacks" / name / "cdk.tf.json").read_text())
