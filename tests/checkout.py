"""A copy of this checkout and a person's environment, for the tests that run make, cdktf and the commands."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# What a run of make or pytest has set for itself, and a person's shell has not.
_OURS = (
    "LAYOUT",
    "STACKS",
    "MAKEFLAGS",
    "MAKELEVEL",
    "NODE_OPTIONS",
    "JSII_NODE",
    "CDKTF_STOCK_BINDINGS",
    "PYTHONPATH",
    "VIRTUAL_ENV",
)


def copied(folder: Path, *shared: str) -> Path:
    """A new folder with the files of this checkout, changes that are not committed included.

    Args:
        shared: folders that make has set up, which the copy gets as links.
    """
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for name in shared:
        if not (ROOT / name).is_dir():
            pytest.fail(f"{name} is missing: run `make setup` first, or `make test`, which does")
        (folder / name).symlink_to(ROOT / name)
    return folder


def environment() -> dict[str, str]:
    """A person's environment, with the machine's Node, or else the one that came with the Python packages."""
    kept = {
        name: value for name, value in os.environ.items() if name not in _OURS and not name.startswith("TF_")
    }
    if shutil.which("node", path=kept.get("PATH")) is None:
        kept["PATH"] = os.pathsep.join([str(ROOT / ".venv" / "bin"), kept.get("PATH", "")])
    return {**kept, "CI": "true", "CHECKPOINT_DISABLE": "1"}
