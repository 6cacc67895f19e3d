"""The existing network of a layout, as EC2 describes it: what several checks look at, asked once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Literal

from modules.layout.models import NodeGroup

from ..aws.account import Answer
from ..aws.tags import tags_of
from .subject import Subject

NO_VPC = ("InvalidVpcID.NotFound", "InvalidVpcID.Malformed")
ANYWHERE = "0.0.0.0/0"
# Some appliances and VPNs take the default route as two halves.
_HALVES = frozenset(("0.0.0.0/1", "128.0.0.0/1"))


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet of the VPC; `free` counts addresses, `public_addresses` says whether instances get public ones there."""

    id: str
    zone: str
    zone_id: str
    cidr: str
    free: int
    public_addresses: bool
    tags: Mapping[str, str]

    def belongs_to_others(self, cluster: str) -> bool:
        """Whether its tags say that it is for other clusters, and not for this one."""
        clusters = [key for key in self.tags if key.startswith("kubernetes.io/cluster/")]
        return bool(clusters) and f"kubernetes.io/cluster/{cluster}" not in clusters


WayKind = Literal["nat", "internet", "elsewhere", "nowhere"]


@dataclass(frozen=True, slots=True)
class Way:
    """Where the default route of a subnet leads, by the route table `table`.

    `target` is what it goes to, `gone` says that this is no longer there; `beyond` that there are routes to other networks.
    """

    kind: WayKind
    table: str
    target: str = ""
    gone: bool = False
    beyond: bool = False


def vpc_of(subject: Subject) -> Answer | None:
    """The existing VPC, or None where the layout makes one or there is none of that id."""
    id = subject.layout.network.vpc_id
    if id is None:
        return None
    found = subject.account.pages("ec2", "describe_vpcs", "Vpcs", NO_VPC, VpcIds=[id])
    return found[0] if found else None


def is_shared(subject: Subject) -> bool:
    """Whether the existing VPC is another account's, which shares subnets of it: its NAT gateways are not seen from here.

    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-share-limitations.html
    """
    owner = (vpc_of(subject) or {}).get("OwnerId")
    return owner is not None and owner != subject.account.id


def cidrs_of(vpc: Answer) -> list[IPv4Network]:
    """The IPv4 ranges of a VPC."""
    associated = [
        one["CidrBlock"]
        for one in vpc.get("CidrBlockAssociationSet", ())
        if one.get("CidrBlockState", {}).get("State", "associated") in ("associated", "associating")
    ]
    return [IPv4Network(cidr) for cidr in associated or [vpc["CidrBlock"]]]


def named_subnets(subject: Subject) -> dict[str, list[str]]:
    """Ids of all subnets that the layout names, each with the paths that name it."""
    layout = subject.layout
    named: dict[str, list[str]] = {}
    places: list[tuple[str, Iterable[str]]] = [
        ("network.private_subnet_ids", layout.network.private_subnet_ids or ()),
        ("network.public_subnet_ids", layout.network.public_subnet_ids or ()),
    ]
    places += [(f"{path}.subnet_ids", group.subnet_ids or ()) for path, group in subject.groups()]
    places += [
        (f"storage.file_systems.{name}.subnet_id", [one.subnet_id] if one.subnet_id else ())
        for name, one in layout.storage.file_systems.items()
    ]
    for path, ids in places:
        for id in ids:
            named.setdefault(id, []).append(path)
    return named


def subnets_at(subject: Subject, ids: Iterable[str]) -> dict[str, Subnet]:
    """Those of some subnets that exist in the VPC: what is said of others is said by the checks of these."""
    vpc = subject.layout.network.vpc_id
    found = {id: subject.subnet(id) for id in ids}
    return {id: _subnet(one) for id, one in found.items() if one is not None and one["VpcId"] == vpc}


def all_subnets(subject: Subject) -> list[Subnet]:
    """All subnets of the VPC, whether the layout names them or not, sorted by id."""
    found = in_vpc(subject, "describe_subnets", "Subnets")
    return sorted((_subnet(one) for one in found), key=lambda one: one.id)


def _subnet(answer: Answer) -> Subnet:
    return Subnet(
        str(answer["SubnetId"]),
        str(answer["AvailabilityZone"]),
        str(answer.get("AvailabilityZoneId", "")),
        str(answer["CidrBlock"]),
        int(answer["AvailableIpAddressCount"]),
        bool(answer.get("MapPublicIpOnLaunch", False)),
        tags_of(answer.get("Tags")),
    )


def groups_in(subject: Subject, subnet: str) -> list[tuple[str, NodeGroup]]:
    """The node groups whose nodes may come up in a subnet."""
    return [(path, group) for path, group in subject.groups() if subnet in subject.subnets_of(group)]


def node_subnets(subject: Subject) -> dict[str, Subnet]:
    """The subnets of the nodes that exist in the VPC, by id."""
    ids = dict.fromkeys(id for _, group in subject.groups() for id in subject.subnets_of(group))
    return subnets_at(subject, ids)


def route_tables(subject: Subject) -> list[Answer]:
    """The route tables of the VPC."""
    return in_vpc(subject, "describe_route_tables", "RouteTables")


def table_of(tables: Sequence[Answer], subnet: str) -> Answer | None:
    """The route table of a subnet: its own, else the VPC's main one.

    https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html
    """
    main = None
    for table in tables:
        for association in table.get("Associations", ()):
            if association.get("SubnetId") == subnet:
                return table
            if association.get("Main"):
                main = table
    return main


def way_of(table: Answer) -> Way:
    """Where the default route of a route table leads."""
    id = str(table["RouteTableId"])
    routes: list[Answer] = list(table.get("Routes", ()))
    outward = [route for route in routes if _target(route) not in ("", "local")]
    # A gateway endpoint, as that of S3, has a prefix list, and leads to its service and no further.
    beyond = any(
        _kind(_target(route)) == "elsewhere"
        and not (route.get("DestinationPrefixListId") and _target(route).startswith("vpce-"))
        for route in outward
    )
    default = next((route for route in outward if route.get("DestinationCidrBlock") == ANYWHERE), None)
    if default is None and {route.get("DestinationCidrBlock") for route in outward} >= _HALVES:
        default = next(route for route in outward if route.get("DestinationCidrBlock") in _HALVES)
    if default is None:
        return Way("nowhere", id, beyond=beyond)
    target = _target(default)
    return Way(_kind(target), id, target, default.get("State") == "blackhole", beyond)


# The keys by which EC2 says where a route leads: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html
_TARGETS = (
    "NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "NetworkInterfaceId", "InstanceId", "LocalGatewayId",
    "CarrierGatewayId", "CoreNetworkArn", "OdbNetworkArn", "GatewayId",
)  # fmt: skip


def _target(route: Answer) -> str:
    return next((str(route[key]) for key in _TARGETS if route.get(key)), "")


def _kind(target: str) -> WayKind:
    if target.startswith("nat-"):
        return "nat"
    if target.startswith("igw-"):
        return "internet"
    return "elsewhere"


def remote_routes(table: Answer) -> list[tuple[IPv4Network, str]]:
    """The ranges of other networks that a route table leads to, and by what."""
    return [
        (IPv4Network(route["DestinationCidrBlock"]), _target(route))
        for route in table.get("Routes", ())
        if route.get("DestinationCidrBlock") not in (None, ANYWHERE, *_HALVES)
        and _target(route) not in ("", "local")
        and route.get("State") != "blackhole"
    ]


def ways(subject: Subject, subnets: Iterable[str]) -> dict[str, Way]:
    """Where the default route of each subnet leads."""
    tables = route_tables(subject)
    found = {subnet: table_of(tables, subnet) for subnet in subnets}
    return {subnet: way_of(table) for subnet, table in found.items() if table is not None}


def cut_off(subject: Subject) -> dict[str, Way]:
    """The existing subnets of nodes whose routes lead to no internet, by id."""
    if vpc_of(subject) is None:
        return {}
    return {id: way for id, way in ways(subject, node_subnets(subject)).items() if way.kind == "nowhere"}


def _in_vpc(subject: Subject) -> list[dict[str, object]]:
    return [{"Name": "vpc-id", "Values": [subject.layout.network.vpc_id]}]


def in_vpc(subject: Subject, operation: str, key: str) -> list[Answer]:
    """What EC2 lists of the VPC by the filter `vpc-id`."""
    return subject.account.pages("ec2", operation, key, Filters=_in_vpc(subject))


def places(subject: Subject, subnets: Iterable[str]) -> str:
    """The paths of the layout that lead nodes into some subnets: `node_groups.p5.subnet_ids`."""
    wanted = set(subnets)
    paths: dict[str, None] = {}
    for path, group in subject.groups():
        if wanted & set(subject.subnets_of(group)):
            paths[f"{path}.subnet_ids" if group.subnet_ids else "network.private_subnet_ids"] = None
    return ", ".join(paths) or "network.private_subnet_ids"
