"""Thousands of layouts made from the presets by changing them: each loads, or says where and why it does not.

`make test ARGS="tests/unit/layout/test_mutated_layouts.py --fuzz 20000 --fuzz-seed 100000"` tries more, and others.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from modules.layout import LayoutError, Loaded, dotted
from modules.layout.faults import PRESETS, Fault
from tests.mutated_layouts import loaded, texts

BATCHES = 20


def complaints(error: LayoutError, text: str, file: Path) -> list[str]:
    """What a reader would miss in the faults of a layout."""
    lines = len(re.findall("\r\n|\r|\n", text)) + 1
    found = [] if error.errors else ["no error"]
    for fault in error.faults:
        found += [f"{said}: {fault}" for said, wrong in _lacks(fault, lines, file).items() if wrong]
    return found


def _lacks(fault: Fault, lines: int, file: Path) -> dict[str, bool]:
    source = Path(fault.origin.source)
    # Of the file as a whole: it cannot be read, is empty, or has what cannot be printed.
    whole = fault.origin.line == 0 and not fault.path and fault.rule in ("file", "yaml")
    return {
        "no problem": not fault.problem.strip(),
        "no remedy": not fault.remedy.strip(),
        "not on two lines": str(fault).count("\n") != 1 or not str(fault).replace("\n", "").isprintable(),
        "too long to read": len(fault.problem) > 600 or len(fault.remedy) > 600,
        "in no file of the user": source != file and not source.is_relative_to(PRESETS),
        "on no line": fault.origin.line < 1 and not whole,
        "on a line that is not there": source == file and fault.origin.line > lines,
        "nowhere in the layout": not fault.path and fault.origin.line < 1 and not whole,
    }


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_changed_layout_loads_or_has_faults_that_can_be_found_and_put_right(
    batch: int, fuzz: range, tmp_path: Path
) -> None:
    seeds = fuzz[len(fuzz) * batch // BATCHES : len(fuzz) * (batch + 1) // BATCHES]
    file = tmp_path / "layout.yaml"
    good = 0
    for seed, text in texts(seeds):
        try:
            outcome = loaded(text, file)
        except Exception:
            print(f"seed {seed}:\n{text}")
            raise
        good += isinstance(outcome, Loaded)
        if isinstance(outcome, LayoutError):
            assert complaints(outcome, text, file) == [], f"seed {seed}:\n{text}"
    # Were all refused, or none, the changes would try little.
    assert len(seeds) < 100 or 0.1 < good / len(seeds) < 0.9


def test_the_same_seed_gives_the_same_layout() -> None:
    seeds = range(64)
    assert [*texts(seeds)] == [*texts(seeds)]
    assert len({text for _, text in texts(seeds)}) > 50


def test_a_key_that_breaks_lines_is_quoted_in_a_path() -> None:
    assert dotted(("tags", "a\nb", "", "c d", 0)) == "tags.'a\\nb'.''.c d[0]"
