"""What the tests of the bindings share: each runs its program in a process of its own, with a clean environment."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from modules.bindings.node import PRELOAD, wheel_node

ROOT = Path(__file__).resolve().parents[3]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment() -> Mapping[str, str]:
    """The environment without what this package reads or sets."""
    unset = (
        "NODE_OPTIONS",
        "JSII_NODE",
        "CDK_FLAVOR",
        "CDKTF_STOCK_BINDINGS",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONOPTIMIZE",
    )
    return {name: value for name, value in os.environ.items() if name not in unset}


@pytest.fixture
def run_python(environment: Mapping[str, str], tmp_path: Path) -> Run:
    """Run a Python program in a process of its own. `site` is a folder of importable modules, `env` what to set."""

    def run(
        program: str, *, site: Path | None = None, check: bool = True, **env: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program)],
            env={**environment, "PYTHONPATH": os.pathsep.join(map(str, filter(None, [ROOT, site]))), **env},
            cwd=tmp_path,
            capture_output=True,
            check=False,
            text=True,
            timeout=300,
        )
        if check:
            assert done.returncode == 0, done.stderr
        return done

    return run


@pytest.fixture
def run_node(environment: Mapping[str, str], tmp_path: Path) -> Run:
    """Run a JavaScript program in Node, by default with the preload."""
    node = wheel_node()
    assert node is not None

    def run(
        program: str, *, preload: Path | None = PRELOAD, check: bool = True, **env: str
    ) -> subprocess.CompletedProcess[str]:
        arguments = [] if preload is None else ["--require", str(preload)]
        done = subprocess.run(
            [str(node), *arguments, "-e", textwrap.dedent(program)],
            env={**environment, **env},
            cwd=tmp_path,
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
        )
        if check:
            assert done.returncode == 0, done.stderr
        return done

    return run


FAKE_INIT = """\
'''A package as jsii generates them.'''
from pkgutil import extend_path
__path__ = extend_path(__path__, __name__)

import publication

VERSION = "1.2.3"

__all__ = ["VERSION", "alpha", "beta"]

publication.publish()

# Loading modules to ensure their types are registered with the jsii runtime library
from . import alpha
from . import beta
"""

FAKE_SUBMODULE = """\
import sys
sys.loaded = [*getattr(sys, "loaded", []), __name__]

import publication

class Thing:
    def __init__(self, size=1):
        self.size = size
    def __eq__(self, other):
        return type(other) is type(self) and other.size == self.size
    def sibling(self) -> "cdktf_cdktf_provider_fake.beta.Thing": ...

import cdktf_cdktf_provider_fake

__all__ = ["Thing"]
publication.publish()
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with a provider package, `cdktf_cdktf_provider_fake`, that notes its loaded submodules in sys.loaded."""
    site = tmp_path / "site"
    package = site / "cdktf_cdktf_provider_fake"
    for name, source in {
        "": FAKE_INIT,
        "alpha": FAKE_SUBMODULE,
        "beta": FAKE_SUBMODULE,
    }.items():
        (package / name).mkdir(parents=True, exist_ok=True)
        (package / name / "__init__.py").write_text(source)
    (package / "notes.txt").write_text("notes")
    return site
