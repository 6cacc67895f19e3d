"""The least IAM policy that lets somebody run the checks of a layout.

A check names its actions. Which resources they are about is said here, once for each action: an action that is not in `NARROWED` is
one that IAM allows for everything or for nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from modules.catalog.regions import partition
from modules.layout import Layout
from modules.layout.releases import karpenter_queue
from modules.layout.stores import bucket_arn, bucket_name, repository_name
from modules.layout.values import is_known

from ..aws.account import Account
from .checks.base import AccountCheck
from .checks.registries import parsed
from .subject import Subject

# No policy can take it away from anybody: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
_FREE = ("sts:GetCallerIdentity",)
# What reading a state in S3 needs, beside the checks: ops/states.py.
_STATE_ACTIONS = ("s3:GetObject", "s3:ListBucket", "kms:Decrypt")
_EVERYTHING = ("*",)


def policy_json(layout: Layout, checks: Sequence[AccountCheck]) -> str:
    """The policy as a JSON document, for those of the checks that the layout is looked at by.

    Args:
        layout: variables may stand in it; what they stand for is any resource of its kind.
    """
    subject = Subject(layout, Account(layout.region))
    actions = {action for check in checks if check.applies(subject) for action in check.actions}
    if layout.backend.type == "s3":
        actions.update(_STATE_ACTIONS)
    by_resources: dict[tuple[str, ...], list[str]] = {}
    for action in sorted(actions.difference(_FREE)):
        narrowed = NARROWED.get(action)
        resources = _EVERYTHING if narrowed is None else tuple(sorted(set(narrowed(layout))))
        if resources:
            by_resources.setdefault(resources, []).append(action)
    statements = [
        {"Sid": _sid(resources, allowed), "Effect": "Allow", "Action": allowed, "Resource": list(resources)}
        for resources, allowed in sorted(by_resources.items())
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2) + "\n"


def _sid(resources: Sequence[str], actions: Sequence[str]) -> str:
    """A name of letters and digits, which no other statement has: they differ in their actions."""
    if resources == _EVERYTHING:
        return "Everything"
    return "".join(part[:1].upper() + part[1:] for part in re.split("[:-]", actions[0]))


def _arn(layout: Layout, service: str, rest: str) -> str:
    """An ARN of the layout's region in whatever account the policy is used in."""
    return f"arn:{partition(layout.region)}:{service}:{layout.region}:*:{rest}"


def _given(layout: Layout, *keys: str) -> Iterator[str | None]:
    """The values of keys wherever they stand in the layout; None for one that a variable stands for."""
    for value in _values(layout, keys):
        yield value if is_known(value) else None


def _values(value: Any, keys: Sequence[str]) -> Iterator[str]:
    if isinstance(value, BaseModel):
        for name, child in value:
            if name in keys and isinstance(child, str | tuple):
                yield from [child] if isinstance(child, str) else child
            else:
                yield from _values(child, keys)
    elif isinstance(value, Mapping):
        for child in value.values():
            yield from _values(child, keys)
    elif isinstance(value, tuple):
        for child in value:
            yield from _values(child, keys)


# Resources of each kind


def _clusters(layout: Layout) -> Iterator[str]:
    yield _arn(layout, "eks", f"cluster/{layout.name}")


def _roles(layout: Layout) -> Iterator[str]:
    """Those that the layout names, by their ARN and, as IAM sees one that is not there, without their path."""
    iam = f"arn:{partition(layout.region)}:iam::*"
    for arn in _given(layout, "role_arn", "principal_arn"):
        if arn is None:
            yield f"{iam}:role/*"
        elif ":role/" in arn:
            yield arn
            yield f"{arn.rpartition(':')[0]}:role/{arn.rpartition('/')[2]}"


def _looked_up_roles(layout: Layout) -> Iterator[str]:
    """The same and the service-linked roles: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html ."""
    iam = f"arn:{partition(layout.region)}:iam::*"
    yield f"{iam}:role/aws-service-role/*"
    yield f"{iam}:role/AWSServiceRoleFor*"
    yield from _roles(layout)


def _users(layout: Layout) -> Iterator[str]:
    for arn in _given(layout, "principal_arn"):
        if arn is None:
            yield f"arn:{partition(layout.region)}:iam::*:user/*"
        elif ":user/" in arn:
            yield arn
            yield f"{arn.rpartition(':')[0]}:user/{arn.rpartition('/')[2]}"


def _policies(layout: Layout) -> Iterator[str]:
    for arn in _given(layout, "policy_arns"):
        yield arn or f"arn:{partition(layout.region)}:iam::*:policy/*"


def _keys(layout: Layout) -> Iterator[str]:
    for arn in _given(layout, "kms_key_arn"):
        yield arn or f"arn:{partition(layout.region)}:kms:*:*:key/*"


def _certificates(layout: Layout) -> Iterator[str]:
    for arn in _given(layout, "certificate_arn"):
        yield arn or _arn(layout, "acm", "certificate/*")


def _reservation_groups(layout: Layout) -> Iterator[str]:
    for arn in _given(layout, "reservation_group_arn"):
        yield arn or _arn(layout, "resource-groups", "group/*")


def _with_reservation_groups(layout: Layout) -> Iterator[str]:
    """What ListGroupResources asks in the caller's name is about everything, where there is a group at all."""
    if any(_reservation_groups(layout)):
        yield from _EVERYTHING


def _buckets(layout: Layout) -> Iterator[str]:
    of = partition(layout.region)
    if layout.backend.bucket:
        yield bucket_arn(of, layout.backend.bucket)
    for name, bucket in layout.storage.buckets.items():
        yield bucket_arn(of, bucket_name(layout.name, layout.region, name, bucket, "*"))
    for file_system in layout.storage.file_systems.values():
        for one in file_system.data_repositories:
            if one.of_layout is None:
                yield bucket_arn(of, one.bucket.removeprefix("s3://"))


def _backend_bucket(layout: Layout) -> Iterator[str]:
    if layout.backend.bucket:
        yield bucket_arn(partition(layout.region), layout.backend.bucket)


def _state_objects(layout: Layout) -> Iterator[str]:
    for arn in _backend_bucket(layout):
        yield f"{arn}/{layout.backend.key_prefix}/*"


def _state_keys(layout: Layout) -> Iterator[str]:
    if layout.backend.kms_key_arn:
        yield str(layout.backend.kms_key_arn)


def _log_groups(layout: Layout) -> Iterator[str]:
    """All of them: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html ."""
    yield _arn(layout, "logs", "log-group:*")


def _repositories(layout: Layout) -> Iterator[str]:
    for name, repository in layout.storage.repositories.items():
        yield _arn(layout, "ecr", f"repository/{repository_name(layout.name, name, repository)}")
    for image in _given(layout, "image"):
        if image is None:
            yield f"arn:{partition(layout.region)}:ecr:*:*:repository/*"
        elif ".dkr" in parsed(image).host:
            yield f"arn:{partition(layout.region)}:ecr:*:*:repository/{parsed(image).path}"


def _queues(layout: Layout) -> Iterator[str]:
    if layout.has_release("karpenter"):
        yield _arn(layout, "sqs", karpenter_queue(layout.name))


# The actions that take resources: "Actions defined by ..." in
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html , the pages
# list_awscertificatemanager, list_amazonelasticcontainerregistry, list_amazonelastickubernetesservice,
# list_awsidentityandaccessmanagementiam, list_awskeymanagementservice, list_amazoncloudwatchlogs, list_awsresourcegroups,
# list_amazons3 and list_amazonsqs. Describe* of EC2 and all of Service Quotas that is asked take none.
NARROWED: Mapping[str, Callable[[Layout], Iterator[str]]] = {
    "acm:DescribeCertificate": _certificates,
    "cloudformation:DescribeStacks": _with_reservation_groups,
    "cloudformation:ListStackResources": _with_reservation_groups,
    "ecr:DescribeImages": _repositories,
    "ecr:DescribeRepositories": _repositories,
    "eks:DescribeCluster": _clusters,
    "eks:ListNodegroups": _clusters,
    "iam:GetPolicy": _policies,
    "iam:GetRole": _looked_up_roles,
    "iam:GetUser": _users,
    "iam:ListAttachedRolePolicies": _roles,
    "iam:ListRolePolicies": _roles,
    "kms:Decrypt": _state_keys,
    "kms:DescribeKey": _keys,
    "kms:GetKeyPolicy": _keys,
    "kms:ListGrants": _keys,
    "logs:DescribeLogGroups": _log_groups,
    "resource-groups:ListGroupResources": _reservation_groups,
    "s3:GetBucketObjectLockConfiguration": _backend_bucket,
    "s3:GetBucketPolicy": _backend_bucket,
    "s3:GetBucketPublicAccessBlock": _backend_bucket,
    "s3:GetBucketVersioning": _backend_bucket,
    "s3:GetEncryptionConfiguration": _backend_bucket,
    "s3:GetObject": _state_objects,
    "s3:ListBucket": _buckets,
    "sqs:GetQueueUrl": _queues,
    "tag:GetResources": _with_reservation_groups,
}
