"""The interface endpoints of an existing VPC: what nodes without a way out need, and what blocks those with one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, collapse_addresses

from modules.layout.endpoints import NEEDED_ENDPOINTS, private_services

from ...aws.account import Answer
from ...checking.check import Finding, Level
from ..existing_network import Subnet, cut_off, in_vpc, is_shared, node_subnets, places, vpc_of
from ..subject import Subject
from .networks import NO_SECURITY_GROUP

_HTTPS = 443
_ACTIONS = (
    "ec2:DescribeVpcs",
    "ec2:DescribeSubnets",
    "ec2:DescribeRouteTables",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeSecurityGroups",
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint of the VPC; `service` is its short name, `answers` says that it is found by the service's own name."""

    id: str
    service: str
    type: str
    state: str
    answers: bool
    groups: tuple[str, ...]
    tables: tuple[str, ...]


def endpoints_of(subject: Subject) -> list[Endpoint]:
    """The endpoints of the VPC for services of AWS in the region."""
    found = []
    for one in in_vpc(subject, "describe_vpc_endpoints", "VpcEndpoints"):
        # com.amazonaws.us-west-2.ecr.api, in China cn.com.amazonaws.cn-north-1.ecr.api
        _, here, service = str(one.get("ServiceName", "")).partition(f".{subject.layout.region}.")
        if here:
            found.append(
                Endpoint(
                    str(one["VpcEndpointId"]),
                    service,
                    str(one.get("VpcEndpointType", "Gateway")),
                    str(one.get("State", "")).lower(),
                    bool(one.get("PrivateDnsEnabled")),
                    tuple(str(group["GroupId"]) for group in one.get("Groups") or ()),
                    tuple(one.get("RouteTableIds") or ()),
                )
            )
    return found


def is_private(subject: Subject) -> bool:
    """Whether somebody means the VPC to do without the internet: there is an interface endpoint."""
    return any(one.type == "Interface" for one in endpoints_of(subject))


class Endpoints:
    """Nodes without a way to the internet reach AWS by endpoints alone: without these they neither join nor pull images.

    https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html
    """

    id = "endpoints"
    level: Level = "error"
    remedy = "Make the endpoint, with private DNS, in the VPC; or give the nodes' subnets a way out by a NAT gateway."
    actions: tuple[str, ...] = (*_ACTIONS[:4], "sts:GetCallerIdentity")

    def applies(self, subject: Subject) -> bool:
        """Whether the VPC exists."""
        return not subject.layout.network.is_new

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each service that is called has an endpoint that is available, with private DNS; S3 one for each route table."""
        cut = cut_off(subject)
        if not cut:
            return
        there = endpoints_of(subject)
        interfaces = {one.service: one for one in there if one.type == "Interface" and one.answers}
        interfaces |= {one.service: one for one in interfaces.values() if one.state == "available"}
        mute = {one.service: one for one in there if one.type == "Interface" and not one.answers}
        where, who = places(subject, cut), ", ".join(cut)
        missing = []
        for service in private_services(subject.layout):
            endpoint = interfaces.get(service)
            if endpoint is not None and endpoint.state != "available":
                problem = f"the endpoint {endpoint.id} of {service} is {endpoint.state}, and {who} has no other way there"
                remedy = f"See `aws ec2 describe-vpc-endpoints --region {subject.layout.region} --vpc-endpoint-ids {endpoint.id}`."
                yield Finding(where, problem, remedy, _level(service))
            elif endpoint is None and service in mute:
                problem = f"the endpoint {mute[service].id} of {service} has no private DNS: nodes do not find it by the service's name"
                remedy = (
                    f"aws ec2 modify-vpc-endpoint --region {subject.layout.region} --vpc-endpoint-id "
                    f"{mute[service].id} --private-dns-enabled (unless a hosted zone of yours leads there)"
                )
                yield Finding(where, problem, remedy, "warning")
            elif endpoint is None:
                missing.append(service)
        # Another network may have them, with hosted zones that this VPC is associated with; or the VPC's owner, unseen.
        elsewhere = any(way.beyond for way in cut.values()) or is_shared(subject)
        if not there:  # Of one cause, a NAT gateway or a private network that was forgotten, one finding.
            yield from self._missing(subject, [*missing, "s3"], where, who, elsewhere)
            return
        yield from self._missing(subject, missing, where, who, elsewhere)
        yield from self._s3(subject, there, {way.table for way in cut.values()}, where, elsewhere)

    def _missing(
        self, subject: Subject, missing: Sequence[str], where: str, who: str, elsewhere: bool
    ) -> Iterator[Finding]:
        vpc, region = subject.layout.network.vpc_id, subject.layout.region
        needed = [service for service in missing if service in NEEDED_ENDPOINTS]
        others = [service for service in missing if service not in NEEDED_ENDPOINTS]
        if needed:
            problem = f"{who} has no route to the internet, and {vpc} no endpoint of {', '.join(needed)}: nodes cannot join or pull images"
            names = ", ".join(f"com.amazonaws.{region}.{one}" for one in missing if one != "s3")
            s3 = f" and a gateway endpoint of com.amazonaws.{region}.s3" if "s3" in missing else ""
            remedy = f"Lead 0.0.0.0/0 to a NAT gateway, or make interface endpoints with private DNS of {names}{s3}."
            level: Level = "warning" if elsewhere else "error"
            yield Finding(where, problem, remedy, level)
        elif others:
            problem = f"{who} has no route to the internet, and {vpc} no endpoint of {', '.join(others)}, which agents, add-ons or releases call"
            remedy = f"Make interface endpoints with private DNS of {', '.join(f'com.amazonaws.{region}.{one}' for one in others)}."
            yield Finding(where, problem, remedy, "warning")

    def _s3(
        self, subject: Subject, there: Sequence[Endpoint], tables: set[str], where: str, elsewhere: bool
    ) -> Iterator[Finding]:
        s3 = [one for one in there if one.service == "s3" and one.state == "available"]
        if any(one.type == "Interface" and one.answers for one in s3):
            return
        lacking = sorted(tables - {table for one in s3 for table in one.tables})
        if lacking:
            problem = f"{', '.join(lacking)} leads to no endpoint of S3, where the layers of ECR's images are"
            made = next((one.id for one in s3 if one.type == "Gateway"), None)
            region, vpc, ids = subject.layout.region, subject.layout.network.vpc_id, " ".join(lacking)
            remedy = (
                f"aws ec2 modify-vpc-endpoint --region {region} --vpc-endpoint-id {made} --add-route-table-ids {ids}"
                if made
                else f"aws ec2 create-vpc-endpoint --region {region} --vpc-id {vpc} --service-name "
                f"com.amazonaws.{region}.s3 --route-table-ids {ids}"
            )
            yield Finding(where, problem, remedy, "warning" if elsewhere else "error")


def _level(service: str) -> Level:
    return "error" if service in NEEDED_ENDPOINTS else "warning"


class EndpointAccess:
    """Private DNS leads all nodes of the VPC to an interface endpoint, NAT or not: its security groups have to let them in.

    https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
    """

    id = "endpoint-access"
    level: Level = "error"
    remedy = "Let port 443 in from the nodes' subnets in a security group of the endpoint."
    actions: tuple[str, ...] = _ACTIONS

    def applies(self, subject: Subject) -> bool:
        """Whether the VPC exists."""
        return not subject.layout.network.is_new

    def look(self, subject: Subject) -> Iterator[Finding]:
        """HTTPS comes in from every node subnet."""
        if vpc_of(subject) is None:
            return
        called = {*private_services(subject.layout), "s3"}
        by_groups: dict[tuple[str, ...], list[Endpoint]] = {}
        for endpoint in endpoints_of(subject):
            if endpoint.type == "Interface" and endpoint.answers and endpoint.service in called:
                by_groups.setdefault(tuple(sorted(endpoint.groups)), []).append(endpoint)
        for ids, endpoints in by_groups.items():
            if not ids:
                continue
            rules = [rule for id in ids for rule in self._rules(subject, id)]
            nodes = _groups_of_nodes(subject)
            shut = {id: one for id, one in node_subnets(subject).items() if not _lets_in(rules, one, nodes)}
            if shut:
                yield self._finding(subject, ids, endpoints, shut)

    def _rules(self, subject: Subject, id: str) -> list[Answer]:
        found = subject.account.pages(
            "ec2", "describe_security_groups", "SecurityGroups", NO_SECURITY_GROUP, GroupIds=[id]
        )
        return [rule for group in found for rule in group.get("IpPermissions", ())]

    def _finding(
        self, subject: Subject, ids: Sequence[str], endpoints: Sequence[Endpoint], shut: Mapping[str, Subnet]
    ) -> Finding:
        services = ", ".join(sorted(one.service for one in endpoints))
        cidrs = [subnet.cidr for subnet in shut.values()]
        problem = (
            f"the security group {', '.join(ids)} of the endpoints of {services} lets no HTTPS in from "
            f"{', '.join(f'{id} ({subnet.cidr})' for id, subnet in shut.items())}: by private DNS, nodes go there and nowhere else"
        )
        remedy = (
            f"aws ec2 authorize-security-group-ingress --region {subject.layout.region} --group-id {ids[0]} "
            f"--protocol tcp --port {_HTTPS} --cidr {cidrs[0]}{' (and the others)' if len(cidrs) > 1 else ''}"
        )
        return Finding(places(subject, shut), problem, remedy)


def _groups_of_nodes(subject: Subject) -> set[str]:
    """Security groups that nodes surely have: the layout's, and EKS's own once there is a cluster."""
    own = {id for _, group in subject.groups() for id in group.security_group_ids}
    for cluster in subject.deployed("aws_eks_cluster"):
        for config in cluster.attributes.get("vpc_config") or ():
            own.add(str(config.get("cluster_security_group_id")))
    return own


def _lets_in(rules: Sequence[Answer], subnet: Subnet, nodes: set[str]) -> bool:
    """Whether HTTPS comes in from all of a subnet."""
    ranges = []
    for rule in rules:
        protocol = str(rule.get("IpProtocol"))
        if protocol != "-1" and not (
            protocol in ("tcp", "6")
            and int(rule.get("FromPort", 0)) <= _HTTPS <= int(rule.get("ToPort", 65535))
        ):
            continue
        if nodes & {str(pair.get("GroupId")) for pair in rule.get("UserIdGroupPairs", ())}:
            return True
        if rule.get("PrefixListIds"):  # whose entries are not asked
            return True
        ranges += [IPv4Network(one["CidrIp"]) for one in rule.get("IpRanges", ())]
    return any(IPv4Network(subnet.cidr).subnet_of(one) for one in collapse_addresses(ranges))
