"""What the services say of a resource after it was made, by type.

A function a type, from the state with the id to the values that only an apply can tell; `fakes` puts them where the plan had
nothing. They may name attributes that the plan knew: those stay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..account import Account
from ..invented import MOMENT
from . import ec2, eks, kubernetes, others, storage
from .common import Facts, Made, State

# Resource part of the ARN, by type; `{...}` is an attribute. Services: https://docs.aws.amazon.com/service-authorization/
_ARNS: Mapping[str, tuple[str, str]] = {
    "aws_cloudwatch_event_rule": ("events", "rule/{name}"),
    "aws_cloudwatch_log_group": ("logs", "log-group:{name}"),
    "aws_default_security_group": ("ec2", "security-group/{id}"),
    "aws_eip": ("ec2", "elastic-ip/{id}"),
    "aws_flow_log": ("ec2", "vpc-flow-log/{id}"),
    "aws_fsx_lustre_file_system": ("fsx", "file-system/{id}"),
    "aws_internet_gateway": ("ec2", "internet-gateway/{id}"),
    "aws_kms_alias": ("kms", "{name}"),
    "aws_kms_key": ("kms", "key/{id}"),
    "aws_launch_template": ("ec2", "launch-template/{id}"),
    "aws_placement_group": ("ec2", "placement-group/{name}"),
    "aws_route_table": ("ec2", "route-table/{id}"),
    "aws_security_group": ("ec2", "security-group/{id}"),
    "aws_sqs_queue": ("sqs", "{name}"),
    "aws_subnet": ("ec2", "subnet/{id}"),
    "aws_vpc": ("ec2", "vpc/{id}"),
    "aws_vpc_endpoint": ("ec2", "vpc-endpoint/{id}"),
    "aws_vpc_security_group_egress_rule": ("ec2", "security-group-rule/{id}"),
    "aws_vpc_security_group_ingress_rule": ("ec2", "security-group-rule/{id}"),
}

# What is the same for all of a type.
_FIXED: Mapping[str, Facts] = {
    "aws_cloudwatch_log_group": {"log_group_class": "STANDARD"},
    "aws_default_security_group": {"name": "default", "description": "default VPC security group"},
    "aws_eks_access_policy_association": {"associated_at": MOMENT},
    "aws_flow_log": {
        # https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
        "log_format": "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} "
        "${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}"
    },
    "aws_route": {"origin": "CreateRoute", "state": "active"},
}

_BY_TYPE: Mapping[str, Callable[[Made], Facts]] = {
    **ec2.BY_TYPE,
    **eks.BY_TYPE,
    **kubernetes.BY_TYPE,
    **others.BY_TYPE,
    **storage.BY_TYPE,
}


def of(type_name: str, state: State, prior: State | None, account: Account) -> Facts:
    """All that is known of a resource after its creation or change."""
    facts = {**_common(type_name, state, account), **_FIXED.get(type_name, {})}
    if type_name in _BY_TYPE:
        facts.update(_BY_TYPE[type_name](Made(state, prior, account)))
    return facts


def _common(type_name: str, state: State, account: Account) -> Facts:
    if type_name.startswith("kubernetes_"):
        return kubernetes.common(type_name, state)
    return {
        "arn": _arn(type_name, state, account),
        "owner_id": account.id,
        "region": account.region,
        "created_at": MOMENT,
        "modified_at": MOMENT,
        "status": "ACTIVE",
    }


def _arn(type_name: str, state: State, account: Account) -> str:
    if type_name in _ARNS:
        service, resource = _ARNS[type_name]
        return account.arn(service, resource.format_map(state))
    service, _, kind = type_name.removeprefix("aws_").partition("_")
    name = state.get("id")
    return account.arn(service, f"{(kind or service).replace('_', '-')}/{name}", regional=service != "iam")
