"""What became of each field of a manifest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ..faults import KeyPath, Origin, dotted

Fate = Literal["kept", "changed", "dropped"]


@dataclass(frozen=True, slots=True)
class Row:
    """One field of a manifest, and what became of it.

    `matters` tells a dropped field whose absence changes how the cluster behaves. `line` is that of the manifest.
    """

    line: int
    path: str
    fate: Fate
    note: str = ""
    matters: bool = False


@dataclass(slots=True)
class Report:
    """Collects rows, and which fields somebody has looked at.

    `used` are fields that were read, with all that stands in them; `settled` those of which a row says all there is.
    """

    used: set[KeyPath] = field(default_factory=set)
    settled: set[KeyPath] = field(default_factory=set)
    _rows: dict[Row, None] = field(default_factory=dict)
    _around: set[KeyPath] = field(default_factory=set)

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, in the order in which they were found."""
        return tuple(self._rows)

    def add(self, origin: Origin, path: KeyPath, fate: Fate, note: str, matters: bool = False) -> None:
        """Says of a field what became of it; once is enough."""
        self._rows[Row(origin.line, dotted(path), fate, note, matters)] = None
        self._around |= {path[:i] for i in range(len(path) + 1)}

    def speaks_of(self, path: KeyPath) -> bool:
        """Whether something is said about a field, about what stands in it, or about all of what it stands in."""
        return path in self._around or any(path[:i] in self.settled for i in range(len(path) + 1))

    def has_read(self, path: KeyPath) -> bool:
        """Whether somebody has looked at a field."""
        return any(path[:i] in self.used for i in range(len(path) + 1))

    def in_order(self) -> tuple[Row, ...]:
        """The rows as they stand in the manifest."""
        return tuple(sorted(self._rows, key=lambda row: (row.line, row.path, row.note)))
