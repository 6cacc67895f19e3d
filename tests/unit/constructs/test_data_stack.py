"""Buckets and image repositories: closed to the world, and kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.terraform_json import Stack, Synth

KEY = "arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555"
DEMO = """
name: demo
region: us-west-2
node_groups: {sys: {instance_type: m5.large, size: {desired: 2}}}
"""
ACCOUNT = "${data.aws_caller_identity.account.account_id}"


def data(synth: Synth, text: str) -> Stack:
    """The data stack of a layout with this below `storage`."""
    return synth(f"{DEMO}storage: {text}").data


def the(block: Any) -> Any:
    """The one block of its kind."""
    return block[0] if isinstance(block, list) else block


def test_there_is_a_data_stack_only_where_there_is_data(synth: Synth) -> None:
    names = [stack.name for stack in synth(DEMO)]
    assert names == ["demo", "demo-platform"]
    names = [stack.name for stack in synth(f"{DEMO}storage: {{repositories: {{trainer: {{}}}}}}")]
    assert names == ["demo-data", "demo", "demo-platform"]


def test_a_bucket_is_private_encrypted_owned_and_reached_by_tls(synth: Synth) -> None:
    stack = data(synth, "{buckets: {data: {}}}")
    bucket = stack.only("aws_s3_bucket")
    assert bucket["bucket"] == f"demo-data-{ACCOUNT}-us-west-2"
    closed = stack.only("aws_s3_bucket_public_access_block")
    assert [closed[key] for key in closed if key.startswith(("block", "ignore", "restrict"))] == [True] * 4
    assert (
        the(stack.only("aws_s3_bucket_ownership_controls")["rule"])["object_ownership"]
        == "BucketOwnerEnforced"
    )
    encryption = the(stack.only("aws_s3_bucket_server_side_encryption_configuration")["rule"])
    assert encryption["bucket_key_enabled"] is True
    # Unsaid, aws 6.25.0 would plan to take back what S3 blocks by itself, each time.
    assert encryption["blocked_encryption_types"] == ["SSE-C"]
    assert the(encryption["apply_server_side_encryption_by_default"]) == {"sse_algorithm": "AES256"}
    policy = json.loads(stack.only("aws_s3_bucket_policy")["policy"])
    (statement,) = policy["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    arn = "arn:${data.aws_partition.partition.partition}:s3:::${aws_s3_bucket.bucket_data.id}"
    assert statement["Resource"] == [arn, f"{arn}/*"]
    # Two changes at once of who gets in are refused by S3.
    needs = stack.needs("aws_s3_bucket_policy.bucket_data_policy")
    assert "aws_s3_bucket_public_access_block.bucket_data_private" in needs


def test_a_bucket_may_have_a_name_tags_and_a_key_of_its_own(synth: Synth) -> None:
    stack = data(
        synth, f'{{buckets: {{data: {{name: acme-data, tags: {{team: a}}, kms_key_arn: "{KEY}"}}}}}}'
    )
    bucket = stack.only("aws_s3_bucket")
    assert (bucket["bucket"], bucket["tags"]["team"]) == ("acme-data", "a")
    encryption = the(stack.only("aws_s3_bucket_server_side_encryption_configuration")["rule"])
    assert the(encryption["apply_server_side_encryption_by_default"]) == {
        "kms_master_key_id": KEY,
        "sse_algorithm": "aws:kms",
    }


@pytest.mark.parametrize(("retain", "kept"), [("true", True), ("false", False)])
def test_what_is_retained_cannot_be_destroyed_and_the_rest_goes_with_its_content(
    synth: Synth, retain: str, kept: bool
) -> None:
    stack = data(
        synth, f"{{buckets: {{data: {{retain: {retain}}}}}, repositories: {{img: {{retain: {retain}}}}}}}"
    )
    bucket, repository = stack.only("aws_s3_bucket"), stack.only("aws_ecr_repository")
    protected = {"prevent_destroy": True} if kept else None
    assert bucket.get("lifecycle") == repository.get("lifecycle") == protected
    tags = {"cdktf-eks-training/retain": "true"} if kept else None
    assert bucket.get("tags") == repository.get("tags") == tags
    assert (bucket["force_destroy"], repository["force_delete"]) == (not kept, not kept)
    told = stack.outputs.get("retained_data")
    if kept:
        assert told is not None
        assert told["value"] == [
            f"S3 bucket demo-data-{ACCOUNT}-us-west-2",
            "ECR repository demo/img",
        ]
    else:
        assert told is None


def test_versions_are_kept_for_a_while_and_unfinished_uploads_are_not(synth: Synth) -> None:
    stack = data(synth, "{buckets: {data: {}}}")
    status = the(stack.only("aws_s3_bucket_versioning")["versioning_configuration"])["status"]
    assert status == "Enabled"
    (rule,) = stack.only("aws_s3_bucket_lifecycle_configuration")["rule"]
    assert the(rule["noncurrent_version_expiration"]) == {"noncurrent_days": 90}
    assert the(rule["abort_incomplete_multipart_upload"]) == {"days_after_initiation": 7}
    assert the(rule["expiration"]) == {"expired_object_delete_marker": True}
    needs = stack.needs("aws_s3_bucket_lifecycle_configuration.bucket_data_lifecycle")
    assert "aws_s3_bucket_versioning.bucket_data_versioning" in needs


def test_lifecycle_rules_are_about_folders(synth: Synth) -> None:
    rules = "[{prefix: raw, expire_days: 30}, {transition_days: 0, storage_class: intelligent_tiering}]"
    stack = data(
        synth,
        f"{{buckets: {{data: {{versioned: false, lifecycle: {{noncurrent_days: 0, rules: {rules}}}}}}}}}",
    )
    status = the(stack.only("aws_s3_bucket_versioning")["versioning_configuration"])["status"]
    assert status == "Suspended"
    first, raw, moved = stack.only("aws_s3_bucket_lifecycle_configuration")["rule"]
    assert not {"noncurrent_version_expiration", "expiration"} & set(first)
    # With the slash: "raw" alone would mean "raw-2026/" too.
    assert the(raw["filter"]) == {"prefix": "raw/"}
    assert the(raw["expiration"]) == {"days": 30}
    assert the(moved["filter"]) == {"prefix": ""}
    assert the(moved["transition"]) == {"days": 0, "storage_class": "INTELLIGENT_TIERING"}
    assert len({rule["id"] for rule in (first, raw, moved)}) == 3


def test_a_repository_scans_keeps_tags_and_forgets_what_has_none(synth: Synth) -> None:
    stack = data(synth, "{repositories: {trainer: {}}}")
    repository = stack.only("aws_ecr_repository")
    assert repository["name"] == "demo/trainer"
    assert repository["image_tag_mutability"] == "IMMUTABLE"
    assert the(repository["image_scanning_configuration"]) == {"scan_on_push": True}
    assert the(repository["encryption_configuration"]) == {"encryption_type": "AES256"}
    (rule,) = json.loads(stack.only("aws_ecr_lifecycle_policy")["policy"])["rules"]
    assert rule["selection"] == {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": 14,
    }
    assert stack.outputs["repositories"]["value"] == {
        "trainer": "${aws_ecr_repository.repository_trainer.repository_url}"
    }


def test_the_rule_about_any_image_comes_last(synth: Synth) -> None:
    keep = "keep_images: 20, immutable_tags: false, scan_on_push: false"
    stack = data(synth, f'{{repositories: {{trainer: {{{keep}, kms_key_arn: "{KEY}"}}}}}}')
    rules = json.loads(stack.only("aws_ecr_lifecycle_policy")["policy"])["rules"]
    assert [rule["rulePriority"] for rule in rules] == [1, 2]
    assert rules[-1]["selection"] == {
        "tagStatus": "any",
        "countType": "imageCountMoreThan",
        "countNumber": 20,
    }
    repository = stack.only("aws_ecr_repository")
    assert repository["image_tag_mutability"] == "MUTABLE"
    assert the(repository["encryption_configuration"]) == {"encryption_type": "KMS", "kms_key": KEY}


def test_a_repository_that_keeps_all_has_no_lifecycle_policy(synth: Synth) -> None:
    stack = data(synth, "{repositories: {trainer: {expire_untagged_days: 0}}}")
    assert not stack.resources("aws_ecr_lifecycle_policy")
