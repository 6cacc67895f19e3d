"""Plain values to the text of a layout: short where it can be, quoted where it must be, with comments.

The structure is written here and not by ruamel.yaml, whose comments cannot stand behind a key that opens a mapping
or in front of a list's item, and which folds long lines.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from .faults import KeyPath, Step
from .language import model_at
from .models import Layout
from .scalar_text import block_text, scalar, visible

WIDTH = 100  # columns of a collection on one line, and of a comment
_MAX_FLOW = 4
_MAX_ALIGNED = 72  # a longer line does not push the comments of all others to the right
# An implicit key has at most 1,024 characters: https://yaml.org/spec/1.2.2/#742-flow-mappings
_MAX_KEY = 1000

Comments: TypeAlias = Mapping[KeyPath, str]
Collection: TypeAlias = "Mapping[str, Any] | list[Any] | tuple[Any, ...]"


def to_yaml(
    tree: Mapping[str, Any],
    comments: Comments | None = None,
    trailing: Comments | None = None,
    head: str = "",
    *,
    aligned: bool = False,
) -> str:
    """Writes plain dicts, lists and scalars as YAML.

    A mapping or list of at most four scalars stands on one line where that is shorter than 100 columns and no comment
    belongs inside, or the same behind each. A comment whose key is not in the tree goes to the nearest one above it: none is lost.

    Args:
        tree: the values; keys stay in their order, which `ordered` makes the models'.
        comments: comments above keys and list items, without `#`; long lines are wrapped.
        trailing: comments at the end of the line of a key or list item.
        head: the first lines, as comments; a line that starts with `#` stays as it is.
        aligned: whether the trailing comments stand below each other.

    Returns:
        Text that `document.parse` reads back to the same values.
    """
    above, behind = _settled(comments or {}, tree), _settled(trailing or {}, tree)
    writer = _Writer(above, behind)
    top = [line for text in (head, above.get((), ""), behind.get((), "")) for line in _comment(text)]
    blocks = [list(writer.entry((str(key),), value, 0)) for key, value in tree.items()]
    lines = [_Line(text) for text in top]
    # Else the comment would read on from the head.
    before = bool(top) and bool(blocks) and blocks[0][0].text.startswith("#")
    for block, value in zip(blocks, tree.values(), strict=True):
        large = isinstance(value, Mapping) or len(block) > 1
        if before or (large and block is not blocks[0]):
            lines.append(_Line(""))
        lines += block
        before = large
    return "".join(f"{text}\n" for text in _with_comments(lines or [_Line("{}")], aligned))


def one_line(value: Any, in_flow: bool = False) -> str:
    """Any value on one line, however long."""
    if isinstance(value, Mapping):
        entries = (f"{scalar(str(key), True)}: {one_line(child, True)}" for key, child in value.items())
        return "{" + ", ".join(entries) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(one_line(child, True) for child in value) + "]"
    return scalar(value, in_flow)


def ordered(tree: Mapping[str, Any], path: KeyPath = ()) -> dict[str, Any]:
    """The same values with their keys in the models' order, `extends` first; entries that the user names stay."""
    model = model_at(path) if path else Layout
    known = ["extends", *model.model_fields] if model is not None else []
    place = {name: index for index, name in enumerate(known)}
    keys = sorted(tree, key=lambda key: place.get(key, len(place)))
    return {key: _ordered(tree[key], (*path, key)) for key in keys}


def _ordered(value: Any, path: KeyPath) -> Any:
    if isinstance(value, Mapping):
        return ordered(value, path)
    if isinstance(value, list | tuple):
        return [_ordered(item, (*path, index)) for index, item in enumerate(value)]
    return value


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes keys and items with the comments that belong to them."""

    above: Comments
    behind: Comments

    def entry(self, path: KeyPath, value: Any, indent: int) -> Iterator[_Line]:
        """A key of a mapping, or an item of a list, and all below it."""
        pad = " " * indent
        yield from (_Line(pad + text) for text in _comment(self.above.get(path, ""), WIDTH - indent))
        if isinstance(path[-1], int):
            yield from self.item(path, value, indent)
            return
        key = scalar(path[-1])
        if len(key) > _MAX_KEY:
            yield _Line(f"{pad}? {key}")
            key = ""
        yield from self.value(f"{pad}{key}:", path, value, indent)

    def item(self, path: KeyPath, value: Any, indent: int) -> Iterator[_Line]:
        """An item of a list, its first key behind the dash."""
        dash = " " * indent + "-"
        if not _is_collection(value) or self.flow(value, path, len(dash) + 1) is not None:
            yield from self.value(dash, path, value, indent)
            return
        inside = [
            line for step, child in _children(value) for line in self.entry((*path, step), child, indent + 2)
        ]
        first = next(index for index, line in enumerate(inside) if not line.text.lstrip().startswith("#"))
        yield from (_Line(line.text[2:]) for line in inside[:first])
        comment = "; ".join(filter(None, (self.behind.get(path, ""), inside[first].comment)))
        yield _Line(f"{dash} {inside[first].text[indent + 2 :]}", comment)
        yield from inside[first + 1 :]

    def value(self, start: str, path: KeyPath, value: Any, indent: int) -> Iterator[_Line]:
        """A value behind its key or dash."""
        comment = self.behind.get(path, "")
        flow = self.flow(value, path, len(start) + 1) if _is_collection(value) else None
        if flow is not None:
            yield _Line(f"{start} {flow}", comment or next(iter(self.inside(value, path)), ""))
        elif _is_collection(value):
            yield _Line(start, comment)
            for step, child in _children(value):
                yield from self.entry((*path, step), child, indent + 2)
        else:
            first, *more = block_text(value, indent + 2) or [scalar(value)]
            yield _Line(f"{start} {first}", comment)
            yield from map(_Line, more)

    def flow(self, value: Collection, path: KeyPath, column: int) -> str | None:
        """A collection on one line, or None where it has to take several."""
        children = list(_children(value))
        inside = self.inside(value, path)
        if len(children) > _MAX_FLOW or len(inside) > 1 or (path in self.behind and inside - {""}):
            return None
        if any(_is_collection(c) or block_text(c, 0) or (*path, step) in self.above for step, c in children):
            return None
        text = one_line(value)
        # On no line of its own an empty one would be null.
        return text if not children or column + len(text) < WIDTH else None

    def inside(self, value: Collection, path: KeyPath) -> set[str]:
        """The comments behind the entries of a collection, "" for an entry without one."""
        return {self.behind.get((*path, step), "") for step, _ in _children(value)}


def _is_collection(value: object) -> bool:
    return isinstance(value, Mapping | list | tuple)


def _children(value: Collection) -> Iterable[tuple[Step, Any]]:
    if isinstance(value, Mapping):
        return [(str(key), child) for key, child in value.items()]
    return enumerate(value)


def _settled(comments: Comments, tree: Mapping[str, Any]) -> dict[KeyPath, str]:
    """Comments by paths that are in the tree."""
    settled: dict[KeyPath, str] = {}
    for path, text in comments.items():
        text = "\n".join(map(visible, text.splitlines()))
        if text:
            place = _existing(path, tree)
            settled[place] = f"{settled[place]}\n{text}" if place in settled else text
    return settled


def _existing(path: KeyPath, tree: Any) -> KeyPath:
    """The longest beginning of a path that is in the tree."""
    for length, step in enumerate(path):
        if isinstance(tree, Mapping):
            there = step in tree
        else:
            there = isinstance(tree, list | tuple) and isinstance(step, int) and step < len(tree)
        if not there:
            return path[:length]
        tree = tree[step]
    return path


def _comment(text: str, width: int = WIDTH) -> list[str]:
    """Lines of a comment; an empty one stays a `#`, so that the paragraphs stay together."""
    lines: list[str] = []
    for line in map(visible, text.splitlines()):
        if line.startswith("#"):
            lines.append(line)
        else:
            wrapped = textwrap.wrap(
                line,
                max(width - 2, 40),
                subsequent_indent="  " if line.startswith("- ") else "",
                break_long_words=False,
                break_on_hyphens=False,
            )
            lines += [f"# {part}" for part in wrapped] or ["#"]
    return lines


def _with_comments(lines: Sequence[_Line], aligned: bool) -> Iterator[str]:
    lengths = [len(line.text) for line in lines if line.comment]
    column = max((length for length in lengths if length <= _MAX_ALIGNED), default=0) if aligned else 0
    for line in lines:
        comment = "; ".join(line.comment.splitlines())
        yield f"{line.text:<{column}} # {comment}" if comment else line.text
