"""YAML to a tree with lines: what is read, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modules.layout import LayoutError
from modules.layout.document import MAX_BYTES, MAX_DEPTH, Document, parse, read
from modules.layout.faults import Fault, KeyPath

Write = Callable[..., Path]


def refused(text: str) -> Fault:
    with pytest.raises(LayoutError) as caught:
        parse(text, "a.yaml")
    (fault,) = caught.value.faults
    return fault


def plain(document: Document) -> object:
    return document.tree.plain()


def test_every_value_knows_the_line_of_its_key() -> None:
    tree = parse("a: 1\nb:\n  c:\n    - x\n    - y\n", "a.yaml").tree
    assert tree.locate(("b", "c")).line == 3
    assert tree.locate(("b", "c", 1)).line == 5
    assert str(tree.locate(("a",))) == "a.yaml:1"


def test_the_line_of_what_is_missing_is_that_of_what_is_around_it() -> None:
    assert parse("a: 1\nb:\n  c: 1\n", "a.yaml").tree.locate(("b", "d", "e")).line == 2


@pytest.mark.parametrize(
    "text, value",
    [
        ("1", 1),
        ("-7", -7),
        ("0x1f", 31),
        ("0o17", 15),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("true", True),
        ("~", None),
        ("", None),
        ("yes", "yes"),
        ("on", "on"),
        ("012345678901", "012345678901"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("'1'", "1"),
        ("! 12", "12"),
        ("!!str 12", "12"),
        ("2026-12-01", "2026-12-01"),
        ("9" * 41, "9" * 41),
        ("1_000", "1_000"),
        ("١٢", "١٢"),
    ],
)
def test_a_scalar_is_read_by_the_core_schema(text: str, value: object) -> None:
    read_as = parse(f"a: {text}\n", "a.yaml").tree.plain()["a"]
    assert read_as == value
    assert type(read_as) is type(value) or isinstance(read_as, float)


def test_a_number_keeps_how_it_was_written() -> None:
    assert parse("a: 1.30\n", "a.yaml").tree.plain()["a"].text == "1.30"


def test_keys_are_text_as_written() -> None:
    assert plain(parse("1.30: a\ntrue: b\n0x10: c\n", "a.yaml")) == {"1.30": "a", "true": "b", "0x10": "c"}


def test_a_duplicate_key_is_a_fault_with_its_path_and_both_lines() -> None:
    document = parse("a:\n  - b: 1\n    c: 2\n    b: 3\n", "a.yaml")
    (fault,) = document.faults
    assert (fault.origin.line, fault.path, fault.rule) == (4, ("a", 0, "b"), "duplicate-key")
    assert "first on line 2" in fault.problem
    assert plain(document) == {"a": [{"b": 1, "c": 2}]}


def test_an_alias_stands_for_its_value_on_the_aliases_line() -> None:
    tree = parse("a: &x {b: 1}\nc: *x\n", "a.yaml").tree
    assert tree.plain() == {"a": {"b": 1}, "c": {"b": 1}}
    assert tree.locate(("c", "b")).line == 2


def test_an_alias_bomb_is_refused() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]" for a, b in zip("abcdefg", "bcdefgh", strict=True)]
    assert "values after its aliases" in refused("\n".join(lines)).problem


def test_aliases_cannot_nest_deeper_than_brackets_can() -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [[[[[[[[*a{n - 1}]]]]]]]]" for n in range(1, 100))]
    assert f"deeper than {MAX_DEPTH}" in refused("\n".join(lines)).problem


@pytest.mark.parametrize(
    "text, line, problem",
    [
        ("", 0, "is empty"),
        ("# only a comment\n", 0, "is empty"),
        ("---\n", 0, "is empty"),
        ("- a\n", 1, "holds a list"),
        ("\nhello\n", 2, "a single value"),
        ("a: 1\n---\nb: 2\n", 2, "more than one YAML document"),
        ("a:\n\tb: 1\n", 2, "is not YAML"),
        ("a: b: c\n", 1, "is not YAML"),
        ("a: 'b\n", 2, "is not YAML"),
        ("a: 1\nb: \x07\n", 2, "is not YAML"),
        ("a: *b\n", 1, "has no anchor"),
        ("a: &a [*a]\n", 1, "contains itself"),
        ("a: " + "[" * 50 + "]" * 50, 1, "nested deeper"),
    ],
)
def test_what_is_no_layout_is_refused_with_its_line(text: str, line: int, problem: str) -> None:
    fault = refused(text)
    assert problem in fault.problem
    assert fault.origin.line in (line, line + 1) if "YAML document" in problem else fault.origin.line == line
    assert fault.remedy


@pytest.mark.parametrize(
    "text, problem",
    [
        ("a: !!int '3'\n", "YAML tag"),
        ("a: !!set {b}\n", "YAML tag"),
        ("a: !!python/object:os.system x\n", "YAML tag"),
        ("x: &x {b: 1}\na:\n  <<: *x\n", "merge key"),
        ("? [a, b]\n: c\n", "as a key"),
    ],
)
def test_what_can_be_read_past_is_a_fault_beside_the_others(text: str, problem: str) -> None:
    (fault,) = parse(text, "a.yaml").faults
    assert problem in fault.problem


@pytest.mark.parametrize("text", ["1e400", "-1e400", "9.9e999999"])
@pytest.mark.parametrize(
    "around, path",
    [("a:\n  b: {}\n", ("a", "b")), ("a:\n  - {}\n", ("a", 0)), ("a:\n  - b: {}\n", ("a", 0, "b"))],
)
def test_a_number_that_json_does_not_have_is_refused(around: str, path: KeyPath, text: str) -> None:
    (fault,) = parse(around.format(text), "a.yaml").faults
    assert (fault.origin.line, fault.path) == (2, path)
    assert fault.problem == f"{text} is more than a number can be"


def test_a_large_number_and_text_that_looks_like_a_larger_one_are_read() -> None:
    document = parse("a: 1e308\nb: '1e400'\n1e400: c\n", "a.yaml")
    assert document.faults == ()
    assert plain(document) == {"a": 1e308, "b": "1e400", "1e400": "c"}


def test_tabs_are_named_as_the_cause() -> None:
    assert "spaces" in refused("a:\n\tb: 1\n").remedy


def test_a_byte_order_mark_and_windows_line_ends_are_read(write: Write) -> None:
    file = write(b"\xef\xbb\xbfa: 1\r\nb:\r\n  c: x\r\n")
    tree = read(file).tree
    assert tree.plain() == {"a": 1, "b": {"c": "x"}}
    assert tree.locate(("b", "c")).line == 3


@pytest.mark.parametrize(
    "raw, line", [("a: ü\nb: 1\n".encode("utf-16"), 1), ("a: 1\nb: ü\n".encode("latin-1"), 2)]
)
def test_other_encodings_are_refused(raw: bytes, line: int, write: Write) -> None:
    with pytest.raises(LayoutError) as caught:
        read(write(raw))
    (fault,) = caught.value.faults
    assert (fault.origin.line, fault.problem) == (line, "is not UTF-8 text")


def test_a_folder_a_missing_and_a_huge_file_are_refused(tmp_path: Path, write: Write) -> None:
    huge = write(b"# " + b"x" * MAX_BYTES, "huge.yaml")
    for file in (tmp_path, tmp_path / "none.yaml", huge):
        with pytest.raises(LayoutError) as caught:
            read(file)
        assert caught.value.faults[0].rule == "file"
