"""IAM: what roles may do, and who may have them.

Policies: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..values import known, shown
from .parts import blocks, listed, texts
from .policies import Difference, Statement, statements, widened

ROLE = "aws_iam_role"
TRUST = "assume_role_policy"
# The argument that has a policy, by type; whose policies say what somebody may do, and whose say who may.
IDENTITIES = {
    "aws_iam_role_policy": "policy",
    "aws_iam_policy": "policy",
    "aws_iam_user_policy": "policy",
    "aws_iam_group_policy": "policy",
}
RESOURCES = {
    "aws_s3_bucket_policy": "policy",
    "aws_kms_key": "policy",
    "aws_kms_key_policy": "policy",
    "aws_ecr_repository_policy": "policy",
    "aws_sqs_queue_policy": "policy",
    "aws_sns_topic_policy": "policy",
    "aws_secretsmanager_secret_policy": "policy",
    "aws_efs_file_system_policy": "policy",
    "aws_vpc_endpoint": "policy",
}
ATTACHMENTS = (
    "aws_iam_role_policy_attachment", "aws_iam_user_policy_attachment", "aws_iam_group_policy_attachment", "aws_iam_policy_attachment",
)  # fmt: skip
# By which anybody who has it makes himself an administrator: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
_ADMINISTRATORS = ("AdministratorAccess", "IAMFullAccess", "AdministratorAccess-Amplify")
# All that a role has, in one resource: what it does not name is detached.
_EXCLUSIVE = "aws_iam_role_policy_attachments_exclusive"
_CHANGED = ("create", "update", "replace")


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy of a resource, before and after; None where it is not there or not known."""

    change: Change
    path: str
    before: tuple[Statement, ...] | None
    after: tuple[Statement, ...] | None
    is_unknown: bool = False


def _policy(change: Change, path: str, was: Any, becomes: Any) -> Policy:
    before, after = (statements(text) if isinstance(text, str) else None for text in (was, becomes))
    # What is sensitive or known after the apply cannot be read, and so not be compared either.
    if was is not None and before is None:
        return Policy(change, path, None, None, was != becomes)
    return Policy(change, path, before, after, becomes is not None and not known(becomes) and was != becomes)


def policies(subject: Subject, *kinds: str) -> Iterator[Policy]:
    """The policies that are made or changed; `TRUST` and `ROLE` are a role's trust and its inline policies."""
    for kind in kinds:
        if kind == TRUST:
            for one in subject.of(ROLE):
                if one.verb in _CHANGED:
                    yield _policy(one, TRUST, one.was(TRUST), one.becomes(TRUST))
        elif kind in (IDENTITIES | RESOURCES):
            argument = (IDENTITIES | RESOURCES)[kind]
            for one in subject.of(kind):
                if one.verb in _CHANGED:
                    yield _policy(one, argument, one.was(argument), one.becomes(argument))
    if ROLE in kinds:
        for one in subject.of(ROLE):
            if one.verb in _CHANGED:
                old, new = ({b.get("name"): b.get("policy") for b in blocks(side.get("inline_policy"))} for side in (one.before, one.after))  # fmt: skip
                for name, text in new.items():
                    yield _policy(one, f"inline_policy {shown(name)}", old.get(name), text)


class AdministratorMade:
    """A role or user that may do everything: a pod, a node or a pipeline that has it owns the account."""

    id = "iam-administrator"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Policies that allow everything, and AWS's own policies that do."""
        for policy in policies(subject, *IDENTITIES, ROLE):
            had = any(one.is_everything for one in policy.before or ())
            if not had and any(one.is_everything for one in policy.after or ()):
                yield Finding(
                    policy.change,
                    "It allows every action on everything: whoever takes over a pod, node or pipeline that has it owns the account.",
                    "Name the actions and the resources that are needed.",
                    "",
                    f"Allow * on * ({policy.path})",
                )
        for one, before, after in attached(subject):
            if new := sorted(name for name in after - before if short(name) in _ADMINISTRATORS):
                yield Finding(
                    one,
                    f"{shown(one.becomes('role') or one.becomes('user') or 'Who has it')} may do everything in the account, or make itself able to.",
                    "Attach a policy with the actions that are needed.",
                    "",
                    listed(new),
                )


def attached(subject: Subject) -> Iterator[tuple[Change, frozenset[str], frozenset[str]]]:
    """Managed policies that are attached, before and after."""
    for one in subject.of(*ATTACHMENTS):
        if one.verb in _CHANGED:
            yield one, texts(one.was("policy_arn")), texts(one.becomes("policy_arn"))
    for kind, argument in ((ROLE, "managed_policy_arns"), (_EXCLUSIVE, "policy_arns")):
        for one in subject.of(kind):
            after = one.becomes(argument)
            if one.verb in _CHANGED and isinstance(after, list) and all(map(known, after)):
                yield one, texts(one.was(argument)), texts(after)


def short(arn: str) -> str:
    """The name at the end of an ARN."""
    return arn.rpartition("/")[2]


class TrustOpened:
    """A role that anybody in the world, or every user of an identity provider, may take."""

    id = "iam-trust-opened"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Trust policies and policies of buckets, keys and repositories that name everybody without a condition."""
        for policy in policies(subject, TRUST, *RESOURCES):
            # The default policy of an endpoint lets everybody through it who may do it anyway.
            if policy.change.type == "aws_vpc_endpoint":
                continue
            had = any(one.is_everybody for one in policy.before or ())
            if not had and any(one.is_everybody for one in policy.after or ()):
                yield Finding(
                    policy.change,
                    "Anybody in any AWS account may take this role."
                    if policy.path == TRUST
                    else "Anybody in any AWS account may do to it what the policy allows.",
                    "Name the accounts, roles or services, or add a condition.",
                    "",
                    "Principal *, without a condition",
                )
            old = frozenset().union(*(one.unconditional_federation for one in policy.before or ()))
            new = frozenset().union(*(one.unconditional_federation for one in policy.after or ())) - old
            if policy.path == TRUST and new:
                yield Finding(
                    policy.change,
                    f"Every user, pipeline or service account of {listed(new)} may take this role.",
                    "Add a condition on the token's sub and aud.",
                    "",
                    f"{listed(new)}, without a condition",
                )


class PolicyWidened:
    """More that somebody may do, or more who may: each permission is one that a leaked credential has too."""

    id = "iam-widened"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Policies that change, and policies that are new on a role that there is already."""
        made = new_roles(subject)
        for policy in policies(subject, TRUST, *IDENTITIES, *RESOURCES, ROLE):
            one = policy.change
            if policy.after is None:
                continue
            if policy.before is None and (one.verb == "create" and not extends(one, subject, made)):
                continue
            if (
                policy.before is None
                and policy.path in (TRUST, *RESOURCES.values())
                and one.type not in IDENTITIES
            ):
                continue
            difference = widened(policy.before or (), policy.after)
            if any(s.is_everything for s in policy.after) and one.type not in RESOURCES:
                continue
            if text := told(difference):
                trust = policy.path == TRUST
                yield Finding(
                    one,
                    f"{'More may take the role' if trust else 'It allows more'} than before: {text}.",
                    "Be sure that each of them is needed, and name resources instead of *.",
                    "" if policy.before is None else summary(policy.before, policy.after),
                    summary(policy.after, policy.before or ()),
                )
        for one, before, after in attached(subject):
            new = {name for name in after - before if short(name) not in _ADMINISTRATORS}
            if new and (one.verb != "create" or extends(one, subject, made)):
                if one.type == ROLE and one.verb == "create":
                    continue
                yield Finding(
                    one,
                    f"{shown(one.becomes('role') or one.label)} gets another managed policy, with all that AWS puts into it.",
                    "Be sure that it is needed.",
                    listed(map(short, before)),
                    listed(map(short, new)),
                )
        for one in subject.of(ROLE):
            if one.verb == "update" and known(one.was("permissions_boundary")) and one.becomes("permissions_boundary") in (None, ""):  # fmt: skip
                yield Finding(
                    one, "The role's permissions boundary is taken away: its policies count in full.", "Keep the boundary.", shown(one.was("permissions_boundary")), "none",
                )  # fmt: skip


def new_roles(subject: Subject) -> frozenset[tuple[str, str]]:
    """Roles that the plans make, by stack and name or address: what they may do is part of making them."""
    return frozenset(
        (one.stack, name)
        for one in subject.of(ROLE)
        if one.verb == "create"
        for name in (one.address.partition("[")[0], one.becomes("name"))
        if isinstance(name, str)
    )


def extends(change: Change, subject: Subject, made: frozenset[tuple[str, str]]) -> bool:
    """Whether a new policy is given to a role that there is already."""
    role = change.becomes("role")
    if isinstance(role, str):
        return (change.stack, role) not in made
    if role is None:
        return False
    named = subject.plan_of(change).references(change, "role")
    return bool(named) and not any((change.stack, name) in made for name in named)


def told(difference: Difference) -> str:
    """What differs, as a piece of a sentence."""
    parts = []
    if difference.all_but:
        parts.append("everything but what it names (NotAction or NotResource)")
    if difference.actions:
        parts.append(listed(difference.actions, 8))
    if difference.resources:
        parts.append(f"on {listed(difference.resources, 4)}")
    if difference.principals:
        parts.append(f"for {listed(difference.principals, 4)}")
    if difference.conditions:
        parts.append("without or with another condition")
    if difference.denials:
        parts.append("a Deny is gone or another one")
    return "; ".join(parts)


def summary(these: tuple[Statement, ...], others: tuple[Statement, ...]) -> str:
    """The actions and principals of the statements that differ, in short."""
    different = [one for one in these if one not in others]
    who = {principal for one in different for principal in one.principals}
    actions = {action for one in different for action in one.actions}
    return "; ".join(text for text in (listed(who, 3), listed(actions, 4)) if text) or "less"


RULES = (AdministratorMade(), TrustOpened(), PolicyWidened())
