"""Buckets as S3 tells of them."""

from __future__ import annotations

from ...aws.account import Account

_NO_BUCKET = ("404", "NoSuchBucket")


def bucket_region(account: Account, bucket: str, region: str | None = None) -> str | None:
    """The region of a bucket, or None where there is no bucket of the name.

    Args:
        region: where it is expected; S3 answers from another one as well.

    Raises:
        UnaskedError: another account's bucket, or one that must not be looked at.
    """
    found = account.find("s3", "head_bucket", _NO_BUCKET, region=region, Bucket=bucket)
    if found is None:
        return None
    headers = found.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return str(found.get("BucketRegion") or headers.get("x-amz-bucket-region") or region or account.region)
