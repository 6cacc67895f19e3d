"""Merging of values, as Helm does it."""

from __future__ import annotations

from modules.merge import merged


def test_mappings_merge_at_every_depth_and_all_else_replaces() -> None:
    below = {"a": {"b": 1, "c": [1, 2]}, "d": {"e": 1}, "f": 1}
    above = {"a": {"c": [3], "g": 2}, "d": 5, "f": {"h": 1}}
    assert merged(below, above) == {"a": {"b": 1, "c": [3], "g": 2}, "d": 5, "f": {"h": 1}}


def test_a_null_stays_since_it_removes_a_charts_default() -> None:
    assert merged({"a": {"b": 1}}, {"a": None}) == {"a": None}


def test_what_is_merged_stays_as_it_was() -> None:
    below, above = {"a": {"b": 1}}, {"a": {"c": 2}}
    merged(below, above)
    assert (below, above) == ({"a": {"b": 1}}, {"a": {"c": 2}})
