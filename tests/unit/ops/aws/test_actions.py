"""The IAM actions of calls: against the names of operations in botocore, and what S3 calls otherwise."""

from __future__ import annotations

import pytest
from botocore import xform_name
from botocore.session import get_session

from ops.aws.actions import action


@pytest.mark.parametrize(
    "service, operation, expected",
    [
        ("ec2", "describe_capacity_reservations", "ec2:DescribeCapacityReservations"),
        ("eks", "describe_addon_versions", "eks:DescribeAddonVersions"),
        ("service-quotas", "get_service_quota", "servicequotas:GetServiceQuota"),
        ("service-quotas", "get_aws_default_service_quota", "servicequotas:GetAWSDefaultServiceQuota"),
        ("elbv2", "describe_load_balancers", "elasticloadbalancing:DescribeLoadBalancers"),
        ("elb", "describe_load_balancers", "elasticloadbalancing:DescribeLoadBalancers"),
        ("efs", "describe_file_systems", "elasticfilesystem:DescribeFileSystems"),
        ("resourcegroupstaggingapi", "get_resources", "tag:GetResources"),
        ("resource-groups", "list_group_resources", "resource-groups:ListGroupResources"),
        ("iam", "list_open_id_connect_providers", "iam:ListOpenIDConnectProviders"),
        ("s3", "head_bucket", "s3:ListBucket"),
        ("s3", "head_object", "s3:GetObject"),
        ("s3", "list_buckets", "s3:ListAllMyBuckets"),
        ("s3", "list_object_versions", "s3:ListBucketVersions"),
        ("s3", "get_bucket_versioning", "s3:GetBucketVersioning"),
        ("s3", "get_bucket_encryption", "s3:GetEncryptionConfiguration"),
        ("s3", "get_object_lock_configuration", "s3:GetBucketObjectLockConfiguration"),
        ("s3", "get_bucket_lifecycle_configuration", "s3:GetLifecycleConfiguration"),
    ],
)
def test_a_call_needs_the_action_of_its_name(service: str, operation: str, expected: str) -> None:
    assert action(service, operation) == expected


@pytest.mark.parametrize(
    "service",
    ["acm", "autoscaling", "dynamodb", "ec2", "ecr", "efs", "eks", "elb", "elbv2", "fsx", "iam", "kms", "logs",
     "resource-groups", "resourcegroupstaggingapi", "service-quotas", "sts"],
)  # fmt: skip
def test_reading_operations_are_spelled_as_botocore_has_them(service: str) -> None:
    names = get_session().get_service_model(service).operation_names
    reading = [name for name in names if name.startswith(("Describe", "Get", "List"))]
    wrong = {
        name: told
        for name in reading
        if (told := action(service, xform_name(name)).partition(":")[2]) != name
    }
    # IAM does not tell capitals from small letters; who reads the message does.
    assert {name for name in wrong if name.lower() != wrong[name].lower()} == set()
    assert not {name for name in wrong if name.startswith(USED)}


# What the checks and the cleanup ask whose spelling cannot be guessed.
USED = ("ListAWSDefaultServiceQuotas", "GetAWSDefaultServiceQuota", "ListOpenIDConnectProviders", "GetOpenIDConnectProvider")  # fmt: skip
