"""`python -m ops synth` on layouts that do not load: exit status 2, faults on stderr, and nothing written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from modules.layout import LayoutError
from ops.cli import app
from tests.checkout import ROOT
from tests.mutated_layouts import loaded, texts


def refused(seeds: range, folder: Path, count: int) -> list[tuple[Path, LayoutError]]:
    """Changed layouts that do not load, each in a file."""
    found: list[tuple[Path, LayoutError]] = []
    for seed, text in texts(seeds):
        outcome = loaded(text, folder / f"{seed}.yaml")
        if isinstance(outcome, LayoutError):
            found.append((folder / f"{seed}.yaml", outcome))
        if len(found) == count:
            break
    return found


def test_a_changed_layout_that_does_not_load_gives_status_2_and_no_output(
    fuzz: range, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    for file, error in refused(fuzz, tmp_path, 24):
        done = CliRunner().invoke(app, ["synth", str(file), "--output", str(output)])
        assert done.exit_code == 2, (file.name, done.exception)
        assert isinstance(done.exception, SystemExit)
        assert all(fault.problem in done.stderr for fault in error.errors)
        assert "nothing was written" in done.stderr
        assert done.stdout == ""
        assert not output.exists()


@pytest.mark.e2e
def test_the_same_as_a_person_runs_it(fuzz: range, tmp_path: Path) -> None:
    output = tmp_path / "out"
    for file, _ in refused(fuzz[100:], tmp_path, 3):
        command = [sys.executable, "-m", "ops", "synth", str(file), "--output", str(output)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert "Traceback" not in done.stderr
        assert not output.exists()
