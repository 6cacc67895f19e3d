"""Addresses: whether existing subnets have enough of them free, and whether ranges get in each other's way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from ipaddress import IPv4Network

from modules.layout.node_addresses import (
    CONTROL_PLANE_ADDRESSES,
    CONTROL_PLANE_LEAST,
    FEWER,
    Demand,
    node_addresses,
)

from ...aws.tags import tags_of
from ...checking.check import Finding, Level
from ..capacity import instances
from ..existing_network import (
    Subnet,
    cidrs_of,
    node_subnets,
    places,
    remote_routes,
    route_tables,
    subnets_at,
    table_of,
    vpc_of,
)
from ..subject import Subject

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
BALANCER_ADDRESSES = 8
_SHOWN = 4  # VPCs that a message names


class FreeAddresses:
    """Nodes take addresses of their subnet for pods to come: when it is full, nodes start, and pods get no address.

    The count is that of the VPC CNI, with the layout's configuration of it:
    https://github.com/aws/amazon-vpc-cni-k8s/blob/master/docs/eni-and-ip-target.md
    """

    id = "free-addresses"
    level: Level = "error"
    remedy = f"Name a larger subnet, lower the group's size, or let nodes hold fewer addresses with {FEWER}."
    actions: tuple[str, ...] = ("ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeInstances")

    def applies(self, subject: Subject) -> bool:
        """Whether the subnets exist; of a new VPC the layout's own rules count."""
        return not subject.layout.network.is_new

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each subnet against its groups' desired and largest sizes, the control plane and load balancers."""
        if vpc_of(subject) is None:
            return
        running = _running(subject)
        named = dict.fromkeys(subject.layout.network.private_subnet_ids or ())
        for id, subnet in {**subnets_at(subject, named), **node_subnets(subject)}.items():
            control_plane = id in named and not subject.is_deployed
            now = _demands(subject, id, running, largest=False)
            most = _demands(subject, id, running, largest=True)
            yield from self._subnet(subject, subnet, now, most, control_plane)

    def _subnet(
        self, subject: Subject, subnet: Subnet, now: list[Demand], most: list[Demand], control_plane: bool
    ) -> Iterator[Finding]:
        balancers = (
            _balancers(subject) if subnet.id in (subject.layout.network.private_subnet_ids or ()) else 0
        )
        least_others = CONTROL_PLANE_LEAST if control_plane else 0
        others = (CONTROL_PLANE_ADDRESSES if control_plane else 0) + balancers * BALANCER_ADDRESSES
        needed = least_others + sum(one.total for one in now)
        wanted = others + sum(one.total for one in most)
        where = places(subject, [subnet.id])
        free = f"{subnet.id} ({subnet.zone}, {subnet.cidr}) has {subnet.free:,} free addresses"
        if needed > subnet.free:
            yield Finding(where, f"{free}, and {_sum(now, least_others)} take {needed:,}")
        elif wanted > subnet.free:
            problem = f"{free}: enough now, but at their largest {_sum(most, others)} take {wanted:,}"
            yield Finding(where, problem, level="warning")
        elif now or most:
            problem = f"{free}; the layout takes {needed:,} more now, {wanted:,} at its largest"
            yield Finding(where, problem, level="info")


def _sum(demands: list[Demand], others: int) -> str:
    parts = [str(one) for one in demands if one.nodes]
    nodes = f"nodes (nodes x addresses: {', '.join(parts)})" if parts else ""
    rest = f"{'others' if parts else 'the control plane and load balancers'} ({others})" if others else ""
    return " and ".join(filter(None, (nodes, rest)))


def _demands(
    subject: Subject, subnet: str, running: Counter[tuple[str, str]], *, largest: bool
) -> list[Demand]:
    """What the groups still take in a subnet, beside the nodes that run; a group is spread evenly over its subnets."""
    demands = []
    for name, group in subject.layout.node_groups.items():
        ids = subject.subnets_of(group)
        each = node_addresses(subject.layout, group)
        if subnet not in ids or each is None:
            continue
        nodes = -(-(group.size.max if largest else group.size.desired) // len(ids))
        demands.append(Demand(name, max(0, nodes - running[name, subnet]), each))
    return demands


def _running(subject: Subject) -> Counter[tuple[str, str]]:
    """The cluster's nodes that run already, by group and subnet: their addresses are not free, and not needed again."""
    own = (one for one in instances(subject.account) if one.cluster == subject.layout.name)
    return Counter((one.group or "", one.subnet) for one in own)


def _balancers(subject: Subject) -> int:
    """Internal load balancers that are yet to be made."""
    if subject.is_deployed:
        return 0
    serving = subject.layout.workloads.serving.values()
    found = [one.load_balancer for one in serving]
    return sum(one is not None and not one.is_public for one in found)


class ServiceRange:
    """The range of Kubernetes services hides what has the same addresses elsewhere, and never changes.

    https://docs.aws.amazon.com/eks/latest/APIReference/API_KubernetesNetworkConfigRequest.html
    """

    id = "service-range"
    level: Level = "warning"
    remedy = (
        "Write cluster.service_ipv4_cidr with a range that no network uses, like 172.30.0.0/16: it cannot be "
        "changed later."
    )
    actions: tuple[str, ...] = ("ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeRouteTables")

    def applies(self, subject: Subject) -> bool:
        """Whether a control plane is yet to be made in an existing VPC."""
        return not subject.layout.network.is_new and not subject.is_deployed

    def look(self, subject: Subject) -> Iterator[Finding]:
        """The range against those of the VPC, and against what the nodes' routes lead to."""
        vpc = vpc_of(subject)
        if vpc is None:
            return
        own = cidrs_of(vpc)
        written = subject.layout.cluster.service_ipv4_cidr
        services = IPv4Network(written) if written else _chosen_by_eks(own)
        who = f"{services}, the range of services{'' if written else ' that EKS chooses here'},"
        inside = [str(one) for one in own if one.overlaps(services)]
        if inside:
            problem = f"{who} overlaps with {', '.join(inside)} of {vpc['VpcId']}"
            yield Finding("cluster.service_ipv4_cidr", problem, level="error" if written else "warning")
            return
        tables = route_tables(subject)
        used = [table_of(tables, id) for id in node_subnets(subject)]
        hidden = {
            f"{cidr} ({target})": None
            for table in used
            if table is not None
            for cidr, target in remote_routes(table)
            if cidr.overlaps(services)
        }
        if hidden:
            problem = (
                f"{who} overlaps with {', '.join(hidden)}, where the nodes' routes lead: pods do not reach "
                "those addresses"
            )
            yield Finding("cluster.service_ipv4_cidr", problem)


def _chosen_by_eks(cidrs: list[IPv4Network]) -> IPv4Network:
    """The range that EKS takes where the layout names none: 172.20 beside addresses that begin with 10.

    https://github.com/awslabs/amazon-eks-ami/blob/main/templates/al2/runtime/bootstrap.sh (TEN_RANGE)
    """
    ten = any(str(one.network_address).startswith("10.") for one in cidrs)
    return IPv4Network("172.20.0.0/16" if ten else "10.100.0.0/16")


class VpcRange:
    """Two VPCs with the same addresses can never be peered, and the range of a VPC cannot be changed.

    https://docs.aws.amazon.com/vpc/latest/peering/invalid-peering-configurations.html
    """

    id = "vpc-range"
    level: Level = "info"
    remedy = "Give the new VPC a range of its own, where the two are ever to be connected."
    actions: tuple[str, ...] = ("ec2:DescribeVpcs",)

    def applies(self, subject: Subject) -> bool:
        """Whether a VPC is yet to be made."""
        return subject.layout.network.is_new and not subject.deployed("aws_vpc")

    def look(self, subject: Subject) -> Iterator[Finding]:
        """The new range against those of the region's other VPCs."""
        new = IPv4Network(subject.layout.network.vpc_cidr)
        others = [
            f"{one['VpcId']}{_named(tags_of(one.get('Tags')))}"
            for one in subject.account.pages("ec2", "describe_vpcs", "Vpcs")
            if any(cidr.overlaps(new) for cidr in cidrs_of(one))
        ]
        if others:
            more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
            problem = f"{new} overlaps with {', '.join(others[:_SHOWN])}{more}: the new VPC could not be peered with them"
            yield Finding("network.cidr", problem)


def _named(tags: dict[str, str]) -> str:
    return f" ({tags['Name']})" if tags.get("Name") else ""
