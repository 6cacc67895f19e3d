"""What the tests of `ops preflight` share: checks look one after the other."""

from __future__ import annotations

import pytest

from ops.checking import runner


@pytest.fixture(autouse=True)
def one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account is in this process, so that threads only wait for each other; `alone` in test_command has them."""
    monkeypatch.setattr(runner, "_SIDE_BY_SIDE", 1)
