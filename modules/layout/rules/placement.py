"""Rules about where nodes are: zones and subnets of node groups, and the room for pods that belong to nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..faults import KeyPath, Level
from ..models import NodeGroup
from ..subnets import LETTERS
from ..values import is_known
from .base import Context, Finding, shown


def _because(path: KeyPath) -> tuple[KeyPath, ...]:
    return (
        *((*path, key) for key in ("capacity", "availability_zone", "subnet_ids", "efa")),
        ("network", "vpc_id"),
    )


def _asked(context: Context) -> list[tuple[KeyPath, str | None]]:
    """The zones that node groups and file systems name, with their paths."""
    groups = [(path, group.availability_zone) for path, group in context.groups()]
    stores = context.layout.storage.file_systems
    systems: list[tuple[KeyPath, str | None]] = [
        (("storage", "file_systems", name), one.availability_zone) for name, one in stores.items()
    ]
    return [((*path, "availability_zone"), zone) for path, zone in (*groups, *systems)]


class ReservedWithoutZone:
    """A reservation lies in one zone; nodes in any other zone fail to launch, with an error that names no zone.

    EC2 says "instance types do not exist" or "insufficient capacity" (terraform-aws-eks-blueprints, the patterns
    ml-capacity-block and targeted-odcr).
    """

    id = "reserved-without-zone"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Reserved capacity names its zone; in an existing VPC, the subnet in it."""
        new = context.layout.network.is_new
        for path, group in context.groups():
            if not group.capacity.is_reserved or (group.availability_zone if new else group.subnet_ids):
                continue
            if new:
                problem = f"nodes of type {group.capacity.type} have to be in the reservation's zone, and none is named"
                remedy = "Write availability_zone: us-west-2a (the reservation's), or var.availability_zone."
                yield Finding((*path, "availability_zone"), problem, remedy, _because(path))
            else:
                problem = (
                    f"nodes of type {group.capacity.type} have to be in one subnet, in the reservation's zone"
                )
                remedy = "Write subnet_ids: [subnet-...] with the one in the reservation's zone."
                yield Finding((*path, "subnet_ids"), problem, remedy, _because(path))


class ReservedZoneUnchecked:
    """With the zone, the plan checks that the subnet lies in it; without, a wrong subnet shows when no node starts."""

    id = "reserved-zone-unchecked"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """Reserved capacity in an existing VPC names its zone beside its subnet."""
        for path, group in context.groups():
            existing = not context.layout.network.is_new and group.subnet_ids
            if group.capacity.is_reserved and existing and not group.availability_zone:
                problem = "the plan cannot check that the subnet lies in the reservation's zone"
                remedy = "Write availability_zone: the reservation's, or var.availability_zone."
                yield Finding((*path, "availability_zone"), problem, remedy, _because(path))


class SeveralSubnets:
    """EFA does not cross subnets, and a reservation does not cross zones: such nodes share one subnet.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa.html#efa-limits
    """

    id = "several-subnets"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """EFA groups and reserved groups have at most one subnet."""
        for path, group in context.groups():
            if len(group.subnet_ids or ()) < 2 or context.layout.network.is_new:
                continue
            if group.efa or group.capacity.is_reserved:
                who = "EFA" if group.efa else group.capacity.type
                why = "EFA traffic does not cross subnets" if group.efa else "a reservation lies in one zone"
                problem = f"{len(group.subnet_ids or ())} subnets for nodes with {who}: {why}"
                yield Finding((*path, "subnet_ids"), problem, "Keep one of them.", _because(path))


class EfaWithoutSubnet:
    """In an existing VPC a group without subnets of its own spreads over all private ones; EFA needs one.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa.html#efa-limits
    """

    id = "efa-without-subnet"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """EFA groups of more than one node name their subnet."""
        for path, group in context.groups():
            if context.layout.network.is_new or group.subnet_ids or group.capacity.is_reserved:
                continue
            if group.efa and group.size.max > 1:
                problem = "nodes with EFA have to share one subnet, and would spread over all private ones"
                remedy = (
                    "Write subnet_ids: [subnet-...] with one of network.private_subnet_ids, or efa: false."
                )
                because = (*_because(path), (*path, "size"), (*path, "instance_type"))
                yield Finding((*path, "subnet_ids"), problem, remedy, because)


class SubnetsInNewVpc:
    """The subnets of a new VPC have no ids yet: a group chooses among them by zone."""

    id = "subnets-in-new-vpc"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`subnet_ids` needs `network.vpc_id`."""
        for path, group in context.groups():
            if context.layout.network.is_new and group.subnet_ids:
                problem = "the layout makes a new VPC, so that no subnet exists yet"
                remedy = (
                    "Write availability_zone in its place, or network.vpc_id with the VPC of the subnets."
                )
                yield Finding((*path, "subnet_ids"), problem, remedy, (("network", "vpc_id"),))


class ZoneWithoutSubnet:
    """In an existing VPC nodes are placed by subnet. The zone alone says nothing: it only checks the subnet."""

    id = "zone-without-subnet"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`availability_zone` goes with `subnet_ids` in an existing VPC."""
        for path, group in context.groups():
            if context.layout.network.is_new or not group.availability_zone or group.subnet_ids:
                continue
            if group.capacity.is_reserved or (group.efa and group.size.max > 1):
                continue  # said by the rules about reservations and EFA
            problem = "in an existing VPC the zone does not choose a subnet"
            remedy = f"Write subnet_ids with the subnets in {group.availability_zone}."
            if not is_known(group.availability_zone):
                remedy = "Write subnet_ids with the subnets in that zone."
            yield Finding((*path, "subnet_ids"), problem, remedy, _because(path))


class ZoneOutsideRegion:
    """A zone belongs to one region; a zone of another one was copied from there, or the region is wrong."""

    id = "zone-outside-region"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Zones of the network, of node groups and of file systems begin with the layout's region."""
        region = context.layout.region
        zones: list[tuple[KeyPath, str | None]] = [
            (("network", "availability_zones", index), zone)
            for index, zone in enumerate(context.layout.network.availability_zones or ())
        ]
        zones += _asked(context)
        for path, zone in zones:
            if not zone or not is_known(zone) or zone.startswith(f"{region}-"):
                continue  # a local zone has a rule of its own
            if zone[:-1] != region or zone[-1] not in LETTERS:
                problem = f"{zone} is no zone of {region}"
                yield Finding(
                    path, problem, f"Write a zone like {region}a, or change region.", (("region",),)
                )


class ZoneNotInNetwork:
    """The zone of a group or a file system has to be one of the new VPC's: there is no subnet anywhere else."""

    id = "zone-not-in-network"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Where the network names its zones, groups and file systems choose among them."""
        zones = context.layout.network.availability_zones or ()
        if not context.layout.network.is_new or not zones or not all(is_known(zone) for zone in zones):
            return
        for path, zone in _asked(context):
            if zone and is_known(zone) and zone not in zones:
                problem = f"{zone} is not among the network's zones: {', '.join(zones)}"
                remedy = f"Add {zone} to network.availability_zones, or write one of them."
                because: tuple[KeyPath, ...] = (
                    ("network", "availability_zones"),
                    ("network", "vpc_id"),
                    ("region",),
                )
                yield Finding(path, problem, remedy, because)


class NoNodeGroup:
    """Without a node nothing runs: the CoreDNS add-on never becomes active, and the apply fails after 20 minutes."""

    id = "no-node-group"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """There is at least one node group."""
        if not context.layout.node_groups:
            problem = "there is no node group"
            remedy = "Add one for the system: `sys: {instance_type: c5.2xlarge, size: {desired: 1}}`."
            yield Finding(("node_groups",), problem, remedy)


class NoUntaintedGroup:
    """CoreDNS, the operators and the autoscaler tolerate no accelerator's taint: they need nodes without one.

    The CoreDNS add-on then stays degraded, and Terraform waits 20 minutes for it before it fails.
    """

    id = "no-untainted-group"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """At least one group has no NoSchedule or NoExecute taint."""
        groups = context.layout.node_groups
        if groups and all(_is_tainted(group) for group in groups.values()):
            problem = "every node group is tainted: CoreDNS and the operators have nowhere to run"
            remedy = "Add a group without taints: `sys: {instance_type: c5.2xlarge, size: {desired: 1}}`."
            yield Finding(("node_groups",), problem, remedy)


class UntaintedGroupsEmpty:
    """Add-ons and operators are installed right after the nodes, and wait for a node that takes them.

    The autoscaler cannot help: it needs such a node itself.
    """

    id = "untainted-groups-empty"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """At least one group without taints starts with a node."""
        plain = {name: group for name, group in context.layout.node_groups.items() if not _is_tainted(group)}
        if plain and not any(group.size.desired or group.size.min for group in plain.values()):
            name = next(iter(plain))
            problem = (
                f"no group without taints ({', '.join(plain)}) has a node: CoreDNS would have nowhere to run"
            )
            remedy = "Write size.desired: 1 or more."
            path = ("node_groups", name, "size", "desired")
            yield Finding(path, problem, remedy, tuple(("node_groups", name) for name in plain))


def _is_tainted(group: NodeGroup) -> bool:
    return any(taint.effect in ("NoSchedule", "NoExecute") for taint in group.taints)


class DuplicateSubnet:
    """A subnet that stands twice was meant to be another one."""

    id = "duplicate-subnet"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Within each list, and between the private and the public ones."""
        network = context.layout.network
        lists: list[tuple[KeyPath, tuple[str, ...]]] = [
            (("network", key), ids)
            for key in ("private_subnet_ids", "public_subnet_ids")
            if (ids := getattr(network, key)) and is_known(ids)
        ]
        lists += [
            ((*path, "subnet_ids"), group.subnet_ids) for path, group in context.groups() if group.subnet_ids
        ]
        for path, ids in lists:
            for subnet, count in Counter(ids).items():
                if count > 1:
                    problem = f"{shown(subnet)} stands there {count} times"
                    yield Finding((*path, ids.index(subnet)), problem, "Write each subnet once.")
        if len(lists) > 1 and lists[1][0] == ("network", "public_subnet_ids"):
            for subnet in sorted(set(lists[0][1]) & set(lists[1][1])):
                problem = f"{shown(subnet)} is among the private subnets too"
                where = ("network", "public_subnet_ids", lists[1][1].index(subnet))
                yield Finding(
                    where, problem, "A subnet is private or public: remove it from one of the lists."
                )
