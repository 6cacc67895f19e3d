"""Names of what is stored, and who may do what with it."""

from __future__ import annotations

from typing import Any

import pytest

from modules.layout.models import Bucket, Repository, Volume
from modules.layout.models.workloads import Access
from modules.layout.stores import (
    bucket_arn,
    bucket_name,
    bucket_statements,
    file_system_parameter,
    repository_name,
    storage_class,
    storage_classes,
)
from tests.terraform_json import Load

ARN = "arn:aws:s3:::data"
KEY = "arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555"


def allowed(statements: list[dict[str, Any]], resource: str) -> set[str]:
    """What statements allow on one resource."""
    assert all(one["Effect"] == "Allow" for one in statements)
    return {action for one in statements if resource in one["Resource"] for action in one["Action"]}


def test_names_are_those_of_the_layout_or_follow_from_it() -> None:
    account = "${data.aws_caller_identity.account.account_id}"
    assert bucket_name("demo", "us-west-2", "data", Bucket(), account) == f"demo-data-{account}-us-west-2"
    assert bucket_name("demo", "us-west-2", "data", Bucket(name="acme"), account) == "acme"
    assert bucket_arn("aws-cn", "acme") == "arn:aws-cn:s3:::acme"
    assert repository_name("demo", "trainer", Repository()) == "demo/trainer"
    assert repository_name("demo", "trainer", Repository(name="a/b")) == "a/b"
    assert file_system_parameter("demo", "scratch") == "/eks/demo/file-systems/scratch"


@pytest.mark.parametrize(
    ("access", "may", "may_not"),
    [
        ("read", {"s3:GetObject"}, {"s3:PutObject", "s3:DeleteObject"}),
        ("write", {"s3:PutObject", "s3:AbortMultipartUpload"}, {"s3:GetObject", "s3:DeleteObject"}),
        ("read_write", {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}, {"s3:DeleteObjectVersion"}),
    ],
)
def test_pods_may_do_what_is_said_and_no_more(access: Access, may: set[str], may_not: set[str]) -> None:
    statements = bucket_statements(access, ARN)
    on_objects = allowed(statements, f"{ARN}/*")
    assert may <= on_objects
    assert not may_not & on_objects
    assert not any("*" in action for action in on_objects | allowed(statements, ARN))
    assert ("s3:ListBucket" in allowed(statements, ARN)) is (access != "write")
    # Of nothing but the bucket and what is in it.
    assert {resource for one in statements for resource in one["Resource"]} == {ARN, f"{ARN}/*"}


@pytest.mark.parametrize(("access", "encrypts"), [("read", False), ("write", True), ("read_write", True)])
def test_a_key_comes_with_its_bucket(access: Access, encrypts: bool) -> None:
    may = allowed(bucket_statements(access, ARN, KEY), KEY)
    assert "kms:Decrypt" in may
    assert ("kms:GenerateDataKey" in may) is encrypts


def test_a_volume_that_stays_has_the_class_that_retains() -> None:
    assert storage_class(Volume(size_gib=1)) == "gp3-retain"
    assert storage_class(Volume(size_gib=1, retain=False)) == "gp3"


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("tags: {}", ("gp3",)),
        ("storage: {volumes: {a: {size_gib: 1}}}", ("gp3", "gp3-retain")),
        ("storage: {default_storage_class: none, volumes: {a: {size_gib: 1}}}", ("gp3-retain",)),
        ("storage: {default_storage_class: none}\naddons: {aws-ebs-csi-driver: null}", ()),
    ],
)
def test_only_classes_that_are_used_are_made(layout: Load, text: str, classes: tuple[str, ...]) -> None:
    assert storage_classes(layout(text).layout) == classes
