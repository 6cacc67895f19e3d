"""`python -m ci.layouts`: the layouts that a pipeline is about, as a JSON list."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from .job import give

FOLDER = "layouts"
# What the project itself is tried with, where there are no layouts yet: the default preset.
PRESET = "eks-g4dn"
# A name of a preset or a path in the repository: it becomes an argument, a part of a file's name and of a group of concurrency.
_NAME = re.compile(r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./-]*")


class LayoutsError(ValueError):
    """LAYOUTS does not name layouts; the message says what to write."""


def chosen(given: str, root: Path) -> list[str]:
    """The layouts of the variable `LAYOUTS`, else every file of `layouts/`, else the default preset.

    Args:
        given: the variable: a JSON list of presets' names and of paths, or nothing. GitHub does not hand variables of the
            repository to a pull request from a fork, so that it is reviewed by the files.
        root: the checkout.

    Raises:
        LayoutsError: it is no such list, or two of them have one place for what comes of them.
    """
    if not given.strip():
        names = sorted(f"{FOLDER}/{file.name}" for file in (root / FOLDER).glob("*.yaml")) or [PRESET]
    else:
        names = _listed(given)
    for place, name in enumerate(names):
        if not _NAME.fullmatch(name):
            raise LayoutsError(f"LAYOUTS: {name!r} is neither a preset's name nor a path in the repository")
        same = next((one for one in names[:place] if slug(one) == slug(name)), None)
        if same is not None:
            raise LayoutsError(f"LAYOUTS: {same} and {name} would both be called {slug(name)}: rename one")
    return names


def _listed(given: str) -> list[str]:
    try:
        names = json.loads(given)
    except ValueError:
        names = None
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise LayoutsError(
            'LAYOUTS is not a list: write it as JSON, like ["layouts/llm.yaml", "eks-p5-odcr"]'
        )
    return list(dict.fromkeys(names))


def slug(layout: str) -> str:
    """A layout's name as a part of a file's name."""
    return re.sub(r"[^A-Za-z0-9-]", "_", layout.removesuffix(".yaml").removeprefix(f"{FOLDER}/"))


def main(environment: Mapping[str, str] = os.environ) -> int:
    """Prints the list, and gives it to the jobs that follow as the output `layouts`."""
    try:
        names = chosen(environment.get("LAYOUTS", ""), Path())
    except LayoutsError as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(names))
    give(environment, layouts=json.dumps(names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
