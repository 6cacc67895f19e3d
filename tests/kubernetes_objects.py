"""Kubernetes objects, checked as their own schemas have them.

Core objects by kubernetes-validate, for the Kubernetes version of the layout, custom resources by the schema in their definition,
which lies in `../shared/charts` beside the checkout; unknown keys are faults in either. kueue's definitions are not there:
of its kinds, a table of ours says what we use. Rules in CEL (`x-kubernetes-validations`) are not tried.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from ops.offline.checks import workloads
from ops.offline.kubernetes_form import KINDS, object_of
from ops.offline.schema import BindingPackage, Body
from tests.checkout import ROOT
from tests.missing import missing
from tests.terraform_json import Stack

Manifest = Mapping[str, Any]
Schema = dict[str, Any]

# The charts that have the definitions of an API group.
_CHARTS: Final[Mapping[str, str]] = {
    "jobset.x-k8s.io": "jobset",
    "kubeflow.org": "mpi-operator",
    "trainer.kubeflow.org": "kubeflow-trainer",
}
_PACKAGE: Final = BindingPackage("kubernetes")


def check_object(manifest: Manifest, kubernetes_version: str) -> None:
    """Asserts that Kubernetes takes an object: by its schema, and by the rules that no schema has."""
    assert (found := faults(manifest, kubernetes_version)) == [], f"{_name(manifest)}: {'; '.join(found)}"


def faults(manifest: Manifest, kubernetes_version: str) -> list[str]:
    """What is wrong with an object, each with where it is."""
    api_version, kind = str(manifest.get("apiVersion")), str(manifest.get("kind"))
    group, _, version = api_version.rpartition("/")
    if (api_version, kind) in _TABLES:
        found = _by_schema(_TABLES[api_version, kind], manifest)
    elif group in _CHARTS:
        found = _by_schema(_definition(_CHARTS[group], kind, version), manifest)
    else:
        found = _by_version(manifest, kubernetes_version)
    return found + [f"{path}: {told}" for path, told in workloads.faults(manifest)]


def objects_of(stack: Stack) -> Iterator[tuple[str, Manifest]]:
    """Every Kubernetes object of a stack, with its address; the typed ones as the provider would send them."""
    for type_name, named in stack.json.get("resource", {}).items():
        if not type_name.startswith("kubernetes_"):
            continue
        for name, config in named.items():
            if type_name == "kubernetes_manifest":
                yield f"{type_name}.{name}", config["manifest"]
            else:
                assert type_name in KINDS, f"{type_name}: tell ops/offline/kubernetes_form.py what it is"
                body = _PACKAGE.body("resource", type_name)
                yield f"{type_name}.{name}", object_of(type_name, body, _in_form(body, config))


def _in_form(body: Body, config: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments, with a list of one and an empty map for expressions whose value Terraform alone can tell."""
    result = dict(config)
    for name, value in config.items():
        if name in body.blocks:
            inner = body.blocks[name].body
            given = value if isinstance(value, list) else [value]
            result[name] = [_in_form(inner, one) if isinstance(one, dict) else one for one in given]
        elif isinstance(value, str) and value.startswith("${") and name in body.attributes:
            kind = body.attributes[name].type
            outer = kind[0] if isinstance(kind, list) else None
            result[name] = {"map": {}, "list": [value], "set": [value]}.get(str(outer), value)
    return result


def check_stack(stack: Stack, kubernetes_version: str) -> int:
    """Asserts that Kubernetes takes every object of a stack; returns how many there are."""
    found = {
        address: told
        for address, manifest in objects_of(stack)
        if (told := faults(manifest, kubernetes_version))
    }
    assert found == {}
    return len(list(objects_of(stack)))


def _name(manifest: Manifest) -> str:
    return f"{manifest.get('kind')} {manifest.get('metadata', {}).get('name')}"


def _by_version(manifest: Manifest, kubernetes_version: str) -> list[str]:
    try:
        kubernetes_validate.validate(dict(manifest), kubernetes_version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [f"{'.'.join(map(str, error.path))}: {error.message}"]
    except kubernetes_validate.SchemaNotFoundError as error:
        return [str(error.message)]
    return []


def _by_schema(schema: Schema, manifest: Manifest) -> list[str]:
    errors = Draft202012Validator(schema).iter_errors(manifest)
    return sorted(f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in errors)


# Custom resources


@cache
def _definition(chart: str, kind: str, version: str) -> Schema:
    """The schema of a custom resource, made strict."""
    folder = Path(os.environ.get("CHARTS_DATA") or ROOT.parent / "shared" / "charts") / chart / "crds"
    files = sorted(folder.glob("*.yaml"))
    if not files:
        told = f"No custom resource definitions in {folder}: {kind} objects were NOT checked. Set CHARTS_DATA"
        missing("charts", told)
    for file in files:
        found = YAML(typ="safe").load(file.read_text(encoding="utf-8"))["spec"]
        if found["names"]["kind"] == kind:
            for one in found["versions"]:
                if one["name"] == version and one["served"]:
                    return _whole(_strict(one["schema"]["openAPIV3Schema"]))
    raise AssertionError(f"{chart} has no {kind} of {version}")


def _strict(schema: Any) -> Any:
    """An OpenAPI schema of Kubernetes as a JSON schema: what a server would prune is refused."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    result = {
        key: {name: _strict(child) for name, child in value.items()}
        if key == "properties"
        else _strict(value)
        for key, value in schema.items()
        if key not in ("default", "description", "example", "format") and not key.startswith("x-kubernetes-")
    }
    if schema.get("x-kubernetes-int-or-string"):
        result["type"] = ["integer", "string"]
        result.pop("anyOf", None)
    elif "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        result.setdefault("additionalProperties", False)
    if result.pop("nullable", False) and isinstance(result.get("type"), str):
        result["type"] = [result["type"], "null"]
    return result


_TEXT: Final[Schema] = {"type": "string"}
_TEXTS: Final[Schema] = {"type": "object", "additionalProperties": _TEXT}


def _object(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _list(of: Schema, most: int) -> Schema:
    return {"type": "array", "items": of, "maxItems": most}


def _choice(*values: str) -> Schema:
    return {"enum": list(values)}


def _whole(schema: Schema) -> Schema:
    """With the metadata, of which a definition says nothing."""
    metadata = _object(("name",), annotations=_TEXTS, labels=_TEXTS, name=_TEXT, namespace=_TEXT)
    return {**schema, "properties": {**schema["properties"], "metadata": metadata}}


# kueue: what we write of it, after config/components/crd/bases/ of https://github.com/kubernetes-sigs/kueue/tree/v0.19.2
_QUANTITY: Final[Schema] = {
    "type": ["integer", "string"],
    "pattern": r"^\d+(\.\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$",
}
_FLAVOR_NAME: Final[Schema] = {
    "type": "string",
    "maxLength": 253,
    "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
}
_EFFECT: Final = _choice("NoSchedule", "PreferNoSchedule", "NoExecute")
_STOP: Final = _choice("None", "Hold", "HoldAndDrain")
_QUOTA: Final = _object(
    ("name", "nominalQuota"),
    name=_TEXT,
    nominalQuota=_QUANTITY,
    borrowingLimit=_QUANTITY,
    lendingLimit=_QUANTITY,
)
_FLAVOR_QUOTAS: Final = _object(("name", "resources"), name=_FLAVOR_NAME, resources=_list(_QUOTA, 64))


def _kueue(kind: str, required: tuple[str, ...] = (), **spec: Schema) -> Schema:
    return _whole(
        _object(
            ("apiVersion", "kind", "metadata", "spec"),
            apiVersion=_choice("kueue.x-k8s.io/v1beta2"),
            kind=_choice(kind),
            spec=_object(required, **spec),
        )
    )


_TABLES: Final[Mapping[tuple[str, str], Schema]] = {
    ("kueue.x-k8s.io/v1beta2", "ClusterQueue"): _kueue(
        "ClusterQueue",
        cohortName=_FLAVOR_NAME,
        namespaceSelector=_object(matchLabels=_TEXTS, matchExpressions={"type": "array"}),
        preemption=_object(
            reclaimWithinCohort=_choice("Never", "LowerPriority", "Any"),
            withinClusterQueue=_choice("Never", "LowerPriority", "LowerOrNewerEqualPriority"),
        ),
        queueingStrategy=_choice("StrictFIFO", "BestEffortFIFO"),
        resourceGroups=_list(
            _object(
                ("coveredResources", "flavors"),
                coveredResources=_list(_TEXT, 64),
                flavors=_list(_FLAVOR_QUOTAS, 64),
            ),
            16,
        ),
        stopPolicy=_STOP,
    ),
    ("kueue.x-k8s.io/v1beta2", "LocalQueue"): _kueue(
        "LocalQueue", ("clusterQueue",), clusterQueue=_FLAVOR_NAME, stopPolicy=_STOP
    ),
    ("kueue.x-k8s.io/v1beta2", "ResourceFlavor"): _kueue(
        "ResourceFlavor",
        nodeLabels={**_TEXTS, "maxProperties": 8},
        nodeTaints=_list(_object(("effect", "key"), effect=_EFFECT, key=_TEXT, value=_TEXT), 8),
        tolerations=_list(
            _object(
                effect=_EFFECT,
                key=_TEXT,
                operator=_choice("Equal", "Exists"),
                tolerationSeconds={"type": "integer"},
                value=_TEXT,
            ),
            8,
        ),
        topologyName=_FLAVOR_NAME,
    ),
}
