"""What all tests share: the fast bindings, and layouts as Terraform JSON.

One Node process serves all tests of a pytest worker, and a layout that several tests look at is synthesized once.
"""

from __future__ import annotations

import hashlib
import json
import os
import textwrap
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from modules.bindings import install
from modules.bindings.flavor import CDKTF, SWITCH

# Whatever the caller and cdktf.json choose: a test of the other flavour names it, also to the programs that it starts.
os.environ[SWITCH] = CDKTF.name
install()  # before anything imports cdktf

from modules.layout import Loaded, load
from tests.terraform_json import Load, Stack, Stacks, Synth
from tests.terrain import terrain_folder, terrain_stacks

TODAY = date(2026, 11, 22)

# What a layout of a test has where it does not say otherwise.
DEMO = """
name: demo
region: us-west-2
node_groups:
  sys:
    instance_type: c5.2xlarge
    size: {min: 1, desired: 1, max: 3}
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-goldens", action="store_true", help="write the files in tests/unit/goldens anew"
    )
    parser.addoption(
        "--fuzz", type=int, default=1000, help="number of changed layouts to try; 1000 without it"
    )
    parser.addoption(
        "--fuzz-seed", type=int, default=0, help="the first of their seeds: others, other layouts"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tells how many injected faults the stacks have survived: tests/engine/test_faults.py."""
    counts = {
        outcome: sum(
            int(str(value))
            for report in terminalreporter.getreports(outcome)
            for name, value in report.user_properties
            if name == "faults"
        )
        for outcome in ("passed", "failed")
    }
    if any(counts.values()):
        terminalreporter.write_line(f"faults injected: {sum(counts.values())}, survived: {counts['passed']}")


@pytest.fixture(scope="session")
def fuzz(request: pytest.FixtureRequest) -> range:
    """Seeds of changed inputs: `--fuzz` and `--fuzz-seed`."""
    first = int(request.config.getoption("--fuzz-seed"))
    return range(first, first + int(request.config.getoption("--fuzz")))


@pytest.fixture(scope="session")
def update_goldens(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-goldens"))


def _load(text: str, folder: Path) -> Loaded:
    """The layout of a YAML text; one that has neither `name` nor `extends` lies over DEMO."""
    text = textwrap.dedent(text)
    if not any(line.startswith(("name:", "extends:")) for line in text.splitlines()):
        (folder / "demo.yaml").write_text(DEMO, encoding="utf-8")
        text = "extends: ./demo.yaml\n" + text
    file = folder / "layout.yaml"
    file.write_text(text, encoding="utf-8")
    return load(str(file), today=TODAY)


@pytest.fixture
def layout(tmp_path: Path) -> Load:
    """Loads the layout of a YAML text, on a fixed day; without `name` and `extends` it lies over DEMO."""
    return lambda text: _load(text, tmp_path)


def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all processes of a run find what one of them has written."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def synth(tmp_path_factory: pytest.TempPathFactory) -> Synth:
    """The stacks of a YAML text, as `layout` reads it: each is synthesized once in a run, by whoever asks first."""
    folder = tmp_path_factory.mktemp("layouts")
    shared = shared_folder(tmp_path_factory) / "stacks"
    shared.mkdir(exist_ok=True)
    known: dict[str, Stacks] = {}

    def stacks(text: str) -> Stacks:
        text = textwrap.dedent(text).strip()
        if text not in known:
            loaded = _load(text, folder)
            file = shared / f"{hashlib.sha256(text.encode()).hexdigest()}.json"
            if file.is_file():
                written = json.loads(file.read_text(encoding="utf-8"))
                known[text] = Stacks(loaded, tuple(Stack(*one) for one in written))
            else:
                known[text] = synthesized(loaded, folder)
                # At once, since another process may read it.
                mine = folder / file.name
                mine.write_text(json.dumps([(one.name, one.json) for one in known[text]]), encoding="utf-8")
                mine.replace(file)
        return known[text]

    return stacks


@pytest.fixture(scope="session")
def terrain(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Stacks]:
    """The stacks of one of `tests.terrain.LAYOUTS` as CDK Terrain writes them: once in a run, for all its processes."""
    shared = shared_folder(tmp_path_factory)
    return lambda name: terrain_stacks(terrain_folder(shared), name)


def synthesized(loaded: Loaded, output: Path) -> Stacks:
    """The stacks of a loaded layout."""
    from cdktf import Testing

    from modules.stacks import add_stacks

    app = Testing.app(outdir=str(output))
    made = add_stacks(app, loaded.layout, loaded.variables)
    return Stacks(
        loaded, tuple(Stack(stack.node.id, json.loads(Testing.synth(stack, True))) for stack in made)
    )
