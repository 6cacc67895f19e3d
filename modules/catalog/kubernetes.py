"""Kubernetes versions that Amazon EKS offers or offered, with the dates of their support."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from .datafile import KUBERNETES_VERSIONS, Record, read, version_key

Support = Literal["unreleased", "standard", "extended", "ended"]


@dataclass(frozen=True)
class KubernetesVersion:
    """One minor version of Kubernetes on EKS; the dates begin at 00:00 UTC.

    `released` is EKS's release, not upstream's. Raises ValueError if the dates are out of order.
    """

    version: str
    released: date
    end_of_standard_support: date
    end_of_extended_support: date

    def __post_init__(self) -> None:
        if not self.released < self.end_of_standard_support < self.end_of_extended_support:
            raise ValueError(f"Kubernetes {self.version}: the dates of its support are out of order")

    def support(self, today: date) -> Support:
        """The support that the version has on a day.

        An end date belongs to what follows: extended support is billed from the beginning of that day, and at
        the end of extended support no cluster of that version can be made any more
        (https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html).
        """
        if today < self.released:
            return "unreleased"
        if today < self.end_of_standard_support:
            return "standard"
        if today < self.end_of_extended_support:
            return "extended"
        return "ended"


def kubernetes_version(version: str) -> KubernetesVersion | None:
    """The version of exactly that name (`1.34`), or None if the catalogue does not know it."""
    return next((known for known in kubernetes_versions() if known.version == version), None)


@cache
def kubernetes_versions() -> tuple[KubernetesVersion, ...]:
    """Every version that the catalogue knows, the oldest first."""
    records = read(KUBERNETES_VERSIONS)
    return tuple(from_record(version, records[version]) for version in sorted(records, key=version_key))


def from_record(version: str, record: Record) -> KubernetesVersion:
    """The version that a record of the data file describes; raises ValueError if it is impossible."""
    return KubernetesVersion(
        version=version,
        released=date.fromisoformat(record["released"]),
        end_of_standard_support=date.fromisoformat(record["end_of_standard_support"]),
        end_of_extended_support=date.fromisoformat(record["end_of_extended_support"]),
    )
