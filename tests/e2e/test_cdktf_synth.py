"""The real `cdktf synth` of cdktf-cli, and `cdktn synth` of cdktn-cli, on the checkout as it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import Cdktf

pytestmark = pytest.mark.e2e


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


def test_cdktf_synth_of_another_layout_leaves_what_terraform_keeps_in_a_stack_of_both(
    checkout: Path, cdktf: Cdktf
) -> None:
    output = checkout / "both.out"
    layouts = "eks-g4dn,eks-g5-node-autorepair"
    assert cdktf("synth", "--output", "both.out", LAYOUT=layouts).returncode == 0
    kept = output / "stacks" / "eks-g4dn" / ".terraform" / "environment"
    kept.parent.mkdir()
    kept.write_text("mine")
    folder = output.stat().st_ino
    done = cdktf("synth", "--output", "both.out", LAYOUT="eks-g4dn")
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(stack.name for stack in (output / "stacks").iterdir()) == [*_stacks(output)]
    assert kept.read_text() == "mine"
    assert output.stat().st_ino == folder
    assert [file for file in checkout.iterdir() if "staged" in file.name] == []


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


def test_cdktf_synth_says_in_one_line_that_it_cannot_write(checkout: Path, cdktf: Cdktf) -> None:
    (checkout / "a file").write_text("")
    done = cdktf("synth", "--output", "a file/cdktf.out")
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "cannot be written: " in said
    assert "Traceback" not in said


@pytest.mark.parametrize(("flavor", "source"), [("", "aws"), ("cdktn", "hashicorp/aws")])
def test_cdktn_synth_writes_the_flavour_that_is_set(
    flavor: str, source: str, checkout: Path, cdktn: Cdktf
) -> None:
    """The command does not choose it: one setting does, which is read by all that writes stacks."""
    done = cdktn("synth", "--output", "terrain.out", CDK_FLAVOR=flavor)
    assert done.returncode == 0, done.stdout + done.stderr
    assert _stacks(checkout / "terrain.out") == {"eks-g4dn": [], "eks-g4dn-platform": ["eks-g4dn"]}
    written = checkout / "terrain.out" / "stacks" / "eks-g4dn" / "cdk.tf.json"
    stack = json.loads(written.read_text(encoding="utf-8"))
    assert stack["terraform"]["required_providers"]["aws"]["source"] == source


def test_cdktn_synth_shows_why_there_is_nothing(cdktn: Cdktf) -> None:
    done = cdktn("synth", "--output", "none.out", CDK_FLAVOR="terrain")
    assert done.returncode != 0
    assert "CDK_FLAVOR is 'terrain'. Write cdktf or cdktn." in done.stdout + done.stderr
