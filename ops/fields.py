"""What a reader wants to know of a key, beyond its model: whether it must be given, and what stands in for it."""

from __future__ import annotations

from functools import cache

from pydantic.fields import FieldInfo

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
        return "desired"
    return None


@cache
def _from_catalogue() -> frozenset[str]:
    found = catalog.find("p5.48xlarge")
    return frozenset(group_defaults(found, {})) | {"ami_type"} if found else frozenset()
