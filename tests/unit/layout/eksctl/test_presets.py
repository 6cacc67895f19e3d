"""Manifests of the shape of awsome-distributed-training's, whose layouts are our presets."""

from __future__ import annotations

from pathlib import Path

import pytest

from modules.layout import load, preset_names
from modules.layout.eksctl import convert, read_manifests
from tests.terraform_json import Synth
from tests.unit.layout.eksctl.imports import PRESETS, TODAY, Import

NAMES = [file.stem for file in PRESETS]


def _imported(name: str) -> Import:
    (manifest,) = read_manifests(Path(__file__).parent / "presets" / f"{name}.yaml")
    return Import(convert(manifest, today=TODAY))


def test_there_is_a_manifest_for_each_of_the_seven_references() -> None:
    assert len(NAMES) == 7
    assert set(NAMES) <= set(preset_names())


@pytest.mark.parametrize("name", NAMES)
def test_a_manifest_imports_to_the_layout_of_the_preset_of_its_name(name: str) -> None:
    assert _imported(name).layout == load(name, today=TODAY).layout


@pytest.mark.parametrize("name", NAMES)
def test_the_stacks_of_an_import_have_the_resources_of_the_preset(name: str, synth: Synth) -> None:
    made, wanted = synth(_imported(name).text), synth(f"extends: {name}\nname: {name}\n")
    for mine, its in zip(made, wanted, strict=True):
        assert mine.json["resource"] == its.json["resource"]
        assert mine.json.get("data") == its.json.get("data")


@pytest.mark.parametrize("name", NAMES)
def test_the_text_of_an_import_is_the_preset_and_a_name(name: str) -> None:
    lines = [line for line in _imported(name).text.splitlines() if line and not line.startswith("#")]
    assert lines == [f"extends: {name}", f"name: {name}"]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_a_reference_is_lost(name: str) -> None:
    assert not _imported(name).converted.drops
