"""Values on the wire, and the empty ones of a schema."""

from __future__ import annotations

import copy
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.offline.schema import Attribute, Body, NestedBlock
from ops.offline.values import UNKNOWN, Dynamic, conform, decode, empty, encode, has_unknown

INNER = Body({"a": Attribute("a", "string"), "b": Attribute("b", "number")})
BODY = Body(
    {"name": Attribute("name", "string"), "tags": Attribute("tags", ["map", "string"])},
    {
        "one": NestedBlock("one", "single", INNER),
        "many": NestedBlock("many", "list", INNER),
        "some": NestedBlock("some", "set", INNER),
        "named": NestedBlock("named", "map", INNER),
    },
)

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.floats(allow_nan=False), st.text(), st.just(UNKNOWN)
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda children: st.one_of(st.lists(children), st.dictionaries(st.text(), children)),
    max_leaves=20,
)


@given(VALUES)
def test_a_value_comes_back_as_it_was_sent(value: Any) -> None:
    assert decode(encode(value)) == value


def test_an_unknown_is_extension_0() -> None:
    assert encode(UNKNOWN) == b"\xd4\x00\x00"
    assert encode({"a": [UNKNOWN]}) == b"\x81\xa1a\x91\xd4\x00\x00"


@pytest.mark.parametrize("code", [0, 12])
def test_an_unknown_of_which_something_is_known_is_unknown(code: int) -> None:
    assert decode(msgpack.packb({"id": msgpack.ExtType(code, b"\x81\x01\xc2")})) == {"id": UNKNOWN}


def test_a_dynamic_value_keeps_its_type() -> None:
    wire = msgpack.packb([b'"string"', "x"], use_bin_type=True)
    assert decode(wire) == Dynamic("string", "x")
    assert encode(decode(wire)) == wire


def test_no_bytes_are_no_value() -> None:
    assert decode(b"") is None
    assert decode(b"\xc0") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (UNKNOWN, True),
        ({"a": [{"b": UNKNOWN}]}, True),
        ([[], [UNKNOWN]], True),
        ({"a": [{"b": None}], "c": "", "d": 0}, False),
        (None, False),
    ],
)
def test_an_unknown_is_found_however_deep(value: Any, expected: bool) -> None:
    assert has_unknown(value) is expected


def test_there_is_one_unknown_only() -> None:
    there = {"a": [UNKNOWN]}
    assert copy.deepcopy(there)["a"][0] is UNKNOWN
    assert copy.copy(UNKNOWN) is UNKNOWN
    assert repr(UNKNOWN) == "(known after apply)"


def test_an_empty_object_has_every_member() -> None:
    assert empty(BODY) == {"name": None, "tags": None, "one": None, "many": [], "some": [], "named": {}}


def test_an_empty_object_is_not_shared() -> None:
    empty(BODY)["many"].append(1)
    assert empty(BODY)["many"] == []


def test_state_of_another_schema_gets_what_it_lacks_and_loses_what_is_gone() -> None:
    kept = {
        "name": "n",
        "gone": 1,
        "one": {"a": "1", "gone": 1},
        "many": [{"a": "2"}, {"b": 3, "gone": []}],
        "named": {"x": {"a": "4", "gone": 1}, "y": {}},
    }
    assert conform(BODY, kept) == {
        "name": "n",
        "tags": None,
        "one": {"a": "1", "b": None},
        "many": [{"a": "2", "b": None}, {"a": None, "b": 3}],
        "some": [],
        "named": {"x": {"a": "4", "b": None}, "y": {"a": None, "b": None}},
    }


def test_blocks_that_are_null_in_a_state_are_empty() -> None:
    assert conform(BODY, {"one": None, "many": None, "some": None, "named": None}) == empty(BODY)


def test_state_that_fits_stays_as_it_is() -> None:
    value = {**empty(BODY), "tags": {"a": "b"}, "some": [{"a": "1", "b": 2}]}
    assert conform(BODY, value) == value


def test_a_dynamic_value_is_read_back_from_the_state_with_its_type() -> None:
    body = Body({"any": Attribute("any", "dynamic", optional=True)})
    written = {"any": {"type": ["object", {"a": "string"}], "value": {"a": "x"}}}
    assert conform(body, written) == {"any": Dynamic(["object", {"a": "string"}], {"a": "x"})}
    assert conform(body, {"any": None}) == {"any": None}


def test_an_unknown_within_a_dynamic_value_is_seen() -> None:
    assert has_unknown({"any": Dynamic("string", UNKNOWN)})
    assert not has_unknown({"any": Dynamic("string", "x")})
