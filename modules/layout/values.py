"""The types of a layout's values: names, ids, addresses, and Terraform variables in their place."""

from __future__ import annotations

import re
from datetime import datetime
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt

from .forms import Form, form, matching, wrong
from .names import AbsolutePath as AbsolutePath
from .names import ClusterName as ClusterName
from .names import EntryName as EntryName
from .names import EnvironmentName as EnvironmentName
from .names import GroupName as GroupName
from .names import ImageTag as ImageTag
from .names import KubernetesVersion as KubernetesVersion
from .names import LabelKey as LabelKey
from .names import LabelValue as LabelValue
from .names import Namespace as Namespace
from .names import NamespacePattern as NamespacePattern
from .names import ObjectName as ObjectName
from .names import Region as Region
from .names import RelativePath as RelativePath
from .names import ReleaseName as ReleaseName
from .names import ScriptName as ScriptName
from .names import SecretKey as SecretKey
from .names import ServiceAccountName as ServiceAccountName
from .names import StoreName as StoreName
from .names import Tags as Tags
from .names import UserName as UserName
from .names import WorkloadName as WorkloadName
from .var import Var as Var
from .var import VariableKind as VariableKind
from .var import is_known as is_known
from .var import or_variable

Bool = StrictBool
Int = StrictInt


def _regex_kind(name: str, description: str, pattern: str, remedy: str, example: str) -> VariableKind:
    escaped = pattern.replace("\\", "\\\\")
    return VariableKind(name, description, f'can(regex("^{escaped}$", {{value}}))', remedy, example)


def _one(name: str, description: str, pattern: str, problem: str, remedy: str, example: str) -> Any:
    """An annotation: a string of one form, or a variable that holds one."""
    return or_variable(
        _regex_kind(name, description, pattern, remedy, example), form(pattern, problem, remedy)
    )


# Ids of EC2 have 8 or 17 hexadecimal digits: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
VPC_ID = r"vpc-([0-9a-f]{8}|[0-9a-f]{17})"
SUBNET_ID = r"subnet-([0-9a-f]{8}|[0-9a-f]{17})"
AMI_ID = r"ami-([0-9a-f]{8}|[0-9a-f]{17})"
SECURITY_GROUP_ID = r"sg-([0-9a-f]{8}|[0-9a-f]{17})"
RESERVATION_ID = r"cr-([0-9a-f]{8}|[0-9a-f]{17})"
# https://github.com/distribution/reference/blob/main/reference.go
_PART = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
IMAGE = (
    rf"([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]+)?/)?{_PART}(/{_PART})*"
    r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?"
)
ZONE = r"[a-z]{2,3}(-[a-z]+){1,2}-[0-9]+(-[a-z]{3}-[0-9]+)?[a-z]"
PARTITION = r"aws(-[a-z]+)*"
ACCOUNT = r"[0-9]{12}"
ROLE_ARN = rf"arn:{PARTITION}:iam::{ACCOUNT}:role/[\w+=,.@/-]{{1,512}}"
PRINCIPAL_ARN = rf"arn:{PARTITION}:iam::{ACCOUNT}:(role|user)/[\w+=,.@/-]{{1,512}}"
POLICY_ARN = rf"arn:{PARTITION}:iam::(aws|{ACCOUNT}):policy/[\w+=,.@/-]{{1,512}}"
KMS_KEY_ARN = rf"arn:{PARTITION}:kms:[a-z0-9-]+:{ACCOUNT}:key/(mrk-)?[0-9a-f-]{{32,36}}"
CERTIFICATE_ARN = rf"arn:{PARTITION}:acm:[a-z0-9-]+:{ACCOUNT}:certificate/[0-9a-f-]{{36}}"
RESOURCE_GROUP_ARN = rf"arn:{PARTITION}:resource-groups:[a-z0-9-]+:{ACCOUNT}:group/[\w.-]{{1,300}}"

VpcId = Annotated[
    str,
    _one(
        "vpc_id",
        "Id of the existing VPC",
        VPC_ID,
        "is no VPC id",
        "Write vpc- and 17 hexadecimal digits.",
        "vpc-0123456789abcdef0",
    ),
]
SubnetId = Annotated[
    str,
    _one(
        "subnet_id",
        "Id of an existing subnet",
        SUBNET_ID,
        "is no subnet id",
        "Write subnet- and 17 hexadecimal digits.",
        "subnet-0123456789abcdef0",
    ),
]
AmiId = Annotated[
    str,
    _one(
        "ami_id",
        "Id of the AMI of the nodes, in the region of the layout",
        AMI_ID,
        "is no AMI id",
        "Write ami- and 17 hexadecimal digits.",
        "ami-0123456789abcdef0",
    ),
]
SecurityGroupId = Annotated[
    str,
    _one(
        "security_group_id",
        "Id of an existing security group in the VPC of the cluster",
        SECURITY_GROUP_ID,
        "is no security group id",
        "Write sg- and 17 hexadecimal digits.",
        "sg-0123456789abcdef0",
    ),
]
ReservationId = Annotated[
    str,
    _one(
        "capacity_reservation_id",
        "Id of the capacity reservation or capacity block",
        RESERVATION_ID,
        "is no capacity reservation id",
        "Write cr- and 17 hexadecimal digits.",
        "cr-0123456789abcdef0",
    ),
]
AvailabilityZone = Annotated[
    str,
    _one(
        "availability_zone",
        "Availability zone of the nodes: that of the capacity reservation",
        ZONE,
        "is no availability zone",
        "Write a zone name like us-west-2a, not a zone id.",
        "us-west-2a",
    ),
]
RoleArn = Annotated[
    str,
    _one(
        "role_arn",
        "ARN of an existing IAM role",
        ROLE_ARN,
        "is no IAM role ARN",
        "Write arn:aws:iam::123456789012:role/NAME.",
        "arn:aws:iam::123456789012:role/example",
    ),
]
PrincipalArn = Annotated[
    str,
    _one(
        "principal_arn",
        "ARN of an IAM role or user",
        PRINCIPAL_ARN,
        "is no ARN of an IAM role or user",
        "Write arn:aws:iam::123456789012:role/NAME (EKS takes no wildcard and no assumed-role session).",
        "arn:aws:iam::123456789012:role/example",
    ),
]
PolicyArn = Annotated[
    str,
    _one(
        "policy_arn",
        "ARN of an IAM policy",
        POLICY_ARN,
        "is no IAM policy ARN",
        "Write arn:aws:iam::aws:policy/NAME or the ARN of your own policy.",
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
    ),
]
KmsKeyArn = Annotated[
    str,
    _one(
        "kms_key_arn",
        "ARN of an existing KMS key",
        KMS_KEY_ARN,
        "is no ARN of a KMS key",
        "Write arn:aws:kms:REGION:ACCOUNT:key/ID (an alias is not enough for EKS).",
        "arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555",
    ),
]
CertificateArn = Annotated[
    str,
    _one(
        "certificate_arn",
        "ARN of the ACM certificate of the load balancer, in the region of the layout",
        CERTIFICATE_ARN,
        "is no ARN of an ACM certificate",
        "Write arn:aws:acm:REGION:ACCOUNT:certificate/ID.",
        "arn:aws:acm:us-west-2:123456789012:certificate/11111111-2222-3333-4444-555555555555",
    ),
]
LiteralKmsKeyArn = Annotated[
    str,
    matching(
        KMS_KEY_ARN, "is no ARN of a KMS key", "Write arn:aws:kms:REGION:ACCOUNT:key/ID, and no variable."
    ),
]
ResourceGroupArn = Annotated[
    str,
    _one(
        "capacity_reservation_group_arn",
        "ARN of the resource group that holds the capacity reservations",
        RESOURCE_GROUP_ARN,
        "is no ARN of a resource group",
        "Write arn:aws:resource-groups:REGION:ACCOUNT:group/NAME.",
        "arn:aws:resource-groups:us-west-2:123456789012:group/example",
    ),
]
Image = Annotated[
    str,
    _one(
        "image",
        "Container image of the workload, with its tag or digest",
        IMAGE,
        "is no container image",
        "Write REGISTRY/REPOSITORY:TAG, the repository in lower case.",
        "public.ecr.aws/docker/library/python:3.13.9-slim",
    ),
]
PlacementGroupName = Annotated[
    str,
    _one(
        "placement_group_name",
        "Name of the placement group of the capacity reservation",
        r"[ -~]{1,255}",
        "is no placement group name",
        "Write the group's name as EC2 shows it.",
        "example",
    ),
]


def _timestamp(value: str) -> str:
    if re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})\Z", value):
        try:
            datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            pass
        else:
            return value
    raise wrong(f"{value!r} is no time", 'Write RFC 3339 with a zone: "2026-12-01T11:30:00Z".')


# Only the shape: that the day exists is said by the loader.
_DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"

Timestamp = Annotated[
    str,
    or_variable(
        VariableKind(
            "capacity_block_start",
            "A time in RFC 3339, as in the capacity block's StartDate or EndDate",
            'can(formatdate("YYYY", {value})) && endswith({value}, "Z")',
            'Write the time in UTC: "2026-12-01T11:30:00Z".',
            "2030-01-01T11:30:00Z",
        ),
        Form(_timestamp, f"{_DAY}T{_TIME}", 'Write RFC 3339 with a zone: "2026-12-01T11:30:00Z".'),
    ),
]


def _cidr(value: str) -> str:
    remedy = "Write a network address and prefix: 10.0.0.0/16."
    address, slash, prefix = value.partition("/")
    if slash and not re.fullmatch(r"[0-9]{1,2}", prefix):
        raise wrong(f"{value!r} is no IPv4 CIDR", remedy)
    try:
        network = IPv4Network(value, strict=False)
    except ValueError as error:
        raise wrong(f"{value!r} is no IPv4 CIDR", remedy) from error
    if not slash:
        raise wrong(f"{value!r} has no prefix length", f"Write {value}/32 for one address.")
    if str(network.network_address) != address:
        raise wrong(f"{value!r} names an address inside the network {network}", f"Write {network}.")
    return str(network)


_OCTET = r"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
Cidr = Annotated[
    str,
    Form(
        _cidr,
        rf"{_OCTET}(\.{_OCTET}){{3}}/(3[0-2]|[0-2]?[0-9])",
        "Write a network address and prefix: 10.0.0.0/16.",
    ),
]

_CIDRS = VariableKind(
    "public_access_cidrs",
    "CIDRs that may reach the public endpoint of the Kubernetes API, e.g. your office's",
    "length({value}) > 0 && alltrue([for cidr in {value} : can(cidrhost(cidr, 0))])",
    "Give one or more CIDRs, each like 203.0.113.0/24.",
    ("203.0.113.0/24",),
    many=True,
)
_LOAD_BALANCER_CIDRS = VariableKind(
    "load_balancer_cidrs",
    "CIDRs that may connect to the load balancer, e.g. your office's",
    "length({value}) > 0 && alltrue([for cidr in {value} : can(cidrhost(cidr, 0))])",
    "Give one or more CIDRs, each like 203.0.113.0/24.",
    ("203.0.113.0/24",),
    many=True,
)
_SUBNETS = VariableKind(
    "subnet_ids",
    "Ids of existing subnets, in two or more availability zones",
    f'length({{value}}) >= 2 && alltrue([for id in {{value}} : can(regex("^{SUBNET_ID}$", id))])',
    "Give the ids of two or more subnets.",
    ("subnet-0123456789abcdef0", "subnet-0123456789abcdef1"),
    many=True,
)
_SECURITY_GROUPS = VariableKind(
    "security_group_ids",
    "Ids of existing security groups, at most 5",
    f'length({{value}}) <= 5 && alltrue([for id in {{value}} : can(regex("^{SECURITY_GROUP_ID}$", id))])',
    "Give the ids of at most 5 security groups.",
    ("sg-0123456789abcdef0",),
    many=True,
)
Cidrs = Annotated[tuple[Cidr, ...], or_variable(_CIDRS)]
LoadBalancerCidrs = Annotated[tuple[Cidr, ...], or_variable(_LOAD_BALANCER_CIDRS)]
SubnetIds = Annotated[tuple[SubnetId, ...], or_variable(_SUBNETS)]
SecurityGroupIds = Annotated[tuple[SecurityGroupId, ...], or_variable(_SECURITY_GROUPS)]
Subnets = Annotated[tuple[SubnetId, ...], Field(min_length=1)]


LogType = Literal["api", "audit", "authenticator", "controllerManager", "scheduler"]
# CloudWatch Logs PutRetentionPolicy
RetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
