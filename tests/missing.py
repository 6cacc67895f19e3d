"""What a machine lacks that some tests look at: never passed over in silence."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(what: str, told: str) -> NoReturn:
    """Skips the test, and says what was not checked; fails it in CI, unless `TESTS_WITHOUT` names what is known to be missing there."""
    if os.environ.get("CI") and what not in os.environ.get("TESTS_WITHOUT", "").split():
        pytest.fail(told)
    pytest.skip(told)
