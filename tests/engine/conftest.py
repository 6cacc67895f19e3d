"""The engine: required in CI, and said aloud where it is missing."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ops.offline.engine import Engine, EngineMissingError, find_engine
from tests.engine.reviews import Reviewed, compare
from tests.offline import Offline
from tests.terraform_json import Synth

Start = Callable[..., Offline]


@pytest.fixture(scope="session")
def engine() -> Engine:
    """Terraform, or OpenTofu."""
    try:
        return find_engine()
    except EngineMissingError as missing:
        told = f"{missing}. What the engine makes of our stacks was NOT checked"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)


@pytest.fixture
def start(engine: Engine, synth: Synth, tmp_path: Path) -> Start:
    """The stacks of a layout's YAML text on stand-ins, to be used as a context; `values` are variables to set."""
    count = iter(range(1000))

    def started(text: str, values: Mapping[str, Any] | None = None) -> Offline:
        return Offline(engine, tmp_path / str(next(count)), synth(text), values)

    return started


@pytest.fixture
def reviewed(update_goldens: bool) -> Reviewed:
    """Compares the review of plans with its golden in tests/engine/goldens."""
    return lambda name, plans: compare(name, plans, update=update_goldens)
