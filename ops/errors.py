"""What the commands say when they cannot do what was asked: on stderr, with exit status 2 and no traceback."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer

from modules.layout import Fault, LayoutError

from .files import WriteError


class UsageError(ValueError):
    """What was asked for cannot be done as it was asked; the message says what to write instead."""


def instead(name: str, there: Sequence[str]) -> str:
    """What was meant by a name that there is not: the nearest, else all that there are."""
    close = difflib.get_close_matches(name, there, 1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(there)}"


@contextmanager
def refusing(*more: type[Exception], writes: bool = False, status: int = 2) -> Iterator[None]:
    """Turns faults of layouts, wrong usage, files that cannot be read or written, and errors of `more` into an exit status.

    What is printed inside is out when it ends: a full disk is noticed here.

    Args:
        more: errors whose message is all that there is to say.
        writes: whether the command writes files, so that it says that it wrote none.
        status: another than 2, where that is a result of the command.

    Raises:
        typer.Exit: with that status.
    """
    refused: tuple[type[Exception], ...] = (UsageError, *more)
    try:
        yield
        sys.stdout.flush()
    except LayoutError as error:
        report(error.faults, "nothing was written" if writes else "")
        raise typer.Exit(status) from None
    except refused as error:
        print(error, file=sys.stderr)
        raise typer.Exit(status) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_output()
        print(_cannot(error), file=sys.stderr)
        raise typer.Exit(status) from None


def report(faults: tuple[Fault, ...], closing: str = "") -> None:
    """Faults on stderr, each with where, what and what to write instead, and their number.

    Args:
        faults: what is wrong.
        closing: what became of the command's work, as "nothing was written".
    """
    for fault in faults:
        print(fault, file=sys.stderr)
    errors = sum(fault.level == "error" for fault in faults)
    warnings = len(faults) - errors
    counts = [f"{count} {word}{'s' if count > 1 else ''}" for count, word in ((errors, "error"), (warnings, "warning"))
              if count]  # fmt: skip
    said = "; ".join(filter(None, (" and ".join(counts), closing)))
    print(f"{said}. What each means: docs/errors.md", file=sys.stderr)


def _cannot(error: OSError) -> str:
    reason = error.strerror or str(error)
    if error.filename is None:  # Opening names the file, printing does not.
        return f"the output cannot be written: {reason}"
    done = "written" if isinstance(error, WriteError) else "used"
    return f"{error.filename}: cannot be {done}: {reason}"


def drop_output() -> None:
    """Drops what is printed but cannot be written, else Python would try again at its end, and complain."""
    try:
        sys.stdout.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
