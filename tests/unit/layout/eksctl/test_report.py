"""Every field of a manifest is spoken of: kept, changed or dropped, and never silently."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modules.layout.document import read_all
from modules.layout.eksctl import Manifest, Row, convert, read_manifests
from modules.layout.eksctl.fields import ROOT, Kind, same_but_for_case
from modules.layout.faults import KeyPath, dotted
from tests.mutations import as_yaml
from tests.unit.layout.eksctl.imports import (
    CONVERTIBLE,
    MANIFESTS,
    TODAY,
    Importer,
    labelled,
    leaves,
    manifests,
)

FIXTURES = pytest.mark.parametrize("file", CONVERTIBLE, ids=labelled)


def _rows(manifest: Manifest) -> tuple[Row, ...]:
    return convert(manifest, today=TODAY).rows


def _speaks_for_all(row: Row) -> bool:
    """Whether a row says what became of all that stands below its path.

    One that says that something was changed does so of a field, but not of the whole manifest, of its VPC, or of an item of a list.
    """
    return row.fate == "dropped" or not (row.path.endswith("]") or row.path in ("", "vpc", "metadata"))


@FIXTURES
def test_every_value_of_a_manifest_is_kept_changed_or_dropped(file: Path) -> None:
    for manifest in read_manifests(file):
        rows = _rows(manifest)
        assert {row.fate for row in rows} <= {"kept", "changed", "dropped"}
        said = {row.path for row in rows}
        above = {row.path for row in rows if _speaks_for_all(row)}
        for path in leaves(manifest.tree):
            around = {dotted(path[:length]) for length in range(len(path))}
            if path not in (("apiVersion",), ("kind",)):
                assert dotted(path) in said or around & above, dotted(path)


@FIXTURES
def test_nothing_that_is_kept_is_also_dropped(file: Path) -> None:
    for manifest in read_manifests(file):
        rows = _rows(manifest)
        gone = {row.path for row in rows if row.fate == "dropped"}
        assert not gone & {row.path for row in rows if row.fate == "kept"}


@FIXTURES
def test_rows_stand_in_the_manifest_s_order_at_its_lines(file: Path) -> None:
    length = len(file.read_text(encoding="utf-8").splitlines())
    for manifest in read_manifests(file):
        lines = [row.line for row in _rows(manifest)]
        assert lines == sorted(lines)
        assert all(0 < line <= length for line in lines)


def _mappings(value: Any, kind: Kind, path: KeyPath = ()) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    """Every mapping of a document that has fields of its own, with its path under eksctl's names."""
    if kind.shape != "one":
        inner = Kind(kind.name)
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, child in items:
            yield from _mappings(child, inner, (*path, key))
    elif kind.fields is not None and isinstance(value, dict):
        yield path, value
        for key, child in value.items():
            field = key if key in kind.fields else same_but_for_case(key, kind.fields)
            if field is not None:
                yield from _mappings(child, kind.fields[field], (*path, field))


def _documents(file: Path) -> list[dict[str, Any]]:
    documents = [document.tree.plain() for document in read_all(file)]
    return [document for document in documents if document.get("kind") == ROOT]


@FIXTURES
def test_a_field_that_nobody_knows_is_dropped_wherever_it_stands(file: Path, tmp_path: Path) -> None:
    for document in _documents(file):
        where = list(_mappings(document, Kind(ROOT)))
        for _, mapping in where:
            mapping["flavour"] = {"of": "the month"}
        (manifest,) = manifests(as_yaml(document), tmp_path)
        drops = {row.path for row in _rows(manifest) if row.matters}
        missing = {dotted((*path, "flavour")) for path, _ in where} - drops
        assert not missing


@FIXTURES
def test_a_field_that_nobody_knows_is_named_in_the_row_of_its_line(file: Path, tmp_path: Path) -> None:
    for document in _documents(file):
        _, mapping = list(_mappings(document, Kind(ROOT)))[-1]
        mapping["flavour"] = 1
        text = as_yaml(document)
        (manifest,) = manifests(text, tmp_path)
        (row,) = [row for row in _rows(manifest) if row.path.endswith("flavour")]
        assert "flavour" in text.splitlines()[row.line - 1]


def test_what_looks_like_a_field_is_named(imported: Importer) -> None:
    made = imported(
        "managedNodeGroups: [{name: a, instanceType: m6i.large, instanceTypess: [x], desiredSize: 2}]"
    )
    assert "instanceTypes" in made.notes("managedNodeGroups[0].instanceTypess")
    assert made.fate("managedNodeGroups[0].desiredSize") == "DROPPED"


@pytest.mark.parametrize(
    ("text", "path", "right"),
    [
        ("iam: {withOidc: true}", "iam.withOidc", "withOIDC"),
        ("vpc: {publicAccessCidrs: [203.0.113.0/24]}", "vpc.publicAccessCidrs", "publicAccessCIDRs"),
        ("secretsEncryption: {keyArn: x}", "secretsEncryption.keyArn", "keyARN"),
        ("availabilityzones: [us-west-2a, us-west-2b]", "availabilityzones", "availabilityZones"),
        ("cloudwatch: {clusterLogging: {enableTypes: [api]}}", "cloudwatch", "cloudWatch"),
    ],
)
def test_a_field_in_the_wrong_case_is_taken_and_said_so(
    imported: Importer, text: str, path: str, right: str
) -> None:
    made = imported(text)
    assert right in made.notes(path)
    assert made.fate(path) == "changed"
    assert not [row for row in made.converted.drops if row.path == path]


def test_a_field_in_two_cases_is_taken_once(imported: Importer) -> None:
    made = imported("iam: {withOIDC: false, withOidc: true}")
    assert not made.layout.cluster.oidc_provider
    assert "twice" in made.notes("iam.withOidc")


def test_values_that_eksctl_would_not_take_are_faults_with_their_lines() -> None:
    from modules.layout import LayoutError

    (file,) = [file for file in MANIFESTS if file.stem == "wrong-types"]
    with pytest.raises(LayoutError) as refused:
        read_manifests(file)
    found = {dotted(fault.path): fault.origin.line for fault in refused.value.faults}
    lines = file.read_text(encoding="utf-8").splitlines()
    wrong = [
        "metadata.version",
        "metadata.tags",
        "availabilityZones",
        "vpc.subnets.private",
        "vpc.clusterEndpoints",
    ]
    group = [
        "maxSize",
        "desiredCapacity",
        "volumeSize",
        "efaEnabled",
        "taints",
        "labels",
        "capacityReservation",
    ]
    wrong += [f"managedNodeGroups[0].{field}" for field in group]
    for path in wrong:
        assert path.rpartition(".")[2] in lines[found[path] - 1]
    assert set(found) == {*wrong, "managedNodeGroups[1]"}
