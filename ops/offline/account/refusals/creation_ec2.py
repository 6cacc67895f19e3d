"""What EC2 refuses to make."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Network

from ..account import Account
from .common import Rule, State, exists, missing, no_subnet


def _subnet(values: State, account: Account) -> str | None:
    vpc_id, cidr, zone = values.get("vpc_id"), values.get("cidr_block"), values.get("availability_zone")
    if not isinstance(vpc_id, str):
        return None
    whole = account.vpc_cidr(vpc_id)
    if whole is None:
        return f"InvalidVpcID.NotFound: The vpc ID '{vpc_id}' does not exist"
    if isinstance(zone, str) and zone not in {**account.zones, **account.local_zones}:
        return (
            f"InvalidParameterValue: Value ({zone}) for parameter availabilityZone is invalid. Subnets can currently "
            f"only be created in the following availability zones: {', '.join(account.zones)}."
        )
    if not isinstance(cidr, str):
        return None
    mine = IPv4Network(cidr, strict=False)
    if not mine.subnet_of(IPv4Network(whole)):
        return f"InvalidSubnet.Range: The CIDR '{cidr}' is invalid."
    for other_id in account.subnet_ids():
        other = account.subnet(other_id)
        if other and other.vpc_id == vpc_id and mine.overlaps(IPv4Network(other.cidr)):
            return f"InvalidSubnet.Conflict: The CIDR '{cidr}' conflicts with another subnet"
    return None


def _in_vpc(values: State, account: Account) -> str | None:
    vpc_id = values.get("vpc_id")
    if isinstance(vpc_id, str) and vpc_id and account.vpc_cidr(vpc_id) is None:
        return f"InvalidVpcID.NotFound: The vpc ID '{vpc_id}' does not exist"
    return None


def _security_group(values: State, account: Account) -> str | None:
    name, vpc_id = values.get("name"), values.get("vpc_id")
    if isinstance(name, str) and isinstance(vpc_id, str):
        for other in account.all("aws_security_group"):
            if (other["name"], other["vpc_id"]) == (name, vpc_id):
                return (
                    f"InvalidGroup.Duplicate: The security group '{name}' already exists for VPC '{vpc_id}'"
                )
    return _in_vpc(values, account)


def _internet_gateway(values: State, account: Account) -> str | None:
    vpc_id = values.get("vpc_id")
    if isinstance(vpc_id, str):
        for other in account.all("aws_internet_gateway"):
            if other["vpc_id"] == vpc_id:
                return f"Resource.AlreadyAssociated: resource {vpc_id} is already attached to an internet gateway"
    return _in_vpc(values, account)


def _route(values: State, account: Account) -> str | None:
    table = values.get("route_table_id")
    for other in account.all("aws_route"):
        for member in ("destination_cidr_block", "destination_ipv6_cidr_block"):
            goal = values.get(member)
            if isinstance(goal, str) and goal and (other["route_table_id"], other[member]) == (table, goal):
                return f"RouteAlreadyExists: The route identified by {goal} already exists."
    return missing(
        account,
        "aws_route_table",
        table,
        "InvalidRouteTableID.NotFound: The routeTable ID '{id}' does not exist",
    )


def _association(values: State, account: Account) -> str | None:
    subnet = values.get("subnet_id")
    for other in account.all("aws_route_table_association"):
        if isinstance(subnet, str) and subnet and other["subnet_id"] == subnet:
            return (
                "Resource.AlreadyAssociated: the specified association for route table "
                f"{values.get('route_table_id')} conflicts with an existing association"
            )
    return None


def _nat_gateway(values: State, account: Account) -> str | None:
    subnet = values.get("subnet_id")
    if no_subnet(subnet, account):
        return f"InvalidSubnet: The subnet ID '{subnet}' does not exist"
    address = values.get("allocation_id")
    for other in account.all("aws_nat_gateway"):
        if isinstance(address, str) and other["allocation_id"] == address:
            return f"Resource.AlreadyAssociated: Elastic IP address [{address}] is already associated"
    placed = account.subnet(subnet) if isinstance(subnet, str) else None
    if placed is None or placed.vpc_id in account.vpcs or values.get("connectivity_type") == "private":
        return None
    if any(one["vpc_id"] == placed.vpc_id for one in account.all("aws_internet_gateway")):
        return None
    return f"Gateway.NotAttached: Network {placed.vpc_id} has no Internet gateway attached"


# Those of AWS, in China too, of vendors and of one's own load balancers; a service of no region is named in full.
# https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
_SERVICE = re.compile(
    r"(?:(?:cn\.)?com\.amazonaws(?:\.vpce)?|aws\.[a-z]+)\.(?P<region>[a-z]{2,3}(?:-[a-z]+)+-\d)\.[a-z0-9][a-z0-9._-]*"
)
_OF_NO_REGION = ("com.amazonaws.s3-global.accesspoint",)
# https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
_BY_GATEWAY = ("s3", "dynamodb", "s3express")


def _endpoint_service(values: State, account: Account) -> str | None:
    name, kind = values.get("service_name"), values.get("vpc_endpoint_type")
    if not isinstance(name, str) or not name or name in _OF_NO_REGION:
        return None
    elsewhere = values.get("service_region")
    found = _SERVICE.fullmatch(name)
    if not found or found["region"] != (elsewhere if isinstance(elsewhere, str) else account.region):
        # https://github.com/terraform-aws-modules/terraform-aws-vpc/issues/481
        return f"InvalidServiceName: The Vpc Endpoint Service '{name}' does not exist"
    if kind == "Gateway" and name.rpartition(".")[2] not in _BY_GATEWAY:
        # https://github.com/hashicorp/terraform/issues/24478
        return (
            "InvalidParameter: Endpoint type (Gateway) does not match available service types ([Interface])."
        )
    return None


def _vpc_endpoint(values: State, account: Account) -> str | None:
    refused = _in_vpc(values, account) or _endpoint_service(values, account)
    if refused is not None or values.get("vpc_endpoint_type") != "Interface":
        return refused
    zones: set[str] = set()
    subnets = values.get("subnet_ids")
    for id in subnets if isinstance(subnets, list) else ():
        subnet = account.subnet(str(id))
        if subnet is None:
            return f"InvalidSubnetId.NotFound: The subnet ID '{id}' does not exist"
        if subnet.zone in zones:
            return f"DuplicateSubnetsInSameZone: Found another VPC endpoint subnet in the availability zone of {id}"
        zones.add(subnet.zone)
    same = ("vpc_id", "service_name", "private_dns_enabled")
    if values.get("private_dns_enabled") is True and any(
        all(other[member] == values.get(member) for member in same)
        for other in account.all("aws_vpc_endpoint")
    ):
        name = ".".join(reversed(str(values["service_name"]).split(".")))
        return (
            "InvalidParameter: private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
            f"{name} in the VPC {values['vpc_id']}"
        )
    return None


_RULE_MEMBERS = (
    "security_group_id",
    "cidr_ipv4",
    "cidr_ipv6",
    "from_port",
    "ip_protocol",
    "prefix_list_id",
    "referenced_security_group_id",
    "to_port",
)


def _security_rule(direction: str) -> Rule:
    """Refuses a rule that its group has already."""

    def rule(values: State, account: Account) -> str | None:
        for other in account.all(f"aws_vpc_security_group_{direction}_rule"):
            if all(other.get(member) == values.get(member) for member in _RULE_MEMBERS):
                peer = values.get("referenced_security_group_id") or values.get("cidr_ipv4")
                return f'InvalidPermission.Duplicate: the specified rule "peer: {peer}" already exists'
        return None

    return rule


CREATE: Mapping[str, Rule] = {
    "aws_default_security_group": _in_vpc,
    "aws_internet_gateway": _internet_gateway,
    "aws_launch_template": exists(
        "aws_launch_template",
        "name",
        "InvalidLaunchTemplateName.AlreadyExistsException: Launch template name already in use.",
    ),
    "aws_nat_gateway": _nat_gateway,
    "aws_placement_group": exists(
        "aws_placement_group",
        "name",
        "InvalidPlacementGroup.Duplicate: The placement group '{name}' already exists.",
    ),
    "aws_route": _route,
    "aws_route_table": _in_vpc,
    "aws_route_table_association": _association,
    "aws_security_group": _security_group,
    "aws_subnet": _subnet,
    "aws_vpc_endpoint": _vpc_endpoint,
    "aws_vpc_security_group_egress_rule": _security_rule("egress"),
    "aws_vpc_security_group_ingress_rule": _security_rule("ingress"),
}
