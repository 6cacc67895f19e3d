"""Every preset through its whole life, by the real engine: validate, plan, apply, an empty plan, destroy."""

from __future__ import annotations

import pytest

from modules.layout import preset_names
from tests.engine.conftest import Start
from tests.offline import planned, succeeded

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("preset", preset_names())
def test_a_preset_lives_and_leaves_nothing(start: Start, preset: str) -> None:
    with start(f"extends: {preset}\nname: {preset}\n") as offline:
        order = (offline.cluster, offline.platform)
        for workspace in order:
            succeeded(workspace.validate())
            first = planned(workspace)
            assert {change.verb for change in first} == {"create"}
            succeeded(workspace.apply("plan"))
            assert len(workspace.state) == len(first)
            again = workspace.plan()
            assert again.empty, again.step.text
        assert len(offline.account.resources) == sum(len(workspace.state) for workspace in order)
        for workspace in reversed(order):
            succeeded(workspace.destroy())
            assert workspace.state == {}
        assert offline.account.resources == {}
