"""Commands whose output or input is closed, full or not UTF-8: no traceback, and a status that says what was lost."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FULL = Path("/dev/full")


def shell(text: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a line of sh, in which `ops` is the command."""
    script = f'ops() {{ {shlex.quote(sys.executable)} -m ops "$@"; }}\n{text}'
    return subprocess.run(
        ["sh", "-c", script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.skipif(not FULL.exists(), reason="Linux has /dev/full")
@pytest.mark.parametrize("command", ["show eks-g4dn", "presets", "schema", "new mine --from eks-g4dn"])
def test_a_full_disk_behind_the_output_is_said(command: str, tmp_path: Path) -> None:
    done = shell(f"ops {command} >{FULL}", tmp_path)
    assert done.returncode == 2
    assert done.stderr.endswith("the output cannot be written: No space left on device\n")
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("command", ["show eks-g4dn", "presets", "presets --json"])
def test_an_output_that_is_closed_is_no_fault(command: str, tmp_path: Path) -> None:
    done = shell(f"ops {command} >&-", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("command", ["show eks-g4dn", "presets", "schema"])
def test_a_reader_that_has_read_enough_is_no_fault(command: str, tmp_path: Path) -> None:
    done = shell(f"ops {command} | head -1", tmp_path)
    assert (done.returncode, done.stdout.count("\n"), done.stderr) == (0, 1, "")


def test_new_without_an_input_asks_nothing(tmp_path: Path) -> None:
    done = shell("ops new mine --from eks-g4dn <&-", tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "mine.yaml").is_file()


def test_what_the_output_cannot_say_is_said_in_escapes(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "extends: eks-g4dn\nname: mine\ntags: {team: Größe}\n", encoding="utf-8"
    )
    done = shell("ops show mine.yaml", tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert r"Gr\xf6\xdfe" in done.stdout
    refused = shell("ops show größe.yaml", tmp_path, PYTHONIOENCODING="ascii")
    assert refused.returncode == 2
    assert r"gr\xf6\xdfe.yaml" in refused.stderr
    assert "Traceback" not in refused.stderr
