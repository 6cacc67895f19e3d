"""A preset comes out the same with the bindings as they are published."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]


def _synthesized(folder: Path, **environment: str) -> dict[str, bytes]:
    """Every file of a synthesis of eks-p5-odcr, by its name."""
    kept = {key: value for key, value in os.environ.items() if key not in ("LAYOUT", "NODE_OPTIONS")}
    done = subprocess.run(
        [sys.executable, "main.py"],
        cwd=ROOT,
        env={**kept, "LAYOUT": "eks-p5-odcr", "CDKTF_OUTDIR": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_preset_is_the_same_to_the_byte_with_the_fast_bindings_off(tmp_path: Path) -> None:
    fast = _synthesized(tmp_path / "fast")
    stock = _synthesized(tmp_path / "stock", CDKTF_STOCK_BINDINGS="1")
    assert sorted(fast) == [
        "manifest.json",
        "stacks/eks-p5-odcr-platform/cdk.tf.json",
        "stacks/eks-p5-odcr/cdk.tf.json",
    ]
    assert fast == stock
