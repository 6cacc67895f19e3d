"""Terraform values on the wire: msgpack with a marker for what is not known yet, as the plugin protocol writes them.

Source: https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol (DynamicValue), and go-cty's msgpack
package: an unknown value is extension 0, a refined unknown extension 12.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import msgpack

from .schema import Body, CtyType


class Unknown:
    """The value that only an apply can tell."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "(known after apply)"

    def __deepcopy__(self, memo: object) -> Unknown:
        return self

    def __copy__(self) -> Unknown:
        return self


@dataclass(frozen=True, slots=True)
class Dynamic:
    """A value of an attribute that takes any type, with its type: a `kubernetes_manifest`'s `manifest`."""

    type: CtyType
    value: Any


UNKNOWN: Final = Unknown()
_WIRE = msgpack.ExtType(0, b"\x00")


def decode(data: bytes) -> Any:
    """A value of plain dicts, lists and scalars; refinements of unknown values are dropped."""
    if not data:
        return None
    return msgpack.unpackb(
        data, raw=False, strict_map_key=False, list_hook=_typed, ext_hook=lambda _code, _data: UNKNOWN
    )


def _typed(items: list[Any]) -> Any:
    """A list, or a value with its type in front: only that is bytes."""
    if len(items) == 2 and isinstance(items[0], bytes):
        return Dynamic(json.loads(items[0]), items[1])
    return items


def encode(value: Any) -> bytes:
    """The wire form of a value, UNKNOWN in it included."""
    return bytes(msgpack.packb(_plain(value), use_bin_type=True))


def _plain(value: Any) -> Any:
    if value is UNKNOWN:
        return _WIRE
    if isinstance(value, dict):
        return {key: _plain(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_plain(child) for child in value]
    if isinstance(value, Dynamic):
        return [json.dumps(value.type).encode(), _plain(value.value)]
    return value


def has_unknown(value: Any) -> bool:
    """Whether anything in a value is unknown."""
    if isinstance(value, dict):
        return any(has_unknown(child) for child in value.values())
    if isinstance(value, list):
        return any(has_unknown(child) for child in value)
    if isinstance(value, Dynamic):
        return has_unknown(value.value)
    return value is UNKNOWN


def empty(body: Body) -> dict[str, Any]:
    """An object of a schema with nothing in it: null attributes, no blocks."""
    value: dict[str, Any] = dict.fromkeys(body.attributes)
    for name, block in body.blocks.items():
        value[name] = None if block.nesting == "single" else {} if block.nesting == "map" else []
    return value


def conform(body: Body, value: dict[str, Any]) -> dict[str, Any]:
    """A value read back, with the members that it lacks and without those that the schema does not have.

    It may be of another version's schema; what is dynamic in it comes as JSON has it, or as it is.
    """
    result = empty(body)
    for name, child in value.items():
        if name in body.attributes:
            result[name] = _of_type(body.attributes[name].type, child)
        elif name in body.blocks and child is not None:
            inner = body.blocks[name].body
            if isinstance(child, list):
                result[name] = [_conforming(inner, one) for one in child]
            elif body.blocks[name].nesting == "map":
                result[name] = {key: _conforming(inner, one) for key, one in child.items()}
            else:
                result[name] = _conforming(inner, child)
    return result


def _of_type(type_: CtyType | None, value: Any) -> Any:
    if type_ == "dynamic":
        return Dynamic(value["type"], value["value"]) if isinstance(value, dict) else value
    if not isinstance(type_, list) or value is None or value is UNKNOWN:
        return value
    kind, inner = type_[0], type_[1]
    if kind == "object" and isinstance(value, dict):
        return {name: _of_type(one, value.get(name)) for name, one in inner.items()}
    if kind == "map" and isinstance(value, dict):
        return {key: _of_type(inner, child) for key, child in value.items()}
    if kind in ("list", "set") and isinstance(value, list):
        return [_of_type(inner, child) for child in value]
    return value


def _conforming(body: Body, value: Any) -> Any:
    return conform(body, value) if isinstance(value, dict) else value
