"""A folder that is written whole or not at all.

A run writes into a new folder beside the output folder, and exchanges the two in one step of the kernel. What others keep in
the output folder is not ours to lose: Terraform's `.terraform` and lock file, a state, a program that works there. So the
output folder stays the same one, and is out of sight only for a moment. In order:

1. The new folder gets a link to every file of the old one that a synthesis does not write. The old one is as it was.
2. The two are exchanged: from here on the output is new, and whole.
3. The old folder, out of sight, gets the new files too. All else it still has, with what came meanwhile.
4. The two are exchanged once more: the same content, in the folder that Terraform, shells and editors have open.
5. What somebody has put into the new folder since 2 is moved over, and the new folder removed with its links.

A kill before 2 leaves the old output, one after it the new one; and beside it a hidden folder, which the next run removes once
nobody holds its lock. A file that only this folder has is moved to the output first. Each process holds a lock on the folders
that it exchanges, so that of two runs one comes after the other.

Linux exchanges by renameat2, macOS by renamex_np. On a file system that can do neither it takes three renames; after a kill
between two of these there may be no output, and the next run puts the old one back. A folder that cannot be exchanged, since
it is a mount point or what it lies in is not ours to write, has its `stacks` exchanged so, and then its manifest replaced.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from .folders import NOT_THIS_FOLDER, exchange, link, same_owner, take, walk

# In the name of every folder that is to become the output.
STAGED = ".staged-"
MANIFEST, STACKS, STACK_FILE = "manifest.json", "stacks", "cdk.tf.json"
# How long another run may hold the output: it needs a moment for some links and renames.
PATIENCE_SECONDS = 60.0
_TERRAFORM_INIT = (".terraform", ".terraform.lock.hcl")


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """A new folder, to be written and given to `publish`; it is gone when the context ends.

    Raises:
        OSError: it cannot be made.
    """
    target = target.resolve()
    if target.exists() and not target.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(target))
    room = target if _stays(target) else target.parent
    room.mkdir(parents=True, exist_ok=True)
    with ExitStack() as locks:
        while True:
            folder = room / f"{_prefix(target)}{secrets.token_hex(4)}"
            with suppress(FileExistsError):
                folder.mkdir()
                # Before it was locked, another run may have taken it for a leftover.
                if take(folder, locks) is not False:
                    break
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def publish(folder: Path, target: Path, *, keep_stale: bool) -> None:
    """Makes what a synthesis has written the content of `target`, beside what others keep there.

    Args:
        keep_stale: leave stacks that are not of this synthesis as they are. Without it they go, but for files that neither
            cdktf nor `terraform init` writes.

    Raises:
        OSError: something cannot be read or written, or another run holds the output. The target is as it was.
    """
    target = target.resolve()
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        with ExitStack() as locks:
            if _present(target, locks):
                _clean(target)
                _replace(folder, target, keep_stale)
                return
            if not target.exists() and not _restored(target):
                with suppress(FileExistsError, NotADirectoryError):
                    _rename_to_nothing(folder, target)
                    _clean(target)
                    return
        time.sleep(0.02)
    raise BlockingIOError(errno.EWOULDBLOCK, "another run is writing it", str(target))


@dataclass(frozen=True)
class _Content:
    """What a synthesis has written: its files, and what of the old output has no place beside them. Paths are relative."""

    files: frozenset[Path]
    stale: frozenset[Path]

    def lost(self, path: Path) -> bool:
        """Whether a path of the old output is ours and gone, or replaced."""
        return path in self.files or path in self.stale

    def within(self, name: str) -> _Content:
        """What is in a folder of it."""
        files, stale = (
            frozenset(path.relative_to(name) for path in paths if path.parts[0] == name)
            for paths in (self.files, self.stale)
        )
        return _Content(files, stale)


def _content(folder: Path, target: Path, keep_stale: bool) -> _Content:
    files = frozenset(
        Path(above, name).relative_to(folder) for above, _, names in os.walk(folder) for name in names
    )
    stacks = {path.parts[1] for path in files if path.parts[0] == STACKS}
    old = [] if keep_stale else [file.parent for file in (target / STACKS).glob(f"*/{STACK_FILE}")]
    stale = frozenset(
        Path(STACKS, stack.name, name)
        for stack in old
        if stack.name not in stacks
        for name in (STACK_FILE, *_TERRAFORM_INIT)
    )
    return _Content(files, stale)


def _replace(folder: Path, target: Path, keep_stale: bool) -> None:
    content = _content(folder, target, keep_stale)
    if folder.parent != target:
        try:
            _swap(folder, target, content)
            return
        except OSError as error:
            if error.errno not in NOT_THIS_FOLDER:
                raise
    stacks = target / STACKS
    _clean(stacks)
    in_stacks = content.within(STACKS)
    with staged(stacks) as inner, staged(stacks) as manifest:
        shutil.copy(folder / MANIFEST, manifest)
        for path in in_stacks.files:
            (inner / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / STACKS / path, inner / path)
        _swap(inner, stacks, in_stacks, lambda: (manifest / MANIFEST).replace(target / MANIFEST))


def _swap(
    folder: Path, target: Path, content: _Content, exchanged: Callable[[], object] = lambda: None
) -> None:
    """The five steps; `exchanged` is called after the second."""
    target.mkdir(exist_ok=True)
    carried = _carry(target, folder, content)
    exchange(folder, target)
    exchanged()
    # The output is the new one: nothing below may fail any more, and at worst another folder is left in its place.
    with suppress(OSError):
        _update(folder, target, content)
        exchange(folder, target)
        _rescue(folder, target, carried)


def _carry(old: Path, new: Path, content: _Content) -> set[Path]:
    """Links what others keep in `old` into `new`; returns their paths."""
    carried = set()
    for path in walk(old, content.lost):
        there = new / path
        if (old / path).is_dir() and not (old / path).is_symlink():
            there.mkdir(exist_ok=True)
            same_owner(old / path, there)
        else:
            link(old / path, there)
            carried.add(path)
    _drop_empty(new, content)
    same_owner(old, new)
    return carried


def _update(old: Path, new: Path, content: _Content) -> None:
    """Gives the folder that is out of sight the files of the new one."""
    for path in content.stale:
        if (old / path).is_dir() and not (old / path).is_symlink():
            shutil.rmtree(old / path)
        else:
            (old / path).unlink(missing_ok=True)
    _drop_empty(old, content)
    with staged(new) as folder:
        for path in sorted(content.files):
            (old / path).parent.mkdir(parents=True, exist_ok=True)
            # Whoever works in that folder sees the file of before, or this one.
            link(new / path, folder / STACK_FILE)
            (folder / STACK_FILE).replace(old / path)


def _rescue(folder: Path, target: Path, known: Iterable[Path] = ()) -> None:
    """Moves files of others that the target does not have out of a folder that will be removed."""
    known = set(known)
    for path in walk(folder, lambda path: path.name in (MANIFEST, STACK_FILE)):
        found = folder / path
        if path not in known and (found.is_symlink() or not found.is_dir()):
            with suppress(OSError):
                (target / path).parent.mkdir(parents=True, exist_ok=True)
                if not os.path.lexists(target / path):
                    found.rename(target / path)


def _drop_empty(folder: Path, content: _Content) -> None:
    for stack in {path.parent for path in content.stale}:
        with suppress(OSError):
            (folder / stack).rmdir()


def _prefix(target: Path) -> str:
    return f".{target.name}{STAGED}"


def _stays(target: Path) -> bool:
    """Whether a folder cannot or should not be exchanged as a whole: a project that is its own output has much in it."""
    return target.is_dir() and (
        target.is_mount() or Path.cwd().is_relative_to(target) or not os.access(target.parent, os.W_OK)
    )


def _rename_to_nothing(folder: Path, target: Path) -> None:
    try:
        folder.rename(target)
    except OSError as error:
        if error.errno != errno.ENOTEMPTY:
            raise
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None


# Locks, and what a killed run has left


def _present(target: Path, locks: ExitStack) -> bool:
    """Whether the output is there, and now locked."""
    return take(target, locks) is not False


def _leftovers(target: Path) -> list[Path]:
    rooms = [room for room in (target.parent, target) if room.is_dir()]
    return [
        file for room in rooms for file in sorted(room.iterdir()) if file.name.startswith(_prefix(target))
    ]


def _clean(target: Path) -> None:
    """Removes what killed runs have left."""
    for folder in _leftovers(target):
        with ExitStack() as locks:
            if take(folder, locks):
                with suppress(OSError):
                    _rescue(folder, target)
                shutil.rmtree(folder, ignore_errors=True)


def _restored(target: Path) -> bool:
    """Whether the output was put back that a kill between two renames has left aside, or somebody is about to do it."""
    for folder in _leftovers(target):
        if folder.name.endswith(".was"):
            with ExitStack() as locks:
                if take(folder, locks):
                    folder.rename(target)
            return True
    return False
