"""Whether the cluster answers at all: the first question, without which there is no other."""

from __future__ import annotations

from collections.abc import Iterator

from ..checking.check import Finding, Level
from .subject import Subject


class Reached:
    """The cluster's API has to answer, and to know who asks."""

    id = "api-server"
    level: Level = "error"
    remedy = "Ask from where the API can be reached, with an identity that the cluster knows."

    def applies(self, subject: Subject) -> bool:  # noqa: ARG002  # the checks' protocol
        """Every cluster has an API."""
        return True

    def look(self, subject: Subject) -> Iterator[Finding]:
        """It tells its version."""
        subject.cluster.version()
        yield from ()
