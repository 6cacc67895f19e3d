"""What a run that was killed has left beside the output folder, and what of it is not ours to lose."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from .folders import WAS, is_folder, take, walk

# In the name of every folder that is to become the output, and of every file that is to replace another.
STAGED = ".staged-"


def prefix(target: Path) -> str:
    """What the name of a folder begins with that is to become this one; the name of a file that is to replace it."""
    return f".{target.name}{STAGED}"


def note(folder: Path) -> Path:
    """Where it is noted what the output has of a folder that is, or was, exchanged with it."""
    return folder.with_name(f"{folder.name.removesuffix(WAS)}.known")


def write_note(folder: Path, known: Iterable[Path]) -> None:
    """Writes the note of a folder that is about to be exchanged, whole or not at all."""
    whole = folder / f".known{STAGED}"
    whole.write_bytes(b"\0".join(map(os.fsencode, known)))
    whole.rename(note(folder))


def _put_aside(folder: Path) -> bool:
    """Whether a kill between two renames has left an output aside, and none in its place."""
    return folder.name.endswith(WAS) and folder.with_name(folder.name.removesuffix(WAS)).exists()


def rescue(folder: Path, target: Path) -> bool:
    """Moves files that only this folder has, and nobody has deleted; returns whether the folder may go."""
    known: set[Path] = set()
    if not _put_aside(folder):
        if not note(folder).exists():
            return True
        known = {Path(os.fsdecode(name)) for name in note(folder).read_bytes().split(b"\0")}
    try:
        for path in walk(folder, lambda path: path in known or path.name.endswith(STAGED)):
            if not is_folder(folder / path) and not os.path.lexists(target / path):
                (target / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).rename(target / path)
    except OSError:
        return False
    return True


def _leftovers(target: Path) -> list[Path]:
    """The folders beside a target, or in it, that are to become it; what lies aside after what has its name."""
    rooms = [room for room in (target.parent, target) if room.is_dir()]
    found = [file for room in rooms for file in sorted(room.iterdir())]
    return [file for file in found if file.name.startswith(prefix(target)) and file.is_dir()]


def clean(target: Path) -> None:
    """Removes what killed runs have left."""
    for folder in reversed(_leftovers(target)):
        with ExitStack() as locks:
            if take(folder, locks) and rescue(folder, target):
                if not _put_aside(folder):
                    note(folder).unlink(missing_ok=True)
                shutil.rmtree(folder, ignore_errors=True)


def restored(target: Path) -> bool:
    """Whether the output was put back that a kill between two renames has left aside, or somebody is about to do it."""
    for folder in filter(_put_aside, _leftovers(target)):
        with ExitStack() as locks:
            if take(folder, locks) is not False:
                folder.rename(target)
        return True
    return False
