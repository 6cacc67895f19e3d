"""Who may do what in the cluster, and which pods have which roles.

https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..values import UNKNOWN, at, known, shown
from .cluster import CLUSTER
from .parts import gone, listed, name_of, texts

ENTRY = "aws_eks_access_entry"
POLICY = "aws_eks_access_policy_association"
IDENTITY = "aws_eks_pod_identity_association"
_ADMINISTRATORS = ("AmazonEKSClusterAdminPolicy", "AmazonEKSAdminPolicy")


class ClusterAdministratorMade:
    """Somebody new who may do everything in the cluster, delete every job and read every secret among it."""

    id = "cluster-administrator"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Associations of EKS's administrator policies, and groups of administrators, in a cluster that there is already."""
        new_clusters = {one.stack for one in subject.of(CLUSTER) if one.verb in ("create", "replace")}
        for one in subject.of(POLICY):
            name = str(one.becomes("policy_arn")).rpartition("/")[2]
            everywhere = one.becomes("access_scope", 0, "type") != "namespace"
            fresh = one.verb in ("create", "replace") and one.stack not in new_clusters
            same = one.was("policy_arn") == one.becomes("policy_arn") and one.was(
                "principal_arn"
            ) == one.becomes("principal_arn")
            if fresh and not same and everywhere and name in _ADMINISTRATORS:
                yield Finding(
                    one,
                    f"{shown(one.becomes('principal_arn'))} may do everything in the cluster: delete every job, read every secret.",
                    "Be sure who can take this role; for people who run jobs, AmazonEKSEditPolicy in their namespaces is enough.",
                    "",
                    name,
                )
        for one in subject.of(ENTRY):
            new = texts(one.becomes("kubernetes_groups")) - texts(one.was("kubernetes_groups"))
            if new and one.verb in ("create", "update", "replace") and one.stack not in new_clusters:
                yield Finding(
                    one,
                    f"{shown(one.becomes('principal_arn'))} is in {listed(new)}, and may do what the cluster's role bindings let these do.",
                    "Look at `kubectl get clusterrolebindings` for them.",
                    listed(texts(one.was("kubernetes_groups"))),
                    listed(texts(one.becomes("kubernetes_groups"))),
                    level="note",
                )


class AccessRemoved:
    """Somebody who is locked out of the cluster: a person, a pipeline, or nodes."""

    id = "access-removed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Access entries and policies that go, or are somebody else's, while the cluster stays."""
        lost = subject.losing(CLUSTER)
        entries = {(one.stack, one.was("principal_arn")) for one in gone(subject.of(ENTRY))}
        for one in gone(subject.of(ENTRY)):
            if one.stack in lost or (one.verb == "replace" and not _other_principal(one)):
                continue
            nodes = str(one.was("type")).startswith("EC2")
            yield Finding(
                one,
                f"{shown(one.was('principal_arn'))} can no longer log in to the cluster."
                + (" These are nodes: they become NotReady, and their pods are evicted." if nodes else ""),
                "Be sure that it is not the role that applies this plan.",
                shown(one.was("type")),
                "gone" if one.verb == "delete" else f"of {shown(one.becomes('principal_arn'))}",
                level="stop" if nodes else None,
            )
        for one in subject.of(ENTRY):
            told = one.becomes("kubernetes_groups")
            less = texts(one.was("kubernetes_groups")) - texts(told)
            if (
                one.verb == "update"
                and less
                and (told is None or (isinstance(told, list) and UNKNOWN not in told))
            ):
                yield Finding(
                    one,
                    f"{shown(one.was('principal_arn'))} is no longer in {listed(less)}, and may not do any more what role bindings let these do.",
                    "Be sure that it is not the role that applies this plan, or starts jobs.",
                    listed(texts(one.was("kubernetes_groups"))),
                    listed(texts(told)) or "none",
                )  # fmt: skip
        for one in gone(subject.of(POLICY)):
            if one.stack in lost or _same_grant(one):
                continue
            if (one.stack, one.was("principal_arn")) not in entries:
                yield Finding(
                    one,
                    f"{shown(one.was('principal_arn'))} may do less in the cluster.",
                    "Be sure that it is not the role that applies this plan.",
                    str(one.was("policy_arn")).rpartition("/")[2],
                    "gone" if one.verb == "delete" else f"{str(one.becomes('policy_arn')).rpartition('/')[2]} of {shown(one.becomes('principal_arn'))}",
                )  # fmt: skip


def _other_principal(entry: Change) -> bool:
    return known(entry.becomes("principal_arn")) and entry.differs("principal_arn")


def _same_grant(association: Change) -> bool:
    """Whether a replaced association gives the same principal the same as before, or may do so."""
    parts = ("principal_arn", "policy_arn", "access_scope")
    return association.verb == "replace" and not any(
        known(association.becomes(part)) and association.differs(part) for part in parts
    )


class PodIdentityChanged:
    """A role of pods that goes or is another one: what they read and write in AWS may fail, checkpoints among it."""

    # https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html
    id = "pod-identity-changed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Pod identity associations that go, and roles of pods that are other ones, while the cluster stays."""
        lost = subject.losing(CLUSTER)
        for one in subject.of(IDENTITY):
            if one.stack in lost or one.is_deposed:
                continue
            account = f"{shown(one.was('namespace'))}/{shown(one.was('service_account'))}"
            was, becomes = one.was("role_arn"), one.becomes("role_arn")
            if one.goes:
                yield Finding(
                    one,
                    f"Pods of service account {account} "
                    + ("get another association" if one.verb == "replace" else "lose their role")
                    + ": when the credentials end that they have, what they read and write in AWS fails.",
                    "Be sure that no pod of it runs.",
                    shown(was),
                    shown(becomes) if one.verb == "replace" else "gone",
                )
            elif one.verb == "update" and known(was) and was != becomes:
                yield Finding(
                    one,
                    f"Pods of service account {account} get another role with their next credentials.",
                    "Be sure that it may do the same.",
                    shown(was),
                    shown(becomes),
                )
        for one in subject.of("aws_eks_addon", "kubernetes_service_account_v1", "kubernetes_service_account"):
            roles, others = (_roles(side) for side in (one.before, one.after))
            if one.verb == "update" and roles and others is not None and not roles <= others:
                name = one.was("addon_name") or name_of(one)
                yield Finding(
                    one,
                    f"Pods of {shown(name)} "
                    + ("get another role" if others else "lose their role")
                    + ": what they do in AWS may fail when their credentials end, and at once in pods that start later.",
                    "Be sure that the pods that run need it no more, or that the other role may do the same.",
                    listed(roles),
                    listed(others) or "none",
                )


def _roles(side: dict[str, Any]) -> frozenset[str] | None:
    """The roles of an add-on or of a service account; None where they are not all told."""
    identities = side.get("pod_identity_association")
    found = [
        side.get("service_account_role_arn"),
        at(side, "metadata", 0, "annotations", "eks.amazonaws.com/role-arn"),
        *(at(one, "role_arn") for one in (identities if isinstance(identities, list) else [identities])),
    ]
    if any(one is not None and not isinstance(one, str) for one in found):
        return None
    return frozenset(one for one in found if one)


RULES = (AccessRemoved(), ClusterAdministratorMade(), PodIdentityChanged())
