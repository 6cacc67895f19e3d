"""AWS permissions of pods, by EKS Pod Identity."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from ..values import (
    Bool,
    Namespace,
    PolicyArn,
    RoleArn,
    ServiceAccountName,
    Tags,
)
from .base import Section, about

POD_IDENTITY = "https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html"


class PodIdentityAssociation(Section):
    """AWS permissions of the pods of a Kubernetes service account, by EKS Pod Identity.

    With `role_arn` the pods have a role of yours; without it one is made with `policy_arns` and `policy`.
    """

    namespace: Namespace = Field(
        description="Namespace of the service account.",
        examples=["team-a"],
        json_schema_extra=about(source=POD_IDENTITY),
    )
    service_account: ServiceAccountName = Field(
        description="Name of the service account.",
        examples=["trainer"],
        json_schema_extra=about(source=POD_IDENTITY),
    )
    role_arn: RoleArn | None = Field(
        default=None,
        description="Your role, which has to trust pods.eks.amazonaws.com for sts:AssumeRole and sts:TagSession.",
        examples=["arn:aws:iam::123456789012:role/trainer", "var.trainer_role_arn"],
        json_schema_extra=about(source="https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html"),
    )
    policy_arns: tuple[PolicyArn, ...] = Field(
        default=(),
        description="Managed policies of the role made here: 10, or up to 25 where the account's quota was raised.",
        examples=[["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
        ),
    )
    policy: dict[str, Any] | None = Field(
        default=None,
        description="A policy document for the role made here, as IAM has it: `Version` and `Statement`.",
        examples=[
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}
                ],
            }
        ],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"
        ),
    )
    create_service_account: Bool = Field(
        default=False,
        description="Whether the platform stack makes the service account, and its namespace unless that is one of "
        "Kubernetes or of an add-on. Removing the last association that asks for it deletes such a namespace with all in it.",
        examples=[True],
    )
    tags: Tags = Field(
        default_factory=dict,
        description="Tags of the association and of the role made here.",
        examples=[{"team": "a"}],
    )
