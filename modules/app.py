"""From loaded layouts to files: the app that `main.py` and the commands share."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .layout import Loaded

if TYPE_CHECKING:
    from cdktf import App

DEFAULT_OUTPUT = "cdktf.out"


def chosen_layouts(environment: Mapping[str, str] | None = None, folder: Path | None = None) -> list[str]:
    """Names of the layouts to synthesize: `LAYOUT`, comma-separated, or `layout` in cdktf.json's context.

    Args:
        environment: the process's own without it.
        folder: where cdktf.json lies; the working directory without it.
    """
    given = (os.environ if environment is None else environment).get("LAYOUT", "")
    if not given.strip():
        file = (folder or Path.cwd()) / "cdktf.json"
        settings = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        given = str(settings.get("context", {}).get("layout", "eks-g4dn"))
    return [name.strip() for name in given.split(",") if name.strip()]


def build(loaded: Sequence[Loaded], output: str | None = None) -> App:
    """An app with the stacks of the layouts, not yet written."""
    from cdktf import App

    from .stacks import add_stacks

    folder = output or os.environ.get("CDKTF_OUTDIR") or DEFAULT_OUTPUT
    Path(folder).mkdir(parents=True, exist_ok=True)
    app = App(outdir=folder)
    for one in loaded:
        add_stacks(app, one.layout, one.variables)
    return app


def synthesize(loaded: Sequence[Loaded], output: str | None = None) -> Path:
    """Writes the Terraform JSON of the layouts; returns the folder.

    Args:
        output: the folder; what cdktf-cli asks for, or `cdktf.out`, without it.
    """
    app = build(loaded, output)
    app.synth()
    return Path(app.outdir)


def remove_stale(folder: Path) -> None:
    """Removes the stacks of an earlier synthesis: nobody should review or deploy what is not asked for.

    cdktf-cli does the same after the app has ended, and does not take it well if somebody was faster.
    """
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for stack in (folder / "stacks").iterdir():
        if (stack / "cdk.tf.json").is_file() and stack.name not in manifest["stacks"]:
            shutil.rmtree(stack)
