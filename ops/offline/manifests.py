"""What the provider plans for a `kubernetes_manifest`: the object that it expects to read back.

Values of the manifest are known there and have to come back as they are, or Terraform stops with "Provider produced inconsistent
result after apply"; what `computed_fields` names may come back as it likes. Source: manifest/provider/plan.go of
hashicorp/terraform-provider-kubernetes. There the type of the object is that of the whole kind; here it is that of the manifest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .schema import CtyType
from .values import UNKNOWN, Dynamic

# Those that the provider takes where a configuration names none.
_COMPUTED: Final = ("metadata.annotations", "metadata.labels")


def planned_object(planned: Mapping[str, Any], prior: Mapping[str, Any] | None) -> Any:
    """The planned value of `object`; wholly unknown where the manifest is.

    Args:
        planned: the planned state, with the manifest.
        prior: the state before; None on creation.
    """
    manifest = planned["manifest"]
    if not isinstance(manifest, Dynamic) or not isinstance(manifest.value, dict):
        return UNKNOWN
    fields = planned.get("computed_fields")
    fields = [one for one in fields if isinstance(one, str)] if isinstance(fields, list) else list(_COMPUTED)
    result = manifest
    for field in fields:
        result = _computed(result, manifest, prior, field.split("."))
    return result


def _computed(value: Dynamic, manifest: Dynamic, prior: Mapping[str, Any] | None, path: list[str]) -> Dynamic:
    """The object with one computed field: as it was, if the manifest says the same of it, or unknown."""
    known = _at(manifest, path)
    if known is None:
        return value
    before = None if prior is None else _at(prior.get("manifest"), path)
    there = None if prior is None else _at(prior.get("object"), path)
    kept = there if before is not None and before.value == known.value and there is not None else None
    return _put(value, path, kept or Dynamic("dynamic", UNKNOWN))


def _at(value: Any, path: list[str]) -> Dynamic | None:
    """What lies at a path, with its type; None where there is nothing."""
    for step in path:
        if isinstance(value, Dynamic) and isinstance(value.value, Dynamic):
            value = value.value
        kinds = _members(value)
        if kinds is None or step not in kinds or step not in value.value:
            return None
        child, kind = value.value[step], kinds[step]
        value = child if isinstance(child, Dynamic) else Dynamic(kind, child)
    return value if isinstance(value, Dynamic) else None


def _put(value: Dynamic, path: list[str], new: Dynamic) -> Dynamic:
    """The value with something else at a path, of any type."""
    kinds, (step, *rest) = _members(value), path
    assert kinds is not None
    if rest:
        new = _put(Dynamic(kinds[step], value.value[step]), rest, new)
        return Dynamic(["object", {**kinds, step: new.type}], {**value.value, step: new.value})
    return Dynamic(["object", {**kinds, step: new.type}], {**value.value, step: new.value})


def _members(value: Any) -> dict[str, CtyType] | None:
    """Types of the members of an object; None for what is none."""
    if not isinstance(value, Dynamic) or not isinstance(value.value, dict):
        return None
    kind = value.type
    return dict(kind[1]) if isinstance(kind, list) and kind[0] == "object" else None
