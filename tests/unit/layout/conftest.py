"""Layout files that tests write, and what comes of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeAlias

import pytest

from modules.bindings.flavor import Flavor
from modules.layout import Fault, LayoutError, Loaded, load

# The day of all support dates in these tests.
TODAY = date(2026, 11, 22)

Write: TypeAlias = Callable[..., Path]
FaultsOf: TypeAlias = Callable[..., "tuple[Fault, ...]"]
LoadText: TypeAlias = Callable[..., Loaded]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file below the test's own folder: `write(text, "name.yaml")`."""

    def write_file(text: str | bytes, name: str = "layout.yaml") -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    return write_file


@pytest.fixture
def load_text(write: Write) -> LoadText:
    """Loads a layout from text; a second argument is whose packages would write it."""

    def load_it(text: str, flavor: Flavor | None = None) -> Loaded:
        return load(str(write(text)), today=TODAY, flavor=flavor)

    return load_it


@pytest.fixture
def faults_of(load_text: LoadText) -> FaultsOf:
    """Everything that is wrong with a layout, errors and warnings; as `load_text`."""

    def find(text: str, flavor: Flavor | None = None) -> tuple[Fault, ...]:
        try:
            return load_text(text, flavor).warnings
        except LayoutError as error:
            return error.faults

    return find
