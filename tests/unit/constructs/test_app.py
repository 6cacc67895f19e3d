"""Which layouts a run is about, and what it writes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from datetime import date
from pathlib import Path

import pytest
from cdktf import App

from modules import app
from modules.app import build, chosen_layouts, chosen_stacks, synthesize
from modules.layout import LayoutError, Loaded, load


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


@pytest.mark.parametrize("content", ["{", "[]", '{"context": []}'])
def test_a_cdktf_json_that_cannot_be_read_chooses_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "cdktf.json").write_text(content)
    assert chosen_layouts({"LAYOUT": "one"}, tmp_path) == ["one"]
    with pytest.raises(LayoutError, match=r"LAYOUT: .*cdktf\.json.*\n.*Put it right, or set LAYOUT"):
        chosen_layouts({}, tmp_path)


def test_stacks_are_chosen_by_the_environment() -> None:
    assert chosen_stacks({}) == []
    assert chosen_stacks({"STACKS": " mine-platform  mine-workloads "}) == ["mine-platform", "mine-workloads"]


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
    synthesize(loaded, str(tmp_path), keep_stale=False)
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


def test_what_the_system_refuses_node_is_an_error_about_the_output_which_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = [load("eks-g4dn", today=date(2026, 11, 22))]
    output = tmp_path / "out"
    (output / "stacks").mkdir(parents=True)

    def built_and_lost(loaded: list[Loaded], folder: Path, *, named: Collection[str]) -> App:
        made = build(loaded, folder, named=named)
        shutil.rmtree(folder)
        return made

    monkeypatch.setattr(app, "build", built_and_lost)
    with pytest.raises(FileNotFoundError) as raised:
        synthesize(loaded, str(output))
    assert (raised.value.filename, raised.value.strerror) == (str(output), "no such file or directory")
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "stacks"]
