"""Which claims and namespaces a layout's workloads need, and which storage classes."""

from __future__ import annotations

from textwrap import dedent

import pytest

from modules.layout import Layout
from modules.layout.claims import Claim, claim_of, claims, own_namespaces, workloads
from modules.layout.models.workloads import Mount
from modules.layout.stores import RETAINING_STORAGE_CLASS, STORAGE_CLASS, storage_classes
from tests.unit.layout.cases import new
from tests.unit.layout.conftest import LoadText

_STORES = """
storage:
  buckets: {data: {}}
  volumes: {notes: {size_gib: 10}, spare: {size_gib: 10, namespace: research, retain: false}}
  file_systems: {scratch: {type: scratch_2, capacity_gib: 1200, node_group: gpu, namespaces: [research]}}
"""
_GPU = "gpu: {instance_type: g4dn.metal, size: {desired: 2}}\n"
_IMAGE = "image: 'registry.example.com/x:1'"


def layout(load_text: LoadText, text: str) -> Layout:
    return load_text(new(_GPU, dedent(text))).layout


def test_every_workload_has_its_path(load_text: LoadText) -> None:
    found = layout(
        load_text,
        f"""
        workloads:
          training:
            b: {{{_IMAGE}, kind: indexed_job, node_group: gpu}}
            a: {{{_IMAGE}, kind: worker_set, node_group: sys}}
          serving:
            c: {{{_IMAGE}, port: 8080}}
        """,
    )
    assert [(path, one.namespace) for path, one in workloads(found)] == [
        (("workloads", "training", "b"), "training"),
        (("workloads", "training", "a"), "training"),
        (("workloads", "serving", "c"), "serving"),
    ]


def test_what_is_mounted_in_a_namespace_is_claimed_there_once(load_text: LoadText) -> None:
    workload = f"{_IMAGE}, namespace: work, buckets: {{data: read_write}}, volumes: {{/fsx: {{file_system: scratch}}, /fsx/a: {{file_system: scratch, sub_path: a}}, /data: {{bucket: data}}}}"
    found = layout(
        load_text,
        _STORES
        + f"workloads:\n  training:\n    a: {{{workload}, kind: indexed_job, node_group: gpu}}\n  serving:\n    b: {{{workload}, port: 8080}}\n",
    )
    assert claims(found) == (
        Claim("research", "file_system", "scratch"),
        Claim("research", "volume", "spare"),
        Claim("training", "volume", "notes"),
        Claim("work", "bucket", "data"),
        Claim("work", "file_system", "scratch"),
    )
    assert [(one.claim, one.volume) for one in claims(found)[3:]] == [
        ("s3-data", "s3-data.work"),
        ("fsx-scratch", "fsx-scratch.work"),
    ]


@pytest.mark.parametrize(
    "mount, claim",
    [
        ({"file_system": "scratch"}, "fsx-scratch"),
        ({"bucket": "data"}, "s3-data"),
        ({"volume": "notes"}, "ebs-notes"),
        ({"claim": "mine"}, None),
        ({"ephemeral_gib": 1}, None),
        ({"host_path": "/mnt"}, None),
    ],
)
def test_a_mount_of_what_is_stored_stands_for_its_claim(mount: dict[str, object], claim: str | None) -> None:
    assert claim_of(Mount.model_validate(mount)) == claim


def test_namespaces_are_made_that_nobody_else_makes(load_text: LoadText) -> None:
    servers = "\n".join(
        f"    s{number}: {{{_IMAGE}, port: 80, namespace: {namespace}}}"
        for number, namespace in enumerate(
            (
                "mine",
                "default",
                "amazon-cloudwatch",
                "kueue-system",
                "of-association",
                "lws-system",
                "monitoring",
            )
        )
    )
    found = load_text(
        new(
            _GPU,
            f"""\
addons: {{amazon-cloudwatch-observability: {{}}}}
helm_releases: {{kueue: {{}}, lws: {{enabled: false}}}}
cluster:
  pod_identity_associations:
    x: {{namespace: of-association, service_account: x, create_service_account: true, role_arn: var.role_arn}}
    y: {{namespace: monitoring, service_account: y, role_arn: var.role_arn}}
storage:
  volumes: {{notes: {{size_gib: 10, namespace: research}}}}
workloads:
  serving:
{servers}
""",
        )
    ).layout
    assert own_namespaces(found) == ("lws-system", "mine", "monitoring", "research")


@pytest.mark.parametrize(
    "text, classes",
    [
        ("", (STORAGE_CLASS,)),
        (_STORES, (STORAGE_CLASS, RETAINING_STORAGE_CLASS)),
        ("storage: {default_storage_class: none}", ()),
        ("storage: {default_storage_class: none, volumes: {a: {size_gib: 1}}}", (RETAINING_STORAGE_CLASS,)),
        (
            f"storage: {{default_storage_class: none}}\nworkloads: {{serving: {{a: {{{_IMAGE}, port: 80, volumes: {{/tmp/x: {{ephemeral_gib: 1}}}}}}}}}}",
            (STORAGE_CLASS,),
        ),
        ("addons: {aws-ebs-csi-driver: {enabled: false}}", ()),
    ],
)
def test_the_storage_classes_are_those_that_something_asks_for(
    text: str, classes: tuple[str, ...], load_text: LoadText
) -> None:
    assert storage_classes(layout(load_text, text)) == classes
