"""Layouts made from the presets by changing them: what the tests of loading, of synthesis and of the engine share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from modules.layout import LayoutError, Loaded, load, preset_names
from modules.layout.document import read
from modules.layout.faults import PRESETS
from tests import mutations
from tests.deadline import deadline
from tests.vocabulary import vocabulary

TODAY = date(2026, 11, 22)
# A layout loads in some milliseconds; the worst that is known, a file of 1 MiB, in some seconds.
HANG = 60.0
# What a person writes of a preset that has been merged and completed; releases are left to their defaults.
_WRITTEN = ("name", "region", "cluster", "network", "node_groups", "addons", "storage", "workloads")


def texts(seeds: range) -> Iterator[tuple[int, str]]:
    """A changed layout for each seed: of each preset in turn its text, its data, and its data with all defaults.

    The data is changed by words of the language too, so that about a third of the layouts are good ones.
    """
    presets = preset_names()
    for seed in seeds:
        name = presets[seed % len(presets)]
        match seed // len(presets) % 4:
            case 0:
                changed = mutations.text(_text(name), seed)
            case 1:
                changed = mutations.as_yaml(mutations.tree(_data(name), seed))
            case 2:
                changed = mutations.as_yaml(mutations.tree(_data(name), seed, _vocabulary()))
            case _:
                changed = mutations.as_yaml(mutations.tree(_complete(name), seed, _vocabulary()))
        yield seed, changed


def loaded(text: str, file: Path) -> Loaded | LayoutError:
    """A text as a layout, or why it is none; anything else that happens goes through, a hang too."""
    file.write_bytes(text.encode())
    with deadline(HANG):
        try:
            return load(str(file), today=TODAY)
        except LayoutError as error:
            return error


def different(seeds: range, folder: Path, count: int) -> list[tuple[int, Loaded]]:
    """Good layouts that differ from each other, with their seeds; at most `count`."""
    found: dict[str, tuple[int, Loaded]] = {}
    for seed, text in texts(seeds):
        if len(found) >= count:
            break
        if (
            seed // len(preset_names()) % 4 >= 2 or seed % 5 == 0
        ):  # most that are good and new have the vocabulary
            outcome = loaded(text, folder / "layout.yaml")
            if isinstance(outcome, Loaded):
                found.setdefault(repr(outcome.layout), (seed, outcome))
    return list(found.values())


@cache
def _text(preset: str) -> str:
    return (PRESETS / f"{preset}.yaml").read_text(encoding="utf-8")


@cache
def _data(preset: str) -> Any:
    return read(PRESETS / f"{preset}.yaml").tree.plain()


@cache
def _complete(preset: str) -> Any:
    whole = load(preset, today=TODAY).tree.plain()
    return {key: value for key, value in whole.items() if key in _WRITTEN}


@cache
def _vocabulary() -> dict[tuple[str, ...], list[Any]]:
    return vocabulary()
