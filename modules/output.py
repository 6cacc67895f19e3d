"""A folder that is written whole or not at all.

A run writes into a new folder beside the output folder, and exchanges the two in one step of the kernel. What others keep in
the output folder is not ours to lose: Terraform's `.terraform` and lock file, a state, a program that works there. So the
output folder stays the same one, and is out of sight only for a moment. In order:

1. The new folder gets a link to every file of the old one that a synthesis does not write. The old one is as it was. A note
   beside the new folder has what is known of both: these files, those of the synthesis, and those that go.
2. The two are exchanged: from here on the output is new, and whole.
3. The old folder, out of sight, gets the new files too. All else it still has, with what came meanwhile.
4. The two are exchanged once more: the same content, in the folder that Terraform, shells and editors have open.
5. What somebody has put into the new folder since 2, and is not in the note, is moved over; the note goes, then the folder.

A kill before 2 leaves the old output, one after it the new one; and beside it a hidden folder, which the next run removes once
nobody holds its lock. Has it a note, then it may have been the output: files that are not in the note are moved to the output
first. Those in it are not, for the output has them, or somebody has deleted them there. An error after 2 leaves that folder as
a kill does, but for what was moved at once. Each process holds a lock on the folders that it exchanges, so that of two runs
one comes after the other.

Linux exchanges by renameat2, macOS by renamex_np. On a file system that can do neither it takes three renames; after a kill
between two of these there may be no output, and the next run puts the old one back. A folder that cannot be exchanged, since
it is a mount point or what it lies in is not ours to write, has its `stacks` exchanged so, and then its manifest replaced.
Where that cannot be either, or folders of stacks are links to elsewhere, the new files are put beside the old ones, and then
replace them one after the other: a kill between these leaves some old and some new, and the manifest is the last.
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

from .folders import NOT_THIS_FOLDER, exchange, is_folder, link, same_owner, take, walk
from .leftovers import clean, note, prefix, rescue, restored, write_note

MANIFEST, STACKS, STACK_FILE = "manifest.json", "stacks", "cdk.tf.json"
# How long another run may hold the output: it needs a moment for some links and renames.
PATIENCE_SECONDS = 60.0
_TERRAFORM_INIT = (".terraform", ".terraform.lock.hcl")


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """A new folder, to be written and given to `publish`.

    It is gone when the context ends, unless it may still have something of others (see `publish`).

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
            folder = room / f"{prefix(target)}{secrets.token_hex(4)}"
            with suppress(FileExistsError):
                folder.mkdir()
                # Before it was locked, another run may have taken it for a leftover.
                if take(folder, locks) is not False:
                    break
        try:
            yield folder
        finally:
            if not note(folder).exists():
                shutil.rmtree(folder, ignore_errors=True)


def publish(folder: Path, target: Path, *, keep_stale: bool) -> None:
    """Makes what a synthesis has written the content of `target`, beside what others keep there.

    Args:
        keep_stale: leave stacks that are not of this synthesis as they are. Without it they go, but for files that neither
            cdktf nor `terraform init` writes.

    Raises:
        OSError: something cannot be read or written, or another run holds the output. The target is as it was, unless files
            had to be replaced one after the other.
    """
    target = target.resolve()
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        with ExitStack() as locks:
            if take(target, locks) is not False:
                clean(target)
                clean(target / STACKS)
                _replace(folder, target, _content(folder, target, keep_stale))
                return
            if not target.exists() and not restored(target):
                with suppress(FileExistsError, NotADirectoryError):
                    _rename_to_nothing(folder, target)
                    clean(target)
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
        for name in (STACK_FILE, prefix(Path(STACK_FILE)), *_TERRAFORM_INIT)
    )
    return _Content(files, stale)


def _replace(folder: Path, target: Path, content: _Content) -> None:
    linked = any((target / above).is_symlink() for path in content.files for above in path.parents)
    ways = [] if linked else [_swap_stacks] if folder.parent == target else [_swap, _swap_stacks]
    for way in ways:
        try:
            way(folder, target, content)
            return
        except OSError as error:
            if error.errno not in NOT_THIS_FOLDER:
                raise
    _update(target, folder, content)


def _swap_stacks(folder: Path, target: Path, content: _Content) -> None:
    stacks = target / STACKS
    in_stacks = content.within(STACKS)
    with staged(stacks) as inner, _beside(folder, target, [Path(MANIFEST)]) as replace_manifest:
        for path in in_stacks.files:
            (inner / path).parent.mkdir(parents=True, exist_ok=True)
            link(folder / STACKS / path, inner / path)
        _swap(inner, stacks, in_stacks, replace_manifest)


def _swap(
    folder: Path, target: Path, content: _Content, exchanged: Callable[[], object] = lambda: None
) -> None:
    """The five steps; `exchanged` is called after the second."""
    target.mkdir(exist_ok=True)
    write_note(folder, content.files | content.stale | _carry(target, folder, content))
    try:
        exchange(folder, target)
    except OSError:
        note(folder).unlink()
        raise
    exchanged()
    # The output is the new one: nothing below may fail any more, and at worst another folder is left in its place.
    with suppress(OSError):
        _update(folder, target, content)
        exchange(folder, target)
        if rescue(folder, target):
            note(folder).unlink()
        return
    # Programs may still work in the old folder: it is left, with its note, to the next run.
    rescue(folder, target)


def _carry(old: Path, new: Path, content: _Content) -> set[Path]:
    """Links what others keep in `old` into `new`; returns their paths."""
    carried = set()
    for path in walk(old, content.lost):
        there = new / path
        if is_folder(old / path):
            there.mkdir(exist_ok=True)
            same_owner(old / path, there)
        else:
            link(old / path, there)
            carried.add(path)
    _drop_empty(new, content)
    same_owner(old, new)
    return carried


def _update(old: Path, new: Path, content: _Content) -> None:
    """Gives a folder the files of the new one, and removes what has no place beside them."""
    with _beside(new, old, content.files) as replace_files:
        replace_files()
    for path in content.stale:
        if is_folder(old / path):
            shutil.rmtree(old / path)
        else:
            (old / path).unlink(missing_ok=True)
    _drop_empty(old, content)


@contextmanager
def _beside(folder: Path, target: Path, paths: Iterable[Path]) -> Iterator[Callable[[], None]]:
    """Puts files of a folder beside those of another that they replace, whole, when they are told to; a manifest last."""
    files = {path: target / path for path in sorted(paths, key=lambda path: (path.name == MANIFEST, path))}
    ready = {path: file.with_name(prefix(file)) for path, file in files.items()}

    def replace() -> None:
        for path, file in files.items():
            ready[path].replace(file)

    try:
        for path, file in ready.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink(missing_ok=True)
            link(folder / path, file)
        yield replace
    finally:
        for file in ready.values():
            with suppress(OSError):
                file.unlink(missing_ok=True)


def _drop_empty(folder: Path, content: _Content) -> None:
    for stack in {path.parent for path in content.stale}:
        with suppress(OSError):
            (folder / stack).rmdir()


def _stays(target: Path) -> bool:
    """Whether a folder cannot or should not be exchanged as a whole: a project that is its own output has much in it."""
    return target.is_dir() and (
        os.path.ismount(target) or Path.cwd().is_relative_to(target) or not os.access(target.parent, os.W_OK)
    )


def _rename_to_nothing(folder: Path, target: Path) -> None:
    try:
        folder.rename(target)
    except OSError as error:
        if error.errno != errno.ENOTEMPTY:
            raise
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
