"""A ClusterConfig as it was written, with eksctl's field names and types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..document import read_all
from ..faults import Fault, KeyPath, LayoutError, Origin
from ..tree import Node, RawFloat
from ..words import nearest
from .fields import ROOT, Kind, same_but_for_case
from .report import Report

# https://eksctl.io/usage/schema/
API_VERSION = "eksctl.io/v1alpha5"
# What YAML 1.1, which eksctl reads, takes as true and false: https://yaml.org/type/bool.html
_BOOLS = {"y": True, "yes": True, "on": True, "n": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True)
class Manifest:
    """One ClusterConfig: its fields under their right names, and what was noticed on the way."""

    file: Path
    tree: Node
    report: Report


def read_manifests(file: Path) -> tuple[Manifest, ...]:
    """Reads the ClusterConfigs of a file; documents of another kind are left out.

    Raises:
        LayoutError: the file cannot be read, is not YAML, holds no ClusterConfig, or a field is of a wrong type.
    """
    faults: list[Fault] = []
    found = []
    try:
        documents = read_all(file)
    except LayoutError as error:
        raise LayoutError(_for_manifest(file, error.faults)) from error
    for document in documents:
        faults += document.faults
        tree = document.tree
        if not _is_cluster_config(tree, faults):
            continue
        report = Report()
        tree = _Reader(report, faults).mapping(_unmerged(tree), Kind(ROOT), ())
        found.append(Manifest(file, tree, report))
    if not found and not faults:
        origin = documents[0].tree.origin if documents else Origin(str(file))
        remedy = f"Give a file with `apiVersion: {API_VERSION}` and `kind: ClusterConfig`."
        faults.append(Fault(origin, (), "holds no ClusterConfig of eksctl", remedy, "eksctl-kind"))
    if faults:
        raise LayoutError(faults)
    return tuple(found)


def _for_manifest(file: Path, faults: Iterable[Fault]) -> Iterator[Fault]:
    """Faults of reading, with remedies for a manifest and not for a layout."""
    try:
        text = file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        text = ""
    for fault in faults:
        remedy = fault.remedy
        if "extends" in remedy:
            remedy = f"Give a file with `apiVersion: {API_VERSION}` and `kind: {ROOT}`."
        elif "several layouts" in remedy:
            remedy = "Split it: several files can be imported in one run."
        elif fault.rule == "yaml" and "{{" in text:
            remedy = "It looks like a template: render it first."
        elif fault.rule == "yaml" and re.search(r"\$\{\w+\}", text):
            remedy = "It has placeholders: fill them in first, for example with `envsubst`."
        yield replace(fault, remedy=remedy)


def _is_cluster_config(tree: Node, faults: list[Fault]) -> bool:
    assert isinstance(tree.value, dict)
    plain = {key: tree.value[key].value for key in ("apiVersion", "kind") if key in tree.value}
    if plain.get("kind") != ROOT:
        return False
    version = plain.get("apiVersion")
    if version != API_VERSION:
        remedy = f"Write `apiVersion: {API_VERSION}`, which `eksctl` reads today."
        problem = f"{version!r} is no version that is known here"
        faults.append(Fault(tree.locate(("apiVersion",)), ("apiVersion",), problem, remedy, "eksctl-kind"))
        return False
    return True


def _unmerged(node: Node) -> Node:
    """Without YAML's merge keys, whose values lie below those that stand beside them."""
    if isinstance(node.value, list):
        return replace(node, value=[_unmerged(child) for child in node.value])
    if not isinstance(node.value, dict):
        return node
    children = {key: _unmerged(child) for key, child in node.value.items()}
    merged = children.pop("<<", None)
    bases = [] if merged is None else merged.value if isinstance(merged.value, list) else [merged]
    for base in bases:
        if isinstance(base.value, dict):
            children = base.value | children
    return replace(node, value=children)


def _listed_taints(node: Node) -> Node:
    """Taints as a list: for self-managed groups eksctl reads `key: value:effect` in a mapping too (taints.go)."""
    if not isinstance(node.value, dict):
        return node
    items = []
    for key, given in node.value.items():
        value, _, effect = str(given.value or "").rpartition(":")
        taint = {"key": key, "value": value, "effect": effect}
        items.append(Node({name: Node(text, given.origin) for name, text in taint.items()}, given.origin))
    return replace(node, value=items)


def _remedy(value: Any, wanted: str) -> str:
    if isinstance(value, str) and re.search(r"[$<{]|PLACEHOLDER", value):
        return "A placeholder: fill it in first, for example with `envsubst`."
    if isinstance(value, str) and wanted == "a whole number" and value.strip().isdigit():
        return "Write it without quotes."
    return "Write what eksctl takes: `eksctl utils schema` prints its fields."


class _Reader:
    """Brings a tree to eksctl's names and types."""

    def __init__(self, report: Report, faults: list[Fault]) -> None:
        self.report = report
        self.faults = faults

    def mapping(self, node: Node, kind: Kind, path: KeyPath) -> Node:
        fields = kind.fields
        if fields is None:
            return self.scalar(node, kind, path)
        if not isinstance(node.value, dict):
            return self.wrong(node, path, "a mapping")
        known: dict[str, Node] = {}
        for key, child in node.value.items():
            field = key if key in fields else same_but_for_case(key, fields)
            if field is None:
                self.unknown(child.origin, (*path, key), nearest(key, fields))
                continue
            if field != key:
                # eksctl #7906, #8320, #8542: such a key passes its check, and is then lost
                note = f"eksctl loses what is not written {field}: taken as that"
                self.report.add(child.origin, (*path, key), "changed", note)
            if field in known:
                self.report.add(child.origin, (*path, key), "dropped", f"{field} stands twice", matters=True)
            elif child.value is not None:
                known[field] = self.value(child, fields[field], (*path, field))
        return replace(node, value=known)

    def value(self, node: Node, kind: Kind, path: KeyPath) -> Node:
        one = Kind(kind.name, choices=kind.choices)
        if kind.name == "NodeGroupTaint" and path[0] == "nodeGroups":
            node = _listed_taints(node)
        if kind.shape == "list":
            if not isinstance(node.value, list):
                return self.wrong(node, path, "a list")
            items = [
                self.mapping(item, one, (*path, index))
                for index, item in enumerate(node.value)
                if item.value is not None
            ]
            return replace(node, value=items)
        if kind.shape == "map":
            if not isinstance(node.value, dict):
                return self.wrong(node, path, "a mapping")
            children = {
                key: self.mapping(replace(item, value="") if item.value is None and one.fields is None else item,
                                  one, (*path, key))
                for key, item in node.value.items()
            }  # fmt: skip
            return replace(node, value=children)
        return self.mapping(node, one, path)

    def scalar(self, node: Node, kind: Kind, path: KeyPath) -> Node:
        value = node.value
        if kind.name == "any":
            return node
        if isinstance(value, dict | list):
            return self.wrong(node, path, "one value")
        if kind.name == "integer":
            whole = isinstance(value, int) and not isinstance(value, bool)
            return node if whole else self.wrong(node, path, "a whole number")
        if kind.name == "number":
            number = isinstance(value, int | float) and not isinstance(value, bool)
            return node if number else self.wrong(node, path, "a number")
        if kind.name == "boolean":
            value = _BOOLS.get(value.lower(), value) if isinstance(value, str) else value
            return (
                replace(node, value=value)
                if isinstance(value, bool)
                else self.wrong(node, path, "true or false")
            )
        text = (
            value.text
            if isinstance(value, RawFloat)
            else str(value).lower()
            if isinstance(value, bool)
            else str(value)
        )
        meant = next((choice for choice in kind.choices if choice.lower() == text.lower()), text)
        return replace(node, value=meant)

    def wrong(self, node: Node, path: KeyPath, wanted: str) -> Node:
        shown = (
            "a mapping"
            if isinstance(node.value, dict)
            else "a list"
            if isinstance(node.value, list)
            else repr(node.value)
        )
        problem = f"is {shown if len(shown) <= 60 else shown[:57] + '...'}, where eksctl wants {wanted}"
        remedy = _remedy(node.value, wanted)
        self.faults.append(Fault(node.origin, path, problem, remedy, "eksctl-type"))
        return Node(None, node.origin)

    def unknown(self, origin: Origin, path: KeyPath, match: str | None) -> None:
        note = "eksctl has no such field" + (f"; did you mean {match}?" if match else "")
        self.report.add(origin, path, "dropped", note, matters=True)


class Part:
    """A mapping of the manifest. What is read through it counts as looked at; the rest is reported as dropped."""

    def __init__(self, node: Node, path: KeyPath, report: Report) -> None:
        self.node = node
        self.path = path
        self.report = report

    def __contains__(self, key: str) -> bool:
        return self.node.child(key) is not None

    def __iter__(self) -> Iterator[str]:
        """The names of the fields that are there."""
        return iter(list(self.node.value) if isinstance(self.node.value, dict) else [])

    def value(self, key: str, default: Any = None) -> Any:
        """A value as plain Python, with all that stands in it; `default` where there is none."""
        node = self.node.child(key)
        if node is None:
            return default
        self.report.used.add((*self.path, key))
        return node.plain()

    def text(self, key: str) -> str:
        """A text; empty where there is none."""
        return str(self.value(key, ""))

    def texts(self, key: str) -> list[str]:
        """A list of texts."""
        return [str(item) for item in self.value(key, [])]

    def pairs(self, key: str) -> dict[str, str]:
        """A mapping of texts."""
        return {name: str(value) for name, value in self.value(key, {}).items()}

    def part(self, key: str) -> Part:
        """The mapping below a key; empty where there is none."""
        return Part(self.node.child(key) or Node({}, self.node.origin), (*self.path, key), self.report)

    def parts(self, key: str) -> list[Part]:
        """The mappings of a list."""
        node = self.node.child(key)
        items = node.value if node is not None and isinstance(node.value, list) else []
        return [Part(item, (*self.path, key, index), self.report) for index, item in enumerate(items)]

    def named(self, key: str) -> dict[str, Part]:
        """The mappings of a mapping, by name."""
        node = self.node.child(key)
        items = node.value if node is not None and isinstance(node.value, dict) else {}
        return {name: Part(item, (*self.path, key, name), self.report) for name, item in items.items()}

    def changed(self, key: str, note: str) -> None:
        """Says that a field has become something else; `key` may be empty for the mapping itself."""
        self._say(key, "changed", note)

    def dropped(self, key: str, note: str, *, harmless: bool = False) -> None:
        """Says that a field has no counterpart."""
        self._say(key, "dropped", note, matters=not harmless)

    def _say(self, key: str, fate: Any, note: str, matters: bool = False) -> None:
        path = (*self.path, key) if key else self.path
        if key or fate == "dropped":
            self.report.used.add(path)
            self.report.settled.add(path)
        self.report.add(self.node.locate((key,) if key else ()), path, fate, note, matters)


def leaves(node: Node, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Origin]]:
    """Every value of the manifest that holds no others, with its path."""
    inner: Iterator[tuple[Any, Node]] = iter(())
    if isinstance(node.value, dict):
        inner = iter(node.value.items())
    elif isinstance(node.value, list):
        inner = iter(enumerate(node.value))
    below = False
    for key, child in inner:
        below = True
        yield from leaves(child, (*path, key))
    if not below and node.value is not None:
        yield path, node.origin
