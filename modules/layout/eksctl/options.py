"""What the person who imports decides."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of an import.

    `region` takes the place of a manifest's region that is missing or a placeholder. `autoscaler` gives node groups with
    `withAddonPolicies.autoScaler` the cluster autoscaler, where eksctl only gives them the right to have one.
    """

    region: str | None = None
    autoscaler: bool = False
