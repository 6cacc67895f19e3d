"""What roles may no longer do, and policies that nobody can read in the plan."""

from __future__ import annotations

from collections.abc import Iterator

from ..rule import Finding, Level
from ..subject import Subject
from ..values import shown
from .iam import ATTACHMENTS, IDENTITIES, RESOURCES, ROLE, TRUST, policies, short, summary, told
from .parts import gone
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
    level: Level = "note"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Policies that allow less (note), and those that nodes need and lose (stop)."""
        for policy in policies(subject, TRUST, *IDENTITIES, *RESOURCES, ROLE):
            if policy.before is None or policy.after is None:
                continue
            less = widened(policy.after, policy.before)
            # That the new policy has a Deny that the old one had not is less, too; what is lost is told by the rest.
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
                    f"{shown(one.was('role'))} loses {name}. {_NEEDED.get(name, 'What needs it fails with AccessDenied.')}",
                    "Keep it, or be sure that another policy allows the same.",
                    name,
                    "gone",
                    level="stop" if name in _NEEDED else "warn",
                )
        for one in gone(subject.of("aws_iam_role_policy")):
            if one.verb == "delete" and (one.stack, one.was("role")) not in roles:
                lost = statements(str(one.was("policy"))) or ()
                yield Finding(
                    one,
                    f"{shown(one.was('role'))} loses a policy: what needs it fails with AccessDenied.",
                    "Be sure that no job that runs needs it.",
                    summary(lost, ()),
                    "gone",
                    level="warn",
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
                    level="warn",
                )


RULES = (PolicyNarrowed(), PolicyUnknown())
