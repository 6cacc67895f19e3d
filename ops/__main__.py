"""`python -m ops COMMAND`."""

import io
import os
import sys
from pathlib import Path


def _streams() -> None:
    """Makes every text printable, and stands in for streams that the shell closed: Python leaves None in their place."""
    nothing = Path(os.devnull)
    # In this order, so that each gets its own file descriptor and no other file does. They stay open to the end.
    sys.stdin = sys.stdin or nothing.open(encoding="utf-8")
    sys.stdout = sys.stdout or nothing.open("w", encoding="utf-8")
    sys.stderr = sys.stderr or nothing.open("w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


_streams()

from modules.bindings import FlavorError, install  # noqa: E402  (the streams come first)

try:
    install()
except FlavorError as error:
    print(error, file=sys.stderr)
    sys.exit(2)

from ops.cli import app  # noqa: E402  (the bindings come first)

if __name__ == "__main__":
    app(prog_name="ops")
