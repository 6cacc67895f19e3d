"""The VPC as a box: zones side by side, and below them the node groups that are in several."""

from __future__ import annotations

from collections.abc import Sequence

from .boxes import Box, Text, column, grid, row, space
from .node_boxes import group_box
from .scene import FileSystem, Network, NodeGroup, Scene, StackScene, Subnet, Thing, Zone

# How wide a node group should be at least, in px, and about how wide the inside of a VPC is.
_GROUP = 215
_ROOM = 1080


def network_box(stack: StackScene, net: Network, scene: Scene) -> Box:
    """The VPC with zones, subnets, node groups and file systems."""
    of_cluster = [zone for zone in net.zones if zone.of_cluster]
    others = [zone for zone in net.zones if not zone.of_cluster]
    ids = {zone.id for zone in of_cluster}
    spanning = [group for group in stack.groups if len(group.zones) != 1]
    band = [group for group in spanning if group.zones and {*group.zones} <= ids]
    rest = [group for group in spanning if group not in band]
    weights = {zone.id: _weight(zone, stack) for zone in net.zones}
    whole = sum(weights.values()) or 1
    columns = {
        zone.id: _zone(zone, net, stack, scene, _ROOM * weights[zone.id] / whole, weights[zone.id])
        for zone in net.zones
    }
    children: list[Box] = []
    edge = [_small("gateway", one, scene) for one in net.gateways]
    edge += [_public(one, scene) for one in net.loose]
    if edge:
        children.append(grid(edge, 4, least=4))
    own = row(*(columns[zone.id] for zone in of_cluster))
    left = sum(weights[zone.id] for zone in of_cluster)
    if band and of_cluster:
        block = column(own, _band(band, of_cluster, net, scene, _ROOM * left / whole), weight=left)
        own.fill = True
    else:
        block = own
        block.weight = left
    beside = [columns[zone.id] for zone in others]
    children.append(row(*([block] if of_cluster else []), *beside))
    if rest:
        children.append(_band(rest, net.zones, net, scene, _ROOM))
    elsewhere = [file_system_box(one, scene) for one in stack.file_systems if len(one.zones) != 1]
    if elsewhere:
        children.append(grid(elsewhere, 3, least=3))
    title = f"Existing VPC {net.name}" if net.existing else f"VPC {net.name}, {net.cidr}"
    return Box(
        "vpc",
        net.name,
        [Text(title, "name"), *map(Text, net.details)],
        own=(net.key,),
        addresses=scene.owned[net.key],
        children=children,
    )


def _weight(zone: Zone, stack: StackScene) -> float:
    """A zone with nodes of its own needs more room than one without."""
    groups = [group for group in stack.groups if group.zones == (zone.id,)]
    systems = [one for one in stack.file_systems if one.zones == (zone.id,)]
    return 3.0 if len(groups) > 2 else 2.0 if groups else 1.3 if systems else 1.0


def _zone(zone: Zone, net: Network, stack: StackScene, scene: Scene, room: float, weight: float) -> Box:
    children = []
    for subnet in zone.subnets:
        inside: list[Box] = []
        if subnet.public:
            if zone.id in net.nats:
                inside.append(_small("nat", net.nats[zone.id], scene, zone.id))
            elif net.nats:
                inside.append(space(_small("nat", next(iter(net.nats.values())), scene)))
        else:
            there = [one for one in stack.groups if one.zones == (zone.id,)]
            across = max(1, min(len(there), int(room // _GROUP)))
            groups = [group_box(one, scene, room / across) for one in there]
            systems = [file_system_box(one, scene) for one in stack.file_systems if one.zones == (zone.id,)]
            if groups:
                inside.append(grid(groups, across))
            if systems:
                inside.append(grid(systems, int(room // _GROUP)))
        children.append(_subnet(subnet, zone, net, inside, scene))
    if net.existing:
        # The subnet is all that is known of the place.
        return column(*children, weight=weight)
    texts = [Text(_titled(zone.name), "name")]
    if zone.note:
        texts.append(Text(zone.note, "note"))
    return Box("zone", zone.name, texts, children=children, weight=weight)


def _titled(name: str) -> str:
    return name if name.startswith("Zone ") else f"Zone {name}"


def _subnet(subnet: Subnet, zone: Zone, net: Network, inside: Sequence[Box], scene: Scene) -> Box:
    kind = "public" if subnet.public else "private"
    if net.existing:
        several = (subnet.instance or "").endswith("[*]")
        name = zone.name
        title = f"Existing {kind} subnet{'s' if several else ''} {name}"
        words = [Text(title, "name"), *(Text(told, "note") for told in (subnet.zone, zone.note) if told)]
    else:
        name = subnet.zone
        words = [Text(f"{kind.capitalize()} subnet", "name"), Text(subnet.cidr, "note")]
    return Box(
        f"subnet {kind}",
        f"{kind} subnet {name}".strip(),
        words,
        own=subnet.keys,
        instance=subnet.instance,
        addresses=tuple(key for own in subnet.keys for key in scene.owned[own]),
        children=[*inside],
        fill=not subnet.public,
    )


def _band(groups: Sequence[NodeGroup], zones: Sequence[Zone], net: Network, scene: Scene, room: float) -> Box:
    """Node groups whose nodes are in any of several zones, in a box as wide as these."""
    names = {zone.id: zone.name for zone in zones}
    everywhere = {zone.id for zone in zones}
    columns = max(1, min(len(groups), int(room // _GROUP)))
    boxes = [
        group_box(group, scene, room / columns, "" if {*group.zones} == everywhere else _where(group, names))
        for group in groups
    ]
    title = "Across these subnets" if net.existing else f"Across {_and([zone.name for zone in zones])}"
    note = (
        "nodes in any of these subnets"
        if net.existing
        else "nodes in the private subnets of any of these zones"
    )
    return Box(
        "band",
        title,
        [Text(title, "name"), Text(note, "note")],
        children=[grid(boxes, columns)],
    )


def _where(group: NodeGroup, names: dict[str, str]) -> str:
    known = [names.get(zone, zone) for zone in group.zones]
    return f"in {_and(known)}" if known else "in subnets that the plan looks up"


def _and(names: Sequence[str]) -> str:
    if not names:
        return "subnets"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def file_system_box(system: FileSystem, scene: Scene) -> Box:
    """An FSx for Lustre file system."""
    return Box(
        "file-system",
        system.name,
        [Text(f"FSx for Lustre {system.name}", "name"), *(Text(one) for one in system.details)],
        own=(system.key,),
        addresses=scene.owned[system.key],
    )


def _public(subnet: Subnet, scene: Scene) -> Box:
    name = (subnet.instance or "").removesuffix("[*]")
    return Box(
        "subnet public",
        f"public subnet {name}",
        [Text("Existing public subnets", "name"), Text(name, "note")],
        own=subnet.keys,
        addresses=tuple(key for own in subnet.keys for key in scene.owned[own]),
    )


def _small(kind: str, thing: Thing, scene: Scene, instance: str | None = None) -> Box:
    return Box(
        kind,
        thing.name,
        [Text(thing.name, "name"), *(Text(one, "note") for one in thing.details)],
        own=(thing.key,),
        instance=instance,
        addresses=scene.owned[thing.key],
    )
