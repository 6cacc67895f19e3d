"""docs/pictures/PRESET.svg: what `ops picture` draws of every preset."""

from __future__ import annotations

from pathlib import Path

from modules.layout import load, preset_names

from ..files import write_whole
from ..picture.command import drawn, synthesized

PICTURES = Path("docs/pictures")


def write_pictures(folder: Path) -> None:
    """Draws every preset below a folder."""
    (folder / PICTURES).mkdir(parents=True, exist_ok=True)
    for name in preset_names():
        write_whole(folder / PICTURES / f"{name}.svg", drawn(name, ".svg", synthesized(load(name))))
