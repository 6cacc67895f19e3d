"""The language as the models define it: which keys and values are known at a path."""

from __future__ import annotations

import types
import typing
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin

from .faults import KeyPath
from .models import Layout, Section


def model_at(path: KeyPath) -> type[Section] | None:
    """The model that describes the mapping at a path of the layout."""
    return next(iter(models_in(_annotation_at(path))), None)


def describe(path: KeyPath) -> str:
    """What the setting at a path means, in one or two sentences; empty for a path that has no description."""
    model = model_at(path[:-1]) if path else None
    if model is None or str(path[-1]) not in model.model_fields:
        return ""
    return model.model_fields[str(path[-1])].description or ""


def choices(path: KeyPath) -> list[Any]:
    """The values that are known at a path, where they can be listed."""
    return _choices(_annotation_at(path))


def all_keys(model: type[Section], prefix: str = "") -> list[str]:
    """Every key of the language as a dotted path; names of entries are shown as NAME."""
    keys = []
    for name, field in model.model_fields.items():
        path = f"{prefix}{name}"
        keys.append(path)
        inner: Any = field.annotation
        between = "."
        if get_origin(inner) is dict:
            inner, between = get_args(inner)[1], ".NAME."
        for child in models_in(inner):
            keys += all_keys(child, path + between)
    return keys


@cache
def keys_by_name() -> dict[str, list[str]]:
    """Every key of the language, by its last word: where a key that stands in the wrong place belongs."""
    found: dict[str, list[str]] = {}
    for key in all_keys(Layout):
        found.setdefault(key.rpartition(".")[2], []).append(key)
    return found


def _choices(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return ["{" + ", ".join(f"{name}: ..." for name in annotation.model_fields) + "}"]
    return [choice for inner in get_args(annotation) for choice in _choices(inner)]


def _annotation_at(path: KeyPath) -> Any:
    annotation: Any = Layout
    for step in path:
        annotation = _inside(annotation, step)
        if annotation is None:
            return None
    return annotation


def _inside(annotation: Any, step: str | int) -> Any:
    """The annotation of what stands below `step`."""
    for model in models_in(annotation):
        if str(step) in model.model_fields:
            return model.model_fields[str(step)].annotation
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is dict:
        return arguments[1]
    if origin is tuple:
        return arguments[0]
    if origin is Annotated or origin is typing.Union or origin is types.UnionType:
        found = [_inside(inner, step) for inner in arguments]
        return next((inner for inner in found if inner is not None), None)
    return None


def models_in(annotation: Any) -> list[type[Section]]:
    """The models that an annotation allows, optional or one of several."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return [annotation]
    if get_origin(annotation) in (Annotated, typing.Union, types.UnionType):
        return [model for inner in get_args(annotation) for model in models_in(inner)]
    return []


def choices_of(annotation: Any) -> tuple[Any, ...]:
    """The values of a `Literal`."""
    return get_args(annotation)
