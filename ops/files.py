"""Files that a command writes: whole, or as they were."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class WriteError(OSError):
    """A file cannot be written; it is named as the user named it."""


@contextmanager
def writing() -> Iterator[None]:
    """For what writes files by itself, and reads none that may be missing.

    Raises:
        WriteError: in place of any OSError.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename is None:  # of the output
            raise
        raise WriteError(error.errno, error.strerror, error.filename) from None


def write_whole(file: Path, text: str | bytes, last_check: Callable[[], object] = lambda: None) -> None:
    """Writes a file whole or not at all: beside it first, then in its place. A symbolic link is followed.

    Args:
        file: where to; what is there is replaced. A device or a pipe is written to.
        text: what it will hold.
        last_check: called between the two; where it raises, the file stays as it is.

    Raises:
        WriteError: it cannot be written.
    """
    data = text.encode() if isinstance(text, str) else text
    try:
        if file.exists() and not file.is_file():
            file.write_bytes(data)
            return
        target = Path(os.path.realpath(file))
        with tempfile.TemporaryDirectory(prefix=".ops-", dir=target.parent) as folder:
            beside = Path(folder) / "new"
            beside.write_bytes(data)
            if target.exists():
                shutil.copymode(target, beside)
            last_check()
            beside.replace(target)
    except OSError as error:
        # The name of what lies beside it would tell nobody anything.
        raise WriteError(error.errno, error.strerror or os.strerror(error.errno or 0), str(file)) from None
