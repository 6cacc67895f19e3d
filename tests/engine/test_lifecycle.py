"""Every preset and the variants through their whole life, by the real engine: validate, plan, apply, an empty plan, destroy."""

from __future__ import annotations

import pytest

from modules.layout import preset_names
from tests.engine.conftest import Start
from tests.engine.variants import VARIANTS
from tests.offline import planned, succeeded

pytestmark = pytest.mark.engine


LAYOUTS = {preset: f"extends: {preset}\nname: {preset}\n" for preset in preset_names()} | VARIANTS


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_lives_and_leaves_nothing(start: Start, name: str) -> None:
    with start(LAYOUTS[name]) as offline:
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
