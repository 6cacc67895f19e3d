"""What roles may no longer do, and policies that nobody can read in the plan."""

from __future__ import annotations

from collections.abc import Iterator

from ..rule import Finding, Level
from ..subject import Subject
from ..values import known, shown
from .iam import (
    ATTACHMENTS,
    IDENTITIES,
    RESOURCES,
    ROLE,
    TRUST,
    Policy,
    attached,
    extends,
    new_roles,
    policies,
    short,
    summary,
    told,
)
from .parts import gone, listed
from .policies import Difference, statements, widened

# Without these, nodes do not join, or get no images and no addresses: https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html
_NEEDED = {
    "AmazonEKSWorkerNodePolicy": "New nodes do not join the cluster, and those that there are may become NotReady.",
    "AmazonEKSWorkerNodeMinimalPolicy": "New nodes do not join the cluster, and those that there are may become NotReady.",
    "AmazonEKS_CNI_Policy": "Pods get no addresses any more, unless the CNI has a role of its own.",
    "AmazonEC2ContainerRegistryReadOnly": "Nodes pull no images from ECR any more.",
    "AmazonEC2ContainerRegistryPullOnly": "Nodes pull no images from ECR any more.",
    "AmazonEKSClusterPolicy": "The control plane can no longer manage its network interfaces, and becomes unhealthy.",
}
_FAILS = "What needs it fails with AccessDenied."
_KEEP = "Keep it, or be sure that another policy allows the same."


class PolicyUnknown:
    """A policy that changes and is known only after the apply: nobody can review it here."""

    id = "iam-unknown"
    level: Level = "note"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Policies of what there is already."""
        for policy in policies(subject, TRUST, *IDENTITIES, *RESOURCES, ROLE):
            computed = policy.change.type in ("aws_kms_key", "aws_vpc_endpoint")
            if policy.is_unknown and policy.change.verb == "update" and not computed:
                yield Finding(
                    policy.change,
                    "What it allows afterwards cannot be told from this plan.",
                    "Look at the policy in the configuration.",
                    "",
                    f"{policy.path} (known after apply)",
                )


class PolicyNarrowed:
    """Less that a role may do: what needs it fails with AccessDenied, in the middle of a run perhaps."""

    id = "iam-narrowed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Policies that allow less or forbid more (warn), and those that nodes need and lose (stop)."""
        made = {str(one.becomes("bucket")) for one in subject.of("aws_s3_bucket") if one.verb == "create"}
        roles_made = new_roles(subject)
        for policy in policies(subject, TRUST, *IDENTITIES, *RESOURCES, ROLE):
            if denied := _denied(policy, subject, made, roles_made):
                yield Finding(
                    policy.change,
                    f"It forbids from now on: {listed(denied, 8)}. A Deny goes before whatever any policy allows.",
                    "Be sure that no job that runs needs it: a checkpoint that cannot be written ends a run.",
                    "",
                    f"Deny ({policy.path})",
                )
            if policy.before is None or policy.after is None:
                continue
            less = widened(policy.after, policy.before)
            # A Deny that the old one had not is less, too: that is told above.
            text = told(
                Difference(
                    less.actions, less.resources, less.principals, less.conditions, False, less.all_but
                )
            )
            if text:
                yield Finding(
                    policy.change,
                    f"It no longer allows: {text}.",
                    "Be sure that no job that runs needs it.",
                    summary(policy.before, policy.after),
                    summary(policy.after, policy.before),
                )
        roles = {(one.stack, one.was("name")) for one in gone(subject.of(ROLE))}
        for one in gone(subject.of(*ATTACHMENTS)):
            name = short(str(one.was("policy_arn")))
            if one.verb == "delete" and (one.stack, one.was("role")) not in roles:
                yield Finding(
                    one,
                    f"{shown(one.was('role'))} loses {name}. {_NEEDED.get(name, _FAILS)}",
                    _KEEP,
                    name,
                    "gone",
                    level="stop" if name in _NEEDED else "warn",
                )
        for one, before, after in attached(subject):
            moves = one.verb == "replace" and known(one.becomes("role")) and one.differs("role")
            # A list whose members are not all known is not among these.
            is_told = one.type not in ATTACHMENTS or known(one.becomes("policy_arn"))
            stays = frozenset() if moves else after if is_told else before
            for name in sorted({short(arn) for arn in before - stays}):
                yield Finding(
                    one,
                    f"{shown(one.was('role') or one.was('role_name') or one.label)} loses {name}. {_NEEDED.get(name, _FAILS)}",
                    _KEEP,
                    name,
                    "another role's" if moves else listed(map(short, after)) or "gone",
                    level="stop" if name in _NEEDED and name not in {short(arn) for arn in stays} else None,
                )
        for one in gone(subject.of("aws_iam_role_policy")):
            moves = one.verb == "replace" and known(one.becomes("role")) and one.differs("role")
            if (one.verb == "delete" or moves) and (one.stack, one.was("role")) not in roles:
                said = statements(str(one.was("policy"))) or ()
                yield Finding(
                    one,
                    f"{shown(one.was('role'))} loses a policy: what needs it fails with AccessDenied.",
                    "Be sure that no job that runs needs it.",
                    summary(said, ()),
                    "gone",
                )
        for one in subject.of(ROLE):
            boundary = one.becomes("permissions_boundary")
            if one.verb == "update" and boundary and known(boundary) and one.differs("permissions_boundary"):
                yield Finding(
                    one,
                    f"{one.label} gets another permissions boundary: it may do only what its policies and the boundary allow both.",
                    "Be sure that the boundary allows all that pods and nodes with the role do.",
                    shown(one.was("permissions_boundary")),
                    shown(boundary),
                )
        buckets = {one.was("bucket") for one in gone(subject.of("aws_s3_bucket"))}
        for one in gone(subject.of("aws_s3_bucket_policy")):
            if one.verb == "delete" and one.was("bucket") not in buckets:
                yield Finding(
                    one,
                    "The bucket loses its policy: what it denied is allowed to whoever has the right by other policies, and other accounts that it let in are out.",
                    "Keep it.",
                    summary(statements(str(one.was("policy"))) or (), ()),
                    "gone",
                )


def _denied(
    policy: Policy, subject: Subject, buckets: set[str], roles: frozenset[tuple[str, str]]
) -> frozenset[str]:
    """What a policy of something that there is already newly forbids; requests without TLS do not count."""
    one = policy.change
    if one.verb == "create":
        bucket = one.becomes("bucket")
        if not (extends(one, subject, roles) or (isinstance(bucket, str) and bucket not in buckets)):
            return frozenset()
    elif policy.before is None:
        return frozenset()
    new = [
        each
        for each in policy.after or ()
        if not each.allows
        and each not in (policy.before or ())
        and "aws:SecureTransport" not in each.condition
    ]
    return frozenset(
        f"everything but {listed(each.actions)}" if each.all_but_actions else action
        for each in new
        for action in each.actions
    )


RULES = (PolicyNarrowed(), PolicyUnknown())
