"""From what there is to boxes: which is in which, in which order, with which words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .boxes import Box, Text, column, grid, row, space
from .network_boxes import file_system_box, network_box
from .node_boxes import group_box, plural
from .scene import Scene, StackScene, Thing, Workload

# About how wide the inside of a stack is, in px.
_ROOM = 1120
# Room for the arrow from a load balancer to its server, in px.
_ARROW = 46
_OF_NO_NAMESPACE = "of the whole cluster"


def scenery(scene: Scene) -> Box:
    """The whole picture as a tree; what belongs to a thing is among its addresses."""
    region = ", ".join(scene.regions)
    title = f"AWS region {region}" if region else "AWS, in the region of the environment"
    stacks = [_stack(stack, scene) for stack in scene.stacks]
    return Box("region", region or "AWS", [Text(title, "title")], children=stacks, gap=14)


def summary(scene: Scene) -> str:
    """What there is to compute with, in one line."""
    groups = scene.groups
    nodes = sum(group.desired or 0 for group in groups)
    parts = [plural(len(groups), "node group"), plural(nodes, "node")]
    for kind in dict.fromkeys(group.device_kind for group in groups if group.devices):
        count = sum((group.desired or 0) * group.devices for group in groups if group.device_kind == kind)
        parts.append(plural(count, kind))
    efa = sum((group.desired or 0) * group.efa for group in groups)
    if efa:
        parts.append(plural(efa, "EFA interface"))
    return ", ".join(parts)


def _stack(stack: StackScene, scene: Scene) -> Box:
    own = [*scene.owned.get(stack.name, ())]
    children: list[Box] = []
    if stack.cluster:
        children.append(_control_plane(stack, scene))
    if stack.network:
        children.append(network_box(stack, stack.network, scene))
    else:
        # Node groups of a cluster that another configuration has made.
        loose = [group_box(one, scene, _ROOM / 4) for one in stack.groups]
        loose += [file_system_box(one, scene) for one in stack.file_systems]
        if loose:
            children.append(grid(loose, 4))
    if stack.stores:
        children.append(grid([_chip("store", one, scene) for one in stack.stores], 4, least=3))
    if stack.others:
        children.append(grid([_chip("queue", one, scene) for one in stack.others], 4, least=3))
    children += _by_namespace(stack, scene)
    return Box(
        "stack", stack.name, [Text(f"Stack {stack.name}", "title")], addresses=tuple(own), children=children
    )


def _control_plane(stack: StackScene, scene: Scene) -> Box:
    cluster = stack.cluster
    assert cluster is not None
    plane = Box(
        "control-plane",
        cluster.name,
        [Text(f"EKS control plane {cluster.name}", "name"), *map(Text, cluster.details)],
        own=(cluster.key,),
        addresses=scene.owned[cluster.key],
        weight=1,
    )
    if not stack.addons:
        return plane
    chips = [_chip("addon", one, scene) for one in stack.addons]
    addons = Box(
        "addons", "add-ons", [Text("EKS add-ons", "name")], children=[grid(chips, 3, gap=6)], weight=1.3
    )
    return row(plane, addons)


def _by_namespace(stack: StackScene, scene: Scene) -> list[Box]:
    """Releases, objects and workloads in boxes of their namespaces, in the order of their names."""
    things: dict[str, list[Box]] = {}
    made = {one.name: one for one in stack.namespaces}
    for one in stack.workloads:
        things.setdefault(one.namespace, []).append(_workload(one, scene))
    for thing in stack.releases:
        things.setdefault(thing.namespace, []).append(_chip("release", thing, scene))
    for thing in stack.objects:
        things.setdefault(thing.namespace or _OF_NO_NAMESPACE, []).append(_chip("object", thing, scene))
    for name in made:
        things.setdefault(name, [])
    order = sorted(things, key=lambda name: (name == _OF_NO_NAMESPACE, name))
    boxes = [_namespace(name, things[name], made.get(name), scene) for name in order]
    return [_packed(boxes)] if boxes else []


def _namespace(name: str, children: Sequence[Box], made: Thing | None, scene: Scene) -> Box:
    pairs = [child for child in children if not child.kind]
    others = [child for child in children if child.kind]
    across = 4 if pairs else max(1, min(len(others), 4))
    inside = [grid(pairs, 2)] if pairs else []
    if others:
        inside.append(grid(others, across, least=3 if pairs else 1))
    title = name if name == _OF_NO_NAMESPACE else f"Namespace {name}"
    return Box(
        "namespace",
        name,
        [Text(title[:1].upper() + title[1:], "name")],
        own=(made.key,) if made else (),
        addresses=scene.owned[made.key] if made else (),
        children=inside,
        weight=float(across),
    )


def _packed(boxes: Sequence[Box]) -> Box:
    """Boxes in rows of about one length, of five parts at most by their weights."""
    whole = sum(box.weight for box in boxes)
    wide = any(box.weight > 2 for box in boxes)
    most = 5 if wide else whole / math.ceil(whole / 5)
    rows: list[list[Box]] = [[]]
    for box in boxes:
        if rows[-1] and sum(one.weight for one in rows[-1]) + box.weight > most:
            rows.append([])
        rows[-1].append(box)
    return column(*(_filled(some) for some in rows))


def _filled(boxes: Sequence[Box]) -> Box:
    """A row of three parts at least, so that a single small box is not as wide as the picture."""
    left = 3 - sum(box.weight for box in boxes)
    rest = space()
    rest.weight = left
    return row(*boxes, *([rest] if left > 0 else []))


def _workload(workload: Workload, scene: Scene) -> Box:
    box = Box(
        "workload",
        workload.name,
        [Text(workload.name, "name"), *map(Text, workload.details)],
        own=(workload.key,),
        addresses=scene.owned[workload.key],
    )
    if workload.balancer is None:
        return box
    balancer = _chip("balancer", workload.balancer, scene)
    return row(balancer, box, gap=_ARROW)


def _chip(kind: str, thing: Thing, scene: Scene) -> Box:
    return Box(
        kind,
        thing.name,
        [Text(thing.name, "name"), *(Text(detail, "note") for detail in thing.details)],
        own=(thing.key,),
        addresses=scene.owned.get(thing.key, (thing.key,)),
    )
