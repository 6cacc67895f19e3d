"""What the tests of the import share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.layout.eksctl.imports import Importer, importer


@pytest.fixture
def imported(tmp_path: Path) -> Importer:
    """Imports the text of a manifest, on a fixed day; what it leaves out is that of any manifest."""
    return importer(tmp_path)
