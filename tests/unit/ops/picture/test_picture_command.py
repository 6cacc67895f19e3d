"""`ops picture`, as a person calls it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from modules.layout import load
from ops.cli import app
from ops.picture import command
from ops.picture.command import Theme

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def documents() -> dict[str, dict[str, Any]]:
    return command.synthesized(load("eks-g4dn"))


@pytest.fixture
def run(documents: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Calls it in an empty folder, on what has been synthesized once."""
    monkeypatch.setattr(command, "synthesized", lambda loaded: documents)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LAYOUT", raising=False)
    return lambda *arguments: CliRunner().invoke(app, ["picture", *map(str, arguments)])


def plan(file: Path, documents: dict[str, dict[str, Any]], **verbs: list[str]) -> Path:
    """A plan of the cluster's stack in which nothing is done but what is told by type."""
    changes = [
        {"address": f"{of_type}.{name}", "mode": "managed", "type": of_type, "name": name,
         "change": {"actions": verbs.get(of_type, ["no-op"]), "before": {"tag": "old"}, "after": {"tag": "new"}}}
        for of_type, named in documents["eks-g4dn"]["resource"].items() for name in named
    ]  # fmt: skip
    file.write_text(json.dumps({"format_version": "1.2", "resource_changes": changes}))
    return file


def test_it_draws_an_svg_of_the_layouts_name(run: Run, tmp_path: Path) -> None:
    done = run("eks-g4dn")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "wrote eks-g4dn.svg\n")
    text = (tmp_path / "eks-g4dn.svg").read_text(encoding="utf-8")
    assert ">Node group gpu<" in text
    assert "prefers-color-scheme: dark" in text


def test_it_is_called_after_the_layout_and_not_after_its_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "layouts").mkdir()
    (tmp_path / "layouts" / "mine.yaml").write_text("extends: eks-g4dn\nname: llm-training\n")
    assert run("layouts/mine.yaml").stderr == "wrote llm-training.svg\n"
    assert run("layouts/mine.yaml", "-o", "a.html").exit_code == 0
    assert "<title>llm-training</title>" in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_the_suffix_chooses_the_form(run: Run, tmp_path: Path) -> None:
    assert run("eks-g4dn", "-o", "a.png").exit_code == 0
    assert run("eks-g4dn", "-o", "a.html", "--theme", "dark").exit_code == 0
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert '<html lang="en" data-theme="dark">' in text


def test_the_same_layout_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert run("eks-g4dn", "-o", f"{name}.html").exit_code == 0  # which has the SVG in it
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_a_theme_can_be_chosen(run: Run, tmp_path: Path) -> None:
    for theme in ("light", "dark"):
        assert run("eks-g4dn", "--theme", theme, "-o", f"{theme}.svg").exit_code == 0
    light, dark = ((tmp_path / f"{theme}.svg").read_text(encoding="utf-8") for theme in ("light", "dark"))
    assert light != dark
    assert "prefers-color-scheme" not in light + dark


def test_a_png_is_light_unless_it_is_to_be_dark(
    documents: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.picture.png.png", lambda svg: svg.encode())
    themes: tuple[Theme, ...] = ("auto", "light", "dark")
    auto, light, dark = (command.drawn("eks-g4dn", ".png", documents, theme=theme) for theme in themes)
    assert auto == light != dark


def test_a_plan_colours_what_it_changes(
    run: Run, documents: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    file = plan(tmp_path / "tfplan.json", documents, aws_eks_node_group=["delete", "create"])
    assert run("eks-g4dn", "--plan", file).exit_code == 0
    assert "change-replace" in (tmp_path / "eks-g4dn.svg").read_text(encoding="utf-8")
    assert run("eks-g4dn", "--plan", file, "-o", "a.html").exit_code == 0
    assert '"verb": "replace"' in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_a_plan_that_failed_is_said_to_be_less_than_all(
    run: Run, documents: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    file = plan(tmp_path / "plan.eks-g4dn.json", documents)
    file.write_text(json.dumps({**json.loads(file.read_text()), "errored": True}))
    assert "the plan of eks-g4dn failed" in run("eks-g4dn", "--plan", file).stderr


@pytest.mark.parametrize(
    "arguments, told",
    [
        (("eks-g4dn", "-o", "a.pdf"), "-o a.pdf: name a file that ends in .svg, .png or .html"),
        (("eks-g4dn", "-o", "picture"), "-o picture: name a file that ends in .svg, .png or .html"),
        (("eks-g4dn", "-o", "no/a.svg"), "-o no/a.svg: there is no folder no"),
        (("eks-g4dn", "-o", "folder.svg"), "folder.svg: cannot be written: Is a directory"),
        (("eks-g4dn,eks-p5-odcr",), "ops picture takes one layout"),
        (("eks-g5dn",), "eks-g4dn"),
        (("eks-g4dn", "--plan", "none.json"), "none.json: cannot be used: No such file or directory"),
        (("eks-g4dn", "--plan", "text.json"), "text.json: this is no JSON"),
        (("eks-g4dn", "--plan", "state.json"), "state.json: this is a state"),
        (("eks-g4dn", "--plan", "other.json"), "aws_vpc.other, which the layout does not make"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_and_nothing_is_written(
    arguments: tuple[str, ...], told: str, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "folder.svg").mkdir()
    (tmp_path / "text.json").write_text("Plan: 1 to add")
    (tmp_path / "state.json").write_text('{"format_version": "1.0", "values": {}}')
    (tmp_path / "other.json").write_text(
        json.dumps({"format_version": "1.2", "resource_changes": [
            {"address": "aws_vpc.other", "mode": "managed", "type": "aws_vpc", "change": {"actions": ["create"]}}]})
    )  # fmt: skip
    before = sorted(tmp_path.iterdir())
    done = run(*arguments)
    assert done.exit_code == 2
    assert told in done.stderr
    assert sorted(tmp_path.iterdir()) == before
