"""Good layouts at random: Terraform finds valid what is made of them, and can plan it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.offline.engine import Engine
from tests.conftest import synthesized
from tests.mutated_layouts import different
from tests.offline import Offline, succeeded
from tests.terraform_json import Synth
from tests.vocabulary import LONGEST

pytestmark = pytest.mark.engine

# 5 of the 1,000 that are tried, one of each batch planned too.
SHARE = 0.005
BATCHES = 5


def test_names_at_their_limits_plan(engine: Engine, synth: Synth, tmp_path: Path) -> None:
    with Offline(engine, tmp_path, synth(LONGEST)) as offline:
        offline.account.clusters_assumed = True
        for workspace in offline.stacks:
            succeeded(workspace.plan().step)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_changed_layout_that_loads_is_valid_and_plans(
    batch: int, fuzz: range, engine: Engine, tmp_path: Path
) -> None:
    # Other layouts than those that are synthesized only: from the end of the batch.
    seeds = fuzz[len(fuzz) * batch // BATCHES : len(fuzz) * (batch + 1) // BATCHES]
    layouts = different(seeds[len(seeds) // 2 :], tmp_path, max(round(len(seeds) * SHARE), 1))
    assert layouts
    # What a warning tells of, like an add-on that EKS has not, may end a plan.
    planned = next((one for _, one in layouts if not one.warnings), None)
    for seed, one in layouts:
        print(f"seed {seed}")  # shown where the test fails
        with Offline(engine, tmp_path / str(seed), synthesized(one, tmp_path)) as offline:
            offline.account.clusters_assumed = True  # the platform's plan looks the cluster up
            for workspace in offline.stacks:
                succeeded(workspace.validate())
                assert workspace.unknown_keys() == []
                if one is planned:
                    succeeded(workspace.plan().step)
