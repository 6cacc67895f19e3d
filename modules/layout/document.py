"""YAML text to a tree that remembers the line of every value.

The tree is built from parse events, not by a YAML constructor, for four reasons: every value keeps its line; a
duplicate key is a fault and not the last one wins; aliases are expanded under a limit, so that an alias bomb is
refused; and nesting is bounded. Scalars are read by YAML 1.2's core schema, so `on` and `yes` stay strings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from .faults import Fault, KeyPath, LayoutError, Origin, Step
from .tree import Node, RawFloat, Scalar

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_NODES = 100_000
MAX_DIGITS = 40  # of a number; what has more is text
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Document:
    """What a file holds. `faults` are those that did not keep it from being understood, like a duplicate key."""

    tree: Node
    faults: tuple[Fault, ...] = ()


def read(file: Path, source: str | None = None) -> Document:
    """Reads one YAML file whose top is a mapping.

    Args:
        file: the file; at most 1 MiB of UTF-8.
        source: how faults name the file; its path as given without it.

    Raises:
        LayoutError: the file cannot be read, is not YAML, is empty or holds no mapping.
    """
    source = source or str(file)
    return parse(_text(file, source), source)


def read_all(file: Path, source: str | None = None) -> tuple[Document, ...]:
    """Reads every document of a YAML file, leaving out those that are empty; see `read`.

    Merge keys (`<<`) stay in the tree as ordinary keys.
    """
    source = source or str(file)
    return parse_all(_text(file, source), source)


def _text(file: Path, source: str) -> str:
    try:
        raw = file.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        problem = f"cannot be read: {_reason(error)}"
        raise _stop(source, 0, problem, "Give the path of a YAML file.", "file") from error
    if len(raw) > MAX_BYTES:
        problem = f"the file has {len(raw):,} bytes, more than {MAX_BYTES:,}"
        raise _stop(source, 0, problem, "Split it: several layouts can be given in one run.", "file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _stop(source, line, "is not UTF-8 text", "Save the file as UTF-8.", "yaml") from error


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def parse(text: str, source: str) -> Document:
    """Parses YAML text; see `read`."""

    def build(events: Iterable[Any]) -> Document:
        builder = _Builder(source)
        for event in events:
            builder.take(event)
        return builder.result()

    return _built(text, source, build)


def parse_all(text: str, source: str) -> tuple[Document, ...]:
    """Parses every document of a YAML text; see `read_all`."""

    def build(events: Iterable[Any]) -> tuple[Document, ...]:
        builders: list[_Builder] = []
        for event in events:
            if isinstance(event, DocumentStartEvent):
                builders.append(_Builder(source, merge_keys=True))
            if builders:
                builders[-1].take(event)
        return tuple(one.result() for one in builders if one.root is not None and one.root.value is not None)

    return _built(text, source, build)


def _built(text: str, source: str, build: Callable[[Iterable[Any]], _T]) -> _T:
    """What is made of a text's parse events, one at a time: a bomb of brackets is refused before it is all parsed."""
    # YAML 1.1 takes them for line breaks, YAML 1.2 and editors do not: https://yaml.org/spec/1.2.2/#54-line-break-characters
    odd = _ODD_BREAK.search(text)
    if odd is not None:
        problem = f"has the character U+{ord(odd[0]):04X}, which some programs take for a line break"
        remedy = f'Remove it, or write it in double quotes as "\\u{ord(odd[0]):04x}".'
        raise _stop(source, _line_at(text, odd.start()), problem, remedy, "yaml")
    try:
        return _parsed(text, build)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = min(mark.line + 1, _line_at(text, len(text))) if mark else 0
        problem = f"is not YAML: {error.problem or error.context}"
        raise _stop(source, line, problem, _yaml_remedy(text, line), "yaml") from error
    except (YAMLError, ValueError) as error:
        found = _UNPRINTABLE.search(text)
        line = _line_at(text, found.start()) if found else 0
        problem = f"is not YAML: {str(error).splitlines()[0]}"
        raise _stop(source, line, problem, "Remove what is not printable text.", "yaml") from error


def _parsed(text: str, build: Callable[[Iterable[Any]], _T]) -> _T:
    """By libyaml; where that refuses `[arn:aws:...]`, again by the slower parser, which knows YAML 1.2."""
    try:
        return build(YAML(typ="safe").parse(text))
    except MarkedYAMLError as error:
        if error.problem != "found unexpected ':'":
            raise
        return build(YAML(typ="safe", pure=True).parse(text))


def _line_at(text: str, position: int) -> int:
    """The line of a character, from 1."""
    return len(_BREAK.findall(text, 0, position)) + 1


def _stop(source: str, line: int, problem: str, remedy: str, rule: str) -> LayoutError:
    return LayoutError([Fault(Origin(source, line), (), problem, remedy, rule)])


def _yaml_remedy(text: str, line: int) -> str:
    lines = text.split("\n")
    # The parser may stop on the line after the tab.
    near = lines[max(line - 2, 0) : line]
    if any(re.match(r"[ ]*\t", found) for found in near):
        return "YAML is indented with spaces: replace the tab at the start of the line."
    return "Check the indentation, the colons and the quotes on this line and the one before."


_BREAK = re.compile("\r\n|\r|\n")
_ODD_BREAK = re.compile("[\x85\u2028\u2029]")
# https://yaml.org/spec/1.2.2/#51-character-set
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# YAML 1.2 core schema, https://yaml.org/spec/1.2.2/#1032-tag-resolution
_NULL = re.compile(r"(?:|~|null|Null|NULL)\Z")
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(rf"[-+]?[0-9]{{1,{MAX_DIGITS}}}\Z", re.ASCII)
_OCT = re.compile(rf"0o[0-7]{{1,{MAX_DIGITS}}}\Z")
_HEX = re.compile(rf"0x[0-9a-fA-F]{{1,{MAX_DIGITS}}}\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?\Z", re.ASCII)
_STR_TAGS = {"!", "tag:yaml.org,2002:str"}
_COLLECTION_TAGS = {"!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}


def _scalar(text: str) -> Scalar:
    """A plain (unquoted) scalar by the core schema."""
    if _NULL.match(text):
        return None
    if text in _BOOL:
        return _BOOL[text]
    # A leading zero is no octal in YAML 1.2, but 012345678901 is an account id and not a number.
    if _INT.match(text) and not re.match(r"[-+]?0[0-9]", text):
        return int(text)
    if _OCT.match(text):
        return int(text[2:], 8)
    if _HEX.match(text):
        return int(text[2:], 16)
    return RawFloat(text) if _FLOAT.match(text) else text


class _Builder:
    """Takes parse events, keeps a stack of open collections, and hands out the tree."""

    def __init__(self, source: str, merge_keys: bool = False) -> None:
        self.source = source
        self.merge_keys = merge_keys
        self.faults: list[Fault] = []
        self.root: Node | None = None
        self.anchors: dict[str, Node | None] = {}
        # An open collection, its anchor, and the key or index at which it stands in the one around it.
        self.stack: list[tuple[Node, str | None, Step | None]] = []
        self.keys: list[
            tuple[str, Node] | None
        ] = []  # the key that waits for its value, for each open collection
        self.nodes = 0
        self.documents = 0

    def take(self, event: Any) -> None:
        if isinstance(event, DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise self.stop(
                    event, "holds more than one YAML document", "Keep one layout a file: no second ---."
                )
        elif isinstance(event, AliasEvent):
            node = self.alias(event)
            self.add(node, str(node.value))
        elif isinstance(event, ScalarEvent):
            node = Node(self.scalar(event), self.origin(event))
            if event.anchor:
                self.anchors[event.anchor] = node
            self.count(event)
            self.add(node, str(event.value))
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            self.open(event)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            node, anchor, _ = self.stack.pop()
            self.keys.pop()
            if anchor:
                self.anchors[anchor] = node

    def result(self) -> Document:
        remedy = "Start with `extends: eks-g4dn` and `name: my-cluster`."
        if self.root is None or self.root.value is None:
            raise self.refuse(0, "is empty", remedy)
        if not isinstance(self.root.value, dict):
            kind = "a list" if isinstance(self.root.value, list) else "a single value"
            raise self.refuse(self.root.origin.line, f"holds {kind}, not keys and values", remedy)
        return Document(self.root, tuple(self.faults))

    def open(self, event: Any) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise self.stop(event, f"is nested deeper than {MAX_DEPTH} levels", "Flatten it.")
        if event.tag and str(event.tag) not in _COLLECTION_TAGS:
            self.tagged(event)
        node = Node({} if isinstance(event, MappingStartEvent) else [], self.origin(event))
        if event.anchor:
            self.anchors[event.anchor] = None  # known, but not usable before it is complete
        self.count(event)
        self.stack.append((node, event.anchor, self.add(node, "")))
        self.keys.append(None)

    def count(self, event: Any) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            remedy = "Write out what the aliases (*name) stand for, or leave it out."
            raise self.stop(event, f"has more than {MAX_NODES:,} values after its aliases", remedy)

    def add(self, node: Node, text: str) -> Step | None:
        """Puts a value where it belongs, and returns the key or index; `text` is how it was written, for a key."""
        if not self.stack:
            self.root = node
            return None
        parent = self.stack[-1][0]
        if isinstance(parent.value, list):
            parent.value.append(node)
            return len(parent.value) - 1
        waiting = self.keys[-1]
        if waiting is None:
            self.keys[-1] = text, node
            return None
        assert isinstance(parent.value, dict)
        self.put(parent.value, *waiting, node)
        self.keys[-1] = None
        return waiting[0]

    def put(self, mapping: dict[str, Node], name: str, key: Node, node: Node) -> None:
        line = key.origin.line
        if name == "<<" and not self.merge_keys:
            self.fault(line, "uses the merge key <<", "Use `extends`, or write the keys out.", "yaml")
        elif isinstance(key.value, dict | list):
            self.fault(line, "has a list or mapping as a key", "Use a plain word as the key.", "yaml")
        elif name in mapping:
            problem = f"the key {name!r} stands twice (first on line {mapping[name].origin.line})"
            self.faults.append(
                Fault(key.origin, (*self.path(), name), problem, "Keep one of the two.", "duplicate-key")
            )
        else:
            node.origin = key.origin
            mapping[name] = node

    def path(self) -> KeyPath:
        """Where the innermost open collection stands."""
        return tuple(step for _, _, step in self.stack if step is not None)

    def place(self) -> KeyPath | None:
        """Where the next value will stand; None where it is a key."""
        if not self.stack:
            return ()
        parent, waiting = self.stack[-1][0].value, self.keys[-1]
        if isinstance(parent, list):
            return (*self.path(), len(parent))
        return (*self.path(), waiting[0]) if waiting is not None else None

    def alias(self, event: Any) -> Node:
        target = self.anchors.get(event.anchor)
        if target is None:
            known = event.anchor in self.anchors
            problem = f"the alias *{event.anchor} " + ("contains itself" if known else "has no anchor")
            raise self.stop(event, problem, f"Define &{event.anchor} before it, or write the value out.")
        return self.copy(target, event, self.origin(event), len(self.stack))

    def copy(self, node: Node, event: Any, origin: Origin, depth: int) -> Node:
        self.count(event)
        if depth > MAX_DEPTH:
            raise self.stop(
                event, f"is nested deeper than {MAX_DEPTH} levels after its aliases", "Flatten it."
            )
        if isinstance(node.value, dict):
            return Node({k: self.copy(v, event, origin, depth + 1) for k, v in node.value.items()}, origin)
        if isinstance(node.value, list):
            return Node([self.copy(v, event, origin, depth + 1) for v in node.value], origin)
        return Node(node.value, origin)

    def scalar(self, event: Any) -> Scalar:
        text: str = event.value
        if event.tag:
            if str(event.tag) not in _STR_TAGS:
                self.tagged(event)
            return text
        plain = event.implicit[0] if event.implicit else False
        value = _scalar(text) if plain else text
        place = self.place()
        if isinstance(value, float) and not isfinite(value) and place is not None:
            # JSON has no infinity, and what is made of a layout is JSON.
            problem = f"{text[:60]} is more than a number can be"
            remedy = "Write a smaller number, or put it into quotes as text."
            self.faults.append(Fault(self.origin(event), place, problem, remedy, "yaml"))
        return value

    def tagged(self, event: Any) -> None:
        remedy = "Remove the tag: quotes make text, everything else is read as it looks."
        self.fault(self.line(event), f"uses the YAML tag {event.tag}", remedy, "yaml")

    def line(self, event: Any) -> int:
        return int(event.start_mark.line) + 1

    def origin(self, event: Any) -> Origin:
        return Origin(self.source, self.line(event))

    def fault(self, line: int, problem: str, remedy: str, rule: str) -> None:
        self.faults.append(Fault(Origin(self.source, line), (), problem, remedy, rule))

    def refuse(self, line: int, problem: str, remedy: str) -> LayoutError:
        self.fault(line, problem, remedy, "yaml")
        return LayoutError(self.faults)

    def stop(self, event: Any, problem: str, remedy: str) -> LayoutError:
        return self.refuse(self.line(event), problem, remedy)
