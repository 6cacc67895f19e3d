"""`python -m ops presets`: what the table and the JSON say is what the presets say."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from rich.console import Console
from typer.testing import CliRunner

from modules.layout import PRESETS, load, preset_names
from modules.layout.models.node_capacity import CapacityType
from ops.cli import app
from ops.presets import CAPACITY, console, presets, print_presets


def printed(width: int) -> str:
    console = Console(width=width, highlight=False)
    with console.capture() as captured:
        print_presets(presets(), console)
    return captured.get()


def test_every_preset_is_listed_with_what_its_layout_says() -> None:
    found = {preset.name: preset for preset in presets()}
    assert tuple(found) == preset_names()
    for name, preset in found.items():
        loaded = load(name)
        assert preset.region == loaded.layout.region
        assert preset.vpc == ("new" if loaded.layout.network.vpc_id is None else "existing")
        assert list(preset.variables) == [variable.name for variable in loaded.variables]
        for shown, (group_name, group) in zip(
            preset.node_groups, loaded.layout.node_groups.items(), strict=True
        ):
            assert (shown.name, shown.instance_type) == (group_name, group.instance_type)
            assert (shown.min, shown.desired, shown.max) == (
                group.size.min,
                group.size.desired,
                group.size.max,
            )
            assert shown.efa == (group.type.efa_interfaces if group.efa else 0)


def test_the_numbers_of_a_p5() -> None:
    [preset] = [preset for preset in presets() if preset.name == "eks-p5-capacity-block"]
    [group] = [group for group in preset.node_groups if group.instance_type == "p5.48xlarge"]
    assert (group.gpus, group.efa, group.capacity) == ("8 H100", 32, "capacity block")
    assert "capacity_reservation_id" in preset.variables


def test_what_a_preset_is_is_its_first_comment_that_is_not_the_editors() -> None:
    for preset in presets():
        assert f"# {preset.what}\n" in (PRESETS / f"{preset.name}.yaml").read_text(encoding="utf-8")
        assert len(preset.what) > 10
        assert preset.what.endswith("."), "the line is a sentence, and not the beginning of one"
        assert "yaml-language-server" not in preset.what


def test_the_table_fits_120_columns_with_every_name_whole() -> None:
    text = printed(120)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 120
    assert "…" not in text
    for preset in presets():
        assert text.count(f" {preset.name} ") >= 2
        assert all(name in text for name in preset.variables)
        assert all(group.instance_type in text for group in preset.node_groups)
        assert all(word in text for word in preset.what.split())


@pytest.mark.parametrize("width", [90, 100])
def test_a_narrow_table_is_folded_and_not_cut(width: int) -> None:
    first = printed(width).partition("instances")[0].splitlines()
    column = next(line.index("variables") for line in first if "variables" in line)
    # What is folded stands in pieces below each other.
    shown = "".join("".join(line[column:].split()) for line in first)
    wanted = "".join(",".join(preset.variables) for preset in presets())
    assert max(map(len, first)) <= width
    assert wanted in shown


@pytest.mark.parametrize("width", [40, 60, 89])
def test_a_narrow_terminal_has_a_block_for_each_preset_with_every_name_whole(width: int) -> None:
    *blocks, last = printed(width).split("\n\n")
    assert max(len(line) for block in blocks for line in block.splitlines()) <= width
    for preset, block in zip(presets(), blocks, strict=True):
        words = block.replace(",", " ").split()
        assert words[0] == preset.name
        assert {preset.region, *preset.variables} <= set(words)
        assert preset.what in " ".join(block.split())
        for group in preset.node_groups:
            assert {f"{group.name}:", group.instance_type, f"{group.min}/{group.desired}/{group.max}"} <= set(
                words
            )
    assert last == 'Next: make new ARGS="NAME --from PRESET"\n'


@pytest.mark.parametrize("columns, width", [("60", 60), ("200", 200), ("", 120), ("wide", 120)])
def test_a_pipe_is_as_wide_as_columns_says(columns: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert console().width == width


def test_capacity_is_said_in_words() -> None:
    assert set(CAPACITY) == set(get_args(CapacityType))
    found = {group.capacity for preset in presets() for group in preset.node_groups}
    assert found == set(CAPACITY.values())


def test_the_command_prints_the_table_and_what_comes_next() -> None:
    result = CliRunner().invoke(app, ["presets"])
    assert result.exit_code == 0, result.output
    assert "eks-p5-odcr-vpc" in result.stdout
    assert 'make new ARGS="NAME --from PRESET"' in result.stdout


def test_json_is_the_same_for_programs() -> None:
    result = CliRunner().invoke(app, ["presets", "--json"])
    found = {preset["name"]: preset for preset in json.loads(result.stdout)}
    assert tuple(found) == preset_names()
    assert found["eks-g4dn-vpc"]["vpc"] == "existing"
    assert found["eks-g4dn"]["variables"] == ["public_access_cidrs"]
    assert found["eks-g4dn"]["node_groups"][1] == {
        "name": "gpu", "instance_type": "g4dn.metal", "gpus": "8 T4", "efa": 1, "min": 0, "desired": 2, "max": 10,
        "capacity": "on demand",
    }  # fmt: skip
