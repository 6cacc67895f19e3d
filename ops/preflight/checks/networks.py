"""An existing VPC and its subnets: whether they are there, belong together, and are what EKS takes."""

from __future__ import annotations

from collections.abc import Iterator

from modules.catalog.regions import ZONE_IDS_WITHOUT_EKS

from ...aws.account import Answer
from ...checking.check import Finding, Level
from ..existing_network import cidrs_of, named_subnets, subnets_at, vpc_of
from ..subject import NO_SUBNET, Subject

NO_SECURITY_GROUP = ("InvalidGroup.NotFound", "InvalidGroupId.Malformed")
# Amazon's resolver, by its name and by its fixed address; the third is the VPC's own, the second of its addresses.
# https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html
_RESOLVERS = frozenset(("AmazonProvidedDNS", "169.254.169.253"))


class VpcExists:
    """The existing VPC is in the layout's region and account: everything else is made in it."""

    id = "vpc"
    level: Level = "error"
    remedy = "List the VPCs with `aws ec2 describe-vpcs`, and correct network.vpc_id or region."
    actions: tuple[str, ...] = ("ec2:DescribeVpcs",)

    def applies(self, subject: Subject) -> bool:
        """Whether the layout names a VPC."""
        return not subject.layout.network.is_new

    def look(self, subject: Subject) -> Iterator[Finding]:
        """The VPC is found."""
        if vpc_of(subject) is None:
            region, id = subject.layout.region, subject.layout.network.vpc_id
            yield Finding("network.vpc_id", f"there is no VPC {id} in {region}")


class SubnetsExist:
    """Every subnet that the layout names exists and lies in its VPC: EKS takes no other."""

    id = "subnets"
    level: Level = "error"
    remedy = "Write the ids of subnets of that VPC."
    actions: tuple[str, ...] = ("ec2:DescribeVpcs", "ec2:DescribeSubnets")

    def applies(self, subject: Subject) -> bool:
        """Whether the layout names subnets."""
        return not subject.layout.network.is_new

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each is found, in the VPC."""
        if vpc_of(subject) is None:
            return
        vpc = subject.layout.network.vpc_id
        remedy = f"See `aws ec2 describe-subnets --region {subject.layout.region} --filters Name=vpc-id,Values={vpc}`."
        for id, paths in named_subnets(subject).items():
            found = subject.account.pages("ec2", "describe_subnets", "Subnets", NO_SUBNET, SubnetIds=[id])
            if not found:
                problem = f"there is no subnet {id} in {subject.layout.region}"
                yield Finding(", ".join(paths), problem, remedy)
            elif found[0]["VpcId"] != vpc:
                problem = f"the subnet {id} is in {found[0]['VpcId']}, and network.vpc_id is {vpc}"
                yield Finding(", ".join(paths), problem, remedy)


class ControlPlaneZones:
    """EKS puts the control plane into subnets of two or more zones, and takes no Local Zone and not every other one.

    https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
    """

    id = "control-plane-zones"
    level: Level = "error"
    remedy = "Name private subnets in two or more zones that EKS takes."
    actions: tuple[str, ...] = ("ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeAvailabilityZones")

    def applies(self, subject: Subject) -> bool:
        """Whether the control plane's subnets or zones are named."""
        network = subject.layout.network
        return not network.is_new or bool(network.availability_zones)

    def look(self, subject: Subject) -> Iterator[Finding]:
        """The zones of the private subnets, or of a new VPC."""
        network = subject.layout.network
        zones = {str(one["ZoneName"]): str(one.get("ZoneId", "")) for one in subject.region_zones()}
        if network.is_new:
            for zone in network.availability_zones or ():
                if zone not in zones:
                    there = ", ".join(sorted(zones))
                    problem = f"your account has no zone {zone} in {subject.layout.region}: it has {there}"
                    yield Finding("network.availability_zones", problem, f"Write zones out of {there}.")
                elif zones[zone] in ZONE_IDS_WITHOUT_EKS:
                    problem = f"{zone} is {zones[zone]} in your account, where EKS puts no control plane"
                    yield Finding("network.availability_zones", problem, "Write another zone in its place.")
            return
        if vpc_of(subject) is None:
            return
        where = "network.private_subnet_ids"
        named = network.private_subnet_ids or ()
        subnets = subnets_at(subject, named)
        for subnet in subnets.values():
            if subnet.zone not in zones:
                problem = f"{subnet.id} is in {subnet.zone}, a Local or Wavelength Zone, where EKS puts no control plane"
                yield Finding(where, problem)
            elif subnet.zone_id in ZONE_IDS_WITHOUT_EKS:
                problem = (
                    f"{subnet.id} is in {subnet.zone} ({subnet.zone_id}), where EKS puts no control plane"
                )
                yield Finding(where, problem)
        found = sorted({subnet.zone for subnet in subnets.values()})
        if len(found) < 2 and len(subnets) == len(named):
            problem = f"all {len(named)} private subnets are in {found[0]}, and EKS wants two or more zones"
            yield Finding(where, problem)


class GroupZone:
    """The subnets of a node group lie in the zone that the layout says: reserved capacity is in that zone alone."""

    id = "group-zone"
    level: Level = "error"
    remedy = "Write a subnet of that zone, or the zone of that subnet."
    actions: tuple[str, ...] = ("ec2:DescribeVpcs", "ec2:DescribeSubnets")

    def applies(self, subject: Subject) -> bool:
        """Whether anything has both a zone and a subnet, or shares a zone with a group."""
        return not subject.layout.network.is_new

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Zones of groups against their subnets, and of file systems against their groups."""
        for path, group in subject.groups():
            if group.availability_zone is None or not group.subnet_ids:
                continue
            for subnet in subnets_at(subject, group.subnet_ids).values():
                if subnet.zone != group.availability_zone:
                    problem = (
                        f"the subnet {subnet.id} is in {subnet.zone}, and {path}.availability_zone is "
                        f"{group.availability_zone}"
                    )
                    remedy = f"Name a subnet in {group.availability_zone}, or write availability_zone: {subnet.zone}."
                    yield Finding(f"{path}.subnet_ids", problem, remedy)
        for name, one in subject.layout.storage.file_systems.items():
            if one.subnet_id is None or one.node_group is None:
                continue
            its = subnets_at(subject, [one.subnet_id]).get(one.subnet_id)
            zones = subject.zones_of(subject.layout.node_groups[one.node_group])
            if its is not None and len(zones) == 1 and its.zone not in zones:
                problem = (
                    f"the subnet {its.id} is in {its.zone}, and the nodes of {one.node_group} in {zones[0]}: every byte "
                    "would cross zones, and EFA does not"
                )
                yield Finding(
                    f"storage.file_systems.{name}.subnet_id", problem, f"Name a subnet in {zones[0]}."
                )


class VpcDns:
    """Nodes find the API's private endpoint by DNS of the VPC, which has to be on and within their reach.

    https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
    """

    id = "vpc-dns"
    level: Level = "error"
    remedy = "Turn on DNS support and DNS host names of the VPC."
    actions: tuple[str, ...] = ("ec2:DescribeVpcs", "ec2:DescribeVpcAttribute", "ec2:DescribeDhcpOptions")

    def applies(self, subject: Subject) -> bool:
        """Whether the layout names a VPC."""
        return not subject.layout.network.is_new

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Two attributes, and the DNS servers of the DHCP options."""
        vpc = vpc_of(subject)
        if vpc is None:
            return
        id, region = vpc["VpcId"], subject.layout.region
        for attribute, key, option, name in (
            ("enableDnsSupport", "EnableDnsSupport", "--enable-dns-support", "DNS support"),
            ("enableDnsHostnames", "EnableDnsHostnames", "--enable-dns-hostnames", "DNS host names"),
        ):
            answer = subject.account.ask("ec2", "describe_vpc_attribute", VpcId=id, Attribute=attribute)
            if not answer.get(key, {}).get("Value"):
                remedy = f"aws ec2 modify-vpc-attribute --region {region} --vpc-id {id} {option}"
                yield Finding("network.vpc_id", f"{name} of {id} is off: no node would find the API", remedy)
        yield from self._servers(subject, vpc)

    def _servers(self, subject: Subject, vpc: Answer) -> Iterator[Finding]:
        options_id = str(vpc.get("DhcpOptionsId", ""))
        if not options_id.startswith("dopt-"):
            return
        options = subject.account.pages(
            "ec2",
            "describe_dhcp_options",
            "DhcpOptions",
            ("InvalidDhcpOptionID.NotFound",),
            DhcpOptionsIds=[options_id],
        )
        servers = [
            str(value["Value"])
            for one in options
            for setting in one.get("DhcpConfigurations", ())
            if setting.get("Key") == "domain-name-servers"
            for value in setting.get("Values", ())
        ]
        amazon = _RESOLVERS | {str(cidr[2]) for cidr in cidrs_of(vpc)}
        if servers and not amazon & set(servers):
            problem = (
                f"nodes ask {', '.join(servers)} by the DHCP options {options_id}, and not Amazon's resolver"
            )
            remedy = (
                "Have these servers forward eks.amazonaws.com, amazonaws.com and your private zones to the VPC's resolver, or "
                "nodes find neither the API's private endpoint nor interface endpoints."
            )
            yield Finding("network.vpc_id", problem, remedy, "warning")


class SecurityGroupsExist:
    """Security groups that the layout names exist in the VPC: EC2 puts no interface into one of another."""

    id = "security-groups"
    level: Level = "error"
    remedy = "Write the ids of security groups of that VPC."
    actions: tuple[str, ...] = ("ec2:DescribeVpcs", "ec2:DescribeSecurityGroups")

    def applies(self, subject: Subject) -> bool:
        """Whether the layout names any."""
        return bool(_named_groups(subject))

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each is found, in the VPC."""
        vpc = subject.layout.network.vpc_id
        if vpc is not None and vpc_of(subject) is None:
            return
        if vpc is None:  # the layout's own, if it is deployed: a group can be there since
            vpc = next((str(one.attributes.get("id")) for one in subject.deployed("aws_vpc")), None)
        for id, paths in _named_groups(subject).items():
            found = subject.account.pages(
                "ec2", "describe_security_groups", "SecurityGroups", NO_SECURITY_GROUP, GroupIds=[id]
            )
            remedy = (
                f"See `aws ec2 describe-security-groups --region {subject.layout.region} --filters "
                f"Name=vpc-id,Values={vpc}`."
                if vpc
                else "Deploy without it first: a new VPC has no security groups yet."
            )
            if not found:
                yield Finding(", ".join(paths), f"there is no security group {id}", remedy)
            elif vpc is not None and found[0]["VpcId"] != vpc:
                problem = f"the security group {id} is in {found[0]['VpcId']}, and the cluster in {vpc}"
                yield Finding(", ".join(paths), problem, remedy)


def _named_groups(subject: Subject) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for id in subject.layout.cluster.security_group_ids:
        named.setdefault(id, []).append("cluster.security_group_ids")
    for path, group in subject.groups():
        for id in group.security_group_ids:
            named.setdefault(id, []).append(f"{path}.security_group_ids")
    return named
