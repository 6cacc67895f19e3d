"""Whatever stands in a file: a layout, or faults with their lines; never a traceback."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.layout import LayoutError, load
from modules.layout.document import read
from tests import mutations
from tests.unit.layout.cases import EXISTING, NEW, access_and_pods, cluster_and_network, nodes_and_capacity

TREES = [
    text
    for case in (*nodes_and_capacity.CASES, *cluster_and_network.CASES, *access_and_pods.CASES)
    for text in (case.broken, case.fine)
    if len(text) < 2000
] + [NEW, EXISTING]

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(
        ["var.x", "${var.x}", "10.0.0.0/16", "us-west-2a", "p5.48xlarge", "1.35", "<<", "*a", "{}"]
    ),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


# Any value at any place.
PLACES = [("*",) * depth for depth in range(1, 6)]


def loads_or_says_why(file: Path) -> None:
    try:
        load(str(file))
    except LayoutError as error:
        found = error
    else:
        return
    assert found.errors
    for fault in found.faults:
        assert fault.problem
        assert fault.remedy
        assert fault.origin.line > 0 or fault.rule in ("file", "yaml")
        assert str(fault)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.sampled_from(TREES), seed=st.integers(0, 2**32), value=VALUES)
def test_a_changed_layout_is_loaded_or_has_located_faults(text: str, seed: int, value: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "layout.yaml"
        file.write_text(text)
        # JSON is YAML.
        changed = mutations.tree(read(file).tree.plain(), seed, {place: [value] for place in PLACES})
        file.write_text(mutations.as_yaml(changed), encoding="utf-8")
        loads_or_says_why(file)


@settings(max_examples=200, deadline=None)
@given(text=st.sampled_from(TREES), seed=st.integers(0, 2**32), piece=st.text(max_size=4))
def test_a_damaged_text_is_loaded_or_has_faults(text: str, seed: int, piece: str) -> None:
    chance = random.Random(seed)
    start = chance.randrange(len(text))
    damaged = text[:start] + piece + text[start + chance.randrange(6) :]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "layout.yaml"
        file.write_bytes(damaged.encode("utf-8", "surrogatepass"))
        loads_or_says_why(file)


@settings(max_examples=100, deadline=None)
@given(raw=st.binary(max_size=200))
def test_any_bytes_are_loaded_or_have_faults(raw: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "layout.yaml"
        file.write_bytes(raw)
        loads_or_says_why(file)
