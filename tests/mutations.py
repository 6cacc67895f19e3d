"""Changed inputs, the same ones for the same seed: of a file's text, and of the data that it holds.

`text` and `tree` know nothing of layouts, so that every reader of YAML can be tried with them. What a reader's
language has to say comes in as a vocabulary: without one most changed trees are refused at once, and with one many of
them are good and get further.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

Path: TypeAlias = tuple["str | int", ...]
# What may stand at a path, where "*" is any one step: a key that is added, or another value for one that is there.
Vocabulary: TypeAlias = Mapping[tuple[str, ...], Sequence[Any]]

# Values that a reader has to bear at any place.
STRANGE: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    2**31,
    2**63,
    2**64,
    -(10**30),
    10**39,
    0.1,
    -0.0,
    1e308,
    "",
    " ",
    "~",
    "null",
    "0",
    "007",
    "1e3",
    "no",
    "x" * 300,
    "a b",
    "a.b",
    "a/b",
    "-",
    "*",
    "ïé中文",
    "\U0001f600",
    "\u202eabc",
    "a\u0301",
    "\u00a0",
    "line\nbreak",
    "tab\there",
    'quo"te',
    "back\\slash",
    "${var.x}",
    "${aws_vpc.nowhere.id}",
    "%{ if true }",
    "$${x}",
    "${",
    "{{ x }}",
    "var.x",
    "var.",
    "var.Nope",
    "file:///etc/passwd",
    "10.0.0.0/16",
    "0.0.0.0/0",
    "::/0",
    "us-west-2a",
    "2026-11-22",
    "arn:aws:iam::123456789012:role/x",
    [],
    {},
    [None],
    [[]],
    {"": None},
    {"x": {}},
)
_NAMES = ("", " ", "x y", "nïx", "<<", "*", "true", "1", "null", "x" * 200, "a.b", "__class__", "$ref", "-")


def text(source: str, seed: int) -> str:
    """A text with one to four changes of its lines or characters."""
    chance = random.Random(seed)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        source = chance.choice(_TEXT)(source, chance)
    return source


def tree(value: Any, seed: int, vocabulary: Vocabulary | None = None) -> Any:
    """Data with one to four changes; mappings, lists and scalars, as a YAML file holds them.

    Args:
        value: is not changed itself.
        seed: the same one gives the same result.
        vocabulary: what a mapping may be given more, and what may stand in place of a value.
    """
    chance = random.Random(seed)
    value = copy.deepcopy(value)
    for _ in range(chance.choice((1, 1, 2, 4))):
        if vocabulary and chance.random() < 0.6:
            value = _speak(value, chance, vocabulary)
        else:
            value = _disturb(value, chance)
    return value


def as_yaml(value: Any) -> str:
    """Data as a YAML text with a line for each value: JSON is YAML."""
    return json.dumps(value, indent=1) + "\n"


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    """Every key of every mapping and index of every list: its path, and the mapping or list that it is in."""
    found = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in found:
        yield (*path, key), value, key
        yield from places(inner, (*path, key))


def _speak(value: Any, chance: random.Random, vocabulary: Vocabulary) -> Any:
    """Adds or replaces something by what the vocabulary has for its place."""
    found: list[tuple[dict[str, Any], str, Sequence[Any]]] = []
    mappings: list[tuple[Path, Any]] = [((), value)]
    mappings += [(path, within[key]) for path, within, key in places(value)]
    for path, mapping in mappings:
        if isinstance(mapping, dict):
            for pattern, values in vocabulary.items():
                if _fits(path, pattern[:-1]):
                    names = list(mapping) if pattern[-1] == "*" else [pattern[-1]]
                    found += [(mapping, name, values) for name in names]
    if found:
        mapping, name, values = chance.choice(found)
        mapping[name] = copy.deepcopy(chance.choice(values))
    return value


def _fits(path: Path, pattern: tuple[str, ...]) -> bool:
    return len(path) == len(pattern) and all(
        want in ("*", step) for step, want in zip(path, pattern, strict=True)
    )


def _disturb(value: Any, chance: random.Random) -> Any:
    where = list(places(value))
    if not where:
        return copy.deepcopy(chance.choice(STRANGE))
    _, within, key = chance.choice(where)
    chance.choice(_TREE)(value, within, key, chance)
    return value


def _delete(root: Any, within: Any, key: Any, chance: random.Random) -> None:
    del within[key]


def _rename(root: Any, within: Any, key: Any, chance: random.Random) -> None:
    if isinstance(within, dict):
        word = str(key)
        names = (f"{word}s", word[:-1], word.upper(), word.replace("_", "-"), camel(word), *_NAMES)
        within[chance.choice(names)] = within.pop(key)


def _retype(root: Any, within: Any, key: Any, chance: random.Random) -> None:
    old = within[key]
    wholes = [kind(old) for kind in (str, repr) if isinstance(old, str | int | float)]
    within[key] = chance.choice([[old], {"inner": old}, {str(key): old}, json.dumps(old), *wholes])


def _strange(root: Any, within: Any, key: Any, chance: random.Random) -> None:
    within[key] = copy.deepcopy(chance.choice(STRANGE))


def _null(root: Any, within: Any, key: Any, chance: random.Random) -> None:
    within[key] = None


def _empty(root: Any, within: Any, key: Any, chance: random.Random) -> None:
    old = within[key]
    kind = float if isinstance(old, float) else type(old)  # one that a file's text came with cannot be empty
    within[key] = kind() if old is not None else {}


def _deepen(root: Any, within: Any, key: Any, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 2, 40))):
        within[key] = [within[key]] if chance.random() < 0.5 else {"inner": within[key]}


def _flatten(root: Any, within: Any, key: Any, chance: random.Random) -> None:
    """The innards of a value in its place."""
    inner = within[key]
    if isinstance(inner, dict) and inner:
        within[key] = inner[chance.choice(list(inner))]
    elif isinstance(inner, list) and inner:
        within[key] = chance.choice(inner)


def _double(root: Any, within: Any, key: Any, chance: random.Random) -> None:
    """Once more: an entry of a list, or a key under another name."""
    again = copy.deepcopy(within[key])
    if isinstance(within, list):
        within.insert(chance.randrange(len(within) + 1), again)
    else:
        within[f"{key}{chance.choice(('2', '-copy', '_', ''))}"] = again


def _multiply(root: Any, within: Any, key: Any, chance: random.Random) -> None:
    size = 1 + sum(1 for _ in places(within[key]))
    for number in range(min(chance.choice((3, 30, 120)), 2000 // size)):
        if isinstance(within, list):
            within.append(copy.deepcopy(within[key]))
        else:
            within[f"{key}-{number}"] = copy.deepcopy(within[key])


def _swap(root: Any, within: Any, key: Any, chance: random.Random) -> None:
    """Two values change places; copies, so that none comes to stand in itself."""
    _, other, its = chance.choice(list(places(root)))
    within[key], other[its] = copy.deepcopy(other[its]), copy.deepcopy(within[key])


def _graft(root: Any, within: Any, key: Any, chance: random.Random) -> None:
    """A value from elsewhere as well."""
    _, other, its = chance.choice(list(places(root)))
    if isinstance(within, dict):
        within[str(its)] = copy.deepcopy(other[its])
    else:
        within.append(copy.deepcopy(other[its]))


def _nudge(root: Any, within: Any, key: Any, chance: random.Random) -> None:
    """Near to what it was: such values are good more often than others, and wrong less visibly."""
    old = within[key]
    if isinstance(old, bool):
        within[key] = not old
    elif isinstance(old, int):
        within[key] = chance.choice(
            (old + 1, old - 1, -old, old * 10, old * 1000, old * 10**12, old + 0.5, 0)
        )
    elif isinstance(old, str) and old:
        at = chance.randrange(len(old))
        letter = chance.choice("abcxyz019-_./: \u00e9\u0660")
        within[key] = chance.choice(
            (
                old[:at] + old[at + 1 :],
                old[:at] + letter + old[at:],
                old[:at] + letter + old[at + 1 :],
                old[:at],
                old.upper(),
                old.replace("-", "_"),
                old * 2,
                old * 40,
                f" {old}",
                f"{old}\n",
            )
        )


def _shuffle(root: Any, within: Any, key: Any, chance: random.Random) -> None:
    if isinstance(within, list):
        chance.shuffle(within)
    else:
        order = list(within.items())
        chance.shuffle(order)
        within.clear()
        within.update(order)


_TREE: tuple[Callable[[Any, Any, Any, random.Random], None], ...] = (
    _delete,
    _rename,
    _retype,
    _strange,
    _null,
    _empty,
    _deepen,
    _flatten,
    _double,
    _multiply,
    _swap,
    _graft,
    _nudge,
    _nudge,
    _shuffle,
)


def camel(key: str) -> str:
    """`instance_type` as `instanceType`, and the other way round."""
    if "_" in key:
        head, *rest = key.split("_")
        return head + "".join(part.capitalize() for part in rest)
    return re.sub(r"(?<!^)([A-Z])", r"_\1", key).lower()


_PIECES = (
    "\t", " ", "  ", "\n", "\r\n", "\r", ":", ": ", "- ", "-", "#", "'", '"', "{", "}", "[", "]", ",", "&a ", "*a",
    "&a [*a]", "<<: *a", "!!python/object:os.system ", "!!int ", "!x ", "%YAML 1.1\n---\n", "---\n", "...\n", "|\n",
    ">-\n", "? ", "@", "`", "\x00", "\x07", "\x7f", "\x85", "\u2028", "\ufeff", "\ufffe", "\ud7ff", "é", "\U0001f600",
    "~", "null", "0x1F", "0o17", "1e999", "9" * 50, ".inf", ".nan", "2026-11-22", "12:30:45", "1_000", "x" * 2000,
    "[" * 200, "{a: " * 60, "${var.x}", "extends: eks-g4dn\n", "name: other\n",
)  # fmt: skip


def _cut(source: str, chance: random.Random) -> str:
    start = chance.randrange(len(source) + 1)
    return source[:start] + source[start + chance.choice((1, 1, 2, 5, 20, 10**6)) :]


def _put(source: str, chance: random.Random) -> str:
    start = chance.randrange(len(source) + 1)
    return source[:start] + chance.choice(_PIECES) + source[start + chance.choice((0, 0, 1, 4)) :]


def _on_lines(change: Callable[[list[str], int, random.Random], None]) -> Callable[[str, random.Random], str]:
    def changed(source: str, chance: random.Random) -> str:
        lines = source.splitlines(keepends=True)
        if lines:
            change(lines, chance.randrange(len(lines)), chance)
        return "".join(lines)

    return changed


def _drop_line(lines: list[str], at: int, chance: random.Random) -> None:
    del lines[at : at + chance.choice((1, 1, 2, 5))]


def _repeat_lines(lines: list[str], at: int, chance: random.Random) -> None:
    """A duplicate key, or a whole section twice."""
    there = chance.choice((at + 1, chance.randrange(len(lines) + 1)))
    lines[there:there] = lines[at : at + chance.choice((1, 1, 3, 6))]


def _swap_lines(lines: list[str], at: int, chance: random.Random) -> None:
    other = chance.randrange(len(lines))
    lines[at], lines[other] = lines[other], lines[at]


def _indent(lines: list[str], at: int, chance: random.Random) -> None:
    bare = lines[at].lstrip(" ")
    lines[at] = chance.choice((" ", "\t", "    ", "", "\u00a0")) + chance.choice((bare, lines[at]))


def _revalue(lines: list[str], at: int, chance: random.Random) -> None:
    """Another value behind the colon, as it would be typed."""
    key, colon, _ = lines[at].partition(":")
    value = chance.choice(STRANGE)
    typed = value if isinstance(value, str) else json.dumps(value)
    lines[at] = f"{key}{colon or ':'} {typed}\n"


def _rekey(lines: list[str], at: int, chance: random.Random) -> None:
    found = re.match(r"( *)([\w-]+)(.*)", lines[at], re.DOTALL)
    if found:
        name = chance.choice((camel(found[2]), found[2] + "s", found[2][:-1], *_NAMES))
        lines[at] = f"{found[1]}{name}{found[3]}"


def _anchor(lines: list[str], at: int, chance: random.Random) -> None:
    """A value once more by an alias."""
    lines[at] = lines[at].replace(": ", ": &a ", 1)
    other = chance.randrange(len(lines))
    lines[other] = re.sub(r": .*", ": *a", lines[other], count=1)


def _windows(source: str, chance: random.Random) -> str:
    return source.replace("\n", "\r\n")


def _mark(source: str, chance: random.Random) -> str:
    return "\ufeff" + source


def _twice(source: str, chance: random.Random) -> str:
    return source + chance.choice(("", "---\n", "\n")) + source


_TEXT: tuple[Callable[[str, random.Random], str], ...] = (
    _cut,
    _cut,
    _put,
    _put,
    _put,
    *map(_on_lines, (_drop_line, _repeat_lines, _repeat_lines, _swap_lines, _indent)),
    *map(_on_lines, (_revalue, _revalue, _rekey, _anchor)),
    _windows,
    _mark,
    _twice,
)
