"""Single values as YAML text that every reader takes for the same value.

Our own reader follows YAML 1.2, where `on` is text. Editors and other programs often follow 1.1, where it is true and
1:30 is ninety. What either would mistake is quoted.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from .document import MAX_DIGITS
from .tree import RawFloat
from .values import Var

Value: TypeAlias = "str | int | float | bool | None"

# https://yaml.org/type/bool.html and null.html
_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~"])
# Numbers and times of both versions, and what looks like one to a person, as 10.0.0.1 does:
# https://yaml.org/type/int.html, float.html and timestamp.html, https://yaml.org/spec/1.2.2/#103-core-schema
_NUMBER = re.compile(
    r"[-+]?\.?[0-9][0-9_.:eE+-]*|[-+]?0[xob][0-9a-f_]+|[-+]?\.(inf|nan)|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}[T ].*",
    re.IGNORECASE,
)
# What YAML does not print (https://yaml.org/spec/1.2.2/#51-character-set), the line breaks of YAML 1.1, and what nobody
# sees on a screen, or sees in another place: marks of width and direction.
_HIDDEN = "\x00-\x1f\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\uffff"
_HIDDEN_CHARACTER = re.compile(f"[{_HIDDEN}]")
_QUOTE = re.compile(r'["\\]')
_HIDDEN_OR_QUOTE = re.compile(rf'[{_HIDDEN}"\\]')
# A letter, digit or sign that no YAML reader reads anything into comes first, none of a flow collection anywhere.
_PLAIN = re.compile(rf"(?:[^\W_]|--?[A-Za-z]|[_./$~])[^{_HIDDEN},\[\]{{}}]*\Z")
_BLOCK = re.compile(rf"(?:[^{_HIDDEN}]|[\t\n])*\Z")
_NAMED = {"\0": "0", "\t": "t", "\n": "n", "\r": "r", '"': '"', "\\": "\\"}


def scalar(value: Value, in_flow: bool = False) -> str:
    """A value on one line.

    Args:
        value: what is written.
        in_flow: whether it stands between brackets or braces, where fewer texts can do without quotes.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value.reference if isinstance(value, Var) else _text(value, in_flow)
    if isinstance(value, RawFloat):
        return value.text
    text = str(value)
    # More digits would be read as text; in hexadecimal there are fewer.
    return hex(value) if isinstance(value, int) and len(text.lstrip("-")) > MAX_DIGITS else text


def _text(value: str, in_flow: bool) -> str:
    # libyaml, by which layouts are read, takes neither character there: https://github.com/yaml/libyaml/pull/104
    if _is_plain(value) and not (in_flow and (":" in value or "?" in value)):
        return value
    if _QUOTE.search(value) and not _HIDDEN_CHARACTER.search(value):
        return "'" + value.replace("'", "''") + "'"
    return '"' + _HIDDEN_OR_QUOTE.sub(lambda found: _escaped(found[0]), value) + '"'


def _is_plain(value: str) -> bool:
    if not _PLAIN.match(value) or value.lower() in _WORDS or _NUMBER.fullmatch(value):
        return False
    return ": " not in value and " #" not in value and value[-1] not in " :" and not value.startswith("...")


def visible(line: str) -> str:
    """A line of a comment, without what would end it or keep the file from being read."""
    return _HIDDEN_CHARACTER.sub(lambda found: _escaped(found[0]), line)


def _escaped(character: str) -> str:
    if character in _NAMED:
        return "\\" + _NAMED[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def block_text(value: object, indent: int) -> list[str]:
    """Text of several lines as a literal block, its `|` first; empty where the value is better on one line.

    Args:
        value: any value.
        indent: columns before each line.
    """
    if not isinstance(value, str) or "\n" not in value.rstrip("\n") or not _BLOCK.match(value):
        return []
    lines = value.split("\n")
    # A first line that starts with a space would need an indentation indicator; lines of blanks at the end, or more
    # than one empty one, would be mixed up with the space between keys.
    if value[0].isspace() or value.endswith("\n\n") or any(line and line.isspace() for line in lines):
        return []
    ends = value.endswith("\n")
    pad = " " * indent
    return ["|" if ends else "|-", *(pad + line if line else "" for line in lines[: -1 if ends else None])]
