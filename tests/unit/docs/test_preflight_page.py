"""docs/preflight.md shows what `ops preflight` prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from modules.layout import load
from ops.cli import app
from tests.account.right import right_account
from tests.account.server import AccountServer

PAGE = Path(__file__).parents[3] / "docs" / "preflight.md"
NAME = "eks-p5-odcr-vpc"


def test_the_zone_that_does_not_match_is_found_as_the_page_shows(
    aws: AccountServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, update_goldens: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    right = right_account(aws, load(NAME))
    right.reservation["AvailabilityZone"] = "us-west-2c"
    for name, value in right.exported.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(app, ["preflight", NAME], env={"COLUMNS": "118"})
    assert done.exit_code == 1
    shown = "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines()).strip("\n") + "\n"
    text = PAGE.read_text(encoding="utf-8")
    if update_goldens:
        PAGE.write_text(
            re.sub(r"```text\n.*?```", lambda _: f"```text\n{shown}```", text, flags=re.S), encoding="utf-8"
        )
    [block] = re.findall(r"```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert block == shown
    assert "reservation-zone" in block.split("\n")[2]


def test_every_option_is_explained() -> None:
    explained = set(re.findall(r"^\| `(--[\w-]+)", PAGE.read_text(encoding="utf-8"), re.M))
    shown = CliRunner().invoke(app, ["preflight", "--help"], env={"COLUMNS": "160"}).stdout
    assert set(re.findall(r"^│ (--[a-z]+)", shown, re.M)) == explained | {"--help"}
