"""Which IAM action an API call needs: mostly the operation's own name.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

# boto3's names of services, where IAM has others.
_PREFIXES = {
    "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "events": "events",
    "resourcegroupstaggingapi": "tag",
    "service-quotas": "servicequotas",
}
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html: "Actions defined by Amazon S3" and
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
_S3 = {
    "head_bucket": "s3:ListBucket",
    "head_object": "s3:GetObject",
    "list_buckets": "s3:ListAllMyBuckets",
    "list_objects_v2": "s3:ListBucket",
    "list_object_versions": "s3:ListBucketVersions",
    "get_bucket_encryption": "s3:GetEncryptionConfiguration",
    "get_bucket_lifecycle_configuration": "s3:GetLifecycleConfiguration",
    "get_object_lock_configuration": "s3:GetBucketObjectLockConfiguration",
    "get_public_access_block": "s3:GetBucketPublicAccessBlock",
}


def action(service: str, operation: str) -> str:
    """The IAM action, like `ec2:DescribeSubnets`, of boto3's `ec2` and `describe_subnets`."""
    if service == "s3" and operation in _S3:
        return _S3[operation]
    name = "".join(part.capitalize() for part in operation.split("_"))
    return f"{_PREFIXES.get(service, service)}:{_SPELLED.get(name, name)}"


# Where botocore's name does not tell which letters are capitals.
_SPELLED = {
    "ListAwsDefaultServiceQuotas": "ListAWSDefaultServiceQuotas",
    "GetAwsDefaultServiceQuota": "GetAWSDefaultServiceQuota",
    "GetOpenIdConnectProvider": "GetOpenIDConnectProvider",
    "ListOpenIdConnectProviders": "ListOpenIDConnectProviders",
}
