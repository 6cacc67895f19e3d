"""Node groups and file systems: what stands in their arguments and in those of the launch template."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from modules.catalog.instance_types import find

from .expressions import Locals, plain, references
from .network_facts import zones_of
from .scene import FileSystem, Item, Network, NodeGroup

_LATER = re.compile(r"\$\{timecmp\((.+), plantimestamp\(\)\) > 0 \? (\d+) : (\d+)\}")
_EFA = ("efa", "efa-only")
_DEVICES = {"nvidia": "GPU", "neuron": "Neuron device", "amd": "GPU"}


def node_group(item: Item, items: Sequence[Item], net: Network | None, known: Locals) -> NodeGroup:
    """One managed node group."""
    body = item.body
    template = _template(item, items, known)
    types = tuple(plain(one) for one in body.get("instance_types") or [template.get("instance_type", "")])
    kind = find(types[0])
    accelerator = kind.accelerator if kind else None
    sizes = body.get("scaling_config") or {}
    desired, note = _desired(item, sizes)
    return NodeGroup(
        item.key,
        plain(body.get("node_group_name", item.name)),
        tuple(one for one in types if one),
        plain(body.get("ami_type", "")),
        _number(sizes.get("min_size")),
        desired,
        _number(sizes.get("max_size")),
        note,
        accelerator.count if accelerator else 0,
        _DEVICES[accelerator.kind] if accelerator else "",
        accelerator.name if accelerator else "",
        sum(one.get("interface_type") in _EFA for one in template.get("network_interfaces") or ()),
        *_capacity(body, template),
        _placement(template, items, known),
        zones_of(body.get("subnet_ids"), net, known),
        _details(item),
    )


def file_system(item: Item, items: Sequence[Item], net: Network | None, known: Locals) -> FileSystem:
    """One FSx for Lustre file system."""
    body = item.body
    capacity = plain(body.get("storage_capacity", "?"))
    details = [f"{capacity} GiB, {plain(body.get('deployment_type', 'SCRATCH_1'))}"]
    if "per_unit_storage_throughput" in body:
        details.append(f"{plain(body['per_unit_storage_throughput'])} MB/s per TiB")
    details += [
        f"{plain(other.body.get('file_system_path', '/'))} linked to {_bucket(other.body)}"
        for other in items
        if other.type == "aws_fsx_data_repository_association"
        and item.address in references(other.body, known)
    ]
    name = plain((body.get("tags") or {}).get("Name", item.name))
    return FileSystem(item.key, name, tuple(details), zones_of(body.get("subnet_ids"), net, known))


def _bucket(body: Mapping[str, Any]) -> str:
    return plain(body.get("data_repository_path", "a bucket"))


def _template(item: Item, items: Sequence[Item], known: Locals) -> Mapping[str, Any]:
    wanted = references(item.body.get("launch_template"), known)
    return next((other.body for other in items if other.address in wanted), {})


def _desired(item: Item, sizes: Mapping[str, Any]) -> tuple[int | None, str]:
    """The number of nodes, and what has to be said of it."""
    given = sizes.get("desired_size")
    later = _LATER.fullmatch(str(given))
    if later:
        start = later[1].strip('"')
        return int(later[3]), f"{later[2]} nodes until {start}"
    ignored = (item.body.get("lifecycle") or {}).get("ignore_changes") or ()
    if any("desired_size" in one for one in ignored):
        return _number(given), "an autoscaler changes the number"
    return _number(given), ""


def _number(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isdigit() else None


def _capacity(body: Mapping[str, Any], template: Mapping[str, Any]) -> tuple[str, bool]:
    """Where the instances come from, in words, and whether they are reserved."""
    target = (template.get("capacity_reservation_specification") or {}).get(
        "capacity_reservation_target"
    ) or {}
    market = (template.get("instance_market_options") or {}).get("market_type")
    reservation = target.get("capacity_reservation_id") or target.get(
        "capacity_reservation_resource_group_arn"
    )
    if body.get("capacity_type") == "CAPACITY_BLOCK" or market == "capacity-block":
        return f"Capacity Block {plain(reservation) if reservation else ''}".strip(), True
    if reservation:
        return f"reservation {plain(reservation)}", True
    return ("spot", False) if body.get("capacity_type") == "SPOT" else ("on demand", False)


def _placement(template: Mapping[str, Any], items: Sequence[Item], known: Locals) -> str:
    placement = template.get("placement") or {}
    name = placement.get("group_name")
    if not name:
        return ""
    wanted = references(name, known)
    for other in items:
        if other.type == "aws_placement_group" and other.address in wanted:
            return f"{plain(other.body['name'])} ({plain(other.body.get('strategy', 'cluster'))})"
    return plain(name)


def _details(item: Item) -> tuple[str, ...]:
    found = []
    if (item.body.get("node_repair_config") or {}).get("enabled"):
        found.append("node auto repair")
    return tuple(found)
