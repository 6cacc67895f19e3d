"""Stacks as CDK Terrain writes them, beside those that this process has from CDKTF.

A process has one flavour, so another one writes them: all that tests ask for, once in a run.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from modules.bindings.flavor import CDKTN
from modules.layout import load, preset_names
from tests.checkout import ROOT
from tests.engine.newer_layouts import NEWER
from tests.engine.variants import VARIANTS
from tests.terraform_json import Stack, Stacks

LAYOUTS: Mapping[str, str] = {
    **{preset: f"extends: {preset}\nname: {preset}\n" for preset in preset_names()},
    **VARIANTS,
}
# With those that CDKTF refuses.
_WRITTEN: Mapping[str, str] = {**LAYOUTS, **NEWER}


def terrain_folder(shared: Path) -> Path:
    """The output of CDK Terrain for all of LAYOUTS; the first process that asks writes it, others wait.

    Args:
        shared: a folder that all processes of a run have.
    """
    folder = shared / "terrain"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "out" / "manifest.json").is_file():
            for name, text in _WRITTEN.items():
                (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
            _synthesize(folder)
    return folder


def _synthesize(folder: Path) -> None:
    layouts = ",".join(str(folder / f"{name}.yaml") for name in _WRITTEN)
    done = subprocess.run(
        [sys.executable, "main.py"],
        cwd=ROOT,
        env={**os.environ, "CDK_FLAVOR": CDKTN.name, "LAYOUT": layouts, "CDKTF_OUTDIR": str(folder / "out")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def terrain_stacks(folder: Path, name: str) -> Stacks:
    """The stacks of one of LAYOUTS.

    Args:
        folder: what `terrain_folder` has given.
    """
    loaded = load(str(folder / f"{name}.yaml"), flavor=CDKTN)
    files = [folder / "out" / "stacks" / stack / "cdk.tf.json" for stack in loaded.layout.stacks]
    return Stacks(
        loaded, tuple(Stack(file.parent.name, json.loads(file.read_text(encoding="utf-8"))) for file in files)
    )
