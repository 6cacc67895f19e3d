"""The two data files: JSON objects that hold one record a line, sorted, so that a diff names what changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DIRECTORY = Path(__file__).resolve().parent
INSTANCE_TYPES = "instance_types.json"
KUBERNETES_VERSIONS = "kubernetes_versions.json"

Record = dict[str, Any]
"""One record as JSON has it: plain strings, numbers, lists and objects."""


def version_key(version: str) -> tuple[int, ...]:
    """Sorts `1.9` before `1.30`."""
    return tuple(int(part) for part in version.split("."))


def render(records: Mapping[str, Record]) -> str:
    """The text of a data file, records in the order given."""
    lines = (f"{json.dumps(key)}: {json.dumps(record)}" for key, record in records.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def read(filename: str, directory: Path = DIRECTORY) -> dict[str, Record]:
    """Every record of a data file, by its key."""
    records: dict[str, Record] = json.loads((directory / filename).read_text(encoding="utf-8"))
    return records


def read_lines(filename: str, directory: Path = DIRECTORY) -> dict[str, str]:
    """The record of each key as JSON text, not yet parsed.

    A layout names a handful of the types in the file, so parsing all of them would be the largest part of
    checking it. The line is safe to cut: `render` is the only writer, and no key holds a quotation mark.
    """
    found: dict[str, str] = {}
    for line in (directory / filename).read_text(encoding="utf-8").splitlines()[1:-1]:
        key, _, record = line.partition('": ')
        found[key[1:]] = record.removesuffix(",")
    return found


def write(filename: str, records: Mapping[str, Record], directory: Path = DIRECTORY) -> None:
    """Replace a data file as a whole, so that an interrupted run leaves the old one."""
    new = directory / f"{filename}.new"
    new.write_bytes(render(records).encode())
    new.replace(directory / filename)
