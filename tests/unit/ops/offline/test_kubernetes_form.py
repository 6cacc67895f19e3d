"""Typed resources back to the objects that they make: every argument has its key in Kubernetes' own schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

import pytest

from ops.offline.kubernetes_form import KINDS, object_of
from ops.offline.schema import Attribute, BindingPackage, Body, CtyType

_VERSION = "1.35"
# Volumes of other clouds, whose arguments the provider names in its own way; nobody here makes them.
_ELSEWHERE = (
    "azureDisk", "azureFile", "cephfs", "cinder", "fc", "flexVolume", "flocker", "gcePersistentDisk", "glusterfs", "iscsi", "photonPersistentDisk",
    "quobyte", "rbd", "vsphereVolume",
)  # fmt: skip
# What the provider takes and Kubernetes has no more, or never had there.
_NOT_THERE = {"spec.template.spec.volumes.local", "spec.targetCpuUtilizationPercentage", "secrets.name"}


@cache
def definitions() -> dict[str, Any]:
    folder = resources.files("kubernetes_validate") / "kubernetes-json-schema" / f"v{_VERSION}.0-local"
    found: dict[str, Any] = json.loads((folder / "_definitions.json").read_text(encoding="utf-8"))["$defs"]
    return found


@cache
def package() -> BindingPackage:
    return BindingPackage("kubernetes")


def example(attribute: Attribute) -> Any:
    return _of_type(attribute.type or "string")


def _of_type(kind: CtyType) -> Any:
    if isinstance(kind, list):
        return {"a": "1"} if kind[0] == "map" else [_of_type(kind[1])]
    return {"number": 1, "bool": True}.get(kind, "1")


def everything(body: Body) -> dict[str, Any]:
    """A configuration with every argument and every block."""
    arguments = {name: example(one) for name, one in body.attributes.items() if one.required or one.optional}
    return arguments | {name: [everything(one.body)] for name, one in body.blocks.items()}


def _schema_of(kind: str) -> dict[str, Any]:
    api_version, name = KINDS[kind].api_version, KINDS[kind].kind
    group, _, version = api_version.rpartition("/")
    found = [
        one
        for key, one in definitions().items()
        if key.endswith(f".{version}.{name}") and f".{group.partition('.')[0] or 'core'}." in key
    ]
    assert len(found) == 1, kind
    return dict(found[0])


def unknown_keys(value: Any, schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """The keys of an object that Kubernetes does not have."""
    for one in (schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if "$ref" in one:
            schema = definitions()[one["$ref"].rpartition("/")[2]]
    if isinstance(value, list):
        assert "array" in schema["type"], f"{path} is no list"
        yield from unknown_keys(value[0], schema["items"], path)
    elif isinstance(value, dict) and "properties" in schema:
        for key, child in value.items():
            where = f"{path}.{key}".lstrip(".")
            if key not in schema["properties"]:
                yield where
            elif key not in _ELSEWHERE:
                yield from unknown_keys(child, schema["properties"][key], where)
    elif isinstance(value, dict):
        assert "additionalProperties" in schema, f"{path} is no map"
    else:
        assert "array" not in (schema.get("type") or ()), f"{path} is a list"


@pytest.mark.parametrize("type_name", KINDS)
def test_every_argument_has_its_key(type_name: str) -> None:
    body = package().body("resource", type_name)
    made = object_of(type_name, body, everything(body))
    assert set(unknown_keys(made, _schema_of(type_name))) <= _NOT_THERE


def test_a_block_that_terraform_json_writes_as_one_mapping_is_the_same() -> None:
    body = package().body("resource", "kubernetes_service_v1")
    one = {"metadata": {"name": "a"}, "spec": {"port": {"port": 1, "target_port": "http"}}}
    many = {"metadata": [{"name": "a"}], "spec": [{"port": [{"port": 1, "target_port": "http"}]}]}
    assert object_of("kubernetes_service_v1", body, one) == object_of("kubernetes_service_v1", body, many)


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ({"target_port": "80"}, {"targetPort": 80}),
        ({"target_port": "http"}, {"targetPort": "http"}),
        ({"target_port": None}, {}),
    ],
)
def test_a_number_as_text_is_a_number_where_it_is_one(given: dict[str, Any], made: dict[str, Any]) -> None:
    body = package().body("resource", "kubernetes_service_v1")
    config = {"metadata": {"name": "a"}, "spec": {"port": [{"port": 1, **given}]}}
    assert object_of("kubernetes_service_v1", body, config)["spec"]["ports"] == [{"port": 1, **made}]


def test_where_a_volume_comes_from_stands_among_the_rest_of_it() -> None:
    body = package().body("resource", "kubernetes_persistent_volume_v1")
    source = {"csi": {"driver": "fsx.csi.aws.com", "volume_handle": "fs-1"}}
    config = {
        "metadata": {"name": "a"},
        "spec": {"storage_class_name": "b", "persistent_volume_source": source},
    }
    assert object_of("kubernetes_persistent_volume_v1", body, config)["spec"] == {
        "storageClassName": "b",
        "csi": {"driver": "fsx.csi.aws.com", "volumeHandle": "fs-1"},
    }


def test_an_argument_that_there_is_not_is_no_key() -> None:
    body = package().body("resource", "kubernetes_service_v1")
    with pytest.raises(KeyError, match="spec has no argument colour"):
        object_of("kubernetes_service_v1", body, {"spec": {"colour": "blue"}})
