"""Rules about access entries: who may use the Kubernetes API, under which name, and for what."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..faults import Level
from .base import Context, Finding, shown

# https://docs.aws.amazon.com/eks/latest/userguide/set-custom-username.html
RESERVED_USER_NAMES = ("system:", "eks:", "aws:", "amazon:", "iam:")
_SESSION_WITHOUT_COLON = re.compile(r"[^:]*\{\{SessionName(Raw)?\}\}")


class DuplicatePrincipal:
    """EKS takes one access entry a principal.

    https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessEntry.html
    """

    id = "duplicate-principal"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Each `principal_arn` stands in one entry."""
        seen: dict[str, str] = {}
        for name, entry in context.layout.cluster.access_entries.items():
            first = seen.setdefault(entry.principal_arn, name)
            if first != name:
                problem = f"{shown(entry.principal_arn)} has the access entry {first!r} already"
                where = ("cluster", "access_entries", name, "principal_arn")
                yield Finding(where, problem, "Put the policies and groups of both into one entry.")


class EmptyAccessEntry:
    """An access entry without policies and groups lets its principal in, to do nothing."""

    id = "empty-access-entry"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """Each entry has policies or groups, and policies for its namespaces where it has such."""
        for name, entry in context.layout.cluster.access_entries.items():
            path = ("cluster", "access_entries", name)
            if not entry.policies and not entry.kubernetes_groups:
                problem = "has neither policies nor kubernetes_groups: it allows nothing"
                yield Finding(
                    (*path, "policies"), problem, "Write policies: [AmazonEKSAdminViewPolicy] or another."
                )
            elif entry.namespaces and not any(isinstance(policy, str) for policy in entry.policies):
                problem = "namespaces limit the policies that are given by name alone, and there are none"
                yield Finding((*path, "namespaces"), problem, "Write such policies, or remove namespaces.")


class DuplicateAccessPolicy:
    """EKS associates a policy with an entry once, with one scope.

    https://docs.aws.amazon.com/eks/latest/userguide/access-policies.html
    """

    id = "duplicate-access-policy"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Each policy stands once in an entry."""
        for name, entry in context.layout.cluster.access_entries.items():
            before: set[str] = set()
            for index, policy in enumerate(entry.scoped_policies):
                if policy.name in before:
                    where = ("cluster", "access_entries", name, "policies", index)
                    problem = f"{policy.name} stands in this entry already"
                    yield Finding(where, problem, "Keep one of them, with the namespaces of both.")
                before.add(policy.name)


class ReservedUserName:
    """EKS refuses names that could be taken for those of Kubernetes or AWS, and a session's name without a colon.

    https://docs.aws.amazon.com/eks/latest/userguide/set-custom-username.html
    """

    id = "reserved-user-name"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`user_name` begins with none of the reserved words, and has a colon before {{SessionName}}."""
        for name, entry in context.layout.cluster.access_entries.items():
            where = ("cluster", "access_entries", name, "user_name")
            start = next(
                (one for one in RESERVED_USER_NAMES if (entry.user_name or "").startswith(one)), None
            )
            if start is not None:
                problem = f"EKS takes no user name that begins with {start}"
                yield Finding(
                    where, problem, "Write one of your own, or leave it out: EKS makes one of the ARN."
                )
            elif entry.user_name and _SESSION_WITHOUT_COLON.match(entry.user_name):
                problem = "EKS wants a colon before the name of the session"
                yield Finding(where, problem, f"Write {name}:{{{{SessionName}}}}.")


class SystemGroup:
    """EKS refuses groups that begin with `system:`, system:masters above all.

    https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
    """

    id = "system-group"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`kubernetes_groups` are groups of one's own."""
        for name, entry in context.layout.cluster.access_entries.items():
            for index, group in enumerate(entry.kubernetes_groups):
                if group.startswith("system:"):
                    where = ("cluster", "access_entries", name, "kubernetes_groups", index)
                    problem = f"EKS takes no group that begins with system: ({group[:60]})"
                    remedy = "Write policies: [AmazonEKSClusterAdminPolicy] for administrators."
                    yield Finding(where, problem, remedy)


class NobodyAdministers:
    """The platform stack is installed by whoever runs Terraform, who needs to administer the cluster."""

    id = "nobody-administers"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """The creator, or an access entry, has AmazonEKSClusterAdminPolicy for the whole cluster."""
        cluster = context.layout.cluster
        admins = [
            name
            for name, entry in cluster.access_entries.items()
            for policy in entry.scoped_policies
            if policy.name == "AmazonEKSClusterAdminPolicy" and not policy.namespaces
        ]
        if not cluster.creator_admin and not admins:
            problem = "nobody administers the cluster, so that the platform stack cannot be installed"
            remedy = (
                "Give an access entry the policy AmazonEKSClusterAdminPolicy, or remove creator_admin: false."
            )
            yield Finding(("cluster", "creator_admin"), problem, remedy, (("cluster", "access_entries"),))
