"""JSON policies: their grammar, where each element may stand, and how long they may be.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from .documents import DocumentError, read_json
from .problem import Problem, one_of, quoted
from .walk import Given, each, strings

Role = Literal["trust", "identity", "resource"]


@dataclass(frozen=True, slots=True)
class Use:
    """What a policy is for. `most` is the quota in characters, white space left out."""

    role: Role
    whose: str
    most: int


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html and, for the others,
# https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html (32 KB) and
# https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html (20,480) and
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html (20 KB) and
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html (8,192)
_TRUST = Use("trust", "the trust policy of an IAM role", 2048)
_INLINE = Use("identity", "an inline policy of an IAM role", 10240)
USES: Final[dict[str, Use]] = {
    "aws_iam_policy policy": Use("identity", "a managed IAM policy", 6144),
    "aws_iam_role assume_role_policy": _TRUST,
    "aws_iam_role inline_policy.policy": _INLINE,
    "aws_iam_role_policy policy": _INLINE,
    "aws_kms_key policy": Use("resource", "a KMS key policy", 32768),
    "aws_s3_bucket_policy policy": Use("resource", "a bucket policy", 20480),
    "aws_sqs_queue policy": Use("resource", "the policy of an SQS queue", 8192),
    "aws_sqs_queue_policy policy": Use("resource", "the policy of an SQS queue", 8192),
    "aws_vpc_endpoint policy": Use("resource", "a VPC endpoint policy", 20480),
}
_VERSIONS = ("2012-10-17",)
_TOP = ("Version", "Id", "Statement")
_ELEMENTS = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
_SID = re.compile(r"[A-Za-z0-9]*")
# KMS and other services take more characters in a Sid than IAM does, so those policies are left alone.
_ACTION = re.compile(r"\*|[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+")
_PRINCIPALS = ("AWS", "Service", "Federated", "CanonicalUser")
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?")
_AWS = re.compile(r"\*|[0-9]{12}|arn:aws[a-z-]*:(iam|sts)::([0-9]{12}|\*):.+|AIDA[A-Z0-9]+|AROA[A-Z0-9]+")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
_OPERATORS = (
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
)
_IF_EXISTS = tuple(f"{operator}IfExists" for operator in _OPERATORS if operator != "Null")
_QUANTIFIERS = ("ForAllValues:", "ForAnyValue:")
_RESOURCE = re.compile(r"\*|arn:.*", re.S)


def problems(type_name: str, given: Given) -> Iterator[Problem]:
    """What is wrong with an argument that holds a JSON policy."""
    use = USES.get(f"{type_name} {given.argument}")
    if use is None or not isinstance(given.value, str):
        return
    try:
        policy = read_json(given.value)
    except DocumentError as error:
        yield Problem(given.path, f"This is no JSON ({error}), and {use.whose} has to be.")
        return
    for message in _document(policy, use):
        yield Problem(given.path, message)
    size = len("".join(given.value.split()))
    if size > use.most:
        yield Problem(
            given.path,
            f"The policy has {size} characters without white space: the quota of {use.whose} is {use.most}.",
        )


def _document(policy: Any, use: Use) -> Iterator[str]:
    if not isinstance(policy, Mapping):
        yield f"This is no JSON object, and {use.whose} has to be one with Version and Statement."
        return
    for name in policy:
        if name not in _TOP:
            yield one_of(name, _TOP, "a policy")
    version = policy.get("Version")
    if version is None:
        yield 'Version is missing: without "2012-10-17" variables like ${aws:PrincipalTag/team} stay plain text.'
    elif version not in _VERSIONS:
        yield one_of(str(version), _VERSIONS, "Version of a policy")
    statements = [statement for _, statement in each(policy.get("Statement"), ())]
    if not statements:
        yield "Statement is missing or empty."
    sids = [s.get("Sid") for s in statements if isinstance(s, Mapping) and s.get("Sid")]
    for sid in sorted({str(sid) for sid in sids if sids.count(sid) > 1}):
        yield f"Two statements have the Sid {quoted(sid)}: it names one of them."
    for number, statement in enumerate(statements):
        if isinstance(statement, Mapping):
            for message in _statement(statement, use):
                yield f"Statement {statement.get('Sid') or number}: {message}"
        else:
            yield f"Statement {number}: it is no JSON object."


def _statement(statement: Mapping[str, Any], use: Use) -> Iterator[str]:
    for name in statement:
        if name not in _ELEMENTS:
            yield one_of(name, _ELEMENTS, "a statement")
    effect = statement.get("Effect")
    if effect not in ("Allow", "Deny"):
        yield (
            one_of(str(effect), ("Allow", "Deny"), "Effect")
            if effect
            else "Effect is missing: write Allow or Deny."
        )
    yield from _sid(statement.get("Sid"), use)
    yield from _one_of_two(statement, "Action", "NotAction")
    for name in ("Action", "NotAction"):
        for _, action in strings(statement.get(name), ()):
            if not _ACTION.fullmatch(action):
                yield f"{quoted(action)} is no action: one reads service:Name, like s3:GetObject, or *."
            elif use.role == "trust" and not action.startswith(("sts:", "*")):
                yield f"{quoted(action)} is no action of a trust policy: those are of sts, like sts:AssumeRole."
    yield from _resources(statement, use)
    yield from _principals(statement, use)
    yield from _conditions(statement.get("Condition"))


def _sid(sid: Any, use: Use) -> Iterator[str]:
    if isinstance(sid, str) and use.role == "identity" and not _SID.fullmatch(sid):
        yield f"the Sid {quoted(sid)} has other characters than letters and digits, which IAM refuses."


def _one_of_two(statement: Mapping[str, Any], name: str, opposite: str) -> Iterator[str]:
    if (name in statement) == (opposite in statement):
        yield (
            f"{name} and {opposite} exclude each other."
            if name in statement
            else f"{name} (or {opposite}) is missing."
        )
    for one in (name, opposite):
        if one in statement and not list(strings(statement[one], ())):
            yield f"{one} is empty."


def _resources(statement: Mapping[str, Any], use: Use) -> Iterator[str]:
    if use.role == "trust":
        for name in ("Resource", "NotResource"):
            if name in statement:
                yield f"{name} is not allowed in a trust policy: the role itself is the resource."
        return
    yield from _one_of_two(statement, "Resource", "NotResource")
    for name in ("Resource", "NotResource"):
        for _, resource in strings(statement.get(name), ()):
            if not _RESOURCE.fullmatch(resource):
                yield f"{quoted(resource)} is no resource: one is an ARN, or *."


def _principals(statement: Mapping[str, Any], use: Use) -> Iterator[str]:
    if use.role == "identity":
        for name in ("Principal", "NotPrincipal"):
            if name in statement:
                yield f"{name} is not allowed in {use.whose}: the role that has the policy is the principal."
        return
    yield from _one_of_two(statement, "Principal", "NotPrincipal")
    for name in ("Principal", "NotPrincipal"):
        principal = statement.get(name)
        if isinstance(principal, Mapping):
            for kind, value in principal.items():
                yield from _principal(kind, value)
        elif principal is not None and principal != "*":
            yield f'{name} is {quoted(principal)}: write {{"AWS": ...}}, {{"Service": ...}} or "*".'


def _principal(kind: str, value: Any) -> Iterator[str]:
    if kind not in _PRINCIPALS:
        yield one_of(kind, _PRINCIPALS, "Principal")
    for _, text in strings(value, ()):
        if kind == "Service" and not _SERVICE.fullmatch(text):
            yield f"{quoted(text)} is no service principal: one reads like ec2.amazonaws.com."
        elif kind == "AWS" and not _AWS.fullmatch(text):
            yield f"{quoted(text)} is no AWS principal: one is an account's 12 digits, an IAM or STS ARN, or *."


def _conditions(condition: Any) -> Iterator[str]:
    if condition is None:
        return
    if not isinstance(condition, Mapping):
        yield "Condition is no JSON object of operators."
        return
    for written, keys in condition.items():
        operator = written.partition(":")[2] if written.startswith(_QUANTIFIERS) else written
        if operator not in _OPERATORS and operator not in _IF_EXISTS:
            yield one_of(operator, (*_OPERATORS, *_IF_EXISTS), "Condition (an operator)")
        if not isinstance(keys, Mapping):
            yield f"Condition {written} is no JSON object of keys."
            continue
        for key in keys:
            if not re.fullmatch(r"[a-zA-Z0-9.*/_-]+:.+", key):
                yield f"Condition {written}: {quoted(key)} is no key: one reads like aws:SourceArn."
