"""docs/leaving-cdktf.md shows what its commands do; tests/engine/test_migration.py has those that need a deployment."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ops.cli import app
from ops.offline.engine import Engine
from tests.checkout import ROOT, environment
from tests.e2e.conftest import Cdktf

pytestmark = pytest.mark.e2e

PAGE = (ROOT / "docs" / "leaving-cdktf.md").read_text(encoding="utf-8")
NAME = "training-workers"


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)


def _run(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_two_flavours_differ_as_the_page_shows(tmp_path: Path) -> None:
    for folder, flavor in (("before", "cdktf"), ("after", "cdktn")):
        done = _run(
            tmp_path, sys.executable, "-m", "ops", "synth", NAME, "--output", folder, CDK_FLAVOR=flavor
        )
        assert done.returncode == 0, done.stderr
    file = f"stacks/{NAME}-workloads/cdk.tf.json"
    told = _run(tmp_path, "diff", f"before/{file}", f"after/{file}").stdout
    assert told == _blocks("text")[0]


def test_the_export_is_as_the_page_shows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["export", NAME, "--output", "plain"])
    assert done.exit_code == 0, done.output
    assert done.stdout in _blocks("text")
    [shown] = _blocks("hcl")
    assert shown in (tmp_path / "plain" / NAME / "main.tf").read_text(encoding="utf-8")


def test_what_cdktf_makes_of_it_is_refused_as_the_page_says(
    checkout: Path, cdktf: Cdktf, engine: Engine
) -> None:
    """If this fails, the command line has learnt it, and the page has to say so."""
    done = cdktf("synth", "--hcl", "--output", "hcl", LAYOUT=NAME)
    assert done.returncode == 0, done.stdout + done.stderr
    refused = engine.run(
        checkout / "hcl" / "stacks" / f"{NAME}-workloads", "init", "-no-color", "-backend=false",
        environment=environment(),
    )  # fmt: skip
    assert refused.status == 1
    assert _blocks("text")[-1] in refused.stderr
