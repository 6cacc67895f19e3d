"""The real `cdktf synth` of cdktf-cli, on the checkout as it is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
CDKTF = ROOT / "node_modules" / ".bin" / "cdktf"
# What a run of pytest has set for itself, and a person's shell has not.
OURS = ("LAYOUT", "NODE_OPTIONS", "JSII_NODE", "CDKTF_STOCK_BINDINGS", "PYTHONPATH", "VIRTUAL_ENV")

Cdktf = Callable[..., subprocess.CompletedProcess[str]]


def _environment() -> dict[str, str]:
    """A person's environment, with the machine's Node, or else the one that came with the Python packages."""
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    if shutil.which("node", path=environment.get("PATH")) is None:
        environment["PATH"] = os.pathsep.join([str(ROOT / ".venv" / "bin"), environment.get("PATH", "")])
    return {**environment, "CI": "true", "CHECKPOINT_DISABLE": "1"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout in a folder whose name has a blank; what `make` has set up is shared."""
    for needed in (CDKTF, ROOT / ".venv" / "bin" / "python"):
        if not needed.exists():
            pytest.fail(
                f"{needed.relative_to(ROOT)} is missing: run `make setup` first, or `make test`, which does"
            )
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    copy = tmp_path_factory.mktemp("e2e") / "a checkout"
    for name in files:
        if name and not name.startswith("tests/") and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    for name in (".venv", "node_modules"):
        (copy / name).symlink_to(ROOT / name)
    return copy


@pytest.fixture
def cdktf(checkout: Path) -> Cdktf:
    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(CDKTF), *arguments],
            cwd=checkout,
            env={**_environment(), **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    return run


def _stacks(output: Path) -> dict[str, list[str]]:
    manifest = json.loads((output / "manifest.json").read_text())
    return {name: stack["dependencies"] for name, stack in manifest["stacks"].items()}


def test_cdktf_synth_writes_both_stacks_of_the_default_preset(checkout: Path, cdktf: Cdktf) -> None:
    done = cdktf("synth")
    assert done.returncode == 0, done.stdout + done.stderr
    assert _stacks(checkout / "cdktf.out") == {"eks-g4dn": [], "eks-g4dn-platform": ["eks-g4dn"]}
    for name in ("eks-g4dn", "eks-g4dn-platform"):
        stack = json.loads((checkout / "cdktf.out" / "stacks" / name / "cdk.tf.json").read_text())
        assert stack["resource"]


def test_cdktf_synth_shows_a_broken_layouts_faults_and_fails(checkout: Path, cdktf: Cdktf) -> None:
    (checkout / "broken.yaml").write_text(
        "extends: eks-p5-odcr\nname: broken\nnode_groups:\n  p5: {instance_type: p5.48xlarg}\n"
    )
    done = cdktf("synth", "--output", "broken.out", LAYOUT="broken.yaml")
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "broken.yaml:4: node_groups.p5.instance_type: " in said
    assert "p5.48xlarge" in said
    assert "Traceback" not in said
    assert not (checkout / "broken.out" / "stacks").exists()
