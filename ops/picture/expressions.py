"""Terraform's expressions, as far as a picture has to understand them: what refers to what, and the zones of `for_each`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_ADDRESS = re.compile(r"(?<![\w.])(data\.)?([a-z]+_\w+)\.([A-Za-z_][\w-]*)")
_LOCAL = re.compile(r"(?<![\w.])local\.(\w+)")
_WHOLE = re.compile(r"\$\{(.*)\}", re.DOTALL)
_TEXT = re.compile(r'"([^"\\$]*)"')
_SLICE = re.compile(r"slice\(.*, 0, (\d+)\)", re.DOTALL)
_FIRST = re.compile(r"(local\.\w+)\[\d+\]")
_EACH_ZONE = re.compile(r"\[for \w+ in (.+) : ([\w.]+)\[\w+\]\.id\]")
_VALUES = re.compile(r"values\(([\w.]+)\)\[\*\]\.id")
_ONE = re.compile(r"([\w.]+?)(?:\[(.+)\])?\.id")

Locals = Mapping[str, Any]


def strings(value: Any) -> Iterator[str]:
    """Every string in nested data, but for keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for child in value.values():
            yield from strings(child)
    elif isinstance(value, list):
        for child in value:
            yield from strings(child)


def references(value: Any, known: Locals) -> set[str]:
    """Addresses that a value refers to, those behind local values included."""
    found: set[str] = set()
    for text in strings(value):
        template = text.replace("$${", "")
        if "${" not in template:
            continue
        found |= {f"{data}{kind}.{name}" for data, kind, name in _ADDRESS.findall(template)}
        for name in _LOCAL.findall(template):
            found |= references(known.get(name, ""), known)
    return found


def inner(text: str) -> str | None:
    """The expression of a text that is nothing else, `var.x` of `${var.x}`; None for plain text."""
    found = _WHOLE.fullmatch(text)
    return found[1] if found and "${" not in found[1] else None


def plain(value: Any) -> str:
    """A value for people: the name of a variable as `var.x`, other expressions without their frame."""
    if isinstance(value, list):
        return ", ".join(plain(one) for one in value)
    text = str(value)
    return inner(text) or re.sub(r"\$\{data\.aws_caller_identity\.\w+\.account_id\}", "ACCOUNT", text)


def keys(expression: str, known: Locals) -> list[str]:
    """The keys that a `for_each` goes over, in its order: texts as they are, others as expressions.

    A list of which nobody knows the length is one key that ends in `[*]`.
    """
    text = expression.strip()
    for name in ("toset", "distinct", "concat"):
        if text.startswith(f"{name}(") and text.endswith(")"):
            parts = _parts(text[len(name) + 1 : -1])
            return list(dict.fromkeys(key for part in parts for key in keys(part, known)))
    if text.startswith("[") and text.endswith("]") and not text.startswith("[for "):
        return [_key(part) for part in _parts(text[1:-1])]
    if text.startswith("local.") and text.count(".") == 1:
        return _of_local(text, known)
    return [_key(text) if _TEXT.fullmatch(text) or _FIRST.fullmatch(text) else f"{text}[*]"]


def subnets_of(value: Any, known: Locals) -> list[tuple[str, str | None]]:
    """Where a `subnet_ids` leads: pairs of an address, or of a plain id, and a key of its `for_each`, None for all keys."""
    found: list[tuple[str, str | None]] = []
    for text in [value] if isinstance(value, str) else value:
        expression = inner(text)
        if expression is None:
            found.append((text, None))
        elif each := _EACH_ZONE.fullmatch(expression):
            found += [(each[2], key) for key in keys(each[1], known)]
        elif values := _VALUES.fullmatch(expression):
            found.append((values[1], None))
        elif one := _ONE.fullmatch(expression):
            found.append((one[1], _key(one[2]) if one[2] else None))
        else:
            found.append((expression, None))
    return found


def _of_local(text: str, known: Locals) -> list[str]:
    expression = inner(str(known.get(text.removeprefix("local."), "")))
    if expression is None:
        return [f"{text}[*]"]
    cut = _SLICE.fullmatch(expression)
    if cut is None:
        return keys(expression, known)
    return [f"{text}[{index}]" for index in range(int(cut[1]))]


def _key(text: str) -> str:
    found = _TEXT.fullmatch(text.strip())
    return found[1] if found else text.strip()


def _parts(text: str) -> list[str]:
    """Arguments of a call or entries of a list: split at the commas that are in no brackets and no quotes."""
    parts, depth, quoted, last = [], 0, False, 0
    for index, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[last:index])
            last = index + 1
    parts.append(text[last:])
    return [part.strip() for part in parts if part.strip()]
