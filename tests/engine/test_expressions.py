"""Expressions of the synthesized JSON, evaluated by Terraform itself: no provider is needed for that."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from modules.layout import Variable, load, preset_names
from modules.layout.subnets import LETTERS, private_subnet, public_subnet
from ops.offline.engine import Engine
from tests.terraform_json import Synth

pytestmark = pytest.mark.engine


def evaluated(
    engine: Engine, folder: Path, expression: str, variables: dict[str, object] | None = None
) -> object:
    """The value of an expression, with variables of the given values."""
    declared = {name: {"default": value} for name, value in (variables or {}).items()}
    module = {"variable": declared} if declared else {}
    (folder / "main.tf.json").write_text(json.dumps(module), encoding="utf-8")
    done = subprocess.run(
        [engine.path, "console"],
        cwd=folder,
        input=f"jsonencode({expression})\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "CHECKPOINT_DISABLE": "1"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(json.loads(done.stdout))


def inside(template: str) -> str:
    """The expression of a `${...}` that is all of a string."""
    assert template.startswith("${")
    assert template.endswith("}")
    return template[2:-1]


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "172.20.64.0/18", "192.168.4.0/22"])
def test_terraform_cuts_the_vpc_as_the_rules_count_it(
    engine: Engine, synth: Synth, tmp_path: Path, cidr: str
) -> None:
    stacks = synth(f"network: {{cidr: {cidr}}}\n")
    zones = [f"us-west-2{letter}" for letter in LETTERS]
    for kind, expected in (("private", private_subnet), ("public", public_subnet)):
        block = inside(stacks.cluster[f"aws_subnet.network_{kind}"]["cidr_block"])
        in_each = f"[for zone in {json.dumps(zones)} : {block.replace('each.key', 'zone')}]"
        assert evaluated(engine, tmp_path, in_each) == [expected(cidr, zone) for zone in zones]


def _variables() -> list[Variable]:
    found = {variable.name: variable for name in preset_names() for variable in load(name).variables}
    return [found[name] for name in sorted(found)]


@pytest.mark.parametrize("variable", _variables(), ids=lambda variable: variable.name)
def test_a_variable_takes_its_own_example_and_no_nonsense(
    engine: Engine, tmp_path: Path, variable: Variable
) -> None:
    example = variable.kind.example
    good = list(example) if isinstance(example, tuple) else example
    nonsense: object = ["nonsense"] if variable.kind.many else "nonsense"
    assert evaluated(engine, tmp_path, variable.condition, {variable.name: good}) is True
    assert evaluated(engine, tmp_path, variable.condition, {variable.name: nonsense}) is False


@pytest.mark.parametrize(
    ("start", "sizes"), [("2030-01-01T11:30:00Z", [0, 0, 1]), ("2020-01-01T11:30:00Z", [1, 2, 0])]
)
def test_a_group_is_empty_until_its_capacity_block_starts(
    engine: Engine, synth: Synth, tmp_path: Path, start: str, sizes: list[int]
) -> None:
    stacks = synth(
        f"""
        extends: eks-p5-capacity-block
        node_groups: {{p5: {{size: {{min: 1}}, capacity: {{start: "{start}"}}}}}}
        """
    )
    scaling = stacks.cluster["aws_eks_node_group.nodes_p5"]["scaling_config"]
    action = stacks.cluster["aws_autoscaling_schedule.nodes_p5_start"]
    # What the console cannot know before a plan: the time of that plan.
    expressions = [
        inside(template).replace("plantimestamp()", '"2026-11-22T00:00:00Z"')
        for template in (scaling["min_size"], scaling["desired_size"], action["count"])
    ]
    assert evaluated(engine, tmp_path, f"[{', '.join(expressions)}]") == sizes
