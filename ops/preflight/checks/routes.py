"""How the nodes of an existing VPC reach what they need: their default route, and what network ACLs leave of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network

from ...aws.account import Answer
from ...checking.check import Finding, Level
from ..existing_network import (
    ANYWHERE,
    Subnet,
    Way,
    groups_in,
    in_vpc,
    is_shared,
    node_subnets,
    places,
    route_tables,
    table_of,
    vpc_of,
    way_of,
    ways,
)
from ..subject import Subject


class NodeRoutes:
    """The default route of each node subnet leads to something that works: nodes have private addresses alone.

    https://docs.aws.amazon.com/vpc/latest/userguide/route-table-options.html
    """

    id = "node-routes"
    level: Level = "error"
    remedy = "Lead 0.0.0.0/0 of the subnet's route table to a NAT gateway that is available."
    actions: tuple[str, ...] = (
        "ec2:DescribeVpcs",
        "ec2:DescribeSubnets",
        "ec2:DescribeRouteTables",
        "ec2:DescribeNatGateways",
        "sts:GetCallerIdentity",
    )

    def applies(self, subject: Subject) -> bool:
        """Whether the VPC exists."""
        return not subject.layout.network.is_new

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Where each leads; subnets with the same way make one finding."""
        if vpc_of(subject) is None:
            return
        subnets = node_subnets(subject)
        same: dict[tuple[str, str], list[str]] = {}
        found = ways(subject, subnets)
        for id, way in found.items():
            # Tables that lead to one NAT gateway have its faults in common; the others have their own.
            shared = "" if way.kind == "nat" and not way.gone else way.table
            same.setdefault((way.target, shared), []).append(id)
        for ids in same.values():
            yield from self._way(subject, found[ids[0]], [subnets[id] for id in ids])

    def _way(self, subject: Subject, way: Way, subnets: Sequence[Subnet]) -> Iterator[Finding]:
        where = places(subject, [one.id for one in subnets])
        who = ", ".join(one.id for one in subnets)
        if way.gone:
            problem = f"the route of {who} to {ANYWHERE} is a blackhole: {way.target} ({way.table}) is gone"
            yield Finding(where, problem)
        elif way.kind == "nat":
            wrong = _wrong_nat(subject, way.target)
            if wrong:
                yield Finding(where, f"nodes in {who} leave by {way.target}, which {wrong}")
        elif way.kind == "internet":
            yield from self._public(subject, way, subnets, where)
        elif way.kind == "elsewhere":
            problem = f"nodes in {who} leave by {way.target}; what is behind it cannot be asked"
            yield Finding(where, problem, level="info")
        else:
            problem = f"{who} has no route to the internet: nodes reach AWS by endpoints of the VPC alone"
            yield Finding(where, problem, level="info")

    def _public(self, subject: Subject, way: Way, subnets: Sequence[Subnet], where: str) -> Iterator[Finding]:
        without: list[str] = []
        public: list[str] = []
        for subnet in subnets:
            # The launch template of EFA nodes says that they get none; the others follow the subnet.
            efa = any(group.efa for _, group in groups_in(subject, subnet.id))
            (public if subnet.public_addresses and not efa else without).append(subnet.id)
        if without:
            problem = f"{', '.join(without)} is a public subnet ({way.table} leads to {way.target}), and nodes get no public address there: they reach nothing"
            yield Finding(where, problem, "Name private subnets, whose default route leads to a NAT gateway.")
        if public:
            problem = (
                f"{', '.join(public)} is a public subnet ({way.table} leads to {way.target}): nodes get "
                "public addresses"
            )
            yield Finding(
                where, problem, "Name private subnets, behind a NAT gateway, unless it is meant.", "warning"
            )


def _wrong_nat(subject: Subject, id: str) -> str:
    """What is wrong with a NAT gateway; nothing, where nothing is."""
    found = _nat_gateways(subject, id)
    if not found:
        return "" if is_shared(subject) else "is not there"
    nat = found[0]
    if nat.get("State") != "available":
        reason = f" ({nat['FailureMessage']})" if nat.get("FailureMessage") else ""
        return f"is {nat.get('State')}{reason}"
    # A private one leads to other networks. A regional one has no subnet.
    if nat.get("ConnectivityType") == "private" or not nat.get("SubnetId"):
        return ""
    its = table_of(route_tables(subject), str(nat["SubnetId"]))
    way = way_of(its) if its is not None else None
    # An appliance may stand between it and the internet gateway.
    inward = way is not None and (way.gone or way.kind in ("nowhere", "nat"))
    if nat.get("VpcId") == subject.layout.network.vpc_id and way is not None and inward:
        return f"is in {nat['SubnetId']}, from where no route leads to an internet gateway ({way.table})"
    return ""


def _nat_gateways(subject: Subject, id: str) -> list[Answer]:
    """The NAT gateway of an id, or none."""
    missing = ("NatGatewayNotFound", "InvalidNatGatewayID.NotFound")
    return subject.account.pages("ec2", "describe_nat_gateways", "NatGateways", missing, NatGatewayIds=[id])


class ApiWithinReach:
    """Without the private endpoint, nodes reach the API from their NAT gateway's address, which has to be let in.

    https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html
    """

    id = "api-within-reach"
    level: Level = "error"
    remedy = "Remove cluster.endpoint.private: false; clients on the internet keep the public endpoint."
    actions: tuple[str, ...] = (
        "ec2:DescribeVpcs",
        "ec2:DescribeSubnets",
        "ec2:DescribeRouteTables",
        "ec2:DescribeNatGateways",
    )

    def applies(self, subject: Subject) -> bool:
        """Whether the nodes of an existing VPC use the public endpoint."""
        return not subject.layout.network.is_new and not subject.layout.cluster.endpoint.private

    def look(self, subject: Subject) -> Iterator[Finding]:
        """The public addresses of the NAT gateways are in the CIDRs."""
        if vpc_of(subject) is None:
            return
        allowed = [IPv4Network(cidr) for cidr in subject.layout.cluster.endpoint.public_access_cidrs]
        found = ways(subject, node_subnets(subject))
        cut = [id for id, way in found.items() if way.kind == "nowhere" and not way.gone]
        if cut:
            problem = (
                f"the API's endpoint is not private, and nodes in {', '.join(cut)} do not reach the internet"
            )
            yield Finding("cluster.endpoint.private", problem)
        for nat in dict.fromkeys(way.target for way in found.values() if way.kind == "nat" and not way.gone):
            for one in _nat_gateways(subject, nat):
                for address in one.get("NatGatewayAddresses", ()):
                    ip = address.get("PublicIp")
                    if ip and not any(IPv4Network(ip).subnet_of(cidr) for cidr in allowed):
                        problem = f"nodes come from {ip} ({nat}), which is not among them, and the API's endpoint is not private"
                        yield Finding("cluster.endpoint.public_access_cidrs", problem)


# What nodes cannot do without: HTTPS out, and answers to the ports that Linux takes for connections of its own.
# https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports
_HTTPS = 443
_EPHEMERAL = (32768, 60999)


class NetworkAcls:
    """Network ACLs of the node subnets let HTTPS out and its answers in: they know nothing of connections.

    Only what no address is allowed is found: which addresses nodes talk to is not known.
    """

    id = "network-acls"
    level: Level = "error"
    remedy = "Let HTTPS out, and answers in on ports 1024 to 65535, in the network ACL."
    actions: tuple[str, ...] = ("ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeNetworkAcls")

    def applies(self, subject: Subject) -> bool:
        """Whether the VPC exists."""
        return not subject.layout.network.is_new

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Port 443 outward, and both ends of the ephemeral ports inward."""
        if vpc_of(subject) is None:
            return
        subnets = node_subnets(subject)
        for acl in in_vpc(subject, "describe_network_acls", "NetworkAcls"):
            ids = [one["SubnetId"] for one in acl.get("Associations", ()) if one.get("SubnetId") in subnets]
            entries: list[Answer] = list(acl.get("Entries", ()))
            if not ids or not entries:
                continue
            where, id = places(subject, ids), acl["NetworkAclId"]
            who = ", ".join(ids)
            if not _allowed(entries, egress=True, port=_HTTPS):
                problem = f"the network ACL {id} of {who} lets no HTTPS out (TCP {_HTTPS})"
                yield Finding(where, problem, f"Allow TCP {_HTTPS} outward in {id}.")
            closed = [port for port in _EPHEMERAL if not _allowed(entries, egress=False, port=port)]
            if closed:
                problem = (
                    f"the network ACL {id} of {who} lets no answers in on TCP {' and '.join(map(str, closed))}, and Linux "
                    f"takes the ports {_EPHEMERAL[0]}-{_EPHEMERAL[1]}"
                )
                remedy = (
                    f"Allow TCP {_EPHEMERAL[0]}-{_EPHEMERAL[1]} inward in {id}, from wherever answers come."
                )
                yield Finding(where, problem, remedy)


def _allowed(entries: Sequence[Answer], *, egress: bool, port: int) -> bool:
    """Whether any IPv4 address is allowed a TCP port: the rule of the lowest number that fits decides."""
    own = (one for one in entries if bool(one.get("Egress")) == egress and one.get("CidrBlock"))
    for entry in sorted(own, key=lambda one: int(one["RuleNumber"])):
        if str(entry.get("Protocol")) not in ("-1", "6"):
            continue
        ports = entry.get("PortRange") or {}
        others = str(entry["Protocol"]) == "6" and ports
        if others and not int(ports.get("From", 0)) <= port <= int(ports.get("To", 65535)):
            continue
        if entry.get("RuleAction") == "allow":
            return True
        if entry["CidrBlock"] == ANYWHERE:
            return False
    return False
