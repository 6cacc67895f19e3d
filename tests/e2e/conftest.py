"""cdktf-cli as make has set it up, in a copy of the checkout."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.checkout import ROOT, copied, environment
from tests.engine.conftest import engine as engine  # a fixture

Cdktf = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout in a folder whose name has a blank; what `make` has set up is shared."""
    return copied(tmp_path_factory.mktemp("e2e") / "a checkout", ".tools", ".venv", "node_modules")


@pytest.fixture(scope="module")
def cdktf(checkout: Path) -> Cdktf:
    """Runs cdktf-cli in the copy; named arguments are variables of its environment."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(ROOT / "node_modules" / ".bin" / "cdktf"), *arguments],
            cwd=checkout,
            env={**environment(), **variables},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    return run
