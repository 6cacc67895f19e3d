"""Constructs in a program that has, or has not, called `install()` before its imports."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.checkout import ROOT, environment

# Nothing of it starts Node: packages that stand for the real ones, as far as the finders look at them.
_FAKES = """
import sys, types
def fake(*names):
    for name in names:
        sys.modules[name] = types.ModuleType(name)
"""
_TOLD = """
import os
from modules.bindings import active_flavor
hooks = [type(one).__name__ for one in sys.meta_path]
print(active_flavor(), "LazyProviderFinder" in hooks, "RenamedFinder" in hooks, "NODE_OPTIONS" in os.environ)
"""


def _ensured(before: str, **env: str) -> str:
    program = f"{_FAKES}\n{before}\nfrom modules.bindings import ensure\nensure(); ensure()\n{_TOLD}"
    kept = {name: value for name, value in environment().items() if name != "CDK_FLAVOR"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**kept, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("before", "flavor", "told"),
    [
        ("", "", "cdktf True False True"),
        # Node runs already: what is left is Python's half.
        ("fake('jsii', 'cdktf')", "", "cdktf True False False"),
        ("fake('jsii', 'cdktn')", "", "cdktn True True False"),
        ("fake('jsii', 'cdktn')", "cdktf", "cdktf True False False"),
        ("fake('jsii', 'cdktn', 'cdktf')", "", "cdktf True False False"),
        ("", "cdktn", "cdktn True True True"),
    ],
)
def test_what_is_still_possible_is_done(before: str, flavor: str, told: str) -> None:
    assert _ensured(before, CDK_FLAVOR=flavor) == told


def test_another_flavor_after_the_import_is_an_error() -> None:
    told = _ensured("fake('jsii', 'cdktf')", CDK_FLAVOR="cdktn")
    assert "LateInstallError: cdktf: imported before modules.bindings.install()" in told
    assert "those of CDK Terrain" in told


def test_a_flavor_whose_packages_are_missing_is_told_of_with_the_one_that_is_there() -> None:
    missing = """
from importlib.machinery import PathFinder
find = PathFinder.find_spec
PathFinder.find_spec = lambda name, *more: None if name == "cdktf" else find(name, *more)
"""
    told = _ensured(missing)
    assert told.endswith(
        "FlavorError: The packages of CDKTF are not installed, and nothing asks for another flavour than cdktf. Run "
        "`pipenv sync`, or choose another flavour: CDK_FLAVOR=cdktn, which is installed."
    )
