"""Where Terraform keeps the state: the bucket, and the locks in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from modules.app import DEFAULT_OUTPUT
from modules.layout.models import Backend

from ...checking.check import Finding, Level, UnaskedError
from ..subject import Subject
from .buckets import bucket_region
from .policies import covers, many, names, statements

_BACKEND = "https://developer.hashicorp.com/terraform/language/backend/s3"
# A first apply of a cluster with its node groups takes half of this.
_STALE = timedelta(hours=1)
_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


class StateBucket:
    """Without its bucket Terraform does nothing, and without older versions a broken state is lost with all it knows."""

    id = "state-bucket"
    level: Level = "error"
    remedy = f"See {_BACKEND}."
    actions: tuple[str, ...] = (
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketVersioning",
        "s3:GetEncryptionConfiguration",
        "s3:ListBucket",
    )

    def applies(self, subject: Subject) -> bool:
        """The state is in S3."""
        return subject.layout.backend.type == "s3"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """The bucket is there, in its region, versioned, encrypted and private."""
        backend, region = subject.layout.backend, _region(subject)
        bucket = str(backend.bucket)
        found = bucket_region(subject.account, bucket, region)
        if found is None:
            yield Finding(
                "backend.bucket", f"there is no bucket {bucket}", f"Make it: {_creation(bucket, region)}"
            )
            return
        if found != region:
            yield Finding(
                "backend.region",
                f"the bucket {bucket} is in {found}, and Terraform is told {region}",
                f"Write region: {found} under backend.",
            )
            return
        yield from _unversioned(subject, backend, region)
        yield from _unencrypted(subject, backend, region)
        yield from _public(subject, backend, region)


def _unversioned(subject: Subject, backend: Backend, region: str) -> Iterator[Finding]:
    versioning = subject.account.ask("s3", "get_bucket_versioning", region=region, Bucket=backend.bucket)
    if versioning.get("Status") != "Enabled":
        yield Finding(
            "backend.bucket",
            f"the bucket {backend.bucket} keeps no older versions: a state that is overwritten or deleted is lost",
            f"aws s3api put-bucket-versioning --bucket {backend.bucket} --versioning-configuration Status=Enabled",
            "warning",
        )


def _unencrypted(subject: Subject, backend: Backend, region: str) -> Iterator[Finding]:
    # Buckets have it by default since 2023: https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
    missing = ("ServerSideEncryptionConfigurationNotFoundError",)
    found = subject.account.find("s3", "get_bucket_encryption", missing, region=region, Bucket=backend.bucket)
    if found is None:
        yield Finding(
            "backend.bucket",
            f"the bucket {backend.bucket} does not encrypt by default",
            f"aws s3api put-bucket-encryption --bucket {backend.bucket} --server-side-encryption-configuration "
            '\'{"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}\'',
            "warning",
        )


def _public(subject: Subject, backend: Backend, region: str) -> Iterator[Finding]:
    missing = ("NoSuchPublicAccessBlockConfiguration",)
    found = subject.account.find(
        "s3", "get_public_access_block", missing, region=region, Bucket=backend.bucket
    )
    blocks: Mapping[str, Any] = found["PublicAccessBlockConfiguration"] if found else {}
    if not all(blocks.get(one) for one in _BLOCKS):
        shorthand = ",".join(f"{one}=true" for one in _BLOCKS)
        yield Finding(
            "backend.bucket",
            f"the bucket {backend.bucket} does not refuse public access, and states have what a cluster is made of",
            f"aws s3api put-public-access-block --bucket {backend.bucket} --public-access-block-configuration {shorthand}",
            "warning",
        )


class StateLock:
    """A lock that nobody holds any more stops every apply, and one that cannot be deleted stays for ever."""

    id = "state-lock"
    level: Level = "error"
    remedy = "Wait for whoever holds it."
    actions: tuple[str, ...] = (
        "s3:GetBucketObjectLockConfiguration",
        "s3:GetBucketPolicy",
        "s3:GetObject",
        "s3:ListBucket",
    )

    def applies(self, subject: Subject) -> bool:
        """The state is in S3."""
        return subject.layout.backend.type == "s3"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """No stack is locked, and locks can be deleted."""
        region = _region(subject)
        if bucket_region(subject.account, str(subject.layout.backend.bucket), region) != region:
            return  # Another check tells that.
        yield from _locks(subject, region)
        yield from _undeletable(subject, region)
        yield from _retention(subject, region)


def _locks(subject: Subject, region: str) -> Iterator[Finding]:
    bucket = str(subject.layout.backend.bucket)
    prefix = f"{subject.layout.backend.key_prefix}/"
    objects = subject.account.pages(
        "s3", "list_objects_v2", "Contents", region=region, Bucket=bucket, Prefix=prefix
    )
    written = {one["Key"]: one["LastModified"] for one in objects}
    for stack in subject.layout.stacks:
        key = f"{prefix}{stack}.tfstate.tflock"
        if key in written:
            yield _locked(subject, stack, key, written[key], _holder(subject, region, key))


def _locked(subject: Subject, stack: str, key: str, written: datetime, holder: Mapping[str, Any]) -> Finding:
    age = subject.now - written
    who = f" by {holder['Who']}" if holder.get("Who") else ""
    what = f", for {holder['Operation']}" if holder.get("Operation") else ""
    problem = f"the state of {stack} is locked{who} since {written:%Y-%m-%d %H:%M} UTC, {_ago(age)}{what}"
    where = f"s3://{subject.layout.backend.bucket}/{key}"
    if age < _STALE:
        return Finding(where, problem, "Somebody is deploying: wait for them.", "warning")
    return Finding(
        where,
        f"{problem}: an apply stops there",
        f"If nothing of that runs any more: cd {DEFAULT_OUTPUT}/stacks/{stack} && terraform init && terraform force-unlock "
        f"{holder.get('ID') or 'ID (which terraform plan tells)'}",
    )


def _holder(subject: Subject, region: str, key: str) -> Mapping[str, Any]:
    """Who holds a lock, as Terraform wrote it; nothing where it cannot be read."""
    bucket = subject.layout.backend.bucket
    try:
        found = subject.account.find(
            "s3", "get_object", ("NoSuchKey",), region=region, Bucket=bucket, Key=key
        )
        told = json.loads(found["Body"].read()) if found is not None else {}
    except (UnaskedError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _undeletable(subject: Subject, region: str) -> Iterator[Finding]:
    backend = subject.layout.backend
    found = subject.account.find(
        "s3", "get_bucket_policy", ("NoSuchBucketPolicy",), region=region, Bucket=backend.bucket
    )
    if found is None:
        return
    key = f"{backend.key_prefix}/{subject.layout.name}.tfstate.tflock"
    for statement in statements(found["Policy"], "Deny"):
        if (
            "Condition" not in statement
            and names(statement, "AWS", ())
            and covers(statement, "s3:DeleteObject")
            and _reaches(statement, f"{backend.bucket}/{key}")
        ):
            sid = f" (statement {statement['Sid']})" if statement.get("Sid") else ""
            yield Finding(
                "backend.bucket",
                f"the policy of the bucket {backend.bucket}{sid} forbids everybody to delete {key}: after the first apply the "
                "state stays locked",
                "Leave *.tflock out of it: Terraform deletes that object at the end of every run.",
            )
            return


def _reaches(statement: Mapping[str, Any], path: str) -> bool:
    return any(
        fnmatchcase(path, str(one).partition(":::")[2] or "*") for one in many(statement.get("Resource"))
    )


def _retention(subject: Subject, region: str) -> Iterator[Finding]:
    bucket = subject.layout.backend.bucket
    missing = ("ObjectLockConfigurationNotFoundError",)
    found = subject.account.find("s3", "get_object_lock_configuration", missing, region=region, Bucket=bucket)
    default = (found or {}).get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention")
    if default:
        kept = f"{default['Days']} days" if default.get("Days") else f"{default.get('Years')} years"
        # A deletion without a version leaves a marker, which retention does not stop.
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html,
        # https://github.com/hashicorp/terraform/pull/36120
        yield Finding(
            "backend.bucket",
            f"Object Lock keeps each version of a state and of a lock in {bucket} for {kept}; locks are released all the same, "
            "by Terraform 1.10.1 and newer",
            level="info",
        )


def _region(subject: Subject) -> str:
    return subject.layout.backend.region or subject.layout.region


def _ago(age: timedelta) -> str:
    minutes = max(0, int(age.total_seconds() // 60))
    if minutes < 120:
        return f"{minutes} minutes ago"
    return f"{minutes // 60} hours ago" if minutes < 48 * 60 else f"{minutes // 60 // 24} days ago"


def _creation(bucket: str, region: str) -> str:
    # S3 takes no LocationConstraint for us-east-1:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
    there = "" if region == "us-east-1" else f" --create-bucket-configuration LocationConstraint={region}"
    return (
        f"aws s3api create-bucket --bucket {bucket} --region {region}{there} && aws s3api put-bucket-versioning --bucket "
        f"{bucket} --versioning-configuration Status=Enabled"
    )
