"""What the roles of `ci-role` are kept to, and what both may do: read what `terraform plan` refreshes, and use states.

Actions, the resources that they take and the condition keys that they know:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .expressions import allow
from .iam import name_prefix
from .layout.stores import bucket_arn
from .readable_stack import StateBucket

Statement = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reach:
    """What the roles are kept to.

    Attributes:
        clusters: names of clusters, or beginnings of them with a `*` last.
        buckets: names of the layouts' buckets that do not begin with their cluster's name.
        state: where the layouts' states are; None for nowhere that a job could reach.
    """

    clusters: tuple[str, ...]
    regions: tuple[str, ...]
    partition: str
    buckets: tuple[str, ...] = ()
    state: StateBucket | None = None

    def arns(self, service: str, *formats: str) -> list[str]:
        """ARNs in any region and account, with the name of each cluster in the place of `{}`."""
        return self._arns(f"{service}:*:*", formats, self.clusters)

    def iam(self, *formats: str) -> list[str]:
        """The same of IAM, whose names begin with as much of the cluster's as fits."""
        return self._arns("iam::*", formats, [start(name) for name in self.clusters])

    def all_buckets(self) -> list[str]:
        """ARNs of the layouts' buckets."""
        names = [*(_more(name) for name in self.clusters), *self.buckets]
        return [bucket_arn(self.partition, name) for name in names]

    @property
    def in_regions(self) -> Mapping[str, Mapping[str, list[str]]]:
        """A condition."""
        return {"StringEquals": {"aws:RequestedRegion": list(self.regions)}}

    def of_clusters(self, key: str) -> Mapping[str, Mapping[str, list[str]]]:
        """A condition: the tag that everything of a layout has is one of these clusters'."""
        return {**self.in_regions, "StringLike": {key: list(self.clusters)}}

    def _arns(self, start: str, formats: Sequence[str], names: Iterable[str]) -> list[str]:
        return [f"arn:{self.partition}:{start}:{one.format(name)}" for name in names for one in formats]


def _more(cluster: str) -> str:
    """What begins with a cluster's name and goes on."""
    return cluster if cluster.endswith("*") else f"{cluster}-*"


def start(cluster: str) -> str:
    """How the names of the roles of a cluster begin: iam.name_prefix, which cuts a long one."""
    if not cluster.endswith("*"):
        return f"{name_prefix(f'{cluster}-')}*"
    cut = name_prefix(cluster[:-1])
    return f"{cut}*" if len(cut) < len(cluster) else cluster


# Reading

# What the provider asks of each type of resource and data source that the stacks have, when it refreshes it: its
# resources' Read functions, https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service. And what
# `ops preflight` asks: a test compares.
_READ = (
    "acm:DescribeCertificate",
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeScheduledActions",
    "autoscaling:DescribeTags",
    "cloudformation:DescribeStacks",
    "cloudformation:ListStackResources",
    "ec2:Describe*",
    "ecr:DescribeImages",
    "ecr:DescribePullThroughCacheRules",
    "ecr:DescribeRepositories",
    "ecr:GetLifecyclePolicy",
    "ecr:ListTagsForResource",
    "eks:Describe*",
    "eks:List*",
    "events:DescribeRule",
    "events:ListTagsForResource",
    "events:ListTargetsByRule",
    "fsx:DescribeDataRepositoryAssociations",
    "fsx:DescribeFileSystems",
    "fsx:ListTagsForResource",
    "iam:GetInstanceProfile",
    "iam:GetOpenIDConnectProvider",
    "iam:GetPolicy",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:GetUser",
    "iam:ListAttachedRolePolicies",
    "iam:ListInstanceProfilesForRole",
    "iam:ListRolePolicies",
    "iam:ListRoles",
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListAliases",
    "kms:ListGrants",
    "kms:ListResourceTags",
    "logs:DescribeLogGroups",
    "logs:ListTagsForResource",
    "resource-groups:ListGroupResources",
    "servicequotas:GetAWSDefaultServiceQuota",
    "servicequotas:GetServiceQuota",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ListQueueTags",
    "ssm:DescribeParameters",
    "ssm:ListTagsForResource",
    "tag:GetResources",
)
# What of EC2's Describe shows secrets: user data of everybody's instances and spot fleets, and keys of VPN tunnels.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SpotFleetLaunchSpecification.html
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpnConnection.html
_SECRETS = ("ec2:DescribeInstanceAttribute", "ec2:DescribeSpotFleetRequests", "ec2:DescribeVpnConnections")
# Of a bucket as a whole, which aws_s3_bucket reads although other resources set it; objects are not among it.
_READ_BUCKET = (
    "s3:GetAccelerateConfiguration",
    "s3:GetBucket*",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetReplicationConfiguration",
    "s3:ListBucket",
    "s3:ListTagsForResource",
)


def reading(reach: Reach) -> list[Statement]:
    """What both roles may see."""
    buckets = reach.all_buckets()
    if reach.state is not None:
        buckets.append(bucket_arn(reach.partition, reach.state.bucket))
    public = f"arn:{reach.partition}:ssm:*::parameter/aws/service/*"
    return [
        allow(_READ),
        {"Effect": "Deny", "Action": list(_SECRETS), "Resource": ["*"]},
        allow(_READ_BUCKET, buckets),
        allow(["ssm:GetParameter", "ssm:GetParameters"], [public, *parameters(reach)]),
    ]


def parameters(reach: Reach) -> list[str]:
    """What says where the file systems are: stores.file_system_parameter."""
    return reach.arns("ssm", "parameter/eks/{}/*")


def using_state(reach: Reach, *, writes: bool) -> list[Statement]:
    """The states of the layouts' stacks, and the files that lock them.

    https://developer.hashicorp.com/terraform/language/backend/s3#s3-bucket-permissions

    Args:
        writes: whether states may be written. Locks may be in any case: a look for drift waits behind a deploy by one.
    """
    state = reach.state
    if state is None:
        return []
    # Each stack by the end of its name: "demo" alone must not be "demonstration".
    names = [name for one in reach.clusters for name in dict.fromkeys((one, _more(one)))]
    objects = [f"{bucket_arn(reach.partition, state.bucket)}/{state.key(name)}" for name in names]
    locks = [f"{one}.tflock" for one in objects]
    statements = [
        allow(["s3:GetObject", *(["s3:PutObject"] if writes else [])], objects),
        allow(["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], locks),
    ]
    if state.kms_key_arn is not None:
        statements.append(allow(["kms:Decrypt", "kms:GenerateDataKey"], [state.kms_key_arn]))
    return statements
