"""A synth that is killed, as a person or a machine that runs out of memory does it: what is in the output folder then."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.checkout import ROOT, environment

pytestmark = pytest.mark.e2e

OLD, NEW = "eks-g4dn", "eks-g5-node-autorepair"
KILLS = 4
THEIRS = "stacks/eks-g4dn/terraform.tfstate"


def _started(folder: Path, layout: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "ops", "synth", layout],
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # so that Node is killed too
    )


def _files(output: Path) -> dict[str, bytes]:
    return {str(file.relative_to(output)): file.read_bytes() for file in output.rglob("*") if file.is_file()}


def _synthesized(folder: Path, layout: str) -> dict[str, bytes]:
    assert _started(folder, layout).wait() == 0
    return _files(folder / "cdktf.out")


def test_a_killed_synth_leaves_the_old_output_or_the_new_and_the_next_one_works(tmp_path: Path) -> None:
    output = tmp_path / "cdktf.out"
    old = _synthesized(tmp_path, OLD)
    started = time.monotonic()
    new = _synthesized(tmp_path, NEW)
    seconds = time.monotonic() - started
    (output / THEIRS).parent.mkdir(exist_ok=True)
    (output / THEIRS).write_bytes(b"state")
    contents = {name: {**files, THEIRS: b"state"} for name, files in ((OLD, old), (NEW, new))}
    there, other = NEW, OLD
    seen = []
    for number in range(KILLS):
        # The later ones while it writes, or after it.
        wait = random.Random(number).uniform(0.2 + 0.1 * number, 1) * seconds
        with _started(tmp_path, other) as process:
            time.sleep(wait)
            os.killpg(process.pid, signal.SIGKILL)
        left = _files(output)
        assert left in contents.values(), f"killed after {wait:.2f} s"
        seen.append(left == contents[there])
        if left == contents[other]:
            there, other = other, there
    assert _synthesized(tmp_path, other) == contents[other]
    assert [file.name for file in tmp_path.iterdir()] == ["cdktf.out"]
    assert any(seen), "no kill came before the end"
