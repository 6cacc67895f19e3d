"""Which box a resource belongs to that has none of its own: a launch template to its node group, a policy to its role's.

First by reference (whatever refers to one thing only, or is referred to by one only, belongs to it), then by the beginning
of its name, then to what everything refers to (the control plane, the VPC), and last to the stack.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from .expressions import Locals, references
from .scene import Item

# These make no sense but as parts of a network.
_OF_NETWORK = (
    "aws_route",
    "aws_default_",
    "aws_network_acl",
    "aws_flow_log",
    "aws_availability_zones",
    "aws_vpc_dhcp",
)
_OF_ALL = ("aws_partition", "aws_caller_identity", "aws_region")


def owners(
    items: Sequence[Item], things: Sequence[Item], hubs: Sequence[Item], known: Locals
) -> Mapping[str, tuple[str, ...]]:
    """By key of a thing, or by the stack's name, all keys that belong to it, its own first.

    Args:
        items: all of one stack.
        things: those that have a box.
        hubs: those among the things that nearly everything refers to.
    """
    links = _links(items, known)
    owner = {item.key: item.key for item in things}
    hub_keys = {hub.key for hub in hubs}
    rest = [item for item in items if item.key not in owner]
    network = next((hub for hub in hubs if hub.type == "aws_vpc"), None)
    if network is not None:
        owner |= {item.key: network.key for item in rest if item.type.startswith(_OF_NETWORK)}
    rest = [item for item in rest if item.key not in owner and item.type not in _OF_ALL]
    while True:
        found = _by_reference(rest, links, owner, without=hub_keys)
        found = found or _by_name(rest, things)
        found = found or _by_reference(rest, links, owner, without=set())
        if not found:
            break
        owner |= found
        rest = [item for item in rest if item.key not in owner]
    gathered: dict[str, list[str]] = defaultdict(list)
    for item in things:
        gathered[item.key].append(item.key)
    for item in items:
        to = owner.get(item.key) or _namespace(item, things) or item.stack
        if to != item.key:
            gathered[to].append(item.key)
    return {key: tuple(members) for key, members in gathered.items()}


def _links(items: Sequence[Item], known: Locals) -> Mapping[str, set[str]]:
    """What refers to what, in both directions, but for `depends_on`."""
    by_address = {item.address: item.key for item in items}
    links: dict[str, set[str]] = defaultdict(set)
    for item in items:
        body = {name: value for name, value in item.body.items() if name not in ("depends_on", "lifecycle")}
        for address in references(body, known):
            other = by_address.get(address)
            if other is not None and other != item.key:
                links[item.key].add(other)
                links[other].add(item.key)
    return links


def _by_reference(
    rest: Sequence[Item], links: Mapping[str, set[str]], owner: Mapping[str, str], *, without: set[str]
) -> dict[str, str]:
    found = {}
    for item in rest:
        near = {owner[other] for other in links.get(item.key, ()) if other in owner} - without
        if len(near) == 1:
            found[item.key] = near.pop()
    return found


def _by_name(rest: Sequence[Item], things: Sequence[Item]) -> dict[str, str]:
    found = {}
    for item in rest:
        named = [thing for thing in things if item.name.startswith(f"{thing.name}_")]
        if named:
            found[item.key] = max(named, key=lambda thing: len(thing.name)).key
    return found


def _namespace(item: Item, things: Sequence[Item]) -> str | None:
    """The namespace that an object is in, for what is left."""
    metadata = item.body.get("metadata") or (item.body.get("manifest") or {}).get("metadata") or {}
    wanted = metadata.get("namespace")
    for thing in things:
        if thing.type.startswith("kubernetes_namespace") and thing.body["metadata"].get("name") == wanted:
            return thing.key
    return None
