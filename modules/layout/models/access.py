"""Who may use the Kubernetes API: access entries and their policies."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..values import NamespacePattern, PrincipalArn, UserName
from .base import Section, about

# Those for principals of one's own: not what EKS associates itself (Auto Mode, hybrid nodes, insights), nor what that
# page keeps for service-linked roles. https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
AccessPolicyName = Literal[
    "AmazonEKSAdminPolicy",
    "AmazonEKSClusterAdminPolicy",
    "AmazonEKSAdminViewPolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSViewPolicy",
    "AmazonEKSSecretReaderPolicy",
    "AmazonAIOpsAssistantPolicy",
    "AmazonARCRegionSwitchScalingPolicy",
]
_ACCESS_POLICIES = "https://docs.aws.amazon.com/eks/latest/userguide/access-policies.html"


class AccessPolicy(Section):
    """An EKS access policy with a scope of its own."""

    name: AccessPolicyName = Field(
        description="Name of the policy.",
        examples=["AmazonEKSEditPolicy"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html"
        ),
    )
    namespaces: tuple[NamespacePattern, ...] = Field(
        default=(),
        description="Limits the policy to these namespaces; `*` stands for any characters. Without them it is for the whole cluster.",
        examples=[["team-a", "dev-*"]],
        json_schema_extra=about(source=_ACCESS_POLICIES),
    )


class AccessEntry(Section):
    """An IAM principal that may use the Kubernetes API."""

    principal_arn: PrincipalArn = Field(
        description="The IAM role or user.",
        examples=["arn:aws:iam::123456789012:role/researcher", "var.researcher_arn"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html"
        ),
    )
    user_name: UserName | None = Field(
        default=None,
        description="What Kubernetes calls the principal, in RBAC bindings and audit logs. EKS makes it of the ARN by itself.",
        examples=["team-a:{{SessionName}}"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/set-custom-username.html"
        ),
    )
    policies: tuple[AccessPolicyName | AccessPolicy, ...] = Field(
        default=(),
        description="EKS access policies: a name, or a name with namespaces of its own.",
        examples=[["AmazonEKSViewPolicy", {"name": "AmazonEKSEditPolicy", "namespaces": ["team-a"]}]],
        json_schema_extra=about(source=_ACCESS_POLICIES),
    )
    namespaces: tuple[NamespacePattern, ...] = Field(
        default=(),
        description="Limits the policies that are given by name alone to these namespaces; `*` stands for any characters.",
        examples=[["team-a", "dev-*"]],
        json_schema_extra=about(source=_ACCESS_POLICIES),
    )
    kubernetes_groups: tuple[str, ...] = Field(
        default=(),
        description="Groups for your own RBAC bindings.",
        examples=[["researchers"]],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html"
        ),
    )

    @property
    def scoped_policies(self) -> tuple[AccessPolicy, ...]:
        """Every policy with the namespaces that it is for."""
        return tuple(
            policy
            if isinstance(policy, AccessPolicy)
            else AccessPolicy(name=policy, namespaces=self.namespaces)
            for policy in self.policies
        )
