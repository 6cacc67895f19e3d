"""Placement groups that exist already."""

from __future__ import annotations

from collections.abc import Iterator

from modules.layout.models import ExistingPlacementGroup

from ...checking.check import Finding, Level
from ..subject import Subject

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
_NO_GROUP = ("InvalidPlacementGroup.Unknown",)


class PlacementGroups:
    """Asks for each placement group that the layout names: it is there, and puts instances near each other."""

    id = "placement-group"
    level: Level = "error"
    remedy = "Write the name of a cluster placement group of this account and region."
    actions: tuple[str, ...] = ("ec2:DescribePlacementGroups",)

    def applies(self, subject: Subject) -> bool:
        """Where one is named."""
        return any(self._named(subject))

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Available, and of strategy cluster.

        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/placement-strategies.html
        """
        region = subject.layout.region
        for path, name in self._named(subject):
            found = subject.account.pages(
                "ec2", "describe_placement_groups", "PlacementGroups", _NO_GROUP, GroupNames=[name]
            )
            where = f"{path}.placement_group"
            if not found or found[0].get("State") != "available":
                state = f"the placement group {name} is {found[0].get('State')}" if found else ""
                remedy = (
                    f"{self.remedy} Those that there are: aws ec2 describe-placement-groups --region {region}"
                )
                yield Finding(where, state or f"there is no placement group {name} in {region}", remedy)
            elif found[0].get("Strategy") != "cluster":
                problem = (
                    f"the placement group {name} is of strategy {found[0].get('Strategy')}, which keeps instances apart, and "
                    "not cluster"
                )
                yield Finding(where, problem, level="warning")

    def _named(self, subject: Subject) -> Iterator[tuple[str, str]]:
        for path, group in subject.groups():
            if isinstance(group.placement_group, ExistingPlacementGroup):
                yield path, group.placement_group.name
