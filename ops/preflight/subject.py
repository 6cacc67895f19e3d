"""What is looked at: a layout with the values of its variables, and the account that it is meant for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from modules.catalog.regions import ZONE_IDS_WITHOUT_EKS
from modules.layout import Layout
from modules.layout.models import NodeGroup

from ..aws.account import Account, Answer
from ..states import Deployed

# A configuration of Terraform as synthesis writes it: `resource` and `data` by type and name.
Document = Mapping[str, Any]

NO_SUBNET = ("InvalidSubnetID.NotFound", "InvalidSubnetID.Malformed")


@dataclass(frozen=True)
class Subject:
    """A layout and its account.

    Args:
        layout: without variables: their values stand in their places.
        account: in the layout's region.
        stacks: the Terraform JSON of each stack, by its name.
        states: what each stack has deployed, by its name; a stack whose state cannot be read is missing.
        now: the time that schedules and dates are compared with, in UTC.
    """

    layout: Layout
    account: Account
    stacks: Mapping[str, Document] = field(default_factory=dict)
    states: Mapping[str, Sequence[Deployed]] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(tz=timezone.utc))

    def groups(self) -> list[tuple[str, NodeGroup]]:
        """Node groups by the path of the layout: `node_groups.p5`."""
        return [(f"node_groups.{name}", group) for name, group in self.layout.node_groups.items()]

    def resources(self, type: str) -> list[tuple[str, Mapping[str, Any]]]:
        """The stack and the arguments of each resource of a type that the layout makes, `aws_iam_role`."""
        return [
            (stack, arguments)
            for stack, document in self.stacks.items()
            for arguments in document.get("resource", {}).get(type, {}).values()
        ]

    def deployed(self, type: str) -> list[Deployed]:
        """The resources of a type that the layout's states have: they are its own, and no surprise."""
        return [one for state in self.states.values() for one in state if one.type == type]

    @property
    def is_deployed(self) -> bool:
        """Whether the states have the cluster."""
        return bool(self.deployed("aws_eks_cluster"))

    def subnet(self, id: str) -> Answer | None:
        """An existing subnet as EC2 describes it, or None where it has none of that id."""
        found = self.account.pages("ec2", "describe_subnets", "Subnets", NO_SUBNET, SubnetIds=[id])
        return found[0] if found else None

    def subnets_of(self, group: NodeGroup) -> list[str]:
        """Ids of the existing subnets of a node group's nodes; none in a new VPC."""
        return list(group.subnet_ids or self.layout.network.private_subnet_ids or ())

    def zones_of(self, group: NodeGroup) -> list[str]:
        """The zones that nodes of a group may come up in, sorted; subnets that do not exist count for nothing.

        modules/network.py, `Network.place`, says the same to Terraform.
        """
        network = self.layout.network
        if not network.is_new:
            subnets = (self.subnet(id) for id in self.subnets_of(group))
            return sorted({str(one["AvailabilityZone"]) for one in subnets if one is not None})
        if group.availability_zone is not None:
            return [group.availability_zone]
        own = self.network_zones()
        return own[:1] if group.efa else own

    def network_zones(self) -> list[str]:
        """The zones of the control plane in a new VPC, in the order in which they are taken."""
        network = self.layout.network
        if network.availability_zones:
            return list(network.availability_zones)
        offered = self.region_zones()
        usable = sorted(
            str(one["ZoneName"]) for one in offered if one.get("ZoneId") not in ZONE_IDS_WITHOUT_EKS
        )
        return usable[: network.zones_wanted]

    def region_zones(self) -> list[Answer]:
        """The zones of the region that need no opt-in, as EC2 describes them."""
        return self.account.pages(
            "ec2",
            "describe_availability_zones",
            "AvailabilityZones",
            Filters=[{"Name": "opt-in-status", "Values": ["opt-in-not-required"]}],
        )
