"""Folders and files by way of the kernel: what two names are exchanged by, locks, links."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

CANNOT_EXCHANGE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)
NOT_THIS_FOLDER = (errno.EBUSY, errno.EXDEV, errno.EPERM, errno.EACCES)
# https://man7.org/linux/man-pages/man2/rename.2.html; RENAME_SWAP in <sys/stdio.h> of macOS has the same value.
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
# Ends the name of a folder that lies aside between two renames.
WAS = ".was"


def exchange(one: Path, other: Path) -> None:
    """Gives each of two folders the other's name."""
    names = os.fsencode(one), os.fsencode(other)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            status = library.renamex_np(*names, _RENAME_EXCHANGE)
        else:
            status = library.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE)
        number = ctypes.get_errno() if status != 0 else 0
    except (AttributeError, TypeError):  # an older C library, or none that has a name
        number = errno.ENOSYS
    if number in CANNOT_EXCHANGE:
        aside = one.with_name(f"{one.name}{WAS}")
        other.rename(aside)
        try:
            one.rename(other)
        except OSError:
            aside.rename(other)
            raise
        aside.rename(one)
    elif number:
        raise OSError(number, os.strerror(number), str(other))


def take(folder: Path, locks: ExitStack) -> bool | None:
    """Locks a folder: False where another process has it, or it is gone; None where the system knows no such locks.

    Without fcntl there are none at all: nothing keeps two runs apart, and what a killed one leaves stays.
    """
    try:
        import fcntl
    except ImportError:
        return None if folder.is_dir() else False
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return False
    locks.callback(os.close, descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), folder.stat())
    return False


def is_folder(path: Path) -> bool:
    """Whether it is a folder, and not a link to one."""
    return path.is_dir() and not path.is_symlink()


def walk(folder: Path, leave_out: Callable[[Path], bool]) -> Iterator[Path]:
    """Everything below a folder, relative to it, and each folder before what is in it."""
    for above, folders, names in os.walk(folder, onerror=_raised):
        here = Path(above).relative_to(folder)
        folders[:] = [name for name in folders if not leave_out(here / name)]
        yield from (here / name for name in folders)
        yield from (here / name for name in names if not leave_out(here / name))


def link(old: Path, new: Path) -> None:
    """Gives a file another name, or copies it where that cannot be."""
    try:
        os.link(old, new, follow_symlinks=False)
    except (OSError, NotImplementedError) as error:
        # A file system without links, a file of another user, or one with too many links.
        if isinstance(error, OSError) and error.errno not in (
            *CANNOT_EXCHANGE,
            *NOT_THIS_FOLDER,
            errno.EMLINK,
        ):
            raise
        shutil.copy2(old, new, follow_symlinks=False)


def same_owner(old: Path, new: Path) -> None:
    """Gives a folder the rights and the owner of another, where that is allowed."""
    shutil.copymode(old, new)
    before, now = old.stat(), new.stat()
    if (before.st_uid, before.st_gid) != (now.st_uid, now.st_gid):
        with suppress(PermissionError):
            os.chown(new, before.st_uid, before.st_gid)


def _raised(error: OSError) -> None:
    raise error
