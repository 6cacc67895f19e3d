"""The network of a stack: its zones as columns, whether they have a name yet or not."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence

from .expressions import Locals, inner, keys, plain, subnets_of
from .scene import Item, Network, Subnet, Thing, Zone

_CIDR = re.compile(
    r'cidrsubnet\("([^"]+)", (\d+), (?:(\d+) \+ )?index\(split\("", "(\w+)"\), substr\(each\.key, -1, 1\)\)\)'
)
_ZONE_IS = re.compile(r"self\.availability_zone == (.+)")
_CHOSEN = re.compile(r"local\.\w+\[(\d+)\]")
_ORDER = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")


def network(items: Sequence[Item], known: Locals) -> Network | None:
    """The VPC with what is in it; None for a stack that has none."""
    vpc = next((item for item in items if item.type == "aws_vpc"), None)
    if vpc is None:
        return None
    subnets = [item for item in items if item.type == "aws_subnet"]
    zones = _existing(subnets, known) if vpc.data else _new(subnets, known)
    own = _cluster_places(items, known)
    columns = [
        Zone(
            id,
            _zone_name(id) if not vpc.data else id,
            _maybe_one_of(id, zones) if vpc.data else _zone_note(id, [*zones]),
            tuple(sorted(found, key=lambda subnet: not subnet.public)),
            any(_is(subnet, address, key) for subnet in found for address, key in own),
        )
        for id, found in zones.items()
    ]
    loose = [subnet for zone in columns for subnet in zone.subnets if vpc.data and subnet.public]
    columns = [zone for zone in columns if not all(subnet in loose for subnet in zone.subnets)]
    details = []
    if any(item.type == "aws_flow_log" for item in items):
        details.append("flow logs")
    return Network(
        vpc.key,
        plain(vpc.body["id"]) if vpc.data else plain((vpc.body.get("tags") or {}).get("Name", vpc.name)),
        "" if vpc.data else plain(vpc.body.get("cidr_block", "")),
        vpc.data,
        tuple(columns),
        tuple(_gateways(items)),
        _nats(items, known),
        tuple(details),
        tuple(loose),
    )


def zones_of(value: object, net: Network | None, known: Locals) -> tuple[str, ...]:
    """The zones (their ids) that a `subnet_ids` leads to."""
    if net is None or not isinstance(value, (str, list)):
        return ()
    wanted = subnets_of(value, known)
    return tuple(
        zone.id
        for zone in net.zones
        for subnet in zone.subnets
        if not subnet.public and any(_is(subnet, address, key) for address, key in wanted)
    )


def _is(subnet: Subnet, address: str, key: str | None) -> bool:
    return any(one.endswith(f"/{address}") for one in subnet.keys) and key in (None, subnet.instance)


def _cluster_places(items: Sequence[Item], known: Locals) -> set[tuple[str, str | None]]:
    for item in items:
        if item.type == "aws_eks_cluster" and not item.data:
            return {*subnets_of(item.body["vpc_config"].get("subnet_ids", []), known)}
    return set()


def _new(subnets: Sequence[Item], known: Locals) -> dict[str, list[Subnet]]:
    zones: dict[str, list[Subnet]] = {}
    for item in subnets:
        if item.data:
            continue
        tags = item.body.get("tags") or {}
        public = "kubernetes.io/role/elb" in tags
        expression = inner(str(item.body.get("for_each", "")))
        places = (
            keys(expression, known) if expression else [plain(item.body.get("availability_zone", "any zone"))]
        )
        for place in places:
            cidr = _cidr(str(item.body.get("cidr_block", "")), place)
            zones.setdefault(place, []).append(
                Subnet((item.key,), public, place, cidr, place if expression else None)
            )
    return zones


def _existing(subnets: Sequence[Item], known: Locals) -> dict[str, list[Subnet]]:
    """Subnets that exist already, one column for each: in which zone they are is seen only at plan time."""
    zones: dict[str, list[Subnet]] = {}
    for item in subnets:
        expression = inner(str(item.body.get("for_each", "")))
        places = keys(expression, known) if expression else [plain(item.body.get("id", item.name))]
        for place in places:
            several = place.endswith("[*]")
            id = place.removesuffix("[*]")
            before = zones.get(id, [])
            seen = tuple(key for one in before for key in one.keys)
            instance = next((one.instance for one in before if one.instance), place if expression else None)
            zone = _zone_of_existing(item, several=several)
            zones[id] = [Subnet((*seen, item.key), "public" in item.name, zone, "", instance)]
    return zones


def _zone_of_existing(item: Item, *, several: bool) -> str:
    for condition in (item.body.get("lifecycle") or {}).get("postcondition", ()):
        found = _ZONE_IS.fullmatch(inner(str(condition.get("condition", ""))) or "")
        if found:
            return f"in zone {found[1].strip(chr(34))}"
    return "in zones that the plan looks up" if several else "in a zone that the plan looks up"


def _cidr(expression: str, zone: str) -> str:
    """The addresses of a zone's subnet, computed where the zone has a name."""
    found = _CIDR.fullmatch(inner(expression) or "")
    if found is None:
        return plain(expression)
    whole, bits, offset, letters = found[1], int(found[2]), int(found[3] or 0), found[4]
    vpc = ipaddress.ip_network(whole)
    prefix = vpc.prefixlen + bits
    if "." in zone or zone[-1:] not in letters:
        return f"a /{prefix} of {whole}"
    number = offset + letters.index(zone[-1])
    address = int(vpc.network_address) + number * 2 ** (vpc.max_prefixlen - prefix)
    return f"{ipaddress.ip_address(address)}/{prefix}"


def _zone_name(id: str) -> str:
    found = _CHOSEN.fullmatch(id)
    return f"Zone {int(found[1]) + 1}" if found else id


def _zone_note(id: str, all_of_them: Sequence[str]) -> str:
    """What a reader has to know of a zone that gets its name at plan time."""
    found = _CHOSEN.fullmatch(id)
    if found:
        return f"the region's {_ORDER[int(found[1]) % len(_ORDER)]} by name"
    if any(_CHOSEN.fullmatch(other) for other in all_of_them) and len(all_of_them) > 1:
        others = [_zone_name(other) for other in all_of_them if _CHOSEN.fullmatch(other)]
        return f"may be the same as {' or '.join(others)}"
    return ""


def _maybe_one_of(id: str, zones: Mapping[str, Sequence[Subnet]]) -> str:
    """What has to be said of an existing subnet beside a list of which only the plan knows the subnets."""
    lists = [
        other for other, found in zones.items() if any((one.instance or "").endswith("[*]") for one in found)
    ]
    return f"may be one of {' or '.join(lists)}" if lists and id not in lists else ""


def _gateways(items: Sequence[Item]) -> list[Thing]:
    found = []
    for item in items:
        if item.type == "aws_internet_gateway" and not item.data:
            found.append(Thing(item.key, "Internet gateway", ("for the public subnets",)))
        elif item.type == "aws_vpc_endpoint" and not item.data:
            service = plain(item.body.get("service_name", item.name))
            short = re.sub(r"^com\.amazonaws\.[^.]+\.", "", service)
            kind = plain(item.body.get("vpc_endpoint_type", "Gateway")).lower()
            found.append(Thing(item.key, f"VPC endpoint {short}", (f"{kind} endpoint",)))
    return found


def _nats(items: Sequence[Item], known: Locals) -> dict[str, Thing]:
    """NAT gateways by the zone that they are in."""
    found = {}
    for item in items:
        if item.type == "aws_nat_gateway" and not item.data:
            expression = inner(str(item.body.get("for_each", "")))
            for place in keys(expression, known) if expression else ["any"]:
                found[place] = Thing(item.key, "NAT gateway", ("with an Elastic IP",))
    return found
