"""`ops docs`: the reference of the layout language, written from the models."""

from __future__ import annotations

import types
import typing
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from modules import catalog
from modules.layout.defaults import KUBERNETES_VERSION, group_defaults
from modules.layout.models import Layout, NodeGroup, Section, Size
from modules.layout.schema import models_in
from modules.layout.values import VariableKind

_HEAD = """# The layout language

Written by `make docs` from the models in `modules/layout/models/`; a test checks that it is current.

Besides these keys there is `extends`: the name of a preset or the path of a file (from the folder of the layout) whose values lie
below this layout's. Maps merge, lists and single values replace, `null` removes, also a default.

"from the catalogue" means: taken from the facts about the group's instance type unless the layout says otherwise. Where the type
column says *or variable*, `var.NAME` makes a Terraform variable of that name.
"""


def layout_reference() -> str:
    """docs/layout.md: one table for each mapping of the language."""
    parts = [_HEAD]
    for path, model in sections(Layout, ""):
        doc = " ".join((model.__doc__ or "").split())
        parts.append(f"\n## {f'`{path}`' if path else 'Top level'}\n\n{doc}\n")
        parts.append("| key | type | default | meaning |\n|---|---|---|---|")
        for name, field in model.model_fields.items():
            kind = type_name(field.annotation, field.metadata)
            cells = (f"`{name}`", kind, _default(model, name, field), field.description or "")
            parts.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def sections(model: type[Section], path: str) -> list[tuple[str, type[Section]]]:
    """Every mapping of the language with its path; entries that the user names are NAME."""
    found = [(path, model)]
    for name, field in model.model_fields.items():
        inner: Any = field.annotation
        below = f"{path}.{name}" if path else name
        if get_origin(inner) is dict:
            inner, below = get_args(inner)[1], f"{below}.NAME"
        elif get_origin(inner) is tuple:
            inner = get_args(inner)[0]
        for child in models_in(inner):
            found += sections(child, below)
    return found


def type_name(annotation: Any, metadata: typing.Sequence[Any] = ()) -> str:
    """A type in the words of YAML."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    suffix = " or variable" if any(_is_variable(item) for item in metadata) else ""
    if origin is Annotated:
        return type_name(arguments[0], arguments[1:]) + suffix
    if origin in (typing.Union, types.UnionType):
        named = [type_name(inner) for inner in arguments if inner is not type(None)]
        return " or ".join(dict.fromkeys(named)) + suffix
    if origin is Literal:
        shown = [f"`{value}`" for value in arguments]
        return (
            " ".join(shown) if len(shown) <= 10 else f"{shown[0]} to {shown[-1]}, in CloudWatch's steps"
        ) + suffix
    if origin is tuple:
        return f"list of {type_name(arguments[0]).removesuffix(' or variable')}" + (
            suffix or _inner_variable(arguments)
        )
    if origin is dict:
        return f"mapping of {type_name(arguments[1])}"
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return "mapping"
    return {str: "text", bool: "`true` `false`", int: "number"}.get(annotation, "any") + suffix


def _inner_variable(arguments: tuple[Any, ...]) -> str:
    return " or variables" if type_name(arguments[0]).endswith(" or variable") else ""


def _is_variable(item: Any) -> bool:
    cells = getattr(getattr(item, "func", None), "__closure__", None) or ()
    return any(isinstance(cell.cell_contents, VariableKind) for cell in cells)


def _from_catalogue() -> frozenset[str]:
    found = catalog.find("p5.48xlarge")
    return frozenset(group_defaults(found, {})) if found else frozenset()


def _default(model: type[Section], name: str, field: FieldInfo) -> str:
    if model is NodeGroup and name in _from_catalogue():
        return "from the catalogue"
    if model is Layout and name == "kubernetes_version":
        return f"`{KUBERNETES_VERSION}`"
    if model is Size and name == "max":
        return "desired"
    if field.default is not PydanticUndefined:
        if field.default is None or field.default == ():
            return ""
        if isinstance(field.default, tuple):
            return "`[" + ", ".join(map(str, field.default)) + "]`"
        text = str(field.default)
        return f"`{text.lower() if isinstance(field.default, bool) else text}`"
    return "" if field.default_factory is not None else "**required**"
