"""Values as the text of a layout: its shape, its comments, and that it is read back as it was."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from modules.layout import load, preset_names
from modules.layout.document import parse
from modules.layout.faults import KeyPath
from modules.layout.tree import RawFloat
from modules.layout.writing import ordered, to_yaml


def read_back(text: str) -> Any:
    document = parse(text, "a.yaml")
    assert not document.faults
    return document.tree.plain()


def read_by(version: tuple[int, int], text: str) -> Any:
    yaml = YAML(typ="safe", pure=True)
    yaml.version = version
    return yaml.load(io.StringIO(text))


CLUSTER = {
    "extends": "eks-p5-odcr",
    "name": "llm",
    "network": {"availability_zones": ["us-west-2a", "us-west-2b"]},
    "tags": {"team": "research"},
    "node_groups": {
        "p5": {
            "size": {"min": 0, "desired": 2, "max": 10},
            "capacity": {"type": "odcr", "reservation_id": "cr-0123456789abcdef0"},
            "taints": [{"key": "nvidia.com/gpu", "value": "true"}, {"key": "b"}],
            "labels": {},
            "subnet_ids": [],
        }
    },
    "kubernetes_version": "1.35",
}


def test_short_collections_take_one_line_and_mappings_at_the_top_are_set_apart() -> None:
    assert (
        to_yaml(CLUSTER)
        == """\
extends: eks-p5-odcr
name: llm

network:
  availability_zones: [us-west-2a, us-west-2b]

tags: {team: research}

node_groups:
  p5:
    size: {min: 0, desired: 2, max: 10}
    capacity: {type: odcr, reservation_id: cr-0123456789abcdef0}
    taints:
      - {key: nvidia.com/gpu, value: "true"}
      - {key: b}
    labels: {}
    subnet_ids: []

kubernetes_version: "1.35"
"""
    )


def test_five_values_or_a_hundred_columns_take_several_lines() -> None:
    assert to_yaml({"four": [1, 2, 3, 4], "five": [1, 2, 3, 4, 5]}) == (
        "four: [1, 2, 3, 4]\n\nfive:\n  - 1\n  - 2\n  - 3\n  - 4\n  - 5\n"
    )
    widest = "x" * (99 - len("a: [z, ]"))
    assert to_yaml({"a": ["z", widest]}).splitlines() == [f"a: [z, {widest}]"]
    assert to_yaml({"a": ["z", widest + "x"]}).splitlines() == ["a:", "  - z", f"  - {widest}x"]


def test_an_inner_collection_takes_several_lines() -> None:
    tree = {"a": {"b": {"c": 1}, "d": [[1, 2], {"e": [3], "f": [{"g": {"h": None}}]}]}}
    assert (
        to_yaml(tree)
        == """\
a:
  b: {c: 1}
  d:
    - [1, 2]
    - e: [3]
      f:
        - g: {h: null}
"""
    )


@pytest.mark.parametrize(
    "text",
    ["1.35", "1.30", "on", "No", "y", "true", "NULL", "~", "", "12", "-7", "0x1f", "0o17", "017", "1e3", "1_000", "1:30", ".5",
     ".inf", "-.INF", "2026-12-01", "2026-12-01T11:30:00Z", "2026-12-01 11:30:00", "012345678901", "=", "<<", "- a", "-", "a: b",
     "a:", "a #b", "#b", "*a", "&a", "!a", "%a", "@a", "`a", "|", ">", "? a", " a", "a ", "[a]", "{a", "a, b", "1.35.0-20260120",
     "...", "---", "10.0.0.1", "\ta"],
)  # fmt: skip
def test_text_that_a_reader_would_mistake_is_in_double_quotes(text: str) -> None:
    assert to_yaml({"a": text}).startswith('a: "')
    assert read_by((1, 1), to_yaml({"a": text, "b": [text]})) == {"a": text, "b": [text]}


@pytest.mark.parametrize(
    "text",
    ["p5.48xlarge", "10.0.0.0/16", "var.vpc_id", "arn:aws:iam::123456789012:role/x", "https://a.example/b?c=d", "-v", "--all",
     "a b", "/var/log", "~/values.yaml", "./demo.yaml", "it's", "100m", "8Gi", "café", "a#b", "$(POD_IP)", "nvidia.com/gpu"],
)  # fmt: skip
def test_text_that_nobody_mistakes_stays_without_quotes(text: str) -> None:
    assert to_yaml({"a": text}) == f"a: {text}\n"
    for version in ((1, 1), (1, 2)):
        assert read_by(version, to_yaml({"a": text, "b": [text]})) == {"a": text, "b": [text]}


def test_a_key_is_quoted_like_a_value() -> None:
    assert to_yaml({"on": {"1": 2, "a: b": 3}}) == '"on": {"1": 2, "a: b": 3}\n'


def test_a_text_with_a_colon_is_quoted_between_brackets() -> None:
    tree = {"a": ["arn:aws:iam::aws:policy/X"], "b": {"c:d": "e?"}, "f": "https://g.example"}
    assert (
        to_yaml(tree)
        == """\
a: ["arn:aws:iam::aws:policy/X"]

b: {"c:d": "e?"}

f: https://g.example
"""
    )
    assert read_back(to_yaml(tree)) == tree


def test_json_in_a_text_needs_no_backslashes_and_what_nobody_sees_is_escaped() -> None:
    assert to_yaml({"a": '{"b": "it\'s"}'}) == "a: '{\"b\": \"it''s\"}'\n"
    assert to_yaml({"a": "b\u200bc\u00a0\u202ed"}) == 'a: "b\\u200bc\\xa0\\u202ed"\n'


def test_text_of_several_lines_is_a_literal_block() -> None:
    tree = {"script": "set -e\n\n  indented\n# no comment\n", "b": {"c": "one\ntwo", "d": ["x\ny\n"]}}
    assert (
        to_yaml(tree)
        == """\
script: |
  set -e

    indented
  # no comment

b:
  c: |-
    one
    two
  d:
    - |
      x
      y
"""
    )


@pytest.mark.parametrize("text", [" a\nb", "a\n \nb", "a\nb\n\n", "\na\nb", "a\r\nb", "a\n\x07"])
def test_text_of_several_lines_that_a_block_would_change_is_quoted(text: str) -> None:
    assert to_yaml({"a": text}).startswith('a: "')
    assert read_back(to_yaml({"a": text, "b": 1})) == {"a": text, "b": 1}


def test_numbers_stay_as_they_were_written() -> None:
    assert to_yaml({"a": RawFloat("1.30"), "b": 2, "c": -1.5, "d": True, "e": None}) == (
        "a: 1.30\nb: 2\nc: -1.5\nd: true\ne: null\n"
    )


def test_comments_stand_above_and_behind_their_keys() -> None:
    tree = {
        "name": "llm",
        "node_groups": {
            "p5": {"size": {"min": 0, "max": 2}, "taints": [{"key": "a", "value": "b"}, {"key": "c"}]}
        },
    }
    comments = {
        ("name",): "The cluster.",
        ("node_groups", "p5"): "Two\nlines.",
        ("node_groups", "p5", "taints", 0): "The item.",
        ("node_groups", "p5", "taints", 0, "key"): "Its first key.",
    }
    trailing = {
        ("node_groups",): "groups",
        ("node_groups", "p5", "size"): "nodes",
        ("node_groups", "p5", "taints", 0, "key"): "first",
        ("node_groups", "p5", "taints", 0): "item",
        ("node_groups", "p5", "taints", 1): "second",
    }
    text = to_yaml(tree, comments, trailing, head="#! as it is\nA layout.")
    assert (
        text
        == """\
#! as it is
# A layout.

# The cluster.
name: llm

node_groups: # groups
  # Two
  # lines.
  p5:
    size: {min: 0, max: 2} # nodes
    taints:
      # The item.
      # Its first key.
      - key: a # item; first
        value: b
      - {key: c} # second
"""
    )
    assert read_back(text) == tree


@pytest.mark.parametrize("empty", [{}, []])
def test_an_empty_collection_behind_a_long_key_is_no_null(empty: Any) -> None:
    tree = {"addons": {"x" * 120: empty}, "list": ["y" * 120, empty]}
    assert read_back(to_yaml(tree)) == tree


def test_a_comment_inside_keeps_a_collection_from_one_line() -> None:
    assert to_yaml({"a": {"b": 1, "c": 2}}, trailing={("a", "c"): "why"}) == "a:\n  b: 1\n  c: 2 # why\n"
    assert to_yaml({"a": [1, 2]}, comments={("a", 1): "why"}) == "a:\n  - 1\n  # why\n  - 2\n"


def test_a_comment_behind_all_of_a_short_collection_stands_once() -> None:
    tree = {"a": {"b": 1, "c": 2}}
    assert to_yaml(tree, trailing={("a", "b"): "why", ("a", "c"): "why"}) == "a: {b: 1, c: 2} # why\n"


def test_a_comment_for_what_is_not_there_goes_to_what_is_around_it() -> None:
    tree = {"a": {"b": 1}}
    lost: dict[KeyPath, str] = {("a", "x", "y"): "one", ("a", "b", "c"): "two", ("z",): "three"}
    assert to_yaml(tree, comments=lost) == "# three\n\n# one\na:\n  # two\n  b: 1\n"


def test_long_comments_are_wrapped_and_cannot_break_the_file() -> None:
    text = to_yaml({"a": {"b": 1}}, comments={("a", "b"): "word " * 40})
    assert max(map(len, text.splitlines())) <= 100
    assert text.count("word") == 40
    assert read_back(
        to_yaml({"a": 1}, {("a",): "x\x00\u2028b: 2"}, {("a",): "c\rd: 3\x07"}, head="\x85")
    ) == {"a": 1}


def test_trailing_comments_can_stand_below_each_other() -> None:
    tree = {"a": 1, "long_key": "value", "longest": "x" * 80, "b": 2}
    trailing: dict[KeyPath, str] = {(key,): key for key in tree}
    lines = to_yaml(tree, trailing=trailing, aligned=True).splitlines()
    assert [line.index(" # ") for line in lines] == [15, 15, 89, 15]


def test_keys_stand_in_the_models_order_and_names_as_they_were_given() -> None:
    tree = {
        "node_groups": {"z": {"size": {"max": 2, "min": 1}, "instance_type": "p5.48xlarge"}, "a": {}},
        "tags": {"b": "1", "a": "2"},
        "extends": "x",
        "unknown": 1,
        "name": "llm",
    }
    found = ordered(tree)
    assert found == tree
    assert list(found) == ["extends", "name", "tags", "node_groups", "unknown"]
    assert list(found["tags"]) == ["b", "a"]
    assert list(found["node_groups"]) == ["z", "a"]
    assert list(found["node_groups"]["z"]) == ["instance_type", "size"]
    assert list(found["node_groups"]["z"]["size"]) == ["min", "max"]


def test_the_order_reaches_mappings_in_lists() -> None:
    tree = {"node_groups": {"a": {"taints": [{"effect": "NoSchedule", "key": "k"}]}}}
    assert list(ordered(tree)["node_groups"]["a"]["taints"][0]) == ["key", "effect"]


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_in_full_is_read_back(name: str) -> None:
    tree = load(name).tree.plain()
    assert read_back(to_yaml(tree)) == tree
    assert read_back(to_yaml(ordered(tree))) == tree


TEXTS = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="ab :#-\n\t'\"\\,[]{}&*!|>%@`0123456789.eEx_~?=<", max_size=12),
    st.sampled_from(["on", "1.35", "null", "2026-12-01", "a\nb\n", "a\n\n", "...", "---", "--- a", "... "]),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**39), 10**48),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)
# A key `<<` is refused by the reader, in quotes too.
KEYS = TEXTS.filter(lambda key: key != "<<")
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


def paths(tree: Any, path: KeyPath = ()) -> list[KeyPath]:
    steps = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(found for step, child in steps for found in paths(child, (*path, step)))]


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(KEYS, TREES, min_size=1, max_size=3), st.data())
@example({"k" * 3000: {"l" * 1500: [{"m" * 1100: 1, "n": 2}]}}, None)
def test_any_values_with_any_comments_are_read_back(tree: dict[str, Any], data: st.DataObject | None) -> None:
    above: dict[KeyPath, str] = {}
    behind: dict[KeyPath, str] = {}
    if data is not None:
        comments = st.dictionaries(st.sampled_from(paths(tree)), st.text(max_size=8), max_size=4)
        above, behind = data.draw(comments), data.draw(comments)
    text = to_yaml(tree, above, behind, aligned=bool(above))
    assert read_back(text) == tree
    assert text == to_yaml(tree, above, behind, aligned=bool(above))
