"""docs/layouts.md shows what the commands write and print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ops.cli import app

PAGE = (Path(__file__).parents[3] / "docs" / "layouts.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code in (0, 1), result.output
    return result.stdout


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The layout that the page's command writes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LAYOUT", raising=False)
    [command] = re.findall(r'^make new ARGS="(.*--force.*)"$', PAGE, re.M)
    run("new", *shlex.split(command))
    return tmp_path / "my-training.yaml"


def test_the_file_is_the_one_that_is_written(written: Path) -> None:
    [shown] = blocks("yaml")
    # The first line has the way to the schema, which is another one here.
    assert written.read_text(encoding="utf-8").partition("\n")[2] == shown.partition("\n")[2]


def test_the_parts_of_the_output_are_those_that_are_printed(written: Path) -> None:
    origins, differences = blocks("text")
    assert origins in run("show", written.name, "--origins")
    assert differences == run("show", "eks-p5-odcr", "--diff", written.name)


def test_every_flag_of_new_is_explained() -> None:
    explained = set(re.findall(r"^\| `(--[\w-]+)", PAGE, re.M))
    shown = CliRunner().invoke(app, ["new", "--help"], env={"COLUMNS": "160"}).stdout
    assert set(re.findall(r"^│ (--[a-z]+)", shown, re.M)) == explained | {"--help"}
