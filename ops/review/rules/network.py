"""The network below a cluster: what carries its traffic, and the ways out of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..values import known, shown
from .parts import blocks, ends_or_anew, gone, is_world, why

VPC = "aws_vpc"
NAT = "aws_nat_gateway"
# What is inside a VPC, and is replaced with it.
INSIDE = (
    "aws_subnet",
    "aws_route",
    "aws_route_table",
    "aws_route_table_association",
    "aws_main_route_table_association",
    "aws_internet_gateway",
    "aws_egress_only_internet_gateway",
    "aws_default_security_group",
    "aws_default_route_table",
    "aws_default_network_acl",
    "aws_network_acl",
    "aws_network_acl_rule",
    "aws_network_acl_association",
    "aws_vpc_ipv4_cidr_block_association",
    "aws_vpc_dhcp_options_association",
    "aws_vpc_endpoint",
    "aws_vpc_endpoint_route_table_association",
    "aws_vpc_endpoint_subnet_association",
    "aws_security_group",
    "aws_security_group_rule",
    "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule",
    "aws_flow_log",
    NAT,
)


class NetworkReplaced:
    """A VPC that is destroyed or replaced: whatever has an address in it has to go first, the cluster and its nodes above all."""

    id = "network-replaced"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """VPCs that go."""
        for one in gone(subject.of(VPC)):
            forced = f", {why(one)}" if why(one) else ""
            yield Finding(
                one,
                f"The VPC is {ends_or_anew(one)}{forced}. Its subnets, gateways, endpoints and security groups go with it, and so do the cluster, the nodes and "
                "the file systems in it; where something of them is kept, AWS refuses, and the apply fails half way.",
                "Take back what forces it: more addresses come by another CIDR block of the same VPC.",
                f"{one.label} {shown(one.was('cidr_block'))}",
                shown(one.becomes("cidr_block")) if one.verb == "replace" else "gone",
            )


@dataclass(frozen=True, slots=True)
class _Loss:
    """What it means that a part of the network goes."""

    effect: str
    remedy: str
    level: Level = "stop"


_EGRESS = (
    "Nodes behind it lose their way out: no image is pulled, no token is fetched, and S3 and other services without a VPC endpoint are not "
    "reached."
)
LOSSES: dict[str, _Loss] = {
    "aws_subnet": _Loss(
        "Node groups, file systems and the control plane's interfaces in it have to go first; AWS refuses as long as anything has an address there, "
        "and the apply fails half way.",
        "Leave it, and add another subnet beside it.",
    ),
    NAT: _Loss(
        _EGRESS + " Connections through it break; its public address is another one afterwards.",
        "Make another gateway first, and move the routes between runs.",
    ),
    "aws_internet_gateway": _Loss(
        "Public subnets lose the internet, and the NAT gateways in them with it. " + _EGRESS,
        "Leave it.",
    ),
    "aws_egress_only_internet_gateway": _Loss(
        "Pods with IPv6 addresses lose their way out.", "Leave it.", "warn"
    ),
    "aws_route_table": _Loss(
        "Subnets that it belongs to fall back to the VPC's main table. " + _EGRESS,
        "Change its routes in place.",
    ),
    "aws_route_table_association": _Loss(
        "The subnet falls back to the VPC's main route table. " + _EGRESS,
        "Change the association in place, between runs.",
        "warn",
    ),
    "aws_network_acl": _Loss(
        "Subnets that it belongs to fall back to the VPC's default list, which lets all through.",
        "Be sure that nothing relies on it.",
        "warn",
    ),
}


class NetworkPartLost:
    """A subnet, gateway, route table or default route under a cluster that goes: pods lose their address or the way out."""

    id = "network-part-lost"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Parts that go while their VPC stays. What a subnet takes with it is not told again."""
        lost = subject.losing(VPC)
        subnets = {
            id
            for one in gone(subject.of("aws_subnet"))
            if isinstance(id := one.was("id"), str)
        }  # fmt: skip
        tables = {id for one in gone(subject.of("aws_route_table")) if isinstance(id := one.was("id"), str)}
        for kind, loss in LOSSES.items():
            for one in gone(subject.of(kind)):
                if one.stack in lost or (kind != "aws_subnet" and one.was("subnet_id") in subnets):
                    continue
                forced = f" {why(one)}" if why(one) else ""
                yield Finding(
                    one,
                    f"{_called(one)} is {ends_or_anew(one)}{forced}. {loss.effect}",
                    loss.remedy,
                    _told(one),
                    "another one" if one.verb == "replace" else "gone",
                    level=loss.level,
                )
        for one in gone(subject.of("aws_route")):
            if one.stack not in lost and one.was("route_table_id") not in tables:
                world = _is_default(one)
                yield Finding(
                    one,
                    f"The route to {_destination(one)} is {ends_or_anew(one)}. "
                    + (_EGRESS if world else "Traffic to there takes another way, or none."),
                    "Change its target in place, between runs." if world else "Be sure that nothing uses it.",
                    _target(one.before),
                    _target(one.after) if one.verb == "replace" else "gone",
                    level="stop" if world else "warn",
                )


class RouteChanged:
    """A route with another target: connections over it break, and traffic takes a way that may not lead out."""

    id = "route-changed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Routes that are updated in place, and those that are written in their table."""
        for one in subject.of("aws_route"):
            before, after = _target(one.before), _target(one.after)
            if one.verb == "update" and before != after:
                yield Finding(
                    one,
                    f"Traffic to {_destination(one)} takes another way: connections that are open break, such as reads from S3 through NAT.",
                    "Be sure that the new way leads out, and do it between runs.",
                    before,
                    after,
                )
        for one in subject.of("aws_route_table", "aws_default_route_table"):
            routes = one.becomes("route")
            if one.verb != "update" or not (routes is None or isinstance(routes, list)):
                continue
            was, becomes = _routes(one.was("route")), _routes(routes)
            for to in sorted(was):
                if was[to] == becomes.get(to) or (to not in becomes and len(becomes) < len(routes or ())):
                    continue
                lost = to not in becomes
                yield Finding(
                    one,
                    f"The route to {to} is {'destroyed' if lost else 'another one'}. "
                    + (_EGRESS if lost and is_world(to) else "Connections over it break, such as reads from S3 through NAT."),
                    "Keep it." if lost else "Be sure that the new way leads out, and do it between runs.",
                    was[to],
                    becomes.get(to, "gone"),
                    level="stop" if lost and is_world(to) else None,
                )  # fmt: skip


def _routes(value: object) -> dict[str, str]:
    """The targets of routes that are written in their table, by destination; those that are known."""
    found: dict[str, str] = {}
    for one in blocks(value):
        for key in ("cidr_block", "ipv6_cidr_block", "destination_prefix_list_id"):
            if isinstance(one.get(key), str) and one[key]:
                found[one[key]] = _target(one)
    return found


def _called(change: Change) -> str:
    words = change.type.removeprefix("aws_").replace("_", " ").replace("nat", "NAT")
    return f"The {words}"


def _told(change: Change) -> str:
    parts = [change.was(key) for key in ("id", "cidr_block", "availability_zone", "public_ip")]
    return ", ".join(str(part) for part in parts if known(part))


def _destination(route: Change) -> str:
    for side in (route.before, route.after):
        for key in ("destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id"):
            if known(side.get(key)) and side[key]:
                return str(side[key])
    return "somewhere"


def _is_default(route: Change) -> bool:
    return is_world(_destination(route))


def _target(side: dict[str, object]) -> str:
    found = [
        shown(value)
        for key, value in sorted(side.items())
        if value
        and (key in ("gateway_id", "egress_only_gateway_id") or key.endswith(("_gateway_id", "_interface_id", "_endpoint_id", "_connection_id")))
    ]  # fmt: skip
    return found[0] if found else "none"


class NatAddressChanged:
    """A public address of the NAT gateways that changes: whoever lets the cluster in by its address locks it out."""

    id = "nat-address-changed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Elastic IP addresses that are given back."""
        for one in gone(subject.of("aws_eip")):
            yield Finding(
                one,
                "The address is given back to AWS, and nobody gets it again. Registries, licence servers, file shares and public_access_cidrs of other clusters that name it "
                "refuse the cluster's pods from then on.",
                "Keep the address (allocation_id of the new gateway), or tell those who name it first.",
                shown(one.was("public_ip")),
                "another one" if one.verb == "replace" else "gone",
            )


class FlowLogsRemoved:
    """Flow logs that go: nobody can tell afterwards who has spoken to whom."""

    id = "flow-logs-removed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Flow logs of VPCs that stay."""
        lost = subject.losing(VPC)
        for one in gone(subject.of("aws_flow_log")):
            if one.stack not in lost and one.verb == "delete":
                yield Finding(
                    one,
                    "Training goes on. The VPC's traffic is no longer recorded.",
                    "Keep them, or shorten their retention.",
                    shown(one.was("log_destination")),
                    "gone",
                )


RULES = (
    NetworkReplaced(),
    NetworkPartLost(),
    RouteChanged(),
    NatAddressChanged(),
    FlowLogsRemoved(),
)
