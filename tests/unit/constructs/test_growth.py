"""Time and memory grow with a layout no faster than the layout: what takes the time is counted, not timed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsii._kernel.providers.process import _NodeProcess

from bench import layouts
from modules.app import synthesize
from modules.layout import load_all

# Calls of Node for another node group: ten constructs with three calls each, and what they read of one another.
CALLS_OF_A_GROUP = 40
Cost = tuple[int, int]


@pytest.fixture
def cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Cost]:
    """How many calls of Node the synthesis of layouts takes, and how many bytes it writes."""
    calls = 0
    send = _NodeProcess.send

    def counted(process: _NodeProcess, *arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        return send(process, *arguments)

    monkeypatch.setattr(_NodeProcess, "send", counted)

    def measured(names: str) -> Cost:
        loaded = load_all(names.split(","))
        before = calls
        output = synthesize(loaded, str(tmp_path / "out"), keep_stale=False)
        size = sum(file.stat().st_size for file in output.glob("stacks/*/cdk.tf.json"))
        return calls - before, size

    return measured


def _grows_evenly(costs: list[Cost]) -> None:
    """Of three costs, each for twice as much as the one before, the last step is twice the first."""
    (few, small), (more, larger), (most, largest) = costs
    assert most - more == 2 * (more - few) > 0
    # A tenth: a name can be a digit longer.
    assert largest - larger == pytest.approx(2 * (larger - small), rel=0.1)


def test_each_node_group_takes_as_many_calls_of_node_as_the_one_before(
    cost: Callable[[str], Cost], tmp_path: Path
) -> None:
    cost(layouts.with_node_groups(tmp_path, 1))  # loads packages
    costs = [cost(layouts.with_node_groups(tmp_path, count)) for count in (10, 20, 40)]
    _grows_evenly(costs)
    assert (costs[1][0] - costs[0][0]) / 10 <= CALLS_OF_A_GROUP


def test_each_layout_of_a_run_takes_as_many_calls_of_node_as_the_one_before(
    cost: Callable[[str], Cost], tmp_path: Path
) -> None:
    cost(layouts.several(tmp_path, 1))  # loads packages
    _grows_evenly([cost(layouts.several(tmp_path, count)) for count in (2, 4, 8)])
