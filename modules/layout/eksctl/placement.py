"""EFA, zone, subnets, placement group and security groups of a node group."""

from __future__ import annotations

from ... import catalog
from ..values import AvailabilityZone, PlacementGroupName, SecurityGroupId
from .draft import fits
from .group import Group
from .network import Subnets


def efa(group: Group, found: catalog.InstanceType) -> bool:
    """Whether the group has EFA; said in the layout where the catalogue would say otherwise."""
    wanted = bool(group.given.value("efaEnabled", False))
    default = found.accelerator is not None and found.supports_efa
    if wanted and not found.supports_efa:
        group.given.dropped("efaEnabled", f"{found.name} has no EFA", harmless=True)
        return False
    if default and not wanted:
        group.put(
            "efa",
            False,
            "Off, as in the manifest: without this line the nodes get the type's EFA interfaces.",
        )
        return False
    if wanted and not default:
        group.put("efa", True)
    return wanted


def place(group: Group, subnets: Subnets, has_efa: bool) -> None:
    """Writes where the nodes are; those of one job, with EFA or reserved, are in one zone."""
    given = group.given
    reserved = group.draft.get((*group.path, "capacity", "type")) in ("odcr", "capacity_block")
    if not given.value("privateNetworking"):
        note = "the nodes are in private subnets here, always"
        given.changed("privateNetworking" if "privateNetworking" in given else "", note)
    if subnets.is_new:
        _in_new_vpc(group, subnets, reserved, has_efa or reserved)
    else:
        _in_existing_vpc(group, subnets, reserved, has_efa or reserved)
    placement = given.part("placement")
    if "groupName" in placement:
        group.put("placement_group", {"name": group.known(placement, "groupName", PlacementGroupName)})
    _security_groups(group, subnets)


def _zones(group: Group) -> list[str]:
    """The zones that a group names; it has a variable in place of each that only stands for one."""
    given = group.given
    return [
        group.draft.known(given, "availabilityZones", zone, AvailabilityZone, "availability_zone", group.name)
        for zone in given.texts("availabilityZones")
    ]


def _in_new_vpc(group: Group, subnets: Subnets, reserved: bool, one: bool) -> None:
    given = group.given
    zones = _zones(group)
    named = given.texts("subnets")
    of_named = {subnet.name: subnet.zone for subnet in (*subnets.public, *subnets.private)}
    in_zones = [of_named.get(text) or text for text in named]
    if named and all(fits(zone, AvailabilityZone) for zone in in_zones):
        zones = zones or list(dict.fromkeys(in_zones))
        given.changed("subnets", f"the zone {', '.join(zones)}: the subnets of a new VPC are made here")
    elif named:
        given.dropped("subnets", "the subnets of a new VPC are made here: name an availability zone")
    key = "subnets" if named else "availabilityZones"
    if len(zones) > 1 and one:
        given.changed(key, f"{zones[0]} only: the nodes of one job belong into one zone")
    elif len(zones) > 1 and set(zones) != set(group.draft.get(("network", "availability_zones")) or ()):
        given.dropped(key, "all zones of the cluster: a group has one zone here, or all of them")
    if zones and (one or len(zones) == 1):
        group.put("availability_zone", zones[0])
    elif not zones and reserved:
        zone = group.draft.variable(AvailabilityZone, "", group.name)
        comment = f"The manifest names no zone for {group.name}: {zone} is that of the reservation."
        group.put("availability_zone", zone, comment)


def _in_existing_vpc(group: Group, subnets: Subnets, reserved: bool, one: bool) -> None:
    zones = _zones(group)
    chosen = subnets.of_group(group.given, group.name, zones, one)
    if chosen is not None:
        group.put("subnet_ids", list(chosen.ids), chosen.comment)
    if reserved:
        # The plan checks that the subnet is in it.
        zone = (chosen.zone if chosen else "") or next(iter(zones), "")
        group.put("availability_zone", zone or group.draft.variable(AvailabilityZone, "", group.name))


def _security_groups(group: Group, subnets: Subnets) -> None:
    given = group.given.part("securityGroups")
    ids = [
        group.draft.known(given, "attachIDs", id, SecurityGroupId, "security_group_id", group.name)
        for id in given.texts("attachIDs")
    ]
    shared = given.value("withShared", True)
    given.value("withLocal")
    # eksctl gives the shared group to self-managed nodes alone.
    if group.self_managed and shared:
        ids += subnets.shared_security_groups
    group.put("security_group_ids", list(dict.fromkeys(ids)))
