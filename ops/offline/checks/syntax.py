"""The form of AWS's own kinds of text: ids, ARNs, address ranges, zones, tags, instance types.

What an argument holds is told by its name, so every AWS type is checked, whether a model describes it or not.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Final

from modules import catalog

from ..values import UNKNOWN
from .problem import Path, Problem, either, quoted
from .walk import Given, strings

# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html: eight hexadecimal digits, in new ids seventeen
_HEX = "(?:[0-9a-f]{8}|[0-9a-f]{17})"
_IDS: Final[dict[str, tuple[str, ...]]] = {
    "allocation_id": ("eipalloc",),
    "allocation_ids": ("eipalloc",),
    "capacity_reservation_id": ("cr",),
    "carrier_gateway_id": ("cagw",),
    "egress_only_gateway_id": ("eigw",),
    "eni_id": ("eni",),
    "host_id": ("h",),
    "image_id": ("ami",),
    "local_gateway_id": ("lgw",),
    "nat_gateway_id": ("nat",),
    "network_interface_id": ("eni",),
    "prefix_list_id": ("pl",),
    "prefix_list_ids": ("pl",),
    "destination_prefix_list_id": ("pl",),
    "referenced_security_group_id": ("sg",),
    "route_table_id": ("rtb",),
    "route_table_ids": ("rtb",),
    "secondary_allocation_ids": ("eipalloc",),
    "security_group_id": ("sg",),
    "security_group_ids": ("sg",),
    "snapshot_id": ("snap",),
    "source_security_group_ids": ("sg",),
    "subnet_id": ("subnet",),
    "subnet_ids": ("subnet",),
    "transit_gateway_id": ("tgw",),
    "vpc_endpoint_id": ("vpce",),
    "vpc_id": ("vpc",),
    "vpc_peering_connection_id": ("pcx",),
    "vpc_security_group_ids": ("sg",),
}
_IDS_OF_TYPES: Final[dict[str, tuple[str, ...]]] = {
    "aws_eks_node_group launch_template.id": ("lt",),
    "aws_launch_template network_interfaces.security_groups": ("sg",),
    "aws_launch_template placement.group_id": ("pg",),
    "aws_route gateway_id": ("igw", "vgw"),
}
# What else these arguments take: "local" is the route inside the VPC, an SSM parameter names an image, and a group of
# another account stands behind its number.
_INSTEAD_OF_ID: Final = {
    "gateway_id": re.compile(r"local"),
    "image_id": re.compile(r"resolve:ssm:.+"),
    "referenced_security_group_id": re.compile(rf"[0-9]{{12}}/sg-{_HEX}"),
}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?P<service>[a-z0-9-]+):(?P<region>[a-z0-9-]*)"
    r":(?P<account>[0-9]{12}|aws|):(?P<resource>.+)",
    re.S,
)
_ROLE = ("iam", "role/")
_ARNS: Final[dict[str, tuple[str, str] | None]] = {
    "aws_eks_access_policy_association policy_arn": ("eks", "cluster-access-policy/"),
    "aws_eks_cluster encryption_config.provider.key_arn": ("kms", "key/"),
    "aws_flow_log deliver_cross_account_role": _ROLE,
    "aws_flow_log log_destination": None,
    "aws_iam_role managed_policy_arns": ("iam", "policy/"),
    "aws_iam_role permissions_boundary": ("iam", "policy/"),
    "aws_iam_role_policy_attachment policy_arn": ("iam", "policy/"),
    "aws_launch_template iam_instance_profile.arn": ("iam", "instance-profile/"),
}
_CIDR_NAMES = re.compile(r"(.*_)?cidr(s|_blocks?|_ipv[46])?")
# https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html and subnet-sizing.html
_VPC_PREFIXES = range(16, 29)
# https://docs.aws.amazon.com/eks/latest/APIReference/API_KubernetesNetworkConfigRequest.html
_SERVICE_PREFIXES = range(12, 25)
# Zones, local zones and wavelength zones: us-west-2a, us-west-2-lax-1a, us-east-1-wl1-bos-wlz-1.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-regions-availability-zones.html
_ZONE = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+([a-z]|-[a-z]+-[0-9]+[a-z]|-wl[0-9]*-[a-z]+-wlz-[0-9]+)")
_ZONE_ID = re.compile(r"[a-z]{3,4}[0-9]+-([a-z0-9]+-)*az[0-9]+")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+")
_VERSION = re.compile(r"1\.[0-9]{2}")
# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html (limits)
_TAGS, _TAG_KEY, _TAG_VALUE = 50, 128, 256
# IAM takes fewer characters than EC2, which takes any: https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html
_IAM_TAG = re.compile(r"[\w\s.:/=+\-@]*")


def problems(type_name: str, given: Given) -> Iterator[Problem]:
    """What is wrong with the form of one argument of an AWS resource."""
    if given.name in ("tags", "tags_all"):
        yield from _tags(type_name, given.value, given.path)
        return
    for path, text in strings(given.value, given.path):
        if fault := _fault(type_name, given, text):
            yield Problem(path, fault)


def _fault(type_name: str, given: Given, text: str) -> str | None:
    key, name = f"{type_name} {given.argument}", given.name
    prefixes = _IDS_OF_TYPES.get(key) or _IDS.get(name)
    if prefixes:
        return _id(name, text, prefixes)
    if key in _ARNS or name == "arn" or name.endswith(("_arn", "_arns")):
        return _arn(text, _ARNS.get(key, _ROLE if name.endswith("role_arn") else None))
    if _CIDR_NAMES.fullmatch(name):
        return _cidr(key, name, text)
    if name in ("availability_zone", "availability_zone_id"):
        return _zone(name, text)
    if name == "region":
        return (
            None if _REGION.fullmatch(text) else f"{quoted(text)} is no AWS region: one reads like us-west-2."
        )
    if name in ("instance_type", "instance_types"):
        return _instance_type(text)
    if key in ("aws_eks_cluster version", "aws_eks_node_group version"):
        return _kubernetes_version(text)
    return None


def _id(name: str, text: str, prefixes: tuple[str, ...]) -> str | None:
    if any(re.fullmatch(f"{prefix}-{_HEX}", text) for prefix in prefixes):
        return None
    instead = _INSTEAD_OF_ID.get(name)
    if instead and instead.fullmatch(text):
        return None
    forms = either(f"{prefix}-" for prefix in prefixes)
    return f"{quoted(text)} is no id for {name}: EC2's begin with {forms}, and 8 or 17 of the digits 0-9a-f follow."


def _arn(text: str, expected: tuple[str, str] | None) -> str | None:
    parts = _ARN.fullmatch(text)
    if parts is None:
        return f"{quoted(text)} is no ARN: one reads arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE, the account 12 digits."
    if parts["service"] == "iam" and parts["region"]:
        return f"{quoted(text)} has the region {parts['region']}, but IAM's ARNs have none: arn:...:iam::ACCOUNT:..."
    if expected:
        service, resource = expected
        if parts["service"] != service or not parts["resource"].startswith(resource):
            return f"{quoted(text)} is the ARN of something else: here stands arn:...:{service}:...:{resource}NAME."
    return None


def _cidr(key: str, name: str, text: str) -> str | None:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return f"{quoted(text)} is no address range in CIDR notation, like 10.0.0.0/16."
    if "/" not in text:
        return f"{quoted(text)} has no prefix length: write {network} for the single address."
    if str(network.network_address) != str(ipaddress.ip_interface(text).ip):
        return f"{quoted(text)} has host bits that are set: write {network}."
    if "ipv6" in name and network.version == 4:
        return f"{quoted(text)} is an IPv4 range: {name} takes IPv6."
    if network.version == 6 and (
        "ipv4" in name or name in ("cidr_block", "destination_cidr_block", "cidr_blocks")
    ):
        return f"{quoted(text)} is an IPv6 range: {name} takes IPv4."
    if key in ("aws_vpc cidr_block", "aws_subnet cidr_block") and network.prefixlen not in _VPC_PREFIXES:
        return f"{quoted(text)} has the prefix length {network.prefixlen}: EC2 takes /16 to /28 for VPCs and subnets."
    if name == "service_ipv4_cidr" and not (network.is_private and network.prefixlen in _SERVICE_PREFIXES):
        return f"{quoted(text)} is no range for services: EKS takes a private one (10, 172.16 or 192.168), /12 to /24."
    return None


def _zone(name: str, text: str) -> str | None:
    if name == "availability_zone_id":
        return None if _ZONE_ID.fullmatch(text) else f"{quoted(text)} is no zone id: one reads like usw2-az1."
    if _ZONE.fullmatch(text):
        return None
    hint = " That is a region: add the zone's letter." if _REGION.fullmatch(text) else ""
    return f"{quoted(text)} is no availability zone: one reads like us-west-2a.{hint}"


def _instance_type(text: str) -> str | None:
    if catalog.find(text):
        return None
    near = catalog.near(text, 1)
    meant = f" Did you mean {quoted(near[0])}?" if near else ""
    return f"The catalogue has no instance type {quoted(text)}.{meant}"


def _kubernetes_version(text: str) -> str | None:
    # The form is checked with the limits.
    if catalog.kubernetes_version(text) or not _VERSION.fullmatch(text):
        return None
    newest = catalog.kubernetes_versions()[-1].version
    return f"The catalogue has no Kubernetes {quoted(text)} on EKS: the newest is {newest}."


def _tags(type_name: str, tags: Mapping[str, object], path: Path) -> Iterator[Problem]:
    if len(tags) > _TAGS:
        yield Problem(path, f"{len(tags)} tags are given: AWS takes {_TAGS} for a resource.")
    for key, value in tags.items():
        if fault := _tag_fault(type_name, key, value):
            yield Problem((*path, key), fault)


def _tag_fault(type_name: str, key: str, value: object) -> str | None:
    if not 1 <= len(key) <= _TAG_KEY:
        return f"The key {quoted(key)} has {len(key)} characters: AWS takes 1 to {_TAG_KEY}."
    if key.lower().startswith("aws:"):
        return f"The key {quoted(key)} begins with aws:, which AWS keeps for its own tags."
    if value is None:
        return f"The tag {key} has no value: write a text, which may be empty."
    if value is UNKNOWN or not isinstance(value, str):
        return None
    if len(value) > _TAG_VALUE:
        return f"The value of the tag {key} has {len(value)} characters: AWS takes at most {_TAG_VALUE}."
    if type_name.startswith("aws_iam_") and not (_IAM_TAG.fullmatch(key) and _IAM_TAG.fullmatch(value)):
        return f"The tag {quoted(key)} = {quoted(value)} has characters that IAM refuses: letters, digits, spaces and _.:/=+-@ are allowed."
    return None
