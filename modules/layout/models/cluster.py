"""The `cluster` section: the EKS control plane."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..efa_drivers import EfaDriver
from ..values import (
    Bool,
    Cidr,
    Cidrs,
    EntryName,
    KmsKeyArn,
    LogType,
    RetentionDays,
    RoleArn,
    SecurityGroupIds,
)
from .access import AccessEntry
from .base import Section, about
from .pod_identity import POD_IDENTITY, PodIdentityAssociation
from .scheduler import CONTROL_PLANE, Scheduler


class SecretsEncryption(Section):
    """Envelope encryption of Kubernetes secrets."""

    enabled: Bool = Field(
        default=True,
        description="Whether a customer managed KMS key encrypts secrets.",
        examples=[False],
        json_schema_extra=about(source="https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html"),
    )
    kms_key_arn: KmsKeyArn | None = Field(
        default=None,
        description="Your key. Without it, one is made and rotated. Fixed at creation: EKS never changes the key.",
        examples=[
            "arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555",
            "var.kms_key_arn",
        ],
        json_schema_extra=about(source="https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html"),
    )


class ControlPlaneLogs(Section):
    """Logs of the control plane in CloudWatch Logs."""

    types: tuple[LogType, ...] = Field(
        default=("api", "audit", "authenticator", "controllerManager", "scheduler"),
        description="Which logs are kept.",
        examples=[["api", "audit"]],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html"
        ),
    )
    retention_days: RetentionDays = Field(
        default=90,
        description="Days to keep them.",
        examples=[365],
        json_schema_extra=about(
            unit="days",
            source="https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
        ),
    )


class Endpoint(Section):
    """Who reaches the Kubernetes API."""

    private: Bool = Field(
        default=True,
        description="Reachable from the VPC. The nodes use it.",
        examples=[False],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html"
        ),
    )
    public: Bool = Field(
        default=False,
        description="Reachable from the internet, from `public_access_cidrs` only.",
        examples=[True],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html"
        ),
    )
    public_access_cidrs: Cidrs = Field(
        default=(),
        description="CIDRs that may use the public endpoint.",
        examples=[["203.0.113.0/24"], "var.public_access_cidrs"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html"
        ),
    )


class Cluster(Section):
    """The control plane: API authentication, private endpoint and encrypted secrets unless said otherwise."""

    role_arn: RoleArn | None = Field(
        default=None,
        description="Your cluster role. Without it, one is made.",
        examples=["arn:aws:iam::123456789012:role/cluster", "var.cluster_role_arn"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/cluster-iam-role.html"
        ),
    )
    secrets_encryption: SecretsEncryption = Field(
        default_factory=SecretsEncryption,
        description="Encryption of secrets. It cannot be turned off later.",
        examples=[{"kms_key_arn": "var.kms_key_arn"}],
        json_schema_extra=about(source="https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html"),
    )
    logs: ControlPlaneLogs = Field(
        default_factory=ControlPlaneLogs,
        description="Control plane logs.",
        examples=[{"types": ["audit"], "retention_days": 365}],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html"
        ),
    )
    endpoint: Endpoint = Field(
        default_factory=Endpoint,
        description="Access to the Kubernetes API.",
        examples=[{"public": True, "public_access_cidrs": ["203.0.113.0/24"]}],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html"
        ),
    )
    access_entries: dict[EntryName, AccessEntry] = Field(
        default_factory=dict,
        description="IAM principals that may use the API, by a name of your own. Not the one that creates the cluster, which has an entry already with `creator_admin`.",
        examples=[
            {
                "researchers": {
                    "principal_arn": "arn:aws:iam::123456789012:role/researcher",
                    "policies": ["AmazonEKSEditPolicy"],
                }
            }
        ],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html"
        ),
    )
    pod_identity_associations: dict[EntryName, PodIdentityAssociation] = Field(
        default_factory=dict,
        description="AWS permissions of your own pods, by a name of your own.",
        examples=[
            {
                "trainer": {
                    "namespace": "team-a",
                    "service_account": "trainer",
                    "policy_arns": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"],
                }
            }
        ],
        json_schema_extra=about(source=POD_IDENTITY),
    )
    security_group_ids: SecurityGroupIds = Field(
        default=(),
        description="More security groups of the control plane's network interfaces, in an existing VPC: at most 5. The one that EKS makes is always there.",
        examples=[["sg-0123456789abcdef0"], "var.security_group_ids"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html"
        ),
    )
    creator_admin: Bool = Field(
        default=True,
        description="Whether the identity that creates the cluster administrates it. Fixed at creation.",
        examples=[False],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html"
        ),
    )
    support_type: Literal["STANDARD", "EXTENDED"] = Field(
        default="EXTENDED",
        description="What EKS does when the version's standard support ends: STANDARD upgrades the control plane "
        "by itself, EXTENDED keeps the version at a higher price.",
        examples=["STANDARD"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/disable-extended-support.html"
        ),
    )
    deletion_protection: Bool = Field(
        default=False,
        description="Whether EKS refuses to delete the cluster.",
        examples=[True],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/deletion-protection.html"
        ),
    )
    zonal_shift: Bool = Field(
        default=False,
        description="Whether ARC may shift traffic away from an impaired zone.",
        examples=[True],
        json_schema_extra=about(source="https://docs.aws.amazon.com/eks/latest/userguide/zone-shift.html"),
    )
    scheduler: Scheduler | None = Field(
        default=None,
        description="How the Kubernetes scheduler chooses nodes. EKS keeps what was set when this is removed: write "
        "LeastAllocated to go back. CDK Terrain only: docs/flavours.md.",
        examples=[{"scoring_strategy": "MostAllocated", "resources": {"nvidia.com/gpu": 10, "cpu": 1}}],
        json_schema_extra=about(source=CONTROL_PLANE),
    )
    oidc_provider: Bool = Field(
        default=True,
        description="Whether an IAM OIDC provider for IRSA is made.",
        examples=[False],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/enable-iam-roles-for-service-accounts.html"
        ),
    )
    efa_driver: EfaDriver = Field(
        default="device_plugin",
        description="What hands EFA devices to pods, on all nodes. `device_plugin` offers vpc.amazonaws.com/efa. "
        "`dra` is dynamic resource allocation, by the release aws-dranet: pods claim devices. It needs Kubernetes 1.34 "
        "and groups that Terraform sizes. Jobs end before a change of it: docs/efa.md.",
        examples=["dra"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html"
        ),
    )
    service_ipv4_cidr: Cidr | None = Field(
        default=None,
        description="IPv4 range of Kubernetes services, /12 to /24. EKS chooses without it.",
        examples=["172.20.0.0/16"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/APIReference/API_KubernetesNetworkConfigRequest.html"
        ),
    )
