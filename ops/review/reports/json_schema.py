"""JSON Schema of the form for programs: what may be relied on."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_TEXT_OR_NULL = {"type": ["string", "null"]}
_COUNT = {"type": "integer", "minimum": 0}
_LEVEL = {"enum": ["stop", "warn", "note"]}
_VERB = {"enum": ["create", "update", "replace", "delete", "forget"]}


def _object(optional: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**properties, **(optional or {})},
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_AMOUNT = _object(before=_COUNT, after=_COUNT)
_ACCEPTANCE = _object(
    layout=_TEXT, reason=_TEXT, until={"type": "string", "format": "date"}, expired={"type": "boolean"}
)
_FINDING = _object(
    {"acceptance": _ACCEPTANCE},
    rule=_TEXT,
    level=_LEVEL,
    stack=_TEXT,
    address=_TEXT_OR_NULL,
    type=_TEXT_OR_NULL,
    verb={"enum": [*_VERB["enum"], "no-op", None]},
    before=_TEXT,
    after=_TEXT,
    effect=_TEXT,
    remedy=_TEXT,
)
_CHANGE = _object(
    {
        "because": _list(_TEXT),
        "reason": _TEXT,
        "deposed": {"type": "boolean"},
        "arguments": _list(_object(argument=_TEXT, before=_TEXT_OR_NULL, after=_TEXT_OR_NULL)),
    },
    stack=_TEXT,
    address=_TEXT,
    type=_TEXT,
    verb=_VERB,
)
_NODES = _object(
    instance_type=_TEXT_OR_NULL,
    market={"enum": ["on demand", "reservation", "capacity block", "spot", None]},
    device={"enum": ["GPUs", "Neuron devices", None]},
    nodes=_AMOUNT,
    maximum=_AMOUNT,
    devices=_AMOUNT,
    efa_interfaces=_AMOUNT,
)
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **_object(
        version={"const": 1},
        verdict=_TEXT,
        worst={"enum": [*_LEVEL["enum"], None]},
        counts=_object(
            stop=_COUNT,
            warn=_COUNT,
            note=_COUNT,
            accepted=_COUNT,
            changes={
                "type": "object",
                "propertyNames": _VERB,
                "additionalProperties": {"type": "integer", "minimum": 1},
            },
        ),
        stacks=_list(_TEXT),
        findings=_list(_FINDING),
        remarks=_list(_object(level=_LEVEL, text=_TEXT)),
        accepted=_list(_FINDING),
        capacity=_object(
            changes={"type": "boolean"},
            nodes=_list(_NODES),
            totals=_list(_NODES),
            vcpus=_list(
                _object(
                    quota=_TEXT,
                    code=_TEXT_OR_NULL,
                    market=_TEXT,
                    desired=_AMOUNT,
                    maximum=_AMOUNT,
                )
            ),
            not_counted=_list(_TEXT),
        ),
        drift=_list(_CHANGE),
        renamed=_list(
            _object(
                stack=_TEXT,
                address=_TEXT,
                type=_TEXT,
                moved_from=_TEXT_OR_NULL,
                imported_id=_TEXT_OR_NULL,
            )
        ),
        changes=_list(_CHANGE),
    ),
}
