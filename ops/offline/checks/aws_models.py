"""Enums, patterns, lengths and ranges of AWS arguments, as AWS's own service models have them.

`refresh` writes `arguments.json`; what the models leave out stands in `limits`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path as File
from typing import Any

from .constraint import Constraint
from .limits import LIMITS
from .problem import Problem
from .walk import Given

ARGUMENTS = File(__file__).with_name("arguments.json")

Record = dict[str, Any]
"""A constraint as JSON has it."""


def problems(type_name: str, argument: Given) -> Iterator[Problem]:
    """What the model of a type, or the table of limits, says about one argument."""
    key = f"{type_name} {argument.argument}"
    found = LIMITS.get(key) or _constraints().get(key)
    if found:
        yield from found.problems(argument.value, argument.path)


@cache
def _constraints() -> dict[str, Constraint]:
    records: dict[str, Record] = json.loads(ARGUMENTS.read_text(encoding="utf-8"))
    return {key: constraint(record) for key, record in records.items()}


def constraint(record: Record, whose: str = "") -> Constraint:
    """The constraint that a record of the file describes."""
    whose = record.get("whose", whose)
    return Constraint(
        whose=whose,
        kind=record["kind"],
        enum=tuple(record.get("enum", ())),
        pattern=record.get("pattern"),
        least=record.get("min"),
        most=record.get("max"),
        keys=constraint(record["keys"], whose) if "keys" in record else None,
        items=constraint(record["items"], whose) if "items" in record else None,
    )
