"""The fields of eksctl's ClusterConfig, by definition: `fields.yaml`, typed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from ..document import read

ROOT = "ClusterConfig"
_FILE = Path(__file__).with_name("fields.yaml")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a field may hold: a definition's name, `string`, `integer`, `boolean` or `any`.

    `shape` says whether it is one of it, a list or a mapping; `choices` are the values of an enum.
    """

    name: str
    shape: str = "one"
    choices: tuple[str, ...] = ()

    @property
    def fields(self) -> dict[str, Kind] | None:
        """The fields of a definition; None for anything else."""
        return definitions().get(self.name)


@cache
def definitions() -> dict[str, dict[str, Kind]]:
    """Every definition with the kinds of its fields."""
    plain = read(_FILE).tree.plain()
    return {
        name: {field: _kind(text) for field, text in (fields or {}).items()} for name, fields in plain.items()
    }


def _kind(text: str) -> Kind:
    for shape in ("list", "map"):
        if text.startswith(f"{shape} of "):
            return replace(_kind(text.removeprefix(f"{shape} of ")), shape=shape)
    if text.startswith("one of "):
        return Kind("string", choices=tuple(text.removeprefix("one of ").split(" | ")))
    return Kind(text)


def same_but_for_case(word: str, fields: dict[str, Kind]) -> str | None:
    """The field that a key was meant as where only case, hyphens or underscores differ, as in `capacityReservationId`."""
    return next((field for field in fields if _bare(field) == _bare(word)), None)


def _bare(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "")
