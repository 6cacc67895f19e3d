"""Terraform's plugin protocol, version 6: the messages that a stand-in needs, and the service that carries them.

The field numbers are those of https://github.com/hashicorp/terraform/blob/v1.11.4/docs/plugin-protocol/tfplugin6.8.proto.
They are declared here instead of in generated modules since the packages that bring such modules need Python 3.11 (`tf`)
or are not kept up. On the wire an enum is a number and a map is a list of entries, and so they are declared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

Message: TypeAlias = Any
"""An instance of a message class: its fields are made at run time."""

VERSION = 6
SERVICE = "tfplugin6.Provider"

# Diagnostic.severity
ERROR = 1
WARNING = 2
# Schema.NestedBlock.nesting and Schema.Object.nesting
NESTING: Mapping[str, int] = {"single": 1, "list": 2, "set": 3, "map": 4}

_Fields = Mapping[str, tuple[int, str]]
_DIAGNOSTICS = "repeated Diagnostic"
# Field: number, type. Presence is explicit for every field, so that a zero can be said (an index in an AttributePath).
_MESSAGES: Mapping[str, _Fields] = {
    "DynamicValue": {"msgpack": (1, "bytes"), "json": (2, "bytes")},
    "Diagnostic": {
        "severity": (1, "int32"), "summary": (2, "string"), "detail": (3, "string"), "attribute": (4, "AttributePath"),
    },
    "Step": {"attribute_name": (1, "string"), "element_key_string": (2, "string"), "element_key_int": (3, "int64")},
    "AttributePath": {"steps": (1, "repeated Step")},
    "RawState": {"json": (1, "bytes")},
    "Attribute": {
        "name": (1, "string"), "type": (2, "bytes"), "nested_type": (10, "Object"), "required": (4, "bool"),
        "optional": (5, "bool"), "computed": (6, "bool"), "sensitive": (7, "bool"), "write_only": (11, "bool"),
    },
    "Object": {"attributes": (1, "repeated Attribute"), "nesting": (3, "int32")},
    "NestedBlock": {
        "type_name": (1, "string"), "block": (2, "Block"), "nesting": (3, "int32"), "min_items": (4, "int64"),
        "max_items": (5, "int64"),
    },
    "Block": {"attributes": (2, "repeated Attribute"), "block_types": (3, "repeated NestedBlock")},
    "Schema": {"version": (1, "int64"), "block": (2, "Block")},
    "SchemaEntry": {"key": (1, "string"), "value": (2, "Schema")},
    "ServerCapabilities": {"plan_destroy": (1, "bool"), "get_provider_schema_optional": (2, "bool")},
}  # fmt: skip
_METHODS: Mapping[str, tuple[_Fields, _Fields]] = {
    "GetProviderSchema": (
        {},
        {
            "provider": (1, "Schema"), "resource_schemas": (2, "repeated SchemaEntry"),
            "data_source_schemas": (3, "repeated SchemaEntry"), "diagnostics": (4, _DIAGNOSTICS),
            "server_capabilities": (6, "ServerCapabilities"),
        },
    ),
    "ValidateProviderConfig": ({"config": (1, "DynamicValue")}, {"diagnostics": (2, _DIAGNOSTICS)}),
    "ValidateResourceConfig": (
        {"type_name": (1, "string"), "config": (2, "DynamicValue")}, {"diagnostics": (1, _DIAGNOSTICS)},
    ),
    "ValidateDataResourceConfig": (
        {"type_name": (1, "string"), "config": (2, "DynamicValue")}, {"diagnostics": (1, _DIAGNOSTICS)},
    ),
    "UpgradeResourceState": (
        {"type_name": (1, "string"), "version": (2, "int64"), "raw_state": (3, "RawState")},
        {"upgraded_state": (1, "DynamicValue"), "diagnostics": (2, _DIAGNOSTICS)},
    ),
    "ConfigureProvider": (
        {"terraform_version": (1, "string"), "config": (2, "DynamicValue")}, {"diagnostics": (1, _DIAGNOSTICS)},
    ),
    "ReadResource": (
        {"type_name": (1, "string"), "current_state": (2, "DynamicValue"), "private": (3, "bytes")},
        {"new_state": (1, "DynamicValue"), "diagnostics": (2, _DIAGNOSTICS), "private": (3, "bytes")},
    ),
    "PlanResourceChange": (
        {
            "type_name": (1, "string"), "prior_state": (2, "DynamicValue"), "proposed_new_state": (3, "DynamicValue"),
            "config": (4, "DynamicValue"), "prior_private": (5, "bytes"),
        },
        {
            "planned_state": (1, "DynamicValue"), "requires_replace": (2, "repeated AttributePath"),
            "planned_private": (3, "bytes"), "diagnostics": (4, _DIAGNOSTICS), "legacy_type_system": (5, "bool"),
        },
    ),
    "ApplyResourceChange": (
        {
            "type_name": (1, "string"), "prior_state": (2, "DynamicValue"), "planned_state": (3, "DynamicValue"),
            "config": (4, "DynamicValue"), "planned_private": (5, "bytes"),
        },
        {
            "new_state": (1, "DynamicValue"), "private": (2, "bytes"), "diagnostics": (3, _DIAGNOSTICS),
            "legacy_type_system": (4, "bool"),
        },
    ),
    "ImportResourceState": (
        {"type_name": (1, "string"), "id": (2, "string")},
        {"imported_resources": (1, "repeated ImportedResource"), "diagnostics": (2, _DIAGNOSTICS)},
    ),
    "ReadDataSource": (
        {"type_name": (1, "string"), "config": (2, "DynamicValue")},
        {"state": (1, "DynamicValue"), "diagnostics": (2, _DIAGNOSTICS)},
    ),
    "StopProvider": ({}, {"Error": (1, "string")}),
}  # fmt: skip
_IMPORTED: _Fields = {"type_name": (1, "string"), "state": (2, "DynamicValue"), "private": (3, "bytes")}


def _classes() -> Mapping[str, Any]:
    """A class for each message; those of a method are `NAMERequest` and `NAMEResponse`."""
    declared = {**_MESSAGES, "ImportedResource": _IMPORTED}
    for method, (request, response) in _METHODS.items():
        declared[f"{method}Request"] = request
        declared[f"{method}Response"] = response
    # proto2, since only there every scalar remembers whether it was set.
    file = descriptor_pb2.FileDescriptorProto(name="stand_in.proto", package="stand_in", syntax="proto2")
    for name, fields in declared.items():
        message = file.message_type.add(name=name)
        for field, (number, words) in fields.items():
            kind = words.rpartition(" ")[2]
            made = message.field.add(name=field, number=number)
            made.label = made.LABEL_REPEATED if words.startswith("repeated ") else made.LABEL_OPTIONAL
            if kind in declared:
                made.type, made.type_name = made.TYPE_MESSAGE, f".stand_in.{kind}"
            else:
                made.type = descriptor_pb2.FieldDescriptorProto.Type.Value(f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"stand_in.{name}"))
        for name in declared
    }


MESSAGES = _classes()


def message(kind: str, /, **fields: object) -> Message:
    """A message; a field that is None stays unset."""
    return MESSAGES[kind](**{field: value for field, value in fields.items() if value is not None})


def error(summary: str, detail: str, path: tuple[str | int, ...] = ()) -> Message:
    """A diagnostic that fails the operation; `path` leads to the argument that it is about."""
    attribute = attribute_path(path) if path else None
    return message("Diagnostic", severity=ERROR, summary=summary, detail=detail, attribute=attribute)


def warning(summary: str, detail: str, path: tuple[str | int, ...]) -> Message:
    """A diagnostic that Terraform shows, and that fails nothing."""
    return message(
        "Diagnostic", severity=WARNING, summary=summary, detail=detail, attribute=attribute_path(path)
    )


def attribute_path(path: tuple[str | int, ...]) -> Message:
    """`("launch_template", 0, "id")` as the protocol says it."""
    steps = [
        message("Step", element_key_int=step)
        if isinstance(step, int)
        else message("Step", attribute_name=step)
        for step in path
    ]
    return message("AttributePath", steps=steps)


def service(methods: Mapping[str, Callable[[Message], Message]]) -> grpc.GenericRpcHandler:
    """The handlers of a provider: a function from request to response for each method."""

    def handler(name: str, function: Callable[[Message], Message]) -> grpc.RpcMethodHandler[Any, Any]:
        return grpc.unary_unary_rpc_method_handler(
            lambda request, _context: function(request),
            request_deserializer=MESSAGES[f"{name}Request"].FromString,
            response_serializer=lambda response: response.SerializeToString(),
        )

    assert methods.keys() == _METHODS.keys()
    return grpc.method_handlers_generic_handler(
        SERVICE, {name: handler(name, function) for name, function in methods.items()}
    )
