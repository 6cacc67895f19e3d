"""What a reader wants to know of a key, beyond its model: whether it must be given, and what stands in for it."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from modules import catalog
from modules.layout.defaults import KUBERNETES_VERSION, group_defaults
from modules.layout.models import Layout, NodeGroup, Section, Size


def is_required(model: type[Section], name: str, field: FieldInfo) -> bool:
    """Whether a layout has to say a key: the model wants it, and no default comes below it."""
    return field.is_required() and default_in_words(model, name) is None


def default_in_words(model: type[Section], name: str) -> str | None:
    """What the loader puts below a key before the model is asked; None where it puts nothing."""
    if model is NodeGroup and name in _from_catalogue():
        return "from the catalogue"
    if model is Layout and name == "kubernetes_version":
        return f'"{KUBERNETES_VERSION}"'
    if model is Size and name == "max":
        return "desired, at least 1"
    return None


def default_value(model: type[Section], name: str) -> Any:
    """The default of a single value, also one that the model fills in where nothing speaks against it; None for none.

    It is what an empty section has: of the network that is a new VPC's.
    """
    empty = _empty(model)
    value = model.model_fields[name].default if empty is None else getattr(empty, name)
    return None if value is PydanticUndefined or isinstance(value, Section) else value


@cache
def _empty(model: type[Section]) -> Section | None:
    return None if any(field.is_required() for field in model.model_fields.values()) else model()


@cache
def _from_catalogue() -> frozenset[str]:
    found = catalog.find("p5.48xlarge")
    return frozenset(group_defaults(found, {})) | {"ami_type"} if found else frozenset()
