"""Good layouts at random: whatever loads, synthesizes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import synthesized
from tests.mutated_layouts import different

# 2 of 100 that are tried: 20 of the 1,000.
SHARE = 0.02
BATCHES = 5


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_changed_layout_that_loads_synthesizes(batch: int, fuzz: range, tmp_path: Path) -> None:
    seeds = fuzz[len(fuzz) * batch // BATCHES : len(fuzz) * (batch + 1) // BATCHES]
    layouts = different(seeds, tmp_path, round(len(seeds) * SHARE))
    for seed, one in layouts:
        try:
            stacks = synthesized(one, tmp_path)
        except Exception:
            print(f"seed {seed}")
            raise
        assert stacks.cluster.resources("aws_eks_cluster")
        assert len(stacks.cluster.resources("aws_eks_node_group")) >= len(one.layout.node_groups)
    assert len(layouts) >= round(len(seeds) * SHARE * 0.9)
