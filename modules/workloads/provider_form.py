"""A manifest as the arguments of the Terraform resource that is made for its kind.

The provider writes Kubernetes' `camelCase` in `snake_case`, a list of objects as blocks in the singular, and some numbers
as text. Maps of the user's own keys (labels, quantities) stay as they are.
https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs
"""

from __future__ import annotations

import re
from typing import Any

from ..expressions import literal
from ..layout.values import Var
from .pod import Expression, Manifest

# Whose keys are no names of fields.
_MAPS = frozenset(
    {
        "annotations",
        "capacity",
        "data",
        "labels",
        "limits",
        "matchLabels",
        "nodeSelector",
        "parameters",
        "requests",
        "volumeAttributes",
    }
)
_SINGULAR = {
    "containers": "container",
    "egress": "egress",
    "hosts": "hosts",
    "initContainers": "init_container",
    "matchExpressions": "match_expressions",
    "metrics": "metric",
    "onPodConditions": "on_pod_condition",
    "nodeSelectorTerms": "node_selector_term",
    "paths": "path",
    "policies": "policy",
    "ports": "port",
    "rules": "rule",
    "tolerations": "toleration",
    "topologySpreadConstraints": "topology_spread_constraint",
    "volumeClaimTemplates": "volume_claim_template",
    "volumeMounts": "volume_mount",
    "volumes": "volume",
}
# Numbers that the provider takes as text: those that may also be a percentage, a name or nothing.
_TEXT = frozenset(
    {
        "defaultMode",
        "maxSurge",
        "maxUnavailable",
        "minAvailable",
        "replicas",
        "targetPort",
        "ttlSecondsAfterFinished",
    }
)


def arguments(manifest: Manifest) -> dict[str, Any]:
    """The arguments of the typed resource: `metadata`, `spec`, or what else stands beside them."""
    kind = manifest["kind"]
    body = {key: value for key, value in manifest.items() if key not in ("apiVersion", "kind")}
    if kind == "PersistentVolume":
        # The provider gathers all kinds of volumes below one block.
        rest = {key: value for key, value in body["spec"].items() if key != "csi"}
        body["spec"] = {**rest, "persistentVolumeSource": {"csi": body["spec"]["csi"]}}
    return {_name(key): _value(kind, key, value) for key, value in body.items()}


def rendered(value: Any) -> Any:
    """A manifest for Terraform: the user's text as literals, references as they are."""
    if isinstance(value, Var | Expression):
        return str(value)
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, dict):
        return {literal(key): rendered(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [rendered(child) for child in value]
    return value


def _value(kind: str, key: str, value: Any) -> Any:
    if key in _MAPS or (key == "selector" and kind == "Service"):
        return rendered(value)
    if isinstance(value, dict):
        return {_name(name): _value(kind, name, child) for name, child in value.items()}
    if isinstance(value, list):
        return [_value(kind, "", child) for child in value]
    if key in _TEXT and isinstance(value, int):
        return str(value)
    return rendered(value)


def _name(key: str) -> str:
    if key in _SINGULAR:
        return _SINGULAR[key]
    words = re.sub(r"[A-Z]{2,}", lambda match: match[0].capitalize(), key)  # clusterIP: one word, ip
    return re.sub(r"(?<=[a-z0-9])[A-Z]", lambda match: f"_{match[0]}", words).lower()
