"""ClusterConfigs of tests, imported, and how a test asks about them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from modules.layout import LayoutError, load
from modules.layout.eksctl import Converted, Manifest, Options, Row, convert, read_manifests
from modules.layout.faults import KeyPath
from modules.layout.models import Layout
from modules.layout.models.node_group import NodeGroup
from modules.layout.tree import Node
from modules.layout.writing import ordered, to_yaml

HERE = Path(__file__).parent
TODAY = date(2026, 11, 22)
# Manifests as users write them, and those whose layouts are our presets.
MANIFESTS = sorted((HERE / "manifests").glob("*.yaml"))
PRESETS = sorted((HERE / "presets").glob("*.yaml"))
REFUSED = HERE / "manifests" / "wrong-types.yaml"
CONVERTIBLE = [file for file in (*MANIFESTS, *PRESETS) if file != REFUSED]

# What a manifest of a test has where it does not say otherwise.
_HEAD = """\
apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
"""
_METADATA = """\
metadata: {name: demo, region: us-west-2, version: "1.35"}
"""
_NODES = """\
managedNodeGroups:
  - {name: workers, instanceType: m6i.large, desiredCapacity: 2, privateNetworking: true}
"""


def labelled(file: Path) -> str:
    """A fixture's name in a test's id."""
    return f"{file.parent.name}-{file.stem}"


def manifest_of(text: str) -> str:
    """A whole manifest: what a test says of it, and what any manifest has."""
    text = textwrap.dedent(text).rstrip() + "\n"
    lines = text.splitlines()
    metadata = "" if any(line.startswith("metadata:") for line in lines) else _METADATA
    groups = any(line.startswith(("managedNodeGroups:", "nodeGroups:")) for line in lines)
    return _HEAD + metadata + text + ("" if groups else _NODES)


@dataclass(frozen=True)
class Import:
    """What became of a manifest."""

    converted: Converted

    @property
    def layout(self) -> Layout:
        """The layout, checked."""
        return self.converted.layout

    @property
    def group(self) -> NodeGroup:
        """The first node group."""
        return next(iter(self.layout.node_groups.values()))

    def rows(self, path: str) -> list[Row]:
        """What is said of one field."""
        return [row for row in self.converted.rows if row.path == path]

    def fate(self, path: str) -> str:
        """What became of a field; DROPPED where that matters."""
        fates = {"DROPPED" if row.matters else row.fate for row in self.rows(path)}
        assert len(fates) == 1, f"{path}: {sorted(fates)}; there are {[r.path for r in self.converted.rows]}"
        return fates.pop()

    def notes(self, path: str) -> str:
        """All that is said of a field."""
        return "; ".join(row.note for row in self.rows(path))

    @property
    def text(self) -> str:
        """The layout as it is written."""
        return written(self.converted)


Importer = Callable[..., Import]


def importer(folder: Path) -> Importer:
    """Imports the text of a manifest; what it leaves out is that of any manifest."""

    def imported(text: str, options: Options | None = None) -> Import:
        (manifest,) = manifests(manifest_of(text), folder)
        return Import(convert(manifest, options, today=TODAY))

    return imported


def group_of(
    imported: Importer,
    fields: str,
    instance: str = "instanceType: m6i.large",
    kind: str = "managedNodeGroups",
) -> Import:
    """The import of a manifest with one node group of these fields."""
    lines = [
        f"  - name: workers\n    {instance}",
        textwrap.indent(textwrap.dedent(fields).strip("\n"), "    "),
    ]
    return imported(f"{kind}:\n" + "\n".join(filter(None, lines)) + "\n")


def manifests(text: str, folder: Path) -> tuple[Manifest, ...]:
    """The ClusterConfigs of a text."""
    file = folder / "manifest.yaml"
    file.write_text(text, encoding="utf-8")
    return read_manifests(file)


def written(converted: Converted) -> str:
    """The text of a layout, as the command writes it but for its first lines."""
    return to_yaml(ordered(converted.tree), converted.comments)


def reread(text: str, folder: Path) -> Layout:
    """A layout from its text."""
    file = folder / "layout.yaml"
    file.write_text(text, encoding="utf-8")
    return load(str(file), today=TODAY).layout


def faults_of(text: str, folder: Path) -> list[str]:
    """Where and why a manifest is refused: `line path rule`."""
    try:
        for manifest in manifests(text, folder):
            convert(manifest, today=TODAY)
    except LayoutError as error:
        return [
            f"{fault.origin.line} {'.'.join(map(str, fault.path))} {fault.rule}" for fault in error.faults
        ]
    raise AssertionError("it is imported")


def leaves(node: Node, path: KeyPath = ()) -> Iterator[KeyPath]:
    """The path of every value of a document that holds no others."""
    items: list[tuple[Any, Node]] = []
    if isinstance(node.value, dict):
        items = list(node.value.items())
    elif isinstance(node.value, list):
        items = list(enumerate(node.value))
    for key, child in items:
        yield from leaves(child, (*path, key))
    if not items and node.value is not None:
        yield path
