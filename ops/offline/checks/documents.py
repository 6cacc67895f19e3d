"""Text that has to parse."""

from __future__ import annotations

import json
from typing import Any


class DocumentError(Exception):
    """A text that does not parse; the message is what a sentence ends with."""


def read_json(text: str) -> Any:
    """The value of a JSON text; raises DocumentError, also for a key that stands twice."""
    try:
        return json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise DocumentError(f"line {error.lineno}, column {error.colno}: {error.msg}") from None


def read_yaml(text: str) -> Any:
    """The value of a YAML text; raises DocumentError."""
    try:
        return json.loads(text)  # most are JSON, and this is a hundred times faster
    except json.JSONDecodeError:
        pass
    # Imported here: it takes longer than all the other checks.
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise DocumentError(f"{where}{getattr(error, 'problem', None) or error}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise DocumentError(f'the key "{key}" stands twice')
        found[key] = value
    return found
