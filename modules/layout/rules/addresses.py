"""Rules about IP addresses: whether a new VPC's range is one, and whether it has room for the nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network

from ..faults import KeyPath, Level
from ..models import Layout
from ..node_addresses import CONTROL_PLANE_ADDRESSES, FEWER, Demand, node_addresses
from ..subnets import LARGEST_PREFIX, SMALLEST_PREFIX, private_addresses
from .base import Context, Finding, shown

PRIVATE = tuple(IPv4Network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
SHARED = IPv4Network("100.64.0.0/10")  # RFC 6598


class CidrSize:
    """A VPC has a prefix of /16 to /28; below /22 its public subnets would be below /28.

    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
    """

    id = "cidr-size"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """/16 to /22."""
        cidr = context.layout.network.cidr
        prefix = IPv4Network(cidr).prefixlen if cidr else LARGEST_PREFIX
        if context.layout.network.is_new and not LARGEST_PREFIX <= prefix <= SMALLEST_PREFIX:
            size = (
                "larger than a VPC can be"
                if prefix < LARGEST_PREFIX
                else "too small for the subnets of a cluster"
            )
            remedy = f"Write a prefix between /{LARGEST_PREFIX} and /{SMALLEST_PREFIX}."
            yield Finding(("network", "cidr"), f"{cidr} is {size}", remedy)


class CidrNotPrivate:
    """Public addresses inside a VPC hide the hosts on the internet that own them.

    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
    """

    id = "cidr-not-private"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """RFC 1918, or the shared range of RFC 6598."""
        cidr = context.layout.network.cidr
        if cidr and context.layout.network.is_new and not _within(IPv4Network(cidr), (*PRIVATE, SHARED)):
            problem = (
                f"{cidr} is no private range: hosts on the internet with these addresses become unreachable"
            )
            yield Finding(
                ("network", "cidr"), problem, "Write a range in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16."
            )


class ServiceCidr:
    """EKS takes /12 to /24 inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, and never changes it.

    https://docs.aws.amazon.com/eks/latest/APIReference/API_KubernetesNetworkConfigRequest.html
    """

    id = "service-cidr"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Size, range, and no overlap with the new VPC."""
        cidr = context.layout.cluster.service_ipv4_cidr
        if cidr is None:
            return
        services, path = IPv4Network(cidr), ("cluster", "service_ipv4_cidr")
        vpc = IPv4Network(context.layout.network.vpc_cidr)
        if not 12 <= services.prefixlen <= 24:
            yield Finding(
                path, f"{cidr} is not between /12 and /24", "Write a prefix in between, like 172.20.0.0/16."
            )
        elif not _within(services, PRIVATE):
            remedy = "Write a range in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, like 172.20.0.0/16."
            yield Finding(path, f"{cidr} is no private range, and EKS takes no other", remedy)
        elif context.layout.network.is_new and services.overlaps(vpc):
            problem = f"{cidr} overlaps with the VPC's {vpc}"
            remedy = "Write a range that no network uses, like 172.20.0.0/16, or leave it out."
            yield Finding(path, problem, remedy, (("network", "cidr"), ("network", "vpc_id")))


_SHOWN = 4  # node groups that a message names; one with a hundred is read by nobody


class CidrTooSmall:
    """Every node takes its interfaces' addresses from its subnet, whether pods run on it or not.

    When the subnet is full, nodes still start, and pods stay in ContainerCreating. The count is that of the VPC CNI:
    https://github.com/aws/amazon-vpc-cni-k8s/blob/master/docs/eni-and-ip-target.md
    """

    id = "cidr-too-small"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The private subnets hold all nodes of `size.max`, the control plane and the endpoints."""
        layout = context.layout
        prefix = IPv4Network(layout.network.vpc_cidr).prefixlen
        if not layout.network.is_new or not LARGEST_PREFIX <= prefix <= SMALLEST_PREFIX:
            return
        because: tuple[KeyPath, ...] = (("network",), ("addons", "vpc-cni"))
        because += tuple(
            (*path, key)
            for path, _ in context.groups()
            for key in ("instance_type", "fallback_instance_types", "size", "efa")
        )
        others = CONTROL_PLANE_ADDRESSES + len(layout.network.interface_endpoints or ())
        zone, worst = max(_demands(layout).items(), key=lambda item: sum(one.total for one in item[1]))
        needed = others + sum(one.total for one in worst)
        room = private_addresses(layout.network.vpc_cidr)
        if needed > room:
            where = f"in {shown(zone)}" if zone else "in the first zone"
            largest = sorted(worst, key=lambda one: -one.total)
            sums = ", ".join(str(one) for one in largest[:_SHOWN])
            if len(largest) > _SHOWN:
                sums += f", and {len(largest) - _SHOWN} more groups"
            problem = (
                f"nodes {where} take {needed:,} addresses (nodes x addresses: {sums}; others {others}), and each "
                f"private subnet of {layout.network.vpc_cidr} has {room:,}"
            )
            yield Finding(("network", "cidr"), problem, _remedy(layout.network.vpc_cidr, needed), because)


def _remedy(cidr: str, needed: int) -> str:
    """The smallest range that would do, counted from the one that does not."""
    for prefix in range(IPv4Network(cidr).prefixlen - 1, LARGEST_PREFIX - 1, -1):
        larger = IPv4Network((cidr.partition("/")[0], prefix), strict=False)
        if private_addresses(str(larger)) >= needed:
            return f"Write {larger}, or lower size.max."
    return f"No VPC is large enough: lower size.max, or let nodes hold fewer addresses with {FEWER}."


def _demands(layout: Layout) -> Mapping[str, list[Demand]]:
    """What the node groups take in the private subnet of each zone, at their largest.

    The cluster's own zones are those of the layout, or the first of the region; only the first of them is told
    apart. Groups with a zone are in it, EFA groups without one in the first, others spread over the own zones.
    """
    network = layout.network
    own = list(network.availability_zones or [""] * network.zones_wanted)
    demands: dict[str, list[Demand]] = {zone: [] for zone in own}
    for name, group in layout.node_groups.items():
        each = node_addresses(layout, group)
        if each is None:
            continue
        zone = group.availability_zone
        if zone is None and not group.efa:
            for one in dict.fromkeys(own):
                demands[one].append(Demand(name, -(-group.size.max // len(own)), each))
            continue
        if zone is None or (zone.endswith("a") and not network.availability_zones):
            zone = own[0]  # the first zone of a region is its a
        demands.setdefault(zone, []).append(Demand(name, group.size.max, each))
    return demands


def _within(network: IPv4Network, ranges: tuple[IPv4Network, ...]) -> bool:
    return any(network.subnet_of(outer) for outer in ranges)
