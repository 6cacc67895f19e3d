"""Where AWS describes the arguments of a Terraform type: the table that `refresh` works from.

A source is `service.Operation`, as botocore calls them, with the member that holds the arguments behind a slash. An
argument is found there by its name, or by the name in `aliases`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

Reason = Literal["terraform", "by hand", "no member"]
"""Why an argument stands in no model: only Terraform reads it; `syntax` and its like check it; AWS has no such member
(a switch between two calls, or a value that the provider sends differently)."""

EVERYWHERE: Final[dict[str, Reason]] = {
    "id": "terraform",
    "region": "by hand",
    "tags": "by hand",
    "tags_all": "terraform",
    "timeouts.create": "terraform",
    "timeouts.delete": "terraform",
    "timeouts.read": "terraform",
    "timeouts.update": "terraform",
}


@dataclass(frozen=True, slots=True)
class Source:
    """The model of one type.

    `inside` has the sources of a block that another call makes. `prefixes` names arguments like `name_prefix` with the
    argument whose beginning they are. `without` may name a whole block.
    """

    models: tuple[str, ...]
    inside: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    prefixes: dict[str, str] = field(default_factory=dict)
    without: dict[str, Reason] = field(default_factory=dict)


_RULE_ALIASES: Final = {
    "cidr_blocks": "IpRanges.CidrIp",
    "description": "IpRanges.Description",
    "ipv6_cidr_blocks": "Ipv6Ranges.CidrIpv6",
    "prefix_list_ids": "PrefixListIds.PrefixListId",
    "protocol": "IpProtocol",
    "security_groups": "UserIdGroupPairs.GroupId",
}
_RULES: Final = {
    f"{side}.{name}": member for side in ("ingress", "egress") for name, member in _RULE_ALIASES.items()
}
_RULES_INSIDE: Final = {
    "ingress": "ec2.AuthorizeSecurityGroupIngress/IpPermissions",
    "egress": "ec2.AuthorizeSecurityGroupEgress/IpPermissions",
}
_RULES_WITHOUT: Final[dict[str, Reason]] = {
    "ingress.self": "no member",
    "egress.self": "no member",
    "revoke_rules_on_delete": "terraform",
}
_RULE: Final = {
    "cidr_ipv4": "IpPermissions.IpRanges.CidrIp",
    "cidr_ipv6": "IpPermissions.Ipv6Ranges.CidrIpv6",
    "description": "IpPermissions.IpRanges.Description",
    "from_port": "IpPermissions.FromPort",
    "ip_protocol": "IpPermissions.IpProtocol",
    "prefix_list_id": "IpPermissions.PrefixListIds.PrefixListId",
    "referenced_security_group_id": "IpPermissions.UserIdGroupPairs.GroupId",
    "security_group_id": "GroupId",
    "to_port": "IpPermissions.ToPort",
}

_QUEUE_ATTRIBUTES: Final = (
    "content_based_deduplication",
    "deduplication_scope",
    "delay_seconds",
    "fifo_queue",
    "fifo_throughput_limit",
    "kms_data_key_reuse_period_seconds",
    "kms_master_key_id",
    "max_message_size",
    "message_retention_seconds",
    "policy",
    "receive_wait_time_seconds",
    "redrive_allow_policy",
    "redrive_policy",
    "sqs_managed_sse_enabled",
    "visibility_timeout_seconds",
)

# Deprecated in a bucket: each has a type of its own.
_OF_OTHER_TYPES: Final[dict[str, Reason]] = dict.fromkeys(
    (
        "acceleration_status",
        "cors_rule",
        "grant",
        "lifecycle_rule",
        "logging",
        "object_lock_configuration",
        "policy",
        "replication_configuration",
        "request_payer",
        "server_side_encryption_configuration",
        "versioning",
        "website",
    ),
    "no member",
)

SOURCES: Final[dict[str, Source]] = {
    "aws_autoscaling_group_tag": Source(
        ("autoscaling.CreateOrUpdateTags",),
        aliases={"tag": "Tags", "autoscaling_group_name": "Tags.ResourceId"},
    ),
    "aws_autoscaling_schedule": Source(("autoscaling.PutScheduledUpdateGroupAction",)),
    "aws_cloudwatch_event_rule": Source(
        ("events.PutRule", "events.DeleteRule"),
        aliases={"force_destroy": "Force"},
        prefixes={"name_prefix": "name"},
        without={"is_enabled": "no member"},
    ),
    "aws_cloudwatch_event_target": Source(
        ("events.PutTargets/Targets", "events.PutTargets", "events.RemoveTargets"),
        aliases={
            "force_destroy": "Force",
            "target_id": "Id",
            "appsync_target": "AppSyncParameters",
            "batch_target": "BatchParameters",
            "batch_target.array_size": "ArrayProperties.Size",
            "batch_target.job_attempts": "RetryStrategy.Attempts",
            "ecs_target": "EcsParameters",
            "ecs_target.enable_ecs_managed_tags": "EnableECSManagedTags",
            "ecs_target.network_configuration": "NetworkConfiguration.awsvpcConfiguration",
            "ecs_target.ordered_placement_strategy": "PlacementStrategy",
            "ecs_target.placement_constraint": "PlacementConstraints",
            "http_target": "HttpParameters",
            "input_transformer.input_paths": "InputPathsMap",
            "kinesis_target": "KinesisParameters",
            "redshift_target": "RedshiftDataParameters",
            "redshift_target.secrets_manager_arn": "SecretManagerArn",
            "run_command_targets": "RunCommandParameters.RunCommandTargets",
            "sagemaker_pipeline_target": "SageMakerPipelineParameters",
            "sqs_target": "SqsParameters",
        },
        # ENABLED or DISABLED for a boolean, and a pattern with classes of Unicode, which Python does not read.
        without=dict.fromkeys(
            ("ecs_target.network_configuration.assign_public_ip", "run_command_targets.key"), "by hand"
        ),
    ),
    "aws_cloudwatch_log_group": Source(
        ("logs.CreateLogGroup", "logs.PutRetentionPolicy"),
        aliases={"name": "logGroupName"},
        prefixes={"name_prefix": "name"},
        without={"skip_destroy": "terraform"},
    ),
    "aws_default_security_group": Source(
        ("ec2.CreateSecurityGroup",), inside=_RULES_INSIDE, aliases=_RULES, without=_RULES_WITHOUT
    ),
    "aws_ec2_tag": Source(
        ("ec2.CreateTags",), aliases={"resource_id": "Resources", "key": "Tags.Key", "value": "Tags.Value"}
    ),
    "aws_ecr_lifecycle_policy": Source(
        ("ecr.PutLifecyclePolicy",), aliases={"policy": "lifecyclePolicyText", "repository": "repositoryName"}
    ),
    "aws_ecr_repository": Source(
        ("ecr.CreateRepository", "ecr.DeleteRepository"),
        aliases={
            "force_delete": "force",
            "image_tag_mutability_exclusion_filter": "imageTagMutabilityExclusionFilters",
            "name": "repositoryName",
        },
    ),
    "aws_eip": Source(
        ("ec2.AllocateAddress", "ec2.AssociateAddress"),
        aliases={
            "associate_with_private_ip": "PrivateIpAddress",
            "instance": "InstanceId",
            "network_interface": "NetworkInterfaceId",
        },
    ),
    "aws_eks_access_entry": Source(("eks.CreateAccessEntry",)),
    "aws_eks_access_policy_association": Source(("eks.AssociateAccessPolicy",)),
    "aws_eks_addon": Source(
        ("eks.CreateAddon", "eks.DeleteAddon"),
        aliases={
            "pod_identity_association": "podIdentityAssociations",
            "resolve_conflicts_on_create": "resolveConflicts",
            "resolve_conflicts_on_update": "resolveConflicts",
        },
    ),
    "aws_eks_cluster": Source(
        ("eks.CreateCluster",),
        aliases={
            "vpc_config": "resourcesVpcConfig",
            "enabled_cluster_log_types": "logging.clusterLogging.types",
        },
        without={"force_update_version": "terraform"},
    ),
    "aws_eks_node_group": Source(
        ("eks.CreateNodegroup",),
        aliases={
            "node_role_arn": "nodeRole",
            "remote_access.source_security_group_ids": "sourceSecurityGroups",
            "subnet_ids": "subnets",
            "taint": "taints",
        },
        prefixes={"node_group_name_prefix": "node_group_name"},
        without={"force_update_version": "terraform"},
    ),
    "aws_eks_pod_identity_association": Source(("eks.CreatePodIdentityAssociation",)),
    "aws_flow_log": Source(
        ("ec2.CreateFlowLogs",),
        aliases={"iam_role_arn": "DeliverLogsPermissionArn"}
        | dict.fromkeys(
            (
                "eni_id",
                "regional_nat_gateway_id",
                "subnet_id",
                "transit_gateway_attachment_id",
                "transit_gateway_id",
                "vpc_id",
            ),
            "ResourceIds",
        ),
    ),
    "aws_fsx_data_repository_association": Source(
        ("fsx.CreateDataRepositoryAssociation", "fsx.DeleteDataRepositoryAssociation")
    ),
    "aws_fsx_lustre_file_system": Source(
        (
            "fsx.CreateFileSystem/LustreConfiguration",
            "fsx.CreateFileSystem",
            "fsx.CreateFileSystemFromBackup",
            "fsx.DeleteFileSystem/LustreConfiguration",
        ),
        aliases={"data_read_cache_configuration.size": "SizeGiB"},
    ),
    "aws_iam_instance_profile": Source(
        ("iam.CreateInstanceProfile", "iam.AddRoleToInstanceProfile"),
        aliases={"name": "InstanceProfileName", "role": "RoleName"},
        prefixes={"name_prefix": "name"},
    ),
    "aws_iam_openid_connect_provider": Source(("iam.CreateOpenIDConnectProvider",)),
    "aws_iam_policy": Source(
        ("iam.CreatePolicy",),
        aliases={"name": "PolicyName", "policy": "PolicyDocument"},
        prefixes={"name_prefix": "name"},
    ),
    "aws_iam_role": Source(
        ("iam.CreateRole", "iam.AttachRolePolicy"),
        inside={"inline_policy": "iam.PutRolePolicy"},
        aliases={
            "assume_role_policy": "AssumeRolePolicyDocument",
            "inline_policy.name": "PolicyName",
            "inline_policy.policy": "PolicyDocument",
            "managed_policy_arns": "PolicyArn",
            "name": "RoleName",
        },
        prefixes={"name_prefix": "name"},
        without={"force_detach_policies": "terraform"},
    ),
    "aws_iam_role_policy": Source(
        ("iam.PutRolePolicy",),
        aliases={"name": "PolicyName", "policy": "PolicyDocument", "role": "RoleName"},
        prefixes={"name_prefix": "name"},
    ),
    "aws_iam_role_policy_attachment": Source(("iam.AttachRolePolicy",), aliases={"role": "RoleName"}),
    "aws_internet_gateway": Source(("ec2.AttachInternetGateway",)),
    "aws_kms_alias": Source(
        ("kms.CreateAlias",), aliases={"name": "AliasName"}, prefixes={"name_prefix": "name"}
    ),
    "aws_kms_key": Source(
        ("kms.CreateKey", "kms.EnableKeyRotation", "kms.ScheduleKeyDeletion"),
        aliases={"deletion_window_in_days": "PendingWindowInDays"},
        without={"enable_key_rotation": "no member", "is_enabled": "no member"},
    ),
    "aws_launch_template": Source(
        (
            "ec2.CreateLaunchTemplate/LaunchTemplateData",
            "ec2.CreateLaunchTemplate",
            "ec2.ModifyLaunchTemplate",
        ),
        aliases={
            "default_version": "DefaultVersion",
            "description": "VersionDescription",
            "license_specification": "LicenseSpecifications",
            "name": "LaunchTemplateName",
            "network_interfaces.ipv4_address_count": "SecondaryPrivateIpAddressCount",
            "network_interfaces.ipv4_addresses": "PrivateIpAddresses.PrivateIpAddress",
            "network_interfaces.ipv4_prefixes": "Ipv4Prefixes.Ipv4Prefix",
            "network_interfaces.ipv6_addresses": "Ipv6Addresses.Ipv6Address",
            "network_interfaces.ipv6_prefixes": "Ipv6Prefixes.Ipv6Prefix",
            "network_interfaces.security_groups": "Groups",
            "security_group_names": "SecurityGroups",
            "vpc_security_group_ids": "SecurityGroupIds",
        },
        prefixes={"name_prefix": "name"},
        without={"tag_specifications.tags": "by hand", "update_default_version": "terraform"},
    ),
    "aws_nat_gateway": Source(
        ("ec2.CreateNatGateway",),
        aliases={"private_ip": "PrivateIpAddress", "availability_zone_address": "AvailabilityZoneAddresses"},
    ),
    "aws_placement_group": Source(("ec2.CreatePlacementGroup",), aliases={"name": "GroupName"}),
    "aws_route": Source(
        ("ec2.CreateRoute",), aliases={"egress_only_gateway_id": "EgressOnlyInternetGatewayId"}
    ),
    "aws_route_table": Source(
        ("ec2.CreateRouteTable", "ec2.EnableVgwRoutePropagation"),
        inside={"route": "ec2.CreateRoute"},
        aliases={
            "propagating_vgws": "GatewayId",
            "route.cidr_block": "DestinationCidrBlock",
            "route.egress_only_gateway_id": "EgressOnlyInternetGatewayId",
            "route.ipv6_cidr_block": "DestinationIpv6CidrBlock",
        },
    ),
    "aws_route_table_association": Source(("ec2.AssociateRouteTable",)),
    "aws_s3_bucket": Source(
        ("s3.CreateBucket",),
        aliases={"object_lock_enabled": "ObjectLockEnabledForBucket"},
        prefixes={"bucket_prefix": "bucket"},
        without={"force_destroy": "terraform", **_OF_OTHER_TYPES},
    ),
    "aws_s3_bucket_lifecycle_configuration": Source(
        ("s3.PutBucketLifecycleConfiguration",),
        aliases={
            "rule": "LifecycleConfiguration.Rules",
            "rule.noncurrent_version_transition": "NoncurrentVersionTransitions",
            "rule.transition": "Transitions",
        },
    ),
    "aws_s3_bucket_ownership_controls": Source(
        ("s3.PutBucketOwnershipControls",), aliases={"rule": "OwnershipControls.Rules"}
    ),
    "aws_s3_bucket_policy": Source(("s3.PutBucketPolicy",)),
    "aws_s3_bucket_public_access_block": Source(
        ("s3.PutPublicAccessBlock/PublicAccessBlockConfiguration", "s3.PutPublicAccessBlock"),
        without={"skip_destroy": "terraform"},
    ),
    "aws_s3_bucket_server_side_encryption_configuration": Source(
        ("s3.PutBucketEncryption",), aliases={"rule": "ServerSideEncryptionConfiguration.Rules"}
    ),
    # "Disabled" is the provider's own word for a bucket that it leaves alone.
    "aws_s3_bucket_versioning": Source(
        ("s3.PutBucketVersioning",), without={"versioning_configuration.status": "by hand"}
    ),
    "aws_security_group": Source(
        ("ec2.CreateSecurityGroup",),
        inside=_RULES_INSIDE,
        aliases={**_RULES, "name": "GroupName"},
        prefixes={"name_prefix": "name"},
        without=_RULES_WITHOUT,
    ),
    "aws_sqs_queue": Source(
        ("sqs.CreateQueue",),
        aliases={"name": "QueueName"},
        prefixes={"name_prefix": "name"},
        # SQS takes them as texts in one map: the overlay has what the provider asks of them.
        without=dict.fromkeys(_QUEUE_ATTRIBUTES, "no member"),
    ),
    "aws_sqs_queue_policy": Source(("sqs.SetQueueAttributes",), without={"policy": "by hand"}),
    "aws_ssm_parameter": Source(
        ("ssm.PutParameter",),
        aliases={"insecure_value": "Value", "value_wo": "Value"},
        without={"arn": "terraform", "value_wo_version": "terraform"},
    ),
    "aws_subnet": Source(("ec2.CreateSubnet", "ec2.ModifySubnetAttribute")),
    "aws_vpc": Source(
        ("ec2.CreateVpc", "ec2.ModifyVpcAttribute"),
        aliases={"assign_generated_ipv6_cidr_block": "AmazonProvidedIpv6CidrBlock"},
    ),
    "aws_vpc_endpoint": Source(
        ("ec2.CreateVpcEndpoint",),
        aliases={"policy": "PolicyDocument", "subnet_configuration": "SubnetConfigurations"},
        without={"auto_accept": "terraform"},
    ),
    "aws_vpc_security_group_egress_rule": Source(("ec2.AuthorizeSecurityGroupEgress",), aliases=_RULE),
    "aws_vpc_security_group_ingress_rule": Source(("ec2.AuthorizeSecurityGroupIngress",), aliases=_RULE),
}
