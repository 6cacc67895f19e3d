"""What the layout language has to say, for tests that write layouts at random: see `tests.mutations.tree`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from modules import catalog
from modules.layout.language import models_in
from modules.layout.models import Layout, Section
from modules.layout.releases import ADDONS_KNOWN, CHARTS

# Good values of the fields whose type does not show them. By a field's name, wherever it stands.
KNOWN: dict[str, tuple[Any, ...]] = {
    "name": ("demo", "a1", "a" + "-b" * 31, "x" * 63),
    "region": ("us-west-2", "us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1", "us-west-9"),
    "kubernetes_version": tuple(entry.version for entry in catalog.kubernetes_versions()),
    "instance_type": (
        *("c5.2xlarge", "m6g.large", "g4dn.metal", "g5.8xlarge", "g5g.xlarge", "p4d.24xlarge", "p5.48xlarge"),
        *("p5en.48xlarge", "p6-b200.48xlarge", "p6e-gb200.36xlarge", "trn1.32xlarge", "trn2.48xlarge"),
        *("inf2.xlarge", "hpc7a.96xlarge", "i4i.metal"),
    ),
    "availability_zone": ("us-west-2a", "us-west-2b", "us-west-2-lax-1a", "us-east-1a", "var.zone"),
    "availability_zones": (["us-west-2a", "us-west-2b"], ["var.a", "var.b"], ["us-west-2a", "var.b"]),
    "subnet_ids": (["var.gpu_subnet_id"], ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]),
    "vpc_id": ("var.vpc_id", "vpc-0123456789abcdef0", None),
    "private_subnet_ids": (
        "var.private_subnet_ids",
        ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    ),
    "public_subnet_ids": ("var.public_subnet_ids",),
    "cidr": ("10.0.0.0/16", "192.168.0.0/20", "100.64.0.0/16", "10.0.0.0/22", "8.8.0.0/16"),
    "service_ipv4_cidr": ("172.20.0.0/16", "10.100.0.0/24", "10.0.0.0/16"),
    "public_access_cidrs": (["203.0.113.0/24"], "var.public_access_cidrs", [], ["0.0.0.0/0"]),
    "interface_endpoints": (["sts"], ["s3"], ["ec2", "ecr.api", "ecr.dkr", "eks-auth", "sts", "s3"], []),
    "principal_arn": ("arn:aws:iam::123456789012:role/admin", "var.admin_arn"),
    "role_arn": ("arn:aws:iam::123456789012:role/node", "var.role_arn"),
    "policy_arns": (
        ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
        ["var.policy_arn", "arn:aws:iam::123456789012:policy/a/b"],
    ),
    "kms_key_arn": (
        "arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555",
        "var.kms_key_arn",
    ),
    "kubernetes_groups": (["viewers"], ["${x}", "a:b"]),
    "reservation_id": ("cr-0123456789abcdef0", "var.capacity_reservation_id"),
    "reservation_group_arn": ("arn:aws:resource-groups:us-west-2:123456789012:group/mine", "var.group_arn"),
    "start": ("2030-01-01T11:30:00Z", "var.capacity_block_start"),
    "end": ("2030-01-08T11:30:00Z", "var.capacity_block_end"),
    "release_version": ("1.35.0-20260120",),
    "placement_group": ("create", "none", {"name": "mine"}, {"name": "var.placement_group"}),
    "bucket": ("my-bucket",),
    "key_prefix": ("a/b", "x"),
    "version": ("1.2.3", "v1.21.1-eksbuild.1"),
    "repository": ("https://charts.example.com", "oci://registry.example.com/charts"),
    "chart": ("demo",),
    "namespace": ("default", "demo", "kube-system"),
    "namespaces": (["default"], []),
    "values": ({"a": {"b": [1, None, "${x}", "ü"]}}, {}),
    "set": ({"a.b": "x,y", "n": 3, "t": True}, {}),
    "configuration": ({"replicaCount": 2}, {}),
    "labels": ({"example.com/team": "a"}, {"nvidia.com/gpu.present": None}, {}),
    "taints": ([], [{"key": "example.com/only", "value": "a", "effect": "NoExecute"}]),
    "tags": ({"team": "a b", "Kosten": "ü"}, {"Name": "mine"}, {}),
    "size": ({"desired": 1}, {"min": 0, "desired": 0, "max": 1000}, {"min": 2, "desired": 2, "max": 4}),
    "update": ({"max_unavailable": 3}, {"max_unavailable_percentage": 50}),
}
_ENTRIES: dict[str, tuple[str, ...]] = {
    "addons": ADDONS_KNOWN,
    "helm_releases": (*CHARTS, "mine"),
    "node_groups": ("more", "a", "x" * 63, "sys"),
    "access_entries": ("me", "ci"),
    "training": ("llama", "more"),
    "serving": ("api", "llama"),
    "volumes": ("/data", "notes"),
    "file_systems": ("scratch", "data"),
    "buckets": ("data",),
    "repositories": ("trainer",),
}
_GROUPS = (
    {"instance_type": "m5.large", "size": {"desired": 1}},
    {"instance_type": "p5.48xlarge", "size": {"desired": 2}, "efa": False},
    {"instance_type": "trn1.32xlarge", "size": {"desired": 2}, "scaling_owner": "autoscaler"},
)
_CHART = {"repository": "https://charts.example.com", "chart": "x", "version": "1.2.3", "namespace": "x"}
_ENTRY = {"principal_arn": "arn:aws:iam::123456789012:role/x", "policies": ["AmazonEKSViewPolicy"]}
_IMAGE = "registry.example.com/team/image:1.0"
_JOB = {"image": _IMAGE, "node_group": "sys"}
_JOBS: tuple[dict[str, Any], ...] = (
    {"kind": "indexed_job"},
    {"kind": "train_job", "node_group": "gpu", "nodes": 2},
    {"kind": "worker_set", "parameter_servers": {"count": 2}, "resources": {"cpu": 0.5}},
    {"kind": "indexed_job", "volumes": {"/data": {"bucket": "data"}}, "buckets": {"data": "read_write"}},
)
_SERVER = {"image": _IMAGE, "port": 8080}
_SERVERS: tuple[dict[str, Any], ...] = (
    {},
    {"load_balancer": {"type": "nlb"}},
    {"replicas": 1, "rollout": "replace", "namespace": "training", "volumes": {"/n": {"volume": "notes"}}},
    {"node_groups": ["gpu"], "resources": {"gpus": 1}, "autoscaling": {"min": 1, "max": 2}},
)
_MOUNTS = tuple(
    {key: name}
    for key, name in (
        ("file_system", "scratch"),
        ("bucket", "data"),
        ("volume", "notes"),
        ("ephemeral_gib", 10),
        ("host_path", "/mnt/k8s-disks/0"),
    )
)
_FILE_SYSTEMS = (
    {"type": "scratch_2", "capacity_gib": 1200, "node_group": "gpu"},
    {"type": "persistent_2", "capacity_gib": 4800, "availability_zone": "us-west-2a", "retain": False},
)
_WHOLE: dict[str, tuple[Any, ...]] = {
    "addons": ({}, {"enabled": False}, {"most_recent": True}),
    "helm_releases": ({}, {"enabled": False}, {"timeout_minutes": 3}, _CHART),
    "node_groups": _GROUPS,
    "access_entries": (_ENTRY,),
    "training": tuple(_JOB | more for more in _JOBS),
    "serving": tuple(_SERVER | more for more in _SERVERS),
    # Of a workload, and of `storage`.
    "volumes": (*_MOUNTS, {"size_gib": 10}, {"size_gib": 500, "retain": False}),
    "file_systems": _FILE_SYSTEMS,
    # The same two: what a workload may do, and the bucket itself.
    "buckets": ("read", "write", "read_write", {}, {"retain": False}),
    "repositories": ({}, {"retain": False}),
}


def vocabulary() -> dict[tuple[str, ...], list[Any]]:
    """Values, good ones most of them, for every field of the models and for entries of mappings."""
    return {path: values for path, values in _fields(Layout) if values}


def _fields(model: type[Section], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    for name, field in model.model_fields.items():
        here = (*path, name)
        yield here, [*_values(name, field)]
        inner: Any = field.annotation
        if get_origin(inner) is dict:
            inner = get_args(inner)[1]
            for entry in _ENTRIES.get(name, ()):
                yield (*here, entry), list(_WHOLE[name])
            here = (*here, "*")
        for section in models_in(inner):
            yield from _fields(section, here)


def _values(name: str, field: FieldInfo) -> Iterator[Any]:
    yield from KNOWN.get(name, ())
    yield from field.examples or ()
    yield from _of_type(field.annotation, field.metadata)


def _of_type(annotation: Any, metadata: list[Any]) -> Iterator[Any]:
    """What a type says by itself: the words of a literal, both truths, the ends of a range and what lies between."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        yield from arguments
    elif annotation is bool:
        yield from (True, False)
    elif annotation is int:
        ends = [
            getattr(one, kind)
            for one in itertools.chain.from_iterable(_flat(entry) for entry in metadata)
            for kind in ("ge", "gt", "le", "lt")
            if hasattr(one, kind)
        ]
        if ends:
            yield from (min(ends), max(ends), (min(ends) + max(ends)) // 2, min(ends) - 1, max(ends) + 1)
    elif origin is Annotated:
        yield from _of_type(arguments[0], [*metadata, *arguments[1:]])
    elif origin is tuple:
        yield from ([one] for one in _of_type(arguments[0], []))
    elif origin is not dict:
        for inner in arguments:
            if inner is type(None):
                yield None
            else:
                yield from _of_type(inner, metadata)


def _flat(entry: Any) -> list[Ge | Gt | Le | Lt]:
    """The bounds in an annotation's entry."""
    entries = entry.metadata if isinstance(entry, FieldInfo) else [entry]
    return [one for one in entries if isinstance(one, Ge | Gt | Le | Lt)]


# A layout whose names are as long as they may be.
LONGEST = f"""\
name: {"c" * 63}
region: us-west-2
tags: {{{"k" * 128}: {"v" * 256}}}
node_groups:
  {"g" * 63}:
    instance_type: p5.48xlarge
    size: {{desired: 2}}
    labels: {{example.com/{"n" * 51}: {"v" * 63}}}
    taints: []
cluster:
  access_entries:
    {"e" * 63}:
      principal_arn: arn:aws:iam::123456789012:role/{"r" * 64}
      policies: [AmazonEKSViewPolicy]
      namespaces: [{"n" * 63}]
helm_releases:
  {"r" * 53}: {{repository: https://charts.example.com, chart: demo, version: 1.2.3, namespace: {"n" * 63}}}
"""
