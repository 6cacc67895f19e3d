"""What the checks of a cluster have in common."""

from __future__ import annotations

from ..subject import Subject


class OfNodes:
    """A check of whatever nodes there are."""

    def applies(self, subject: Subject) -> bool:
        """Every layout with node groups has nodes."""
        return bool(subject.layout.node_groups)
