"""What the commands say when they cannot do what was asked: on stderr, with exit status 2 and no traceback."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from modules.layout import Fault, LayoutError


class UsageError(ValueError):
    """What was asked for cannot be done as it was asked; the message says what to write instead."""


@contextmanager
def refusing(*more: type[Exception]) -> Iterator[None]:
    """Turns faults of layouts, wrong usage, files that cannot be read or written, and errors of `more` into exit status 2.

    Raises:
        typer.Exit: with status 2.
    """
    refused: tuple[type[Exception], ...] = (UsageError, *more)
    try:
        yield
    except LayoutError as error:
        report(error.faults)
        raise typer.Exit(2) from None
    except refused as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        print(f"{error.filename or 'ops'}: cannot be written: {error.strerror or error}", file=sys.stderr)
        raise typer.Exit(2) from None


def report(faults: tuple[Fault, ...]) -> None:
    """Faults on stderr, each with where, what and what to write instead, and their number."""
    for fault in faults:
        print(fault, file=sys.stderr)
    errors = sum(fault.level == "error" for fault in faults)
    warnings = len(faults) - errors
    counts = [f"{count} {word}{'s' if count > 1 else ''}" for count, word in ((errors, "error"), (warnings, "warning"))
              if count]  # fmt: skip
    print(f"{' and '.join(counts)}; nothing was written. What each means: docs/errors.md", file=sys.stderr)
