"""The layouts that ship."""

from __future__ import annotations

from datetime import date

import pytest

from modules.layout import load, preset_names

# rule ids by preset
WARNINGS: dict[str, list[str]] = {}
TODAY = date(2026, 11, 22)


def test_presets_ship() -> None:
    assert "eks-g4dn" in preset_names()


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_a_layout_of_its_own_name_without_unknown_warnings(name: str) -> None:
    loaded = load(name, today=TODAY)
    assert loaded.layout.name == name
    assert [fault.rule for fault in loaded.warnings] == WARNINGS.get(name, [])


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_has_nodes_for_any_pod_beside_those_with_accelerators(name: str) -> None:
    groups = load(name, today=TODAY).layout.node_groups.values()
    assert any(not group.taints for group in groups)
    for group in groups:
        assert group.efa == bool(group.type.accelerator), "all accelerated nodes of the presets have EFA"
