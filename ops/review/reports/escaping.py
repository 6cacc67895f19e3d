"""Texts of a plan inside Markdown: whatever a name contains, it is shown and does nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

# As entities, so that they begin nothing: https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references
# An underscore inside of a word begins nothing.
_SPECIAL = re.compile(r"[\\`*{}\[\]<>&|~!$]|(?<!\w)_|_(?!\w)")
# What GitHub makes links and mentions of, which it does not in code:
# https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
_LINKED = re.compile(r"([^\s`]*[@#]\w[^\s`]*|\w+://[^\s`]+|\bGH-\d[^\s`]*|\bwww\.[^\s`]*)", re.I)


def words(text: str) -> str:
    """Text that is read as text; what stands between backticks is shown as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick that has no other
        parts[-2:] = [f"{parts[-2]}`{parts[-1]}"]
    return "".join(code(part) if index % 2 else _text(part) for index, part in enumerate(parts))


def code(text: str) -> str:
    """Text as code, in a table and in a list too."""
    if not text:
        return ""
    if re.search(r"[`|<>&\n\\]", text) or text != text.strip():
        return f"<code>{_entities(text)}</code>"
    return f"`{text}`"


def html_code(text: str) -> str:
    """Text as code inside an HTML block, where no Markdown is read."""
    return f"<code>{html.escape(text)}</code>"


def fenced(lines: Sequence[str], language: str) -> str:
    """A block of code, whose fence is longer than any in it."""
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{language}", *lines, fence])


def _text(text: str) -> str:
    parts = _LINKED.split(text)
    return "".join(code(part) if index % 2 else _entities(part) for index, part in enumerate(parts))


def _entities(text: str) -> str:
    return _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", text)
