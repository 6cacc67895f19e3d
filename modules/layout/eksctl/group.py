"""A node group on its way from the manifest to the layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..faults import KeyPath
from .draft import Draft
from .manifest import Part
from .options import Options


@dataclass(frozen=True, slots=True)
class Group:
    """A node group on its way: its part of the manifest, its name in the layout, and where it goes."""

    given: Part
    name: str
    draft: Draft
    options: Options
    self_managed: bool = False

    def put(self, key: str, value: Any, comment: str = "") -> None:
        """Writes a value of the group; `key` may be dotted."""
        self.draft.put((*self.path, *key.split(".")), value, comment)

    def known(self, part: Part, key: str, form: Any, hint: str = "") -> str | None:
        """A value of a form or a variable; None where the manifest has none."""
        text = part.text(key)
        return self.draft.known(part, key, text, form, hint, self.name) if text else None

    @property
    def path(self) -> KeyPath:
        """Where the group stands in the layout."""
        return "node_groups", self.name
