"""What the presets give is not found fault with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.offline import checks
from ops.offline.checks import Problem
from ops.offline.schema import BindingPackage, Body, Kind
from ops.offline.values import UNKNOWN
from tests.terraform_json import Synth

PRESETS = sorted((Path(__file__).resolve().parents[5] / "presets").glob("*.yaml"))
PACKAGES = {name: BindingPackage(name) for name in ("aws", "helm", "kubernetes")}
Check = Callable[[str, "dict[str, Any]"], "list[Problem]"]


def unknown(value: Any) -> Any:
    """The value with every expression in it as something that is not known yet."""
    if isinstance(value, str):
        return UNKNOWN if "${" in value else value
    if isinstance(value, dict):
        return {key: unknown(child) for key, child in value.items() if key != "//"}
    return [unknown(child) for child in value] if isinstance(value, list) else value


def body_of(kind: str, type_name: str) -> Body | None:
    kinds: dict[str, Kind] = {"resource": "resource", "data": "data", "provider": "provider"}
    if type_name == "terraform_data":  # Terraform's own
        return None
    return PACKAGES[type_name.partition("_")[0]].body(kinds[kind], "" if kind == "provider" else type_name)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.stem)
def test_no_preset_has_a_problem(check: Check, preset: Path, synth: Synth) -> None:
    stacks = synth(f"extends: {preset.stem}\nname: {preset.stem}\n")
    checked = 0
    for stack in stacks:
        assert checks.unknown_keys(stack.json, body_of) == []
        for type_name, named in stack.json["resource"].items():
            if type_name == "terraform_data":
                continue
            for name, config in named.items():
                assert check(type_name, unknown(config)) == [], f"{type_name}.{name}"
                checked += 1
    assert checked > 30


def test_there_are_presets() -> None:
    assert len(PRESETS) >= 8
