"""The JSON of a large plan, of which not everything is kept."""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Mapping
from typing import Any

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


def kept(raw: bytes) -> Any:
    """The same as `json.loads`, without what a review of a plan does not look at: that is more than half of it.

    The members of the whole are read one after the other, so that what is not kept is gone before the next one comes.

    Raises:
        ValueError: this is no JSON.
        RecursionError: it is too deep.
    """
    # Nothing of it is garbage, and to look for some again and again takes a third of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _kept(raw.decode(json.detect_encoding(raw), "surrogatepass"))
    finally:
        if collecting:
            gc.enable()


def _kept(text: str) -> Any:
    place = _after_space(text, 0)
    if text[place : place + 1] != "{":
        return json.loads(text)
    found: dict[str, Any] = {}
    place = _after_space(text, place + 1)
    if text[place : place + 1] == "}":
        return json.loads(text)
    while True:
        name, place = _DECODER.raw_decode(text, place)
        if not isinstance(name, str):
            raise ValueError("a name is expected")
        place = _after(text, place, ":")
        value, place = _DECODER.raw_decode(text, place)
        found[name] = _part(name, value)
        place = _after_space(text, place)
        if text[place : place + 1] != ",":
            break
        place = _after_space(text, place + 1)
    place = _after(text, place, "}")
    if place != len(text):
        raise ValueError("something follows")
    return found


def _part(name: str, value: Any) -> Any:
    """What is kept of a member: of the state only the data sources, which nothing else in a plan has."""
    if name == "planned_values":
        return {}
    if name == "prior_state" and isinstance(value, dict) and isinstance(value.get("values"), dict):
        return {"values": {"root_module": _data_sources(value["values"].get("root_module"))}}
    return value


def _data_sources(module: Any) -> Any:
    if not isinstance(module, Mapping):
        return {}
    resources = [
        one for one in _items(module, "resources") if isinstance(one, Mapping) and one.get("mode") == "data"
    ]
    return {
        "resources": resources,
        "child_modules": [_data_sources(child) for child in _items(module, "child_modules")],
    }


def _items(module: Mapping[str, Any], name: str) -> list[Any]:
    found = module.get(name)
    return found if isinstance(found, list) else []


def _after(text: str, place: int, mark: str) -> int:
    place = _after_space(text, place)
    if text[place : place + 1] != mark:
        raise ValueError(f"{mark} is expected")
    return _after_space(text, place + 1)


def _after_space(text: str, place: int) -> int:
    match = _SPACE.match(text, place)
    return place if match is None else match.end()
