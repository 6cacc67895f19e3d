"""The `cluster` section: the EKS control plane."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..values import (
    Bool,
    Cidr,
    Cidrs,
    EntryName,
    KmsKeyArn,
    LogType,
    Namespace,
    PrincipalArn,
    RetentionDays,
    RoleArn,
)
from .base import Section

# https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
AccessPolicy = Literal[
    "AmazonEKSAdminPolicy",
    "AmazonEKSClusterAdminPolicy",
    "AmazonEKSAdminViewPolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSViewPolicy",
]


class SecretsEncryption(Section):
    """Envelope encryption of Kubernetes secrets."""

    enabled: Bool = Field(default=True, description="Whether a customer managed KMS key encrypts secrets.")
    kms_key_arn: KmsKeyArn | None = Field(
        default=None,
        description="Your key. Without it, one is made and rotated. Fixed at creation: EKS never changes the key.",
    )


class ControlPlaneLogs(Section):
    """Logs of the control plane in CloudWatch Logs."""

    types: tuple[LogType, ...] = Field(
        default=("api", "audit", "authenticator", "controllerManager", "scheduler"),
        description="Which logs are kept.",
    )
    retention_days: RetentionDays = Field(default=90, description="Days to keep them.")


class Endpoint(Section):
    """Who reaches the Kubernetes API."""

    private: Bool = Field(default=True, description="Reachable from the VPC. The nodes use it.")
    public: Bool = Field(
        default=False, description="Reachable from the internet, from `public_access_cidrs` only."
    )
    public_access_cidrs: Cidrs = Field(default=(), description="CIDRs that may use the public endpoint.")


class AccessEntry(Section):
    """An IAM principal that may use the Kubernetes API."""

    principal_arn: PrincipalArn = Field(description="The IAM role or user.")
    policies: tuple[AccessPolicy, ...] = Field(default=(), description="EKS access policies.")
    namespaces: tuple[Namespace, ...] = Field(
        default=(), description="Limits the policies to these namespaces."
    )
    kubernetes_groups: tuple[str, ...] = Field(default=(), description="Groups for your own RBAC bindings.")


class Cluster(Section):
    """The control plane: API authentication, private endpoint and encrypted secrets unless said otherwise."""

    role_arn: RoleArn | None = Field(default=None, description="Your cluster role. Without it, one is made.")
    secrets_encryption: SecretsEncryption = Field(
        default_factory=SecretsEncryption, description="Encryption of secrets. It cannot be turned off later."
    )
    logs: ControlPlaneLogs = Field(default_factory=ControlPlaneLogs, description="Control plane logs.")
    endpoint: Endpoint = Field(default_factory=Endpoint, description="Access to the Kubernetes API.")
    access_entries: dict[EntryName, AccessEntry] = Field(
        default_factory=dict,
        description="IAM principals that may use the API, by a name of your own. Not the one that creates the cluster, which has an entry already with `creator_admin`.",
    )
    creator_admin: Bool = Field(
        default=True,
        description="Whether the identity that creates the cluster administrates it. Fixed at creation.",
    )
    support_type: Literal["STANDARD", "EXTENDED"] = Field(
        default="EXTENDED",
        description="What EKS does when the version's standard support ends: STANDARD upgrades the control plane "
        "by itself, EXTENDED keeps the version at a higher price.",
    )
    deletion_protection: Bool = Field(default=False, description="Whether EKS refuses to delete the cluster.")
    zonal_shift: Bool = Field(
        default=False, description="Whether ARC may shift traffic away from an impaired zone."
    )
    oidc_provider: Bool = Field(default=True, description="Whether an IAM OIDC provider for IRSA is made.")
    service_ipv4_cidr: Annotated[Cidr, Field()] | None = Field(
        default=None, description="IPv4 range of Kubernetes services, /12 to /24. EKS chooses without it."
    )
