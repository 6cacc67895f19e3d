"""What the provider asks AWS for each type that our stacks have: reading, and changing what is made.

From the Read, Create, Update and Delete functions in
https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service ; EC2's Describe calls are left out, being all
allowed. `TYPES` and `LOOKED_UP` are by the name of the binding's module, so that a new type is missed here.
"""

from __future__ import annotations

_TAGS_EC2 = "ec2:CreateTags ec2:DeleteTags"
_RULE = f"ec2:ModifySecurityGroupRules {_TAGS_EC2}"
_ASG = "autoscaling:DescribeAutoScalingGroups autoscaling:DescribeTags"
_BUCKET = "s3:ListBucket"
_EKS_TAGS = "eks:TagResource eks:UntagResource"

# Reading, and writing.
TYPES: dict[str, tuple[str, str]] = {
    "autoscaling_group_tag": (_ASG, "autoscaling:CreateOrUpdateTags autoscaling:DeleteTags"),
    "autoscaling_schedule": (
        "autoscaling:DescribeScheduledActions",
        "autoscaling:PutScheduledUpdateGroupAction autoscaling:DeleteScheduledAction",
    ),
    "cloudwatch_event_rule": (
        "events:DescribeRule events:ListTagsForResource",
        "events:PutRule events:DeleteRule events:TagResource events:UntagResource",
    ),
    "cloudwatch_event_target": ("events:ListTargetsByRule", "events:PutTargets events:RemoveTargets"),
    "cloudwatch_log_group": (
        "logs:DescribeLogGroups logs:ListTagsForResource",
        "logs:CreateLogGroup logs:DeleteLogGroup logs:PutRetentionPolicy logs:TagResource logs:UntagResource",
    ),
    "default_security_group": (
        "",
        f"ec2:RevokeSecurityGroupIngress ec2:RevokeSecurityGroupEgress {_TAGS_EC2}",
    ),
    "ec2_tag": ("", _TAGS_EC2),
    "ecr_lifecycle_policy": ("ecr:GetLifecyclePolicy", "ecr:PutLifecyclePolicy ecr:DeleteLifecyclePolicy"),
    "ecr_repository": (
        "ecr:DescribeRepositories ecr:ListTagsForResource",
        "ecr:CreateRepository ecr:DeleteRepository ecr:PutImageTagMutability ecr:PutImageScanningConfiguration "
        "ecr:TagResource ecr:UntagResource kms:CreateGrant kms:RetireGrant",
    ),
    "eip": ("", f"ec2:AllocateAddress ec2:ReleaseAddress ec2:DisassociateAddress {_TAGS_EC2}"),
    "eks_access_entry": (
        "eks:DescribeAccessEntry",
        f"eks:CreateAccessEntry eks:UpdateAccessEntry eks:DeleteAccessEntry {_EKS_TAGS}",
    ),
    "eks_access_policy_association": (
        "eks:ListAssociatedAccessPolicies",
        "eks:AssociateAccessPolicy eks:DisassociateAccessPolicy",
    ),
    "eks_addon": (
        "eks:DescribeAddon eks:DescribeUpdate",
        f"eks:CreateAddon eks:UpdateAddon eks:DeleteAddon iam:PassRole {_EKS_TAGS}",
    ),
    "eks_cluster": (
        "eks:DescribeCluster eks:DescribeUpdate",
        "eks:CreateCluster eks:UpdateClusterConfig eks:UpdateClusterVersion eks:AssociateEncryptionConfig "
        f"eks:DeleteCluster iam:PassRole iam:CreateServiceLinkedRole kms:CreateGrant {_EKS_TAGS}",
    ),
    "eks_node_group": (
        "eks:DescribeNodegroup eks:DescribeUpdate iam:GetRole",
        "eks:CreateNodegroup eks:UpdateNodegroupConfig eks:UpdateNodegroupVersion eks:DeleteNodegroup iam:PassRole "
        f"iam:CreateServiceLinkedRole ec2:RunInstances ec2:CreateTags {_EKS_TAGS}",
    ),
    "eks_pod_identity_association": (
        "eks:DescribePodIdentityAssociation iam:GetRole",
        "eks:CreatePodIdentityAssociation eks:UpdatePodIdentityAssociation eks:DeletePodIdentityAssociation "
        f"iam:PassRole {_EKS_TAGS}",
    ),
    "flow_log": (
        "",
        f"ec2:CreateFlowLogs ec2:DeleteFlowLogs iam:PassRole logs:CreateLogDelivery logs:DeleteLogDelivery {_TAGS_EC2}",
    ),
    "fsx_data_repository_association": (
        "fsx:DescribeDataRepositoryAssociations fsx:ListTagsForResource",
        "fsx:CreateDataRepositoryAssociation fsx:UpdateDataRepositoryAssociation "
        "fsx:DeleteDataRepositoryAssociation fsx:TagResource fsx:UntagResource",
    ),
    "fsx_lustre_file_system": (
        "fsx:DescribeFileSystems fsx:ListTagsForResource",
        "fsx:CreateFileSystem fsx:UpdateFileSystem fsx:DeleteFileSystem fsx:TagResource fsx:UntagResource "
        "kms:CreateGrant iam:CreateServiceLinkedRole ec2:GetSecurityGroupsForVpc fsx:CreateBackup "
        "kms:Decrypt kms:GenerateDataKeyWithoutPlaintext",
    ),
    "iam_instance_profile": (
        "iam:GetInstanceProfile",
        "iam:CreateInstanceProfile iam:DeleteInstanceProfile iam:AddRoleToInstanceProfile "
        "iam:RemoveRoleFromInstanceProfile iam:TagInstanceProfile iam:UntagInstanceProfile iam:PassRole",
    ),
    "iam_openid_connect_provider": (
        "iam:GetOpenIDConnectProvider",
        "iam:CreateOpenIDConnectProvider iam:DeleteOpenIDConnectProvider iam:AddClientIDToOpenIDConnectProvider "
        "iam:RemoveClientIDFromOpenIDConnectProvider iam:TagOpenIDConnectProvider iam:UntagOpenIDConnectProvider "
        "iam:UpdateOpenIDConnectProviderThumbprint",
    ),
    "iam_role": (
        "iam:GetRole iam:GetRolePolicy iam:ListRolePolicies iam:ListAttachedRolePolicies",
        "iam:CreateRole iam:UpdateRole iam:UpdateRoleDescription iam:UpdateAssumeRolePolicy iam:DeleteRole "
        "iam:TagRole iam:UntagRole",
    ),
    "iam_role_policy": ("iam:GetRolePolicy", "iam:PutRolePolicy iam:DeleteRolePolicy"),
    "iam_role_policy_attachment": (
        "iam:ListAttachedRolePolicies",
        "iam:AttachRolePolicy iam:DetachRolePolicy",
    ),
    "internet_gateway": (
        "",
        "ec2:CreateInternetGateway ec2:AttachInternetGateway ec2:DetachInternetGateway ec2:DeleteInternetGateway",
    ),
    "kms_alias": ("kms:ListAliases", "kms:CreateAlias kms:UpdateAlias kms:DeleteAlias"),
    "kms_key": (
        "kms:DescribeKey kms:GetKeyPolicy kms:GetKeyRotationStatus kms:ListResourceTags",
        "kms:CreateKey kms:EnableKeyRotation kms:DisableKeyRotation kms:PutKeyPolicy kms:UpdateKeyDescription "
        "kms:ScheduleKeyDeletion kms:TagResource kms:UntagResource",
    ),
    "launch_template": (
        "",
        "ec2:CreateLaunchTemplate ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate ec2:DeleteLaunchTemplate",
    ),
    "nat_gateway": ("", f"ec2:CreateNatGateway ec2:DeleteNatGateway {_TAGS_EC2}"),
    "placement_group": ("", f"ec2:CreatePlacementGroup ec2:DeletePlacementGroup {_TAGS_EC2}"),
    "route": ("", "ec2:CreateRoute ec2:ReplaceRoute ec2:DeleteRoute"),
    "route_table": ("", f"ec2:CreateRouteTable ec2:DeleteRouteTable {_TAGS_EC2}"),
    "route_table_association": (
        "",
        "ec2:AssociateRouteTable ec2:ReplaceRouteTableAssociation ec2:DisassociateRouteTable",
    ),
    "s3_bucket": (
        f"{_BUCKET} s3:GetBucketPolicy s3:GetBucketAcl s3:GetBucketCORS s3:GetBucketWebsite s3:GetBucketVersioning "
        "s3:GetAccelerateConfiguration s3:GetBucketRequestPayment s3:GetBucketLogging s3:GetLifecycleConfiguration "
        "s3:GetReplicationConfiguration s3:GetEncryptionConfiguration s3:GetBucketObjectLockConfiguration "
        "s3:GetBucketTagging s3:GetBucketLocation s3:ListTagsForResource",
        "s3:CreateBucket s3:DeleteBucket s3:PutBucketTagging s3:TagResource s3:UntagResource",
    ),
    "s3_bucket_lifecycle_configuration": ("s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration"),
    "s3_bucket_ownership_controls": ("s3:GetBucketOwnershipControls", "s3:PutBucketOwnershipControls"),
    "s3_bucket_policy": ("s3:GetBucketPolicy", "s3:PutBucketPolicy s3:DeleteBucketPolicy"),
    "s3_bucket_public_access_block": ("s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
    "s3_bucket_server_side_encryption_configuration": (
        "s3:GetEncryptionConfiguration",
        "s3:PutEncryptionConfiguration",
    ),
    "s3_bucket_versioning": ("s3:GetBucketVersioning", "s3:PutBucketVersioning"),
    "security_group": (
        "",
        "ec2:CreateSecurityGroup ec2:DeleteSecurityGroup ec2:RevokeSecurityGroupEgress "
        "ec2:DetachNetworkInterface ec2:DeleteNetworkInterface",
    ),
    "sqs_queue": (
        "sqs:GetQueueAttributes sqs:ListQueueTags sqs:GetQueueUrl",
        "sqs:CreateQueue sqs:SetQueueAttributes sqs:DeleteQueue sqs:TagQueue sqs:UntagQueue",
    ),
    "sqs_queue_policy": ("sqs:GetQueueAttributes", "sqs:SetQueueAttributes"),
    "ssm_parameter": (
        "ssm:GetParameter ssm:DescribeParameters ssm:ListTagsForResource",
        "ssm:PutParameter ssm:DeleteParameter ssm:AddTagsToResource ssm:RemoveTagsFromResource",
    ),
    "subnet": ("", f"ec2:CreateSubnet ec2:ModifySubnetAttribute ec2:DeleteSubnet {_TAGS_EC2}"),
    "vpc": ("", f"ec2:CreateVpc ec2:ModifyVpcAttribute ec2:DeleteVpc {_TAGS_EC2}"),
    "vpc_endpoint": (
        "",
        "ec2:CreateVpcEndpoint ec2:ModifyVpcEndpoint ec2:DeleteVpcEndpoints route53:AssociateVPCWithHostedZone",
    ),
    "vpc_security_group_egress_rule": (
        "",
        f"ec2:AuthorizeSecurityGroupEgress ec2:RevokeSecurityGroupEgress {_RULE}",
    ),
    "vpc_security_group_ingress_rule": (
        "",
        f"ec2:AuthorizeSecurityGroupIngress ec2:RevokeSecurityGroupIngress {_RULE}",
    ),
}
# Data sources.
LOOKED_UP: dict[str, str] = {
    "ami": "ec2:DescribeImages",
    "availability_zones": "ec2:DescribeAvailabilityZones",
    "caller_identity": "",
    "ec2_instance_type_offerings": "ec2:DescribeInstanceTypeOfferings",
    "eks_addon_version": "eks:DescribeAddonVersions",
    "eks_cluster": "eks:DescribeCluster",
    "partition": "",
    "security_group": "ec2:DescribeSecurityGroups",
    "ssm_parameter": "ssm:GetParameter",
    "subnet": "ec2:DescribeSubnets",
    "vpc": "ec2:DescribeVpcs ec2:DescribeVpcAttribute ec2:DescribeRouteTables",
}
