"""Tags in AWS's form, a list of keys and values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def tags_of(described: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    """The tags by key; none where there is nothing."""
    return {str(tag["Key"]): str(tag.get("Value") or "") for tag in described or ()}
