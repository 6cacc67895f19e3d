"""cdktf-cli and cdktn-cli as make has set them up, in a copy of the checkout."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.checkout import ROOT, copied, environment
from tests.engine.conftest import engine as engine  # a fixture

Cdktf = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout in a folder whose name has a blank; what `make` has set up is shared."""
    shared = (".tools", ".venv", "node_modules", "cdktn-cli/node_modules")
    return copied(tmp_path_factory.mktemp("e2e") / "a checkout", *shared)


@pytest.fixture(scope="module")
def cdktf(checkout: Path) -> Cdktf:
    """Runs cdktf-cli in the copy; named arguments are variables of its environment."""
    return _command(checkout, "node_modules/.bin/cdktf", {})


@pytest.fixture(scope="module")
def cdktn(checkout: Path) -> Cdktf:
    """Runs cdktn-cli likewise, with the Node of the Python packages: the machine's may be too old for it."""
    path = os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ["PATH"]])
    return _command(checkout, "cdktn-cli/node_modules/.bin/cdktn", {"PATH": path})


def _command(checkout: Path, program: str, settings: Mapping[str, str]) -> Cdktf:
    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(ROOT / program), *arguments],
            cwd=checkout,
            env={**environment(), **settings, **variables},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    return run
