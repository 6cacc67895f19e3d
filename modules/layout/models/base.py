"""What every model of the layout shares."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict


class Section(BaseModel):
    """A part of a layout: immutable, and with no key that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def about(*, unit: str | None = None, source: str | None = None) -> JsonDict:
    """More about a field, for the reference and the editor's schema: `Field(..., json_schema_extra=about(...))`.

    Args:
        unit: what a number counts: GiB, MiB/s, nodes, minutes.
        source: the page that the field's meaning or bounds come from.
    """
    given = {"unit": unit, "source": source}
    return {f"x-{name}": value for name, value in given.items() if value is not None}
