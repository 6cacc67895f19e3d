"""Every preset and the variants through their whole life, by the real engine: plan, apply, an empty plan, destroy.

`apply` validates and plans by itself. That a plan can be kept and applied later is tested in test_changes.py, and
`validate` by itself in test_valid_terraform.py, for every preset too.
"""

from __future__ import annotations

import json

import pytest

from modules.layout import preset_names
from ops.offline.engine import Workspace
from tests.engine.conftest import Start
from tests.engine.variants import VARIANTS
from tests.offline import destroyed, kept, let_go, retained, succeeded

pytestmark = pytest.mark.engine


LAYOUTS = {preset: f"extends: {preset}\nname: {preset}\n" for preset in preset_names()} | VARIANTS


def _made(workspace: Workspace) -> int:
    """Plans and applies a stack that has nothing yet; returns how many resources were planned."""
    step = succeeded(workspace.apply("-json"))
    lines = [json.loads(line) for line in step.stdout.splitlines()]
    actions = [line["change"]["action"] for line in lines if line["type"] == "planned_change"]
    assert set(actions) - {"read"} == {"create"}
    return actions.count("create")


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_lives_and_leaves_nothing(start: Start, name: str) -> None:
    with start(LAYOUTS[name]) as offline:
        for workspace in offline.stacks:
            planned = _made(workspace)
            assert len(workspace.state) == planned
            again = workspace.plan()
            assert again.empty, again.step.text
        everywhere = [address for workspace in offline.stacks for address in workspace.state]
        # What Terraform keeps for itself is in no account.
        assert len(offline.account.resources) == len(
            [address for address in everywhere if not address.startswith("terraform_data.")]
        )
        for workspace in reversed(offline.stacks):
            if retained(workspace):
                assert "Instance cannot be destroyed" in kept(workspace)
                let_go(workspace)
            destroyed(workspace)
        assert offline.account.resources == {}
