"""What may stand in a file: YAML as eksctl's users write it, several documents, and what is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from modules.layout import LayoutError
from modules.layout.eksctl import convert, read_manifests
from tests.unit.layout.eksctl.imports import (
    MANIFESTS,
    TODAY,
    Importer,
    faults_of,
    manifest_of,
    manifests,
    written,
)

READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


def test_an_arn_in_a_list_on_one_line_needs_no_quotes(imported: Importer) -> None:
    made = imported(f"""
        managedNodeGroups:
          - {{name: workers, instanceType: m6i.large, iam: {{attachPolicyARNs: [{READ}, {READ}2]}}}}
        """)
    assert made.group.policy_arns == (READ, f"{READ}2")


def test_anchors_and_merge_keys_are_written_out(imported: Importer) -> None:
    made = imported("""
        managedNodeGroups:
          - &base
            name: one
            instanceType: m6i.large
            desiredCapacity: 3
            labels: &labels {team: a}
          - <<: *base
            name: two
            desiredCapacity: 5
            labels:
              <<: *labels
              role: b
        """)
    one, two = made.layout.node_groups["one"], made.layout.node_groups["two"]
    assert (one.size.desired, two.size.desired) == (3, 5)
    assert two.instance_type == "m6i.large"
    assert (one.labels, two.labels) == ({"team": "a"}, {"team": "a", "role": "b"})
    assert not made.converted.drops


def test_several_merged_mappings_give_what_the_first_has(imported: Importer) -> None:
    made = imported("""
        managedNodeGroups:
          - &a {name: a, instanceType: m6i.large}
          - &b {name: b, instanceType: m6i.xlarge, desiredCapacity: 4}
          - {<<: [*a, *b], name: c}
        """)
    found = made.layout.node_groups["c"]
    assert (found.instance_type, found.size.desired) == ("m6i.large", 4)


@pytest.mark.parametrize("word", ["yes", "Yes", "on", "true", "True"])
def test_the_older_words_for_true_are_true(imported: Importer, word: str) -> None:
    made = imported(f"managedNodeGroups: [{{name: a, instanceType: p4d.24xlarge, efaEnabled: {word}}}]")
    assert made.group.efa


def test_numbers_and_booleans_may_stand_for_text(imported: Importer) -> None:
    made = imported("metadata: {name: demo, region: us-west-2, tags: {cost: 4711, gpu: true, ratio: 1.10}}")
    assert made.layout.tags == {"cost": "4711", "gpu": "true", "ratio": "1.10"}


def test_a_field_without_a_value_is_as_if_it_were_not_there(imported: Importer) -> None:
    made = imported("availabilityZones:\nvpc:\niam:\n")
    assert not made.converted.drops


def test_a_file_of_several_clusters_gives_one_layout_each() -> None:
    (file,) = [file for file in MANIFESTS if file.stem == "multi"]
    names = [convert(manifest, today=TODAY).layout.name for manifest in read_manifests(file)]
    assert names == ["blue", "green"]


def test_the_same_manifest_gives_the_same_bytes(tmp_path: Path) -> None:
    for file in MANIFESTS:
        if file.stem != "wrong-types":
            first, second = (
                [written(convert(manifest, today=TODAY)) for manifest in read_manifests(file)]
                for _ in range(2)
            )
            assert first == second


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    text = manifest_of("managedNodeGroups:\n  - name: a\n    instanceType: m6i.large\n    labels: {x: y}\n")
    file = tmp_path / "windows.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    (windows,), (unix,) = read_manifests(file), manifests(text, tmp_path)
    made, wanted = convert(windows, today=TODAY), convert(unix, today=TODAY)
    assert written(made) == written(wanted)
    assert made.rows == wanted.rows


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "0  eksctl-kind"),
        ("kind: Deployment\napiVersion: apps/v1\n", "1  eksctl-kind"),
        ("apiVersion: eksctl.io/v1alpha4\nkind: ClusterConfig\n", "1 apiVersion eksctl-kind"),
        ("kind: ClusterConfig\n", "1 apiVersion eksctl-kind"),
        ("a: [\n", "2  yaml"),
        ("- a\n", "1  yaml"),
        (manifest_of("managedNodeGroups: []"), "4 managedNodeGroups eksctl-groups"),
        (
            manifest_of("managedNodeGroups: [{name: a, maxSize: many}]"),
            "4 managedNodeGroups.0.maxSize eksctl-type",
        ),
        (manifest_of("iam: {withOIDC: true}\niam: {withOIDC: false}"), "5 iam duplicate-key"),
    ],
)
def test_what_is_no_manifest_is_refused_at_its_line(text: str, fault: str, tmp_path: Path) -> None:
    line, path, rule = fault.split(" ")
    (found,) = faults_of(text, tmp_path)
    there, its, theirs = found.split(" ")
    assert (there, theirs) == (line, rule)
    assert its in (path, "")


def test_a_manifest_whose_layout_is_refused_is_named_with_its_file_and_line(tmp_path: Path) -> None:
    text = manifest_of("managedNodeGroups: [{name: a, instanceType: m6i.large, desiredCapacity: 1000000}]")
    (manifest,) = manifests(text, tmp_path)
    with pytest.raises(LayoutError) as refused:
        convert(manifest, today=TODAY)
    assert all(fault.origin.source.endswith("manifest.yaml") for fault in refused.value.faults)
    assert all(fault.origin.line > 0 for fault in refused.value.faults)
