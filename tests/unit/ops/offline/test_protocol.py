"""The plugin protocol: what goes over the wire, number by number."""

from __future__ import annotations

import pytest

from ops.offline.protocol import ERROR, MESSAGES, NESTING, SERVICE, attribute_path, error, message, service


# Written by hand from https://github.com/hashicorp/terraform/blob/v1.11.4/docs/plugin-protocol/tfplugin6.8.proto and
# https://protobuf.dev/programming-guides/encoding/: a tag is the field's number times 8, plus 0 for a number, 2 for bytes.
@pytest.mark.parametrize(
    ("kind", "fields", "wire"),
    [
        ("DynamicValue", {"msgpack": b"\xc0"}, "0a 01 c0"),
        ("DynamicValue", {"json": b"{}"}, "12 02 7b7d"),
        ("Diagnostic", {"severity": ERROR, "summary": "s", "detail": "d"}, "08 01 12 01 73 1a 01 64"),
        ("Step", {"attribute_name": "a"}, "0a 01 61"),
        ("Step", {"element_key_string": "a"}, "12 01 61"),
        ("Step", {"element_key_int": 0}, "18 00"),
        ("Attribute", {"name": "n", "type": b"t", "required": True}, "0a 01 6e 12 01 74 20 01"),
        ("Attribute", {"optional": True, "computed": True, "sensitive": True}, "28 01 30 01 38 01"),
        ("Attribute", {"nested_type": message("Object", nesting=NESTING["map"])}, "52 02 18 04"),
        ("Object", {"attributes": [message("Attribute", name="n")]}, "0a 03 0a 01 6e"),
        ("NestedBlock", {"type_name": "b", "nesting": NESTING["set"]}, "0a 01 62 18 03"),
        ("NestedBlock", {"block": message("Block"), "min_items": 1, "max_items": 2}, "12 00 20 01 28 02"),
        ("Block", {"attributes": [message("Attribute")], "block_types": [message("NestedBlock")]}, "12 00 1a 00"),
        ("Schema", {"version": 0, "block": message("Block")}, "08 00 12 00"),
        ("GetProviderSchemaResponse", {"provider": message("Schema")}, "0a 00"),
        (
            "GetProviderSchemaResponse",
            # An entry of a map is a message of a key and a value.
            {"resource_schemas": [message("SchemaEntry", key="k", value=message("Schema"))]},
            "12 05 0a 01 6b 12 00",
        ),
        ("GetProviderSchemaResponse", {"data_source_schemas": [message("SchemaEntry")]}, "1a 00"),
        ("GetProviderSchemaResponse", {"diagnostics": [message("Diagnostic")]}, "22 00"),
        ("GetProviderSchemaResponse", {"server_capabilities": message("ServerCapabilities")}, "32 00"),
        ("PlanResourceChangeResponse", {"planned_state": message("DynamicValue")}, "0a 00"),
        ("PlanResourceChangeResponse", {"requires_replace": [message("AttributePath")]}, "12 00"),
        ("PlanResourceChangeResponse", {"legacy_type_system": True}, "28 01"),
        ("ApplyResourceChangeResponse", {"private": b"p", "legacy_type_system": True}, "12 01 70 20 01"),
        ("ReadResourceResponse", {"new_state": message("DynamicValue"), "private": b"p"}, "0a 00 1a 01 70"),
        ("ReadDataSourceResponse", {"state": message("DynamicValue")}, "0a 00"),
        ("UpgradeResourceStateResponse", {"upgraded_state": message("DynamicValue")}, "0a 00"),
        (
            "ImportResourceStateResponse",
            {"imported_resources": [message("ImportedResource", type_name="t")]},
            "0a 03 0a 01 74",
        ),
    ],
)  # fmt: skip
def test_a_message_is_written_as_terraform_reads_it(kind: str, fields: dict[str, object], wire: str) -> None:
    assert message(kind, **fields).SerializeToString() == bytes.fromhex(wire)


@pytest.mark.parametrize(
    ("kind", "wire", "fields"),
    [
        ("ConfigureProviderRequest", "0a 01 31 12 00", {"terraform_version": "1"}),
        ("UpgradeResourceStateRequest", "0a 01 74 10 03 1a 04 0a 02 7b7d", {"type_name": "t", "version": 3}),
        ("ImportResourceStateRequest", "0a 01 74 12 01 69", {"type_name": "t", "id": "i"}),
        ("ReadResourceRequest", "0a 01 74 1a 01 70", {"type_name": "t", "private": b"p"}),
        ("PlanResourceChangeRequest", "0a 01 74 2a 01 70", {"type_name": "t", "prior_private": b"p"}),
        ("ApplyResourceChangeRequest", "0a 01 74 2a 01 70", {"type_name": "t", "planned_private": b"p"}),
        ("ReadDataSourceRequest", "0a 01 74", {"type_name": "t"}),
        # Field 6 of a plan, the metadata for the provider, is none of those that we know.
        ("PlanResourceChangeRequest", "0a 01 74 32 02 0a 00", {"type_name": "t"}),
    ],
)
def test_a_message_is_read_as_terraform_writes_it(kind: str, wire: str, fields: dict[str, object]) -> None:
    read = MESSAGES[kind].FromString(bytes.fromhex(wire))
    assert {name: getattr(read, name) for name in fields} == fields


def test_the_states_of_a_change_are_told_apart() -> None:
    wire = bytes.fromhex("12 03 0a 01 c0 1a 03 0a 01 80 22 03 0a 01 90")
    read = MESSAGES["PlanResourceChangeRequest"].FromString(wire)
    assert [read.prior_state.msgpack, read.proposed_new_state.msgpack, read.config.msgpack] == [
        b"\xc0", b"\x80", b"\x90",
    ]  # fmt: skip


def test_nothing_is_not_the_same_as_zero() -> None:
    said = message("Step", element_key_int=0, attribute_name=None)
    assert said.HasField("element_key_int")
    assert not said.HasField("attribute_name")
    assert message("Step", element_key_int=None).SerializeToString() == b""


def test_a_field_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no_such_field"):
        message("Step", no_such_field=1)


def test_a_path_leads_through_blocks_and_lists() -> None:
    first, second, third = attribute_path(("launch_template", 0, "id")).steps
    assert (first.attribute_name, second.element_key_int, third.attribute_name) == (
        "launch_template",
        0,
        "id",
    )
    assert not second.HasField("attribute_name")


def test_an_error_says_what_why_and_where() -> None:
    told = error("Invalid argument", "size is 0", ("size",))
    assert (told.severity, told.summary, told.detail) == (1, "Invalid argument", "size is 0")
    assert [step.attribute_name for step in told.attribute.steps] == ["size"]
    assert not error("Invalid argument", "no place").HasField("attribute")


def test_a_service_has_to_have_every_method() -> None:
    with pytest.raises(AssertionError):
        service({"GetProviderSchema": lambda request: request})


def test_the_service_is_the_one_of_protocol_6() -> None:
    assert SERVICE == "tfplugin6.Provider"
