"""Values of Terraform JSON as expressions of Terraform's language.

A string in JSON is a template whose quotes and line breaks JSON has escaped; in the language they are escaped anew, but not
within `${...}`: https://developer.hashicorp.com/terraform/language/syntax/json#expression-mapping
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_HEREDOC = re.compile(r"= <<(\w+)$")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class TemplateError(ValueError):
    """A string is no template that Terraform could read."""


def expression(value: Any) -> str:
    """A value of any kind; what takes several lines is not indented.

    Raises:
        TemplateError: an interpolation in it has no end.
    """
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        rows = [f"{_key(name)} = {expression(one)}" for name, one in value.items()]
        return "\n".join(["{", *rows, "}"]) if rows else "{}"
    if isinstance(value, list):
        # A comma cannot follow the end of a heredoc on its line.
        rows = [f"{_text(one, whole=True) if isinstance(one, str) else expression(one)}," for one in value]
        return "\n".join(["[", *rows, "]"]) if rows else "[]"
    return json.dumps(value)


def indented(text: str) -> str:
    """Lines moved by the brackets that are open around them; those of a heredoc stay where they are."""
    lines, depth, marker = [], 0, ""
    for line in text.split("\n"):
        if marker:
            lines.append(line)
            marker = "" if line == marker else marker
            continue
        depth -= line.startswith(("}", "]"))
        lines.append("  " * depth + line if line else "")
        depth += line.endswith(("{", "["))
        opened = _HEREDOC.search(line)
        marker = opened[1] if opened else ""
    return "\n".join(lines)


def raw(value: Any) -> str:
    """What JSON writes as a string and the language as a reference: `depends_on`, a type, `ignore_changes`."""
    if isinstance(value, list):
        return f"[{', '.join(raw(one) for one in value)}]"
    text = str(value)
    return text[2:-1] if text.startswith("${") and text.endswith("}") else text


def name(text: str) -> str:
    """A label of a block."""
    return f'"{text}"'


def _key(text: str) -> str:
    # An object that begins with `for` would be a `for` expression.
    plain = _IDENTIFIER.fullmatch(text) and text != "for"
    return text if plain else _quoted(list(_parts(text)))


def _text(text: str, *, whole: bool = False) -> str:
    parts = list(_parts(text))
    if len(parts) == 1 and parts[0][0] and text.startswith("${"):
        # `${~ ... ~}` takes blanks away beside it, where there are none.
        code = text[2:-1].removeprefix("~").removesuffix("~").strip()
        # Outside of brackets, an expression ends with its line.
        return f"({code})" if "\n" in code and "<<" not in code else code
    if text.endswith("\n") and text.count("\n") > 1 and "\r" not in text and not whole:
        return _heredoc(text)
    return _quoted(parts)


def _quoted(parts: list[tuple[bool, str]]) -> str:
    return '"' + "".join(part if code else _escaped(part) for code, part in parts) + '"'


def _escaped(literal: str) -> str:
    return "".join(_ESCAPES.get(one, one) for one in literal)


def _heredoc(text: str) -> str:
    """Several lines as they are: nothing is escaped there but the beginnings of templates, as in JSON."""
    lines = text[:-1].split("\n")
    marker = "EOT"
    while any(line.strip() == marker for line in lines):
        marker += "_"
    return "\n".join([f"<<{marker}", *lines, marker])


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """A template's literal parts (False) and its interpolations and directives (True), in order."""
    literal, at = "", 0
    while at < len(text):
        if text.startswith(("$${", "%%{"), at):
            literal, at = literal + text[at : at + 3], at + 3
        elif text.startswith(("${", "%{"), at):
            if literal:
                yield False, literal
            end = _end(text, at + 2)
            yield True, text[at:end]
            literal, at = "", end
        else:
            literal, at = literal + text[at], at + 1
    if literal:
        yield False, literal


def _end(text: str, at: int) -> int:
    """Where the brace that is open before `at` has been closed."""
    depth = 1
    while at < len(text):
        if text[at] == '"':
            at = _end_of_string(text, at + 1)
            continue
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
        if depth == 0:
            return at
    raise TemplateError(f"an interpolation has no end: {text}")


def _end_of_string(text: str, at: int) -> int:
    """Where a quoted template within an expression has been closed."""
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text[at] == '"':
            return at + 1
        elif text.startswith(("$${", "%%{"), at):
            at += 3
        elif text.startswith(("${", "%{"), at):
            at = _end(text, at + 2)
        else:
            at += 1
    raise TemplateError(f"a string in an interpolation has no end: {text}")
