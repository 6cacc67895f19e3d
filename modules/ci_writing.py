"""What the role of `ci-role` that deploys may change: what the stacks of layouts make, and as little else as IAM can tell.

Actions, the resources that they take and the condition keys that they know:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from .ci_reach import Reach, Statement, parameters, start
from .expressions import allow
from .layout.stores import CLUSTER_TAG, bucket_arn

_TAGGED = f"aws:ResourceTag/{CLUSTER_TAG}"
_REQUESTED = f"aws:RequestTag/{CLUSTER_TAG}"

_EC2_WRITE = (
    "AllocateAddress",
    "AssociateRouteTable",
    "AttachInternetGateway",
    "AuthorizeSecurityGroupEgress",
    "AuthorizeSecurityGroupIngress",
    "CreateFlowLogs",
    "CreateInternetGateway",
    "CreateLaunchTemplate",
    "CreateLaunchTemplateVersion",
    "CreateNatGateway",
    "CreatePlacementGroup",
    "CreateRoute",
    "CreateRouteTable",
    "CreateSecurityGroup",
    "CreateSubnet",
    "CreateTags",
    "CreateVpc",
    "CreateVpcEndpoint",
    # What the CNI leaves behind holds subnets and security groups back; the provider removes it.
    "DeleteNetworkInterface",
    "DeleteRoute",
    "DeleteTags",
    "DetachInternetGateway",
    "DetachNetworkInterface",
    "DisassociateAddress",
    "DisassociateRouteTable",
    "ModifyLaunchTemplate",
    "ModifySecurityGroupRules",
    "ModifySubnetAttribute",
    "ModifyVpcAttribute",
    "ModifyVpcEndpoint",
    "ReplaceRoute",
    "ReplaceRouteTableAssociation",
    "RevokeSecurityGroupEgress",
    "RevokeSecurityGroupIngress",
    # Without it, EKS refuses a node group with a launch template: "You are not authorized to launch instances with this
    # launch template". https://github.com/scylladb/scylla-cluster-tests/issues/12172
    "RunInstances",
)
_EC2_DELETE = (
    "DeleteFlowLogs",
    "DeleteInternetGateway",
    "DeleteLaunchTemplate",
    "DeleteNatGateway",
    "DeletePlacementGroup",
    "DeleteRouteTable",
    "DeleteSecurityGroup",
    "DeleteSubnet",
    "DeleteVpc",
    "DeleteVpcEndpoints",
    "ReleaseAddress",
)


def network(reach: Reach) -> list[Statement]:
    """VPC, launch templates, placement groups. What deletes takes only what the layouts have made, by its tag."""
    return [
        allow([f"ec2:{name}" for name in _EC2_WRITE], Condition=reach.in_regions),
        allow([f"ec2:{name}" for name in _EC2_DELETE], Condition=reach.of_clusters(_TAGGED)),
        # For the private names of an interface endpoint:
        # https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html
        allow(["route53:AssociateVPCWithHostedZone"]),
        allow(
            [
                "autoscaling:CreateOrUpdateTags",
                "autoscaling:DeleteScheduledAction",
                "autoscaling:DeleteTags",
                "autoscaling:PutScheduledUpdateGroupAction",
            ],
            Condition=reach.in_regions,
        ),
    ]


_EKS_WRITE = (
    "AssociateAccessPolicy",
    "AssociateEncryptionConfig",
    "CreateAccessEntry",
    "CreateAddon",
    "CreateCluster",
    "CreateNodegroup",
    "CreatePodIdentityAssociation",
    "DeleteAccessEntry",
    "DeleteAddon",
    "DeleteCluster",
    "DeleteNodegroup",
    "DeletePodIdentityAssociation",
    "DisassociateAccessPolicy",
    "TagResource",
    "UntagResource",
    "UpdateAccessEntry",
    "UpdateAddon",
    "UpdateClusterConfig",
    "UpdateClusterVersion",
    "UpdateNodegroupConfig",
    "UpdateNodegroupVersion",
    "UpdatePodIdentityAssociation",
)


def clusters(reach: Reach) -> list[Statement]:
    """Control planes with all that EKS has in them, their logs and keys."""
    in_cluster = ("access-entry", "addon", "nodegroup", "podidentityassociation")
    # Of an update, EKS has asked for `cluster/NAME/update`: https://github.com/aws/aws-cdk/issues/6060
    resources = reach.arns("eks", "cluster/{}", *(f"{kind}/{{}}/*" for kind in ("cluster", *in_cluster)))
    groups = reach.arns("logs", "log-group:/aws/eks/{}/*", "log-group:/aws/vpc/{}/*")
    key = ("DisableKeyRotation", "PutKeyPolicy", "ScheduleKeyDeletion")
    more = ("CancelKeyDeletion", "TagResource", "UntagResource", "UpdateKeyDescription")
    alias = ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"]
    return [
        allow([f"eks:{name}" for name in _EKS_WRITE], resources, Condition=reach.in_regions),
        allow(
            [
                "logs:CreateLogGroup",
                "logs:DeleteLogGroup",
                "logs:DeleteRetentionPolicy",
                "logs:PutRetentionPolicy",
                "logs:TagResource",
                "logs:UntagResource",
            ],
            groups,
            Condition=reach.in_regions,
        ),
        # Flow logs are delivered in the name of who makes them:
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
        allow(["logs:CreateLogDelivery", "logs:DeleteLogDelivery"], Condition=reach.in_regions),
        allow(["kms:CreateKey", "kms:TagResource"], Condition=reach.of_clusters(_REQUESTED)),
        allow([f"kms:{name}" for name in (*key, *more)], Condition=reach.of_clusters(_TAGGED)),
        # What follows the making of a key at once cannot ask for its tag, which takes KMS up to five minutes to know:
        # https://docs.aws.amazon.com/kms/latest/developerguide/abac.html
        # Of an alias, IAM looks at the alias and at the key.
        allow(
            alias,
            [*reach.arns("kms", "alias/eks/{}"), f"arn:{reach.partition}:kms:*:*:key/*"],
            Condition=reach.in_regions,
        ),
        # EKS and FSx get grants in the name of the caller, for a key of the user's own too; EKS's are refused if
        # kms:GrantIsForAWSResource is asked for: https://docs.aws.amazon.com/eks/latest/userguide/create-cluster.html
        # ECR retires its own, too: https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html
        allow(["kms:CreateGrant", "kms:EnableKeyRotation", "kms:RetireGrant"], Condition=reach.in_regions),
    ]


# Who takes a role of a layout: modules/cluster.py, modules/node_group.py, modules/iam.py, modules/flow_logs.py.
_SERVICES = ("ec2", "eks", "pods.eks", "vpc-flow-logs")
# Whose roles AWS makes with the first cluster, node group, spot node, load balancer or file system of an account.
_LINKED = (
    "autoscaling",
    "eks",
    "eks-nodegroup",
    "elasticloadbalancing",
    "fsx",
    "s3.data-source.lustre.fsx",
    "spot",
)
_ROLE = (
    "AttachRolePolicy",
    "CreateRole",
    "DeleteRole",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "PutRolePolicy",
    "TagRole",
    "UntagRole",
    "UpdateAssumeRolePolicy",
    "UpdateRole",
    "UpdateRoleDescription",
)
_PROFILE = (
    "AddRoleToInstanceProfile",
    "CreateInstanceProfile",
    "DeleteInstanceProfile",
    "RemoveRoleFromInstanceProfile",
    "TagInstanceProfile",
    "UntagInstanceProfile",
)
_PROVIDER = (
    "AddClientIDToOpenIDConnectProvider",
    "CreateOpenIDConnectProvider",
    "DeleteOpenIDConnectProvider",
    "RemoveClientIDFromOpenIDConnectProvider",
    "TagOpenIDConnectProvider",
    "UntagOpenIDConnectProvider",
    "UpdateOpenIDConnectProviderThumbprint",
)


def identities(reach: Reach) -> list[Statement]:
    """Roles and profiles whose names begin with a cluster's; OIDC providers of EKS, and no other."""
    iam = f"arn:{reach.partition}:iam::*"
    suffix = "amazonaws.com.cn" if reach.partition == "aws-cn" else "amazonaws.com"
    services = [f"{name}.amazonaws.com" for name in _SERVICES]
    if reach.partition == "aws-cn":
        # Of these, the one with a name of its own in China: https://docs.amazonaws.cn/en_us/eks/latest/userguide/create-node-role.html
        services.append("ec2.amazonaws.com.cn")
    passed = {"StringEquals": {"iam:PassedToService": services}}
    linked = {"StringEquals": {"iam:AWSServiceName": [f"{name}.amazonaws.com" for name in _LINKED]}}
    lustre = f"{iam}:role/aws-service-role/s3.data-source.lustre.fsx.amazonaws.com/*"
    return [
        allow([f"iam:{name}" for name in _ROLE], reach.iam("role/{}")),
        allow(["iam:PassRole"], reach.iam("role/{}"), Condition=passed),
        allow([f"iam:{name}" for name in _PROFILE], reach.iam("instance-profile/{}")),
        allow([f"iam:{name}" for name in _PROVIDER], [f"{iam}:oidc-provider/oidc.eks.*.{suffix}/*"]),
        allow(["iam:CreateServiceLinkedRole"], [f"{iam}:role/aws-service-role/*"], Condition=linked),
        # For a file system with a bucket behind it:
        # https://docs.aws.amazon.com/fsx/latest/LustreGuide/setting-up.html
        allow(["iam:AttachRolePolicy", "iam:PutRolePolicy"], [lustre]),
    ]


_BUCKET_WRITE = (
    "CreateBucket",
    "DeleteBucket",
    "DeleteBucketPolicy",
    "PutBucketOwnershipControls",
    "PutBucketPolicy",
    "PutBucketPublicAccessBlock",
    "PutBucketTagging",
    "PutBucketVersioning",
    "PutEncryptionConfiguration",
    "PutLifecycleConfiguration",
    "TagResource",
    "UntagResource",
)


def stores(reach: Reach) -> list[Statement]:
    """Buckets without their objects, repositories, file systems, and the queue and rules of Karpenter."""
    here, tagged = reach.in_regions, reach.of_clusters(_TAGGED)
    requested = reach.of_clusters(_REQUESTED)
    bucket_write = [f"s3:{name}" for name in _BUCKET_WRITE]
    # Its name may begin with a cluster's; by its policy, the role would reach the state of the stack that made it.
    states = [] if reach.state is None else [bucket_arn(reach.partition, reach.state.bucket)]
    return [
        allow(bucket_write, reach.all_buckets()),
        *({"Effect": "Deny", "Action": bucket_write, "Resource": [one]} for one in states),
        allow(
            ["ecr:CreateRepository", "fsx:CreateDataRepositoryAssociation", "fsx:CreateFileSystem"],
            Condition=requested,
        ),
        allow(["ecr:TagResource", "fsx:TagResource"], Condition=requested),
        # FSx asks for these in the name of the caller, with a new file system and with the backup before the end of one:
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonfsx.html
        allow(["ec2:GetSecurityGroupsForVpc", "fsx:CreateBackup"], Condition=here),
        # With a key of the user's own: https://docs.aws.amazon.com/fsx/latest/LustreGuide/encryption-at-rest.html
        allow(
            ["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext"],
            Condition={**here, "StringLike": {"kms:ViaService": "fsx.*"}},
        ),
        allow(
            [
                "ecr:DeleteLifecyclePolicy",
                "ecr:DeleteRepository",
                "ecr:PutImageScanningConfiguration",
                "ecr:PutImageTagMutability",
                "ecr:PutLifecyclePolicy",
                "ecr:TagResource",
                "ecr:UntagResource",
                "fsx:DeleteDataRepositoryAssociation",
                "fsx:DeleteFileSystem",
                "fsx:TagResource",
                "fsx:UntagResource",
                "fsx:UpdateDataRepositoryAssociation",
                "fsx:UpdateFileSystem",
            ],
            Condition=tagged,
        ),
        allow(
            [
                "ssm:AddTagsToResource",
                "ssm:DeleteParameter",
                "ssm:PutParameter",
                "ssm:RemoveTagsFromResource",
            ],
            parameters(reach),
            Condition=here,
        ),
        allow(
            [
                "sqs:CreateQueue",
                "sqs:DeleteQueue",
                "sqs:SetQueueAttributes",
                "sqs:TagQueue",
                "sqs:UntagQueue",
            ],
            reach.arns("sqs", "{}-karpenter"),
            Condition=here,
        ),
        allow(
            [
                "events:DeleteRule",
                "events:PutRule",
                "events:PutTargets",
                "events:RemoveTargets",
                "events:TagResource",
                "events:UntagResource",
            ],
            _rules(reach),
            Condition=here,
        ),
    ]


def _rules(reach: Reach) -> list[str]:
    """By as much of the cluster's name as fits: karpenter.py."""
    return [f"arn:{reach.partition}:events:*:*:rule/{start(name)}" for name in reach.clusters]
