"""What FSx, S3, ECR and Systems Manager make up, find and refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.offline.account import Account
from ops.offline.account.account import NotFoundError
from ops.offline.account.facts import of
from ops.offline.account.refusals import refusal

LUSTRE: dict[str, Any] = {
    "deployment_type": "PERSISTENT_2",
    "per_unit_storage_throughput": 1000,
    "security_group_ids": ["sg-1"],
    "storage_capacity": 1200,
    "subnet_ids": ["subnet-1"],
}


def _account() -> Account:
    """A VPC with a subnet and a security group that lets Lustre in."""
    account = Account(clusters_assumed=False)
    for vpc in ("vpc-1", "vpc-2"):
        account.created("aws_vpc", {"id": vpc, "cidr_block": "10.0.0.0/16"})
    zone = {"availability_zone": "us-west-2a", "cidr_block": "10.0.0.0/24"}
    account.created("aws_subnet", {"id": "subnet-1", "vpc_id": "vpc-1", **zone})
    for n, vpc in ((1, "vpc-1"), (2, "vpc-2"), (3, "vpc-1")):
        account.created("aws_security_group", {"id": f"sg-{n}", "vpc_id": vpc})
    _lets_in(account, "sg-1", ip_protocol="tcp", from_port=988, to_port=988)
    return account


def _lets_in(account: Account, group: str, **rule: Any) -> None:
    itself = {"security_group_id": group, "referenced_security_group_id": group}
    account.created("aws_vpc_security_group_ingress_rule", {"id": f"sgr-{group}", **itself, **rule})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, None),
        ({"storage_capacity": 3600}, "Invalid storage capacity 3600 GiB"),
        ({"storage_capacity": 4800}, None),
        ({"subnet_ids": ["subnet-9"]}, "subnet ID 'subnet-9' does not exist"),
        ({"security_group_ids": ["sg-1", "sg-2"]}, "sg-2 is not in the VPC vpc-1"),
        ({"security_group_ids": ["sg-3"]}, "do not permit Lustre LNET network traffic on port 988"),
        ({"efa_enabled": True}, "Insufficient security group permissions"),
        # A group that was not made here is taken to be right.
        ({"security_group_ids": ["sg-0fedcba9876543210"]}, None),
    ],
)
def test_a_file_system_is_refused_where_fsx_would(values: dict[str, Any], message: str | None) -> None:
    told = refusal("aws_fsx_lustre_file_system", "create", LUSTRE | values, None, _account())
    assert (told is None) if message is None else (told is not None and message in told)


def test_with_efa_the_steps_are_larger() -> None:
    account = _account()
    _lets_in(account, "sg-3", ip_protocol="-1")
    values = LUSTRE | {"efa_enabled": True, "security_group_ids": ["sg-1", "sg-3"]}
    told = refusal("aws_fsx_lustre_file_system", "create", values, None, account)
    assert told == "BadRequest: Invalid storage capacity 1200 GiB for deployment type PERSISTENT_2"
    values |= {"storage_capacity": 4800}
    assert refusal("aws_fsx_lustre_file_system", "create", values, None, account) is None


def test_folders_of_a_file_system_do_not_overlap_and_buckets_are_there() -> None:
    account = _account()
    link = {"file_system_id": "fs-1", "file_system_path": "/data", "data_repository_path": "s3://data/train/"}
    account.created("aws_s3_bucket", {"id": "data", "bucket": "data"})
    assert refusal("aws_fsx_data_repository_association", "create", link, None, account) is None
    account.created("aws_fsx_data_repository_association", {"id": "dra-1", **link})
    below = link | {"file_system_path": "/data/more"}
    told = refusal("aws_fsx_data_repository_association", "create", below, None, account)
    assert told is not None
    assert "overlaps with /data/ of dra-1" in told
    beside = link | {"file_system_path": "/data-more"}
    assert refusal("aws_fsx_data_repository_association", "create", beside, None, account) is None
    account.deleted("aws_s3_bucket", "data")
    told = refusal("aws_fsx_data_repository_association", "create", beside, None, account)
    assert told == "BadRequest: Cannot access the S3 bucket data"


def test_nothing_under_a_file_system_goes_before_it() -> None:
    account = _account()
    account.created("aws_fsx_lustre_file_system", {"id": "fs-1", **LUSTRE})
    for kind, id in (("aws_subnet", "subnet-1"), ("aws_security_group", "sg-1")):
        state = account.get(kind, id)
        assert state is not None
        told = refusal(kind, "delete", state, state, account)
        assert told is not None
        assert "DependencyViolation" in told


@pytest.mark.parametrize(
    ("type_name", "member", "code"),
    [
        ("aws_s3_bucket", "bucket", "BucketAlreadyOwnedByYou"),
        ("aws_ecr_repository", "name", "RepositoryAlreadyExistsException"),
        ("aws_ssm_parameter", "name", "ParameterAlreadyExists"),
    ],
)
def test_a_name_is_taken_once(type_name: str, member: str, code: str) -> None:
    account = _account()
    account.created(type_name, {"id": "one", member: "one"})
    told = refusal(type_name, "create", {member: "one"}, None, account)
    assert told is not None
    assert told.startswith(code)
    assert refusal(type_name, "create", {member: "two"}, None, account) is None


def test_a_file_system_has_an_address_to_mount() -> None:
    known = of("aws_fsx_lustre_file_system", {"id": "fs-1", **LUSTRE}, None, _account())
    assert known["dns_name"] == "fs-1.fsx.us-west-2.amazonaws.com"
    assert len(known["mount_name"]) == 8
    assert known["vpc_id"] == "vpc-1"
    assert known["arn"] == "arn:aws:fsx:us-west-2:123456789012:file-system/fs-1"
    old = of("aws_fsx_lustre_file_system", {"id": "fs-1", "deployment_type": "SCRATCH_1"}, None, _account())
    assert old["mount_name"] == "fsx"


@pytest.mark.parametrize(
    ("gib", "iops"), [(1200, 1500), (2400, 3000), (4800, 6000), (45600, 12000), (50400, 24000)]
)
def test_metadata_iops_follow_the_capacity(gib: int, iops: int) -> None:
    state = {"id": "fs-1", **LUSTRE, "storage_capacity": gib}
    known = of("aws_fsx_lustre_file_system", state, None, _account())
    assert known["metadata_configuration"] == [{"iops": iops}]


def test_arns_are_those_of_the_services() -> None:
    account = _account()
    assert of("aws_s3_bucket", {"id": "data", "bucket": "data"}, None, account)["arn"] == "arn:aws:s3:::data"
    known = of("aws_ecr_repository", {"id": "a/b", "name": "a/b"}, None, account)
    assert known["repository_url"] == "123456789012.dkr.ecr.us-west-2.amazonaws.com/a/b"
    known = of("aws_ssm_parameter", {"id": "/a/b", "name": "/a/b"}, {"version": 2}, account)
    assert (known["arn"], known["version"]) == ("arn:aws:ssm:us-west-2:123456789012:parameter/a/b", 3)


def test_a_parameter_is_read_as_it_was_written_and_is_missing_otherwise() -> None:
    account = _account()
    with pytest.raises(NotFoundError, match="/eks/demo/file-systems/fs"):
        account.read("aws_ssm_parameter", {"name": "/eks/demo/file-systems/fs"})
    state = {"id": "/a", "name": "/a", "type": "String", "insecure_value": "x", "value": "", "version": 1}
    account.created("aws_ssm_parameter", state)
    found = account.read("aws_ssm_parameter", {"name": "/a"})
    assert (found["insecure_value"], found["value"], found["type"]) == ("x", "x", "String")
    account.created(
        "aws_ssm_parameter", state | {"id": "/b", "name": "/b", "type": "SecureString", "value": "y"}
    )
    account.changed(
        "aws_ssm_parameter", account.resources["aws_ssm_parameter", "/b"] | {"insecure_value": ""}
    )
    assert account.read("aws_ssm_parameter", {"name": "/b"})["insecure_value"] == ""


def test_a_stack_that_is_planned_by_itself_finds_the_file_systems_of_the_one_before() -> None:
    asked = {"name": "/eks/demo/file-systems/fs"}
    found = Account().read("aws_ssm_parameter", asked)
    address = json.loads(found["insecure_value"])
    assert sorted(address) == ["dns_name", "id", "mount_name"]
    assert found == Account().read("aws_ssm_parameter", asked)
