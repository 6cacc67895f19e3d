"""Every preset and the variants through their whole life, by the real engine: plan, apply, an empty plan, destroy.

On both flavours, and from one to the other: what either has deployed, the other plans with nothing to do and destroys. That
is the migration of docs/leaving-cdktf.md, and the way back. What `ops export` writes of a layout, the page's other exit, plans
with nothing to do as well.

`apply` validates and plans by itself. That a plan can be kept and applied later is tested in test_changes.py, and
`validate` by itself in test_valid_terraform.py, for every preset too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from modules.bindings.flavor import CDKTF, CDKTN, Flavor
from ops.offline.engine import Engine, Workspace
from tests.offline import Offline, destroyed, kept, let_go, planned_as_hcl, retained, succeeded
from tests.terraform_json import Stacks, Synth
from tests.terrain import LAYOUTS

pytestmark = pytest.mark.engine

StacksOf = Callable[[str, Flavor], Stacks]


@pytest.fixture
def stacks_of(synth: Synth, terrain: Callable[[str], Stacks]) -> StacksOf:
    """The stacks of one of LAYOUTS, as a flavour writes them."""
    return lambda name, flavor: synth(LAYOUTS[name]) if flavor is CDKTF else terrain(name)


def _made(workspace: Workspace) -> int:
    """Plans and applies a stack that has nothing yet; returns how many resources were planned."""
    step = succeeded(workspace.apply("-json"))
    lines = [json.loads(line) for line in step.stdout.splitlines()]
    # No warning, as of an argument that a newer provider has deprecated (ops/offline/overlay/newer.py).
    assert [line["diagnostic"]["summary"] for line in lines if line["type"] == "diagnostic"] == []
    actions = [line["change"]["action"] for line in lines if line["type"] == "planned_change"]
    assert set(actions) - {"read"} == {"create"}
    return actions.count("create")


def _nothing_to_do(offline: Offline, *, as_hcl: bool = False) -> None:
    for workspace in offline.stacks:
        again = planned_as_hcl(workspace) if as_hcl else workspace.plan()
        assert again.empty, again.step.text


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("first, second", [(CDKTF, CDKTN), (CDKTN, CDKTF)], ids=str)
def test_a_layout_lives_on_one_flavour_goes_on_with_the_other_and_leaves_nothing(
    engine: Engine, tmp_path: Path, stacks_of: StacksOf, name: str, first: Flavor, second: Flavor
) -> None:
    with Offline(engine, tmp_path / "first", stacks_of(name, first), flavor=first) as offline:
        for workspace in offline.stacks:
            count = _made(workspace)
            assert len(workspace.state) == count
        # Once by the JSON that was deployed and once by its translation: either is the plan of the same configuration.
        _nothing_to_do(offline, as_hcl=first is CDKTN)
        everywhere = [address for workspace in offline.stacks for address in workspace.state]
        # What Terraform keeps for itself is in no account.
        assert len(offline.account.resources) == len(
            [address for address in everywhere if not address.startswith("terraform_data.")]
        )
        other = offline.handed_over(tmp_path / "second", stacks_of(name, second), second)
    with other:
        _nothing_to_do(other)
        for workspace in reversed(other.stacks):
            if retained(workspace):
                assert "Instance cannot be destroyed" in kept(workspace)
                let_go(workspace)
            # The older one cannot do without: docs/leaving-cdktf.md.
            destroyed(workspace, refresh=second is CDKTF)
        assert other.account.resources == {}
