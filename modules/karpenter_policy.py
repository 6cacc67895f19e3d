"""What Karpenter's controller may do in AWS: the least that it needs, for one cluster in one region.

The permissions are those of the reference of Karpenter 1.14:
https://github.com/aws/karpenter-provider-aws/blob/main/website/content/en/v1.14/reference/cloudformation.md
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from .expressions import allow

_ANY_NODE_POOL = "karpenter.sh/nodepool"
_ANY_NODE_CLASS = "karpenter.k8s.aws/ec2nodeclass"
_LAUNCH = ("ec2:CreateFleet", "ec2:RunInstances")
_MADE_WITH_A_NODE = (
    "fleet",
    "instance",
    "launch-template",
    "network-interface",
    "spot-instances-request",
    "volume",
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What the controller is kept to: one cluster, in one region."""

    cluster: str
    region: str
    partition: str

    def ec2(self, *kinds: str, owner: str = "*") -> list[str]:
        """ARNs of EC2's resources of some kinds; what AWS publishes has an empty owner."""
        return [f"arn:{self.partition}:ec2:{self.region}:{owner}:{kind}/*" for kind in kinds]

    def tagged(self, where: Literal["Request", "Resource"], **more: str) -> dict[str, str]:
        """Condition keys: that a request sets the cluster's tag, or that a resource has it."""
        tags = {f"kubernetes.io/cluster/{self.cluster}": "owned"} | more
        return {f"aws:{where}Tag/{key}": value for key, value in tags.items()}

    @property
    def named(self) -> dict[str, str]:
        """The other tag that every request sets."""
        return {"eks:eks-cluster-name": self.cluster}


def nodes(scope: Scope) -> list[dict[str, Any]]:
    """Launches with the cluster's tags, and changes of nothing that has not these tags."""
    requested = {
        "StringEquals": scope.tagged("Request", **scope.named),
        "StringLike": {f"aws:RequestTag/{_ANY_NODE_POOL}": "*"},
    }
    owned = {
        "StringEquals": scope.tagged("Resource"),
        "StringLike": {f"aws:ResourceTag/{_ANY_NODE_POOL}": "*"},
    }
    created = [action.removeprefix("ec2:") for action in (*_LAUNCH, "ec2:CreateLaunchTemplate")]
    named_later = {
        "StringEqualsIfExists": {"aws:RequestTag/eks:eks-cluster-name": scope.cluster},
        "ForAllValues:StringEquals": {"aws:TagKeys": [*scope.named, "karpenter.sh/nodeclaim", "Name"]},
    }
    used = scope.ec2("capacity-reservation", "placement-group", "security-group", "subnet")
    return [
        allow(_LAUNCH, [*scope.ec2("image", "snapshot", owner=""), *used]),
        allow(_LAUNCH, scope.ec2("launch-template"), Condition=owned),
        allow([*_LAUNCH, "ec2:CreateLaunchTemplate"], scope.ec2(*_MADE_WITH_A_NODE), Condition=requested),
        allow(
            ["ec2:CreateTags"],
            scope.ec2(*_MADE_WITH_A_NODE),
            Condition={
                **requested,
                "StringEquals": {**requested["StringEquals"], "ec2:CreateAction": created},
            },
        ),
        allow(["ec2:CreateTags"], scope.ec2("instance"), Condition={**owned, **named_later}),
        allow(
            ["ec2:DeleteLaunchTemplate", "ec2:TerminateInstances"],
            scope.ec2("instance", "launch-template"),
            Condition=owned,
        ),
    ]


def instance_profiles(scope: Scope, node_role_arn: str) -> list[dict[str, Any]]:
    """Instance profiles of the cluster's node classes in this region, with the one role and for EC2 alone."""
    profiles = [f"arn:{scope.partition}:iam::*:instance-profile/*"]
    of_region = {"topology.kubernetes.io/region": scope.region}
    requested = scope.tagged("Request", **scope.named, **of_region)
    owned = scope.tagged("Resource", **of_region)
    new_class, its_class = f"aws:RequestTag/{_ANY_NODE_CLASS}", f"aws:ResourceTag/{_ANY_NODE_CLASS}"
    return [
        allow(
            ["iam:PassRole"],
            [node_role_arn],
            Condition={
                "StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"]}
            },
        ),
        allow(
            ["iam:CreateInstanceProfile"],
            profiles,
            Condition={"StringEquals": requested, "StringLike": {new_class: "*"}},
        ),
        allow(
            ["iam:TagInstanceProfile"],
            profiles,
            Condition={
                "StringEquals": {**owned, **requested},
                "StringLike": {its_class: "*", new_class: "*"},
            },
        ),
        allow(
            [
                "iam:AddRoleToInstanceProfile",
                "iam:DeleteInstanceProfile",
                "iam:RemoveRoleFromInstanceProfile",
            ],
            profiles,
            Condition={"StringEquals": owned, "StringLike": {its_class: "*"}},
        ),
        allow(["iam:GetInstanceProfile"], profiles),
        allow(["iam:ListInstanceProfiles"]),
    ]


def discovery(scope: Scope, cluster_arn: str, zonal_shift: bool) -> list[dict[str, Any]]:
    """What is there to choose from: reading only."""
    described = (
        "CapacityReservations",
        "Images",
        "InstanceStatus",
        "InstanceTypeOfferings",
        "InstanceTypes",
        "Instances",
        "LaunchTemplates",
        "PlacementGroups",
        "SecurityGroups",
        "SpotPriceHistory",
        "Subnets",
    )
    statements = [
        allow(
            [f"ec2:Describe{what}" for what in described],
            Condition={"StringEquals": {"aws:RequestedRegion": scope.region}},
        ),
        # The AMIs that AWS publishes.
        allow(["ssm:GetParameter"], [f"arn:{scope.partition}:ssm:{scope.region}::parameter/aws/service/*"]),
        allow(["pricing:GetProducts"]),
        allow(["eks:DescribeCluster"], [cluster_arn]),
    ]
    if zonal_shift:
        of_cluster = {"StringEquals": {"arc-zonal-shift:ResourceIdentifier": cluster_arn}}
        statements.append(allow(["arc-zonal-shift:GetManagedResource"], Condition=of_cluster))
    return statements
