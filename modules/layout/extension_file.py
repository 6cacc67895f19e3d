"""The program that a layout names under `extension`: found as the layout is loaded, and not run then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from .faults import Fault
from .forms import matching
from .tree import Node

_REMEDY = "Write the path of a Python file, from this file's folder."

ExtensionFile = Annotated[
    str,
    matching(
        r"[^\x00-\x1f\x7f]{1,1000}\.py",
        "is no Python file",
        "Write the path of a file whose name ends in .py, from this file's folder.",
    ),
]


def find_extension(tree: Node) -> Iterator[Fault]:
    """Puts the whole path of the `extension` in the place of the one that starts at the folder of its layout file."""
    given = tree.child("extension")
    if given is None or not isinstance(given.value, str) or not given.value.endswith(".py"):
        return
    try:
        file = (Path(given.origin.source).parent / Path(given.value).expanduser()).resolve()
        with file.open("rb"):
            pass
    except (OSError, RuntimeError, ValueError) as error:
        # RuntimeError: the home folder of nobody. ValueError: a null character.
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        problem = f"{given.value[:100]!r} cannot be read: {reason}"
        yield Fault(given.origin, ("extension",), problem, _REMEDY, "file")
        return
    given.value = str(file)
