"""Storage: FSx for Lustre, S3, EFS, image repositories, and parameters that say where something is.

The files named here are those of hashicorp/terraform-provider-aws.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..values import UNKNOWN
from .compare import at, same
from .model import Overlay, Recomputed, Validation, Values
from .validations import ARN, name


def _lustre_capacity(prior: Values, planned: Values) -> tuple[str, ...]:
    """A file system grows in place, but a SCRATCH_1 does not, and none shrinks."""
    before, after = prior.get("storage_capacity"), planned.get("storage_capacity")
    if same(before, after):
        return ()
    shrinks = after is not UNKNOWN and (after or 0) < (before or 0)
    return ("storage_capacity",) if shrinks or planned.get("deployment_type") == "SCRATCH_1" else ()


def _lustre_metadata_iops(prior: Values, planned: Values) -> tuple[str, ...]:
    """Metadata IOPS that are asked for cannot become fewer."""
    path = "metadata_configuration.0.iops"
    before, after = at(prior, path), at(planned, path)
    if before is None or after is None or after is UNKNOWN or after >= before:
        return ()
    return (path,) if at(planned, "metadata_configuration.0.mode") == "USER_PROVISIONED" else ()


def _parameter_tier(prior: Values, planned: Values) -> tuple[str, ...]:
    """An advanced parameter does not become a standard one."""
    down = (prior.get("tier"), planned.get("tier")) == ("Advanced", "Standard")
    return ("tier",) if down else ()


_FILE_EVENT = Validation(one_of=("NEW", "CHANGED", "DELETED"))
_IMPORT_PATH = Validation(pattern="s3://.*", hint="has to begin with s3://", min_length=3, max_length=900)

STORAGE: Final[Mapping[str, Overlay]] = {
    # internal/service/efs/file_system.go: throughput, lifecycle and protection change in place
    "aws_efs_file_system": Overlay(
        force_new=("availability_zone_name", "creation_token", "encrypted", "kms_key_id", "performance_mode"),
        computed_blocks=frozenset({"protection"}),
        defaults={"throughput_mode": "bursting"},
        validations={
            "availability_zone_name": Validation(min_length=1),
            "creation_token": name(64),
            "kms_key_id": ARN,
        },
    ),
    # internal/service/efs/mount_target.go, and pull request 44079 for IPv6: only the security groups change in place
    "aws_efs_mount_target": Overlay(
        force_new=("file_system_id", "ip_address", "ip_address_type", "ipv6_address", "subnet_id"),
    ),
    # internal/service/fsx/lustre_file_system.go. The source that was read is older than efa_enabled, which the documentation says is
    # set on creation only, and than throughput_capacity, which the service changes in place. A Lustre version became
    # one that is upgraded in place in May 2026 (pull request 47719), after 6.25.
    "aws_fsx_lustre_file_system": Overlay(
        force_new=(
            "backup_id",
            "copy_tags_to_backups",
            "deployment_type",
            "drive_cache_type",
            "efa_enabled",
            "export_path",
            "file_system_type_version",
            "import_path",
            "imported_file_chunk_size",
            "kms_key_id",
            "security_group_ids",
            "storage_type",
            "subnet_ids",
        ),
        force_new_if=(_lustre_capacity, _lustre_metadata_iops),
        computed_blocks=frozenset({"log_configuration", "metadata_configuration"}),
        defaults={
            "copy_tags_to_backups": False,
            "data_compression_type": "NONE",
            "deployment_type": "SCRATCH_1",
            "skip_final_backup": True,
            "storage_type": "SSD",
        },
        validations={
            "automatic_backup_retention_days": Validation(at_least=0, at_most=90),
            "daily_automatic_backup_start_time": Validation(
                pattern=r"([01]\d|2[0-3]):[0-5]\d", hint="has to be a time like 05:00"
            ),
            "export_path": _IMPORT_PATH,
            "file_system_type_version": Validation(pattern="[0-9].[0-9]{1,18}", hint="has to be like 2.15"),
            "import_path": _IMPORT_PATH,
            "imported_file_chunk_size": Validation(at_least=1, at_most=512000),
            "kms_key_id": ARN,
            "per_unit_storage_throughput": Validation(one_of=(12, 40, 50, 100, 125, 200, 250, 500, 1000)),
            "storage_capacity": Validation(at_least=1200),
            "weekly_maintenance_start_time": Validation(
                pattern=r"[1-7]:([01]\d|2[0-3]):[0-5]\d", hint="has to be a day and time like 1:05:00"
            ),
        },
    ),
    # internal/service/s3/bucket.go: the deprecated blocks are those of resource types of their own
    "aws_s3_bucket": Overlay(
        force_new=(
            "bucket",
            "bucket_prefix",
            "object_lock_configuration.0.object_lock_enabled",
            "object_lock_enabled",
        ),
        computed_blocks=frozenset(
            {
                "cors_rule",
                "grant",
                "lifecycle_rule",
                "logging",
                "object_lock_configuration",
                "replication_configuration",
                "server_side_encryption_configuration",
                "versioning",
                "website",
            }
        ),
        defaults={"force_destroy": False},
        at_most_one=(
            ("acl", "grant"),
            ("bucket", "bucket_prefix"),
            ("object_lock_configuration", "object_lock_enabled"),
        ),
        validations={"bucket": name(63), "bucket_prefix": name(63, prefix=True)},
    ),
    # internal/service/s3/bucket_lifecycle_configuration.go: what rules leave out is planned as nothing
    "aws_s3_bucket_lifecycle_configuration": Overlay(
        force_new=("bucket", "expected_bucket_owner"),
        defaults={
            "expected_bucket_owner": "",
            "rule.0.prefix": "",
            "rule.0.expiration.0.days": 0,
            "rule.0.expiration.0.expired_object_delete_marker": False,
            "rule.0.filter.0.object_size_greater_than": None,
            "rule.0.filter.0.object_size_less_than": None,
            "rule.0.noncurrent_version_expiration.0.newer_noncurrent_versions": None,
            "transition_default_minimum_object_size": "all_storage_classes_128K",
        },
        validations={
            "bucket": name(63, shortest=1),
            "rule.0.id": Validation(min_length=1, max_length=255),
            "rule.0.noncurrent_version_expiration.0.noncurrent_days": Validation(at_least=1),
            "rule.0.status": Validation(one_of=("Disabled", "Enabled")),
            "rule.0.transition.0.days": Validation(at_least=0),
        },
    ),
    # internal/service/s3/bucket_ownership_controls.go
    "aws_s3_bucket_ownership_controls": Overlay(
        force_new=("bucket",), validations={"bucket": name(63, shortest=1)}
    ),
    # internal/service/s3/bucket_policy.go
    "aws_s3_bucket_policy": Overlay(force_new=("bucket",), validations={"bucket": name(63, shortest=1)}),
    # internal/service/s3/bucket_public_access_block.go
    "aws_s3_bucket_public_access_block": Overlay(
        force_new=("bucket",),
        defaults=dict.fromkeys(
            ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"),
            False,
        ),
    ),
    # internal/service/s3/bucket_server_side_encryption_configuration.go
    "aws_s3_bucket_server_side_encryption_configuration": Overlay(
        force_new=("bucket", "expected_bucket_owner"), validations={"bucket": name(63, shortest=1)}
    ),
    # internal/service/s3/bucket_versioning.go
    "aws_s3_bucket_versioning": Overlay(
        force_new=("bucket", "expected_bucket_owner"),
        validations={
            "bucket": name(63, shortest=1),
            "versioning_configuration.0.status": Validation(one_of=("Disabled", "Enabled", "Suspended")),
        },
    ),
    # internal/service/fsx/data_repository_association.go
    "aws_fsx_data_repository_association": Overlay(
        force_new=("data_repository_path", "file_system_id", "file_system_path"),
        computed_blocks=frozenset({"s3", "s3.0.auto_export_policy", "s3.0.auto_import_policy"}),
        defaults={"batch_import_meta_data_on_create": False, "delete_data_in_filesystem": False},
        validations={
            "data_repository_path": _IMPORT_PATH,
            "file_system_path": Validation(pattern="/.*", hint="has to begin with /", max_length=4096),
            "imported_file_chunk_size": Validation(at_least=1, at_most=512000),
            "s3.0.auto_export_policy.0.events": _FILE_EVENT,
            "s3.0.auto_import_policy.0.events": _FILE_EVENT,
        },
    ),
    # internal/service/ecr/repository.go
    "aws_ecr_repository": Overlay(
        force_new=("encryption_configuration", "name"),
        defaults={"encryption_configuration.0.encryption_type": "AES256", "image_tag_mutability": "MUTABLE"},
    ),
    # internal/service/ecr/lifecycle_policy.go: another policy is another resource, as far as Terraform knows
    "aws_ecr_lifecycle_policy": Overlay(force_new=("policy", "repository")),
    # internal/service/ssm/parameter.go
    "aws_ssm_parameter": Overlay(
        force_new=("data_type", "name"),
        force_new_if=(_parameter_tier,),
        sensitive=frozenset({"value", "value_wo"}),
        write_only=frozenset({"value_wo"}),
        recomputed=(
            Recomputed(("version",), because=frozenset({"description", "insecure_value", "value"})),
            Recomputed(("value",), because=frozenset({"insecure_value"})),
        ),
        exactly_one=(("insecure_value", "value", "value_wo"),),
        required_with={"value_wo": ("value_wo_version",), "value_wo_version": ("value_wo",)},
        validations={
            "allowed_pattern": name(1024),
            "data_type": Validation(one_of=("aws:ec2:image", "aws:ssm:integration", "text")),
            "description": name(1024),
            "name": name(2048, shortest=1),
        },
    ),
}
