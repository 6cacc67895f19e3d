"""What the stacks of a layout know of its data without reading each other's state: names, and who may do what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .claims import workloads
from .models import Bucket, Layout, Repository, Volume
from .models.workloads import Access

STORAGE_CLASS = "gp3"
RETAINING_STORAGE_CLASS = "gp3-retain"
# A tag of what is `retain: true`. The state keeps it, and so knows it of an entry that is no longer in the layout.
RETAIN_TAG = "cdktf-eks-training/retain"
# A tag of everything that a layout makes in AWS: its value is the cluster's name. `ops cleanup` goes by it.
CLUSTER_TAG = "cdktf-eks-training/cluster"

# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
# What Mountpoint and the SDKs call: https://github.com/awslabs/mountpoint-s3/blob/main/doc/CONFIGURATION.md#iam-permissions
_ON_BUCKET: Mapping[Access, tuple[str, ...]] = {
    "read": ("s3:GetBucketLocation", "s3:ListBucket"),
    # Who uploads a large object in parts asks which are there.
    "write": ("s3:GetBucketLocation", "s3:ListBucketMultipartUploads"),
    "read_write": ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"),
}
_WRITE_OBJECTS = ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject")
# A deletion leaves the older version where the bucket has versions: DeleteObjectVersion is nobody's.
_ON_OBJECTS: Mapping[Access, tuple[str, ...]] = {
    "read": ("s3:GetObject",),
    "write": _WRITE_OBJECTS,
    "read_write": ("s3:DeleteObject", "s3:GetObject", *_WRITE_OBJECTS),
}
# An upload in parts reads its own parts:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
_ON_KEY: Mapping[Access, tuple[str, ...]] = {
    "read": ("kms:Decrypt",),
    "write": ("kms:Decrypt", "kms:GenerateDataKey"),
    "read_write": ("kms:Decrypt", "kms:GenerateDataKey"),
}


def bucket_name(cluster: str, region: str, name: str, bucket: Bucket, account: str) -> str:
    """The name in S3 of a bucket of a layout; `account` is the account's id, or a reference to it."""
    return bucket.name or f"{cluster}-{name}-{account}-{region}"


def bucket_arn(partition: str, name: str) -> str:
    """ARN of a bucket, by its name in S3."""
    return f"arn:{partition}:s3:::{name}"


def bucket_statements(access: Access, arn: str, kms_key_arn: str | None = None) -> list[dict[str, Any]]:
    """The statements of a policy that allows just this on a bucket and its objects, and on its key if it has one.

    Args:
        arn: of the bucket.
        kms_key_arn: of the key that encrypts its objects.
    """
    statements = [_allow(_ON_BUCKET[access], arn), _allow(_ON_OBJECTS[access], f"{arn}/*")]
    if kms_key_arn is not None:
        statements.append(_allow(_ON_KEY[access], kms_key_arn))
    return statements


def _allow(actions: tuple[str, ...], resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": [resource]}


def repository_name(cluster: str, name: str, repository: Repository) -> str:
    """The name in ECR of a repository of a layout."""
    return repository.name or f"{cluster}/{name}"


def data_tags(tags: Mapping[str, str], *, retain: bool) -> dict[str, str]:
    """The tags of a bucket, a repository or a file system."""
    return {**tags, **({RETAIN_TAG: "true"} if retain else {})}


def file_system_parameter(cluster: str, name: str) -> str:
    """Name of the SSM parameter that says where a file system is: JSON text of id, dns_name and mount_name."""
    return f"/eks/{cluster}/file-systems/{name}"


def storage_class(volume: Volume) -> str:
    """The StorageClass of a volume, which decides what becomes of it when its claim is deleted."""
    return RETAINING_STORAGE_CLASS if volume.retain else STORAGE_CLASS


def storage_classes(layout: Layout) -> tuple[str, ...]:
    """The StorageClasses that the platform stack makes: the default one, and those of volumes."""
    if not layout.has_addon("aws-ebs-csi-driver"):
        return ()
    ephemeral = any(mount.ephemeral_gib for _, one in workloads(layout) for mount in one.volumes.values())
    default = [STORAGE_CLASS] if ephemeral or layout.storage.default_storage_class == "gp3" else []
    return tuple(dict.fromkeys([*default, *map(storage_class, layout.storage.volumes.values())]))
