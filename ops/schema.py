"""`ops schema`: JSON Schema of the layout language, for editors."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import DictSchema, ModelSchema, NullableSchema

from modules import catalog
from modules.layout.extends import preset_names
from modules.layout.language import models_in
from modules.layout.models import HelmRelease, Layout, Section, TrainingJob
from modules.layout.releases import ADDONS_KNOWN, CHARTS

from .fields import default_in_words, default_value, is_required

SCHEMA = Path(__file__).resolve().parents[1] / "schema" / "layout.schema.json"

_NULL = {"type": "null"}
_EXTENDS = {
    "type": ["string", "null"],
    "minLength": 1,
    "description": "The name of a preset, or the path of a layout from this file's folder, whose values lie below "
    "these. Maps merge, lists and single values replace, null removes.",
}


def editor_line(folder: Path) -> str:
    """The comment, without a line end, that tells an editor the schema of a layout in `folder`.

    It ends at the first blank, so that a path with one becomes an address:
    https://github.com/redhat-developer/yaml-language-server#using-inlined-schema
    """
    try:
        place = Path(os.path.relpath(SCHEMA, folder.resolve())).as_posix()
    except ValueError:  # another drive of Windows
        place = SCHEMA.as_uri()
    if any(char.isspace() for char in place):
        place = SCHEMA.as_uri()
    return f"# yaml-language-server: $schema={place}"


def schema_text() -> str:
    """schema/layout.schema.json."""
    return json.dumps(layout_schema(), indent=1) + "\n"


def layout_schema() -> dict[str, Any]:
    """The schema of one layout file.

    What a layout must say depends on `extends`: with it, any key may come from below. A null stands for a key that is
    not there, wherever a key may be missing.
    """
    schema = Layout.model_json_schema(schema_generator=_Generator)
    properties = schema.pop("properties")
    definitions = schema.pop("$defs")
    _known(definitions["NodeGroup"]["properties"]["instance_type"], catalog.names(), "instance type")
    for region in (properties["region"], definitions["Backend"]["properties"]["region"]):
        _known(region, sorted(catalog.regions()), "region")
    # Known names are named, so that an editor offers them.
    for key, names in (("addons", ADDONS_KNOWN), ("helm_releases", tuple(CHARTS))):
        entry = properties[key]["additionalProperties"]
        properties[key]["properties"] = dict.fromkeys(names, entry)
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": "urn:cdktf-eks-training:layout",
        "title": "Layout of a training cluster",
        **schema,
        "properties": {"extends": _EXTENDS | {"examples": [*preset_names()]}, **properties},
        "if": {"required": ["extends"], "properties": {"extends": {"type": "string"}}},
        "else": _needs(Layout),
        "$defs": definitions,
    }


def _known(key: dict[str, Any], names: Iterable[str], what: str) -> None:
    """Makes a key take the names of the catalogue alone."""
    key.pop("pattern", None)
    key.pop("patternErrorMessage", None)
    # The message of the editor's own would list them all.
    key |= {"enum": [*names, None], "errorMessage": f"The catalogue knows no such {what}."}


class _Generator(GenerateJsonSchema):
    """JSON Schema for a file that is written by hand: null may stand in the place of any key."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False

    def nullable_schema(self, schema: NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def dict_schema(self, schema: DictSchema) -> JsonSchemaValue:
        made: JsonSchemaValue = {"type": "object"}
        keys = self.generate_inner(schema["keys_schema"]) if "keys_schema" in schema else {}
        if "pattern" in keys:
            made["propertyNames"] = {key: given for key, given in keys.items() if key != "type"}
        values = self.generate_inner(schema["values_schema"]) if "values_schema" in schema else {}
        if values:
            made["additionalProperties"] = _or_null(values)
        return made

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        model: type[Section] = schema["cls"]
        made.pop("title", None)
        made.pop("required", None)
        made["description"] = " ".join((model.__doc__ or "").split())
        for name, field in model.model_fields.items():
            made["properties"][name] = _key(model, name, field, made["properties"][name])
        return made


def _key(model: type[Section], name: str, field: FieldInfo, value: dict[str, Any]) -> dict[str, Any]:
    """The schema of a key: of its value or null, with all that an editor shows of it."""
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    about = {"default", "description", "examples", *extra}
    kept = _or_null({key: given for key, given in value.items() if key not in about})
    if (model, name) == (Layout, "kubernetes_version"):
        # 1.35 without quotes is a number to YAML; the loader reads it as it is written.
        kept = {**kept, "type": ["string", "number", "null"], "minimum": 1.1, "exclusiveMaximum": 2}
    if (model, name) == (TrainingJob, "script"):
        # The loader reads the file, and the model has what was in it.
        kept["anyOf"] = [{"type": "string", "minLength": 1}, *kept["anyOf"]]
    if "items" in kept and (needs := _needs_of_items(field.annotation)):
        kept["items"] = {"allOf": [kept["items"], needs]}
    default = default_in_words(model, name)
    words = [field.description or "", f"Default: {default}." if default else ""]
    kept["description"] = " ".join(word for word in words if word)
    if (given := default_value(model, name)) not in (None, (), {}):
        kept["default"] = list(given) if isinstance(given, tuple) else given
    if field.examples:
        kept["examples"] = list(field.examples)
    return {**kept, **extra}


def _or_null(value: dict[str, Any]) -> dict[str, Any]:
    if "enum" in value:
        kinds = [value["type"]] if isinstance(value["type"], str) else value["type"]
        return {**value, "type": [*kinds, "null"], "enum": [*value["enum"], None]}
    if "anyOf" in value:
        return {**value, "anyOf": [*value["anyOf"], _NULL]}
    if "$ref" in value:
        return {"anyOf": [value, _NULL]}
    return {**value, "type": [value["type"], "null"]} if "type" in value else value


def _needs(model: type[Section]) -> dict[str, Any]:
    """What a mapping has to hold where no other layout lies below it, and what is below it in turn."""
    required = [name for name, field in model.model_fields.items() if is_required(model, name, field)]
    below: dict[str, Any] = {name: {"not": _NULL} for name in required}
    for name, field in model.model_fields.items():
        if inner := _needs_of(field.annotation):
            below[name] = below.get(name, {}) | inner
    made: dict[str, Any] = {"required": required} if required else {}
    return made | ({"properties": below} if below else {})


def _needs_of(annotation: Any) -> dict[str, Any]:
    """The same for a key's value: a mapping, or a mapping of mappings by name."""
    if get_origin(annotation) is dict:
        entry = get_args(annotation)[1]
        needs = _needs_of(entry)
        known: Iterable[str] = CHARTS if entry is HelmRelease else ()
        return ({"properties": dict.fromkeys(known, True)} if known else {}) | (
            {"additionalProperties": needs} if needs else {}
        )
    return next(filter(None, map(_needs, models_in(annotation))), {})


def _needs_of_items(annotation: Any) -> dict[str, Any]:
    """What each mapping of a list has to hold: lists replace, so that nothing lies below it."""
    if get_origin(annotation) is tuple:
        return next(filter(None, map(_needs, models_in(get_args(annotation)[0]))), {})
    return next(filter(None, map(_needs_of_items, get_args(annotation))), {})
