"""S3 buckets: private, encrypted, reached by TLS only."""

from __future__ import annotations

from typing import Any

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
    S3BucketLifecycleConfigurationRuleTransition,
)
from cdktf_cdktf_provider_aws.s3_bucket_ownership_controls import (
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import (
    S3BucketVersioningA,
    S3BucketVersioningVersioningConfiguration,
)
from constructs import Construct

from .expressions import RESOURCE, policy
from .layout.models import Bucket as BucketSection
from .layout.models.storage import BucketLifecycle, LifecycleRule
from .layout.stores import data_tags

# https://docs.aws.amazon.com/AmazonS3/latest/API/API_Transition.html
_STORAGE_CLASSES = {
    "intelligent_tiering": "INTELLIGENT_TIERING",
    "standard_ia": "STANDARD_IA",
    "glacier_ir": "GLACIER_IR",
    "glacier": "GLACIER",
    "deep_archive": "DEEP_ARCHIVE",
}


class Bucket(Construct):
    """One bucket with all its settings; `resource` is the bucket, and each setting a resource of its own."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, bucket: BucketSection, partition: str
    ) -> None:
        """Make it; `name` is its name in S3, as text or reference."""
        super().__init__(scope, id)
        self.resource = S3Bucket(
            self,
            RESOURCE,
            bucket=name,
            # Terraform empties only a bucket that may go.
            force_destroy=not bucket.retain,
            tags=data_tags(bucket.tags, retain=bucket.retain) or None,
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True) if bucket.retain else None,
        )
        self.public_access_block = S3BucketPublicAccessBlock(
            self,
            "private",
            bucket=self.resource.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        self.ownership = S3BucketOwnershipControls(
            self,
            "ownership",
            bucket=self.resource.id,
            rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
        )
        self.encryption = self._encrypt(bucket.kms_key_arn)
        self.versioning = S3BucketVersioningA(
            self,
            "versioning",
            bucket=self.resource.id,
            # "Disabled" is for a bucket that never had versions; "Suspended" is right before and after.
            versioning_configuration=S3BucketVersioningVersioningConfiguration(
                status="Enabled" if bucket.versioned else "Suspended"
            ),
        )
        self.lifecycle = S3BucketLifecycleConfiguration(
            self,
            "lifecycle",
            bucket=self.resource.id,
            rule=_rules(bucket.lifecycle),
            # A rule about older versions is for a bucket that has them:
            # https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket_lifecycle_configuration
            depends_on=[self.versioning],
        )
        self.policy = S3BucketPolicy(
            self,
            "policy",
            bucket=self.resource.id,
            policy=_tls_only(f"arn:{partition}:s3:::{self.resource.id}"),
            # S3 refuses two changes at once that both decide who gets in: OperationAborted.
            depends_on=[self.public_access_block],
        )

    def _encrypt(self, kms_key_arn: str | None) -> S3BucketServerSideEncryptionConfigurationA:
        """A bucket key makes S3 ask KMS once for many objects: else each of a million files costs a request.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html

        That SSE-C is blocked is what new buckets have anyhow since April 2026. Unsaid, aws below 6.40.0 would plan to
        take it back each time: https://github.com/hashicorp/terraform-provider-aws/pull/47359
        """
        return S3BucketServerSideEncryptionConfigurationA(
            self,
            "encryption",
            bucket=self.resource.id,
            rule=[
                S3BucketServerSideEncryptionConfigurationRuleA(
                    bucket_key_enabled=True,
                    blocked_encryption_types=["SSE-C"],
                    apply_server_side_encryption_by_default=S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                        sse_algorithm="AES256" if kms_key_arn is None else "aws:kms",
                        kms_master_key_id=kms_key_arn,
                    ),
                )
            ],
        )


def _tls_only(arn: str) -> str:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html ."""
    statement: dict[str, Any] = {
        "Sid": "OnlyByTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return policy(statement)


def _rules(lifecycle: BucketLifecycle) -> list[S3BucketLifecycleConfigurationRule]:
    """Ids are by place: S3 keeps them, and a list has no better name for its members."""
    older = lifecycle.noncurrent_days
    housekeeping = S3BucketLifecycleConfigurationRule(
        id="housekeeping",
        status="Enabled",
        filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
        abort_incomplete_multipart_upload=[
            S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                days_after_initiation=lifecycle.abort_multipart_days
            )
        ],
        # What a deletion leaves behind, once no version is left under it.
        expiration=None
        if not older
        else [S3BucketLifecycleConfigurationRuleExpiration(expired_object_delete_marker=True)],
        noncurrent_version_expiration=None
        if not older
        else [S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(noncurrent_days=older)],
    )
    return [housekeeping, *(_rule(index, rule) for index, rule in enumerate(lifecycle.rules))]


def _rule(index: int, rule: LifecycleRule) -> S3BucketLifecycleConfigurationRule:
    return S3BucketLifecycleConfigurationRule(
        id=f"rule-{index}",
        status="Enabled",
        # With the slash: "data" would mean "data-2026/" too.
        filter=[S3BucketLifecycleConfigurationRuleFilter(prefix=f"{rule.prefix}/" if rule.prefix else "")],
        expiration=None
        if rule.expire_days is None
        else [S3BucketLifecycleConfigurationRuleExpiration(days=rule.expire_days)],
        transition=None
        if rule.storage_class is None
        else [
            S3BucketLifecycleConfigurationRuleTransition(
                days=rule.transition_days or 0, storage_class=_STORAGE_CLASSES[rule.storage_class]
            )
        ],
    )
