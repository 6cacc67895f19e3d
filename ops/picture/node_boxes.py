"""A node group as a box: its words, its first nodes, and the EFA that joins them."""

from __future__ import annotations

from collections.abc import Iterator

from .boxes import Box, Text, row
from .scene import NodeGroup, Scene

# Nodes that are drawn one by one, where there is room; more are a number. A node should be so wide at least, in px.
_NODES, _WIDE = 4, 84


def group_box(group: NodeGroup, scene: Scene, room: float, across: str = "") -> Box:
    """One group in about so many px of room; `across` names the zones that it spans."""
    kind = "group accelerated" if group.devices or group.efa else "group"
    return Box(
        kind,
        group.name,
        [Text(f"Node group {group.name}", "name"), *_words(group, across)],
        own=(group.key,),
        addresses=scene.owned[group.key],
        children=_nodes(group, max(2, min(_NODES, int(room // _WIDE)))),
        gap=14,
    )


def plural(count: int, noun: str) -> str:
    """A number with its noun."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _words(group: NodeGroup, across: str) -> Iterator[Text]:
    first, *others = group.instance_types or ("",)
    types = first + (f" or {', '.join(others)}" if others else "") or "instance type of the launch template"
    yield Text(types if group.reserved else f"{types}, {group.capacity}")
    yield Text(_size(group))
    if group.size_note:
        yield Text(group.size_note)
    if group.devices:
        each = plural(group.devices, f"{group.device_name} {group.device_kind.removeprefix('Neuron ')}")
        total = "" if group.desired is None else f", {group.desired * group.devices:,} in all"
        yield Text(f"{each} per node{total}")
    if group.reserved:
        yield Text(group.capacity)
    if group.placement:
        yield Text(f"placement group {group.placement}")
    if across:
        yield Text(across)
    for detail in group.details:
        yield Text(detail)
    if group.ami:
        yield Text(group.ami, "note")


def _size(group: NodeGroup) -> str:
    count = "nodes" if group.desired is None else plural(group.desired, "node")
    low = "?" if group.minimum is None else str(group.minimum)
    high = "?" if group.maximum is None else str(group.maximum)
    return f"{count} (min {low}, max {high})"


def _nodes(group: NodeGroup, most: int) -> list[Box]:
    count = group.desired or 0
    if not (group.devices or group.efa):
        return []
    efa = _bus(group)
    if not count:
        return efa
    shown = count if count <= most else most - 1
    glyphs = [
        Box("node", f"{group.name} {index + 1}", [Text(f"node {index + 1}", "note"), *_devices(group)])
        for index in range(shown)
    ]
    if shown < count:
        glyphs.append(Box("node more", f"{group.name} more", [Text(f"+ {count - shown:,} nodes", "note")]))
    return [row(*glyphs, gap=8), *efa]


def _devices(group: NodeGroup) -> Iterator[Text]:
    if group.devices:
        yield Text(f"{group.devices}x {group.device_name}", "note")


def _bus(group: NodeGroup) -> list[Box]:
    if not group.efa:
        return []
    total = "" if not group.desired else f", {group.desired * group.efa:,} in all"
    return [Box("bus", f"EFA of {group.name}", [Text(f"EFA {group.efa}x per node{total}", "note")])]
