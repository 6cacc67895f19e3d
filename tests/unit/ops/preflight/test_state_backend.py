"""The bucket of states and the locks in it, and buckets of others that file systems show."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ops.checking.check import UnaskedError
from ops.preflight.checks.data import DataRepositories
from ops.preflight.checks.state_backend import StateBucket, StateLock
from tests.account.server import AccountServer
from tests.terraform_json import Load
from tests.unit.ops.preflight.looking import Found, brief, look, subject_of
from tests.unit.ops.preflight.subjects import client_of

CHECKS = (StateBucket(), StateLock())
BUCKET = "our-states"
STATE = f"backend: {{type: s3, bucket: {BUCKET}, key_prefix: clusters, region: eu-central-1}}"
LOCK = "clusters/demo.tfstate.tflock"
BLOCK = dict.fromkeys(
    ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
)


@pytest.fixture
def s3(aws: AccountServer) -> Any:
    """S3 with a bucket for states that is as it has to be."""
    assert aws.url
    client = create(BUCKET, "eu-central-1")
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    client.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    client.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=BLOCK)
    return client


def create(name: str, region: str) -> Any:
    """A bucket, and a client of its region."""
    client = client_of("s3", region)
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    return client


def found(layout: Load, text: str = STATE, **more: Any) -> list[Found]:
    return look(CHECKS, subject_of(layout(text), **more))


def test_a_bucket_that_is_as_it_has_to_be_is_fine(s3: Any, layout: Load) -> None:
    s3.put_object(Bucket=BUCKET, Key="clusters/demo.tfstate", Body=b"{}")
    assert found(layout) == []


def test_a_state_in_a_file_is_not_asked_for(aws: AccountServer, layout: Load) -> None:
    assert found(layout, "") == []
    assert aws.calls == []


@pytest.mark.usefixtures("aws")
def test_a_bucket_that_does_not_exist_is_one_finding(layout: Load) -> None:
    [one] = found(layout)
    assert one[:3] == ("state-bucket", "error", "backend.bucket")
    assert f"there is no bucket {BUCKET}" in one[3]
    assert "--create-bucket-configuration LocationConstraint=eu-central-1" in one[3]


@pytest.mark.usefixtures("s3")
def test_a_bucket_of_another_region_is_one_finding(layout: Load) -> None:
    [one] = found(layout, STATE.replace("eu-central-1", "us-east-1"))
    assert one[:3] == ("state-bucket", "error", "backend.region")
    assert "is in eu-central-1, and Terraform is told us-east-1" in one[3]


def test_a_bucket_without_versions_is_a_warning(s3: Any, layout: Load) -> None:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    [one] = found(layout)
    assert one[:3] == ("state-bucket", "warning", "backend.bucket")
    assert f"aws s3api put-bucket-versioning --bucket {BUCKET}" in one[3]


def test_a_bucket_that_does_not_encrypt_is_a_warning(s3: Any, layout: Load) -> None:
    s3.delete_bucket_encryption(Bucket=BUCKET)
    [one] = found(layout)
    assert one[:3] == ("state-bucket", "warning", "backend.bucket")
    assert "aws s3api put-bucket-encryption" in one[3]


@pytest.mark.parametrize("some", [True, False])
def test_a_bucket_that_may_be_public_is_a_warning(s3: Any, layout: Load, some: bool) -> None:
    if some:
        open_one = {**BLOCK, "BlockPublicPolicy": False}
        s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=open_one)
    else:
        s3.delete_public_access_block(Bucket=BUCKET)
    [one] = found(layout)
    assert one[:3] == ("state-bucket", "warning", "backend.bucket")
    assert "aws s3api put-public-access-block" in one[3]


def test_a_bucket_that_may_not_be_looked_at_names_the_action(aws: AccountServer, layout: Load) -> None:
    aws.deny("s3:HeadBucket")
    with pytest.raises(UnaskedError) as error:
        found(layout)
    assert error.value.action == "s3:ListBucket"


def lock(s3: Any) -> None:
    """What Terraform writes: internal/states/statemgr/locker.go."""
    told = {
        "ID": "9db590f1-b6fe-c5f2-2678-8804f089deba",
        "Operation": "OperationTypeApply",
        "Who": "ada@laptop",
        "Created": "2026-11-22T09:00:00Z",
    }
    s3.put_object(Bucket=BUCKET, Key=LOCK, Body=json.dumps(told).encode())


def later(**passed: int) -> datetime:
    return datetime.now(tz=timezone.utc) + timedelta(**passed)


def test_a_lock_that_nobody_released_is_one_finding(s3: Any, layout: Load) -> None:
    lock(s3)
    [one] = found(layout, now=later(hours=5))
    assert one[:3] == ("state-lock", "error", f"s3://{BUCKET}/{LOCK}")
    assert "the state of demo is locked by ada@laptop since" in one[3]
    assert "5 hours ago, for OperationTypeApply" in one[3]
    assert "cd cdktf.out/stacks/demo && terraform init && terraform force-unlock 9db590f1" in one[3]


def test_a_lock_that_is_new_means_somebody_deploys(s3: Any, layout: Load) -> None:
    lock(s3)
    [one] = found(layout, now=later(minutes=10))
    assert one[:2] == ("state-lock", "warning")
    assert "wait for them" in one[3]


def test_a_lock_that_may_not_be_read_is_found_all_the_same(aws: AccountServer, s3: Any, layout: Load) -> None:
    lock(s3)
    aws.deny("s3:GetObject")
    [one] = found(layout, now=later(days=3))
    assert "3 days ago" in one[3]
    assert "force-unlock ID" in one[3]


def test_the_lock_of_another_cluster_is_none_of_ours(s3: Any, layout: Load) -> None:
    s3.put_object(Bucket=BUCKET, Key="clusters/other.tfstate.tflock", Body=b"{}")
    assert found(layout, now=later(hours=5)) == []


def deny(s3: Any, resource: str, **more: Any) -> None:
    statement = {"Sid": "KeepStates", "Effect": "Deny", "Principal": "*", "Action": "s3:Delete*", **more}
    statement["Resource"] = f"arn:aws:s3:::{BUCKET}{resource}"
    s3.put_bucket_policy(
        Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )


def test_a_policy_that_lets_nobody_delete_the_lock_is_one_finding(s3: Any, layout: Load) -> None:
    deny(s3, "/*")
    [one] = found(layout)
    assert one[:3] == ("state-lock", "error", "backend.bucket")
    assert "(statement KeepStates) forbids everybody to delete clusters/demo.tfstate.tflock" in one[3]


@pytest.mark.parametrize(
    ("resource", "more"),
    [
        ("/*.tfstate", {}),
        ("", {}),
        ("/*", {"Action": "s3:DeleteObjectVersion"}),
        ("/*", {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
    ],
)
def test_a_policy_that_leaves_the_lock_alone_is_fine(
    s3: Any, layout: Load, resource: str, more: dict[str, Any]
) -> None:
    deny(s3, resource, **more)
    assert found(layout) == []


def test_object_lock_is_told_and_stops_nothing(s3: Any, layout: Load) -> None:
    s3.put_object_lock_configuration(
        Bucket=BUCKET,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}},
        },
    )
    [one] = found(layout)
    assert one[:3] == ("state-lock", "info", "backend.bucket")
    assert "for 30 days" in one[3]


# Data repositories

SHOWN = """
storage:
  file_systems:
    fast:
      capacity_gib: 1200
      availability_zone: us-west-2a
      data_repositories: [{bucket: 's3://their-data', prefix: tokens, path: /tokens%s}]
"""
WHERE = "storage.file_systems.fast.data_repositories[0]"


def shown(layout: Load, more: str = "") -> list[Found]:
    return look([DataRepositories()], subject_of(layout(SHOWN % more)))


@pytest.mark.usefixtures("aws")
def test_a_folder_of_a_bucket_in_the_region_is_fine(layout: Load) -> None:
    s3 = create("their-data", "us-west-2")
    s3.put_object(Bucket="their-data", Key="tokens/0001.bin", Body=b"1")
    assert shown(layout) == []


@pytest.mark.usefixtures("aws")
def test_a_bucket_of_data_that_does_not_exist_is_one_finding(layout: Load) -> None:
    assert brief(shown(layout)) == [("data-repositories", "error", f"{WHERE}.bucket")]


@pytest.mark.usefixtures("aws")
def test_a_bucket_of_data_in_another_region_is_one_finding(layout: Load) -> None:
    create("their-data", "eu-central-1")
    [one] = shown(layout)
    assert one[:3] == ("data-repositories", "error", f"{WHERE}.bucket")
    assert "is in eu-central-1, and the file system in us-west-2" in one[3]


@pytest.mark.usefixtures("aws")
def test_a_folder_with_nothing_to_read_is_a_warning(layout: Load) -> None:
    s3 = create("their-data", "us-west-2")
    s3.put_object(Bucket="their-data", Key="tokens-old/0001.bin", Body=b"1")
    [one] = shown(layout)
    assert one[:3] == ("data-repositories", "warning", f"{WHERE}.prefix")
    assert "there is nothing in s3://their-data/tokens" in one[3]
    assert shown(layout, ", auto_export: [new]") == []
