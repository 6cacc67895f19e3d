"""The account that checks ask, over HTTP: what is asked twice, what is refused, and how that is told."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import ops.aws.account
from ops.aws.account import Account
from ops.checking.check import UnaskedError
from tests.account.server import AccountServer
from tests.account.wire import Answer, AwsError, Call

REGION = "us-west-2"


@pytest.fixture
def account(aws: AccountServer) -> Account:
    return Account(REGION)


def asked(aws: AccountServer) -> list[str]:
    return [str(call) for call in aws.calls]


def test_the_same_call_is_made_once(aws: AccountServer, account: Account) -> None:
    first = account.ask("ec2", "describe_vpcs", Filters=[{"Name": "is-default", "Values": ["true"]}])
    again = account.ask("ec2", "describe_vpcs", Filters=[{"Name": "is-default", "Values": ["true"]}])
    assert first is again
    assert asked(aws) == ["ec2:DescribeVpcs"]
    account.ask("ec2", "describe_vpcs")
    assert asked(aws) == ["ec2:DescribeVpcs"] * 2


def test_a_parameter_that_is_none_is_left_out(aws: AccountServer, account: Account) -> None:
    account.ask("ec2", "describe_vpcs", VpcIds=None)
    account.ask("ec2", "describe_vpcs")
    assert asked(aws) == ["ec2:DescribeVpcs"]


def test_many_threads_wait_for_one_call(aws: AccountServer, account: Account) -> None:
    together = threading.Barrier(12)

    def ask(_: int) -> str:
        together.wait()
        return account.id

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(ask, range(12))) == {"123456789012"}
    assert asked(aws) == ["sts:GetCallerIdentity"]


def test_threads_that_wait_for_a_call_that_is_refused_are_all_told(
    aws: AccountServer, account: Account
) -> None:
    aws.deny("ec2:DescribeVpcs")
    together = threading.Barrier(8)

    def ask(_: int) -> str | None:
        together.wait()
        with pytest.raises(UnaskedError) as refused:
            account.ask("ec2", "describe_vpcs")
        return refused.value.action

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {"ec2:DescribeVpcs"}
    assert asked(aws) == ["ec2:DescribeVpcs"]


def test_what_was_asked_is_told_by_the_iam_action(aws: AccountServer, account: Account) -> None:
    aws.extras.quotas["ec2", "L-1216C47A"] = 64.0
    account.ask("service-quotas", "get_service_quota", ServiceCode="ec2", QuotaCode="L-1216C47A")
    account.pages("ec2", "describe_subnets", "Subnets")
    assert account.asked == {"servicequotas:GetServiceQuota", "ec2:DescribeSubnets"}


def test_all_pages_are_read(aws: AccountServer, account: Account) -> None:
    tokens: list[str | None] = []

    def page(call: Call) -> Answer:
        token = call.parameters.get("NextToken")
        tokens.append(token)
        number = int(token or 0)
        more: Answer = {"NextToken": str(number + 1)} if number < 2 else {}
        return {"Subnets": [{"SubnetId": f"subnet-{number}"}], **more}

    aws.answer("ec2:DescribeSubnets", page)
    found = account.pages("ec2", "describe_subnets", "Subnets")
    assert [one["SubnetId"] for one in found] == ["subnet-0", "subnet-1", "subnet-2"]
    assert tokens == [None, "1", "2"]


def test_a_call_without_pages_is_made_once_all_the_same(aws: AccountServer, account: Account) -> None:
    aws.extras.add_placement_group(REGION, "gpus")
    found = account.pages("ec2", "describe_placement_groups", "PlacementGroups")
    assert [one["GroupName"] for one in found] == ["gpus"]


def test_what_is_not_there_is_none_where_the_code_says_so(aws: AccountServer, account: Account) -> None:
    assert account.find("iam", "get_role", ("NoSuchEntity",), RoleName="nobody") is None
    missing = ["cr-0123456789abcdef0"]
    codes = ("InvalidCapacityReservationId.NotFound",)
    assert (
        account.pages(
            "ec2",
            "describe_capacity_reservations",
            "CapacityReservations",
            codes,
            CapacityReservationIds=missing,
        )
        == []
    )


def test_one_call_is_missing_for_one_check_and_an_error_for_another(
    aws: AccountServer, account: Account
) -> None:
    assert account.find("iam", "get_role", ("NoSuchEntity",), RoleName="nobody") is None
    with pytest.raises(UnaskedError, match="NoSuchEntity"):
        account.ask("iam", "get_role", RoleName="nobody")
    assert asked(aws) == ["iam:GetRole"]


def test_another_region_is_asked_there(aws: AccountServer, account: Account) -> None:
    account.pages("ec2", "describe_availability_zones", "AvailabilityZones", region="eu-west-1")
    assert [call.region for call in aws.calls] == ["eu-west-1"]


# Services with each protocol of AWS, and S3, which answers HEAD without a body.
DENIED: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("ec2", "describe_subnets", {}, "ec2:DescribeSubnets", "ec2:DescribeSubnets"),
    ("iam", "list_roles", {}, "iam:ListRoles", "iam:ListRoles"),
    ("eks", "list_clusters", {}, "eks:ListClusters", "eks:ListClusters"),
    ("logs", "describe_log_groups", {}, "logs:DescribeLogGroups", "logs:DescribeLogGroups"),
    ("elbv2", "describe_load_balancers", {}, "elbv2:DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancers"),
    ("s3", "get_bucket_versioning", {"Bucket": "b"}, "s3:GetBucketVersioning", "s3:GetBucketVersioning"),
    ("s3", "head_bucket", {"Bucket": "b"}, "s3:HeadBucket", "s3:ListBucket"),
    ("service-quotas", "list_service_quotas", {"ServiceCode": "ec2"}, "service-quotas:ListServiceQuotas", "servicequotas:ListServiceQuotas"),
]  # fmt: skip


@pytest.mark.parametrize("service, operation, parameters, call, action", DENIED)
def test_a_denied_call_names_the_iam_action(
    aws: AccountServer,
    account: Account,
    service: str,
    operation: str,
    parameters: dict[str, Any],
    call: str,
    action: str,
) -> None:
    aws.deny(call)
    with pytest.raises(UnaskedError) as refused:
        account.ask(service, operation, **parameters)
    assert refused.value.action == action
    assert refused.value.reason == f"the permission {action} is missing"


@pytest.mark.parametrize("service, operation", [("ec2", "describe_vpcs"), ("sts", "get_caller_identity"), ("eks", "list_clusters")])  # fmt: skip
def test_expired_credentials_say_to_log_in_again(
    aws: AccountServer, account: Account, service: str, operation: str
) -> None:
    aws.expire()
    with pytest.raises(UnaskedError, match="log in again") as refused:
        account.ask(service, operation)
    assert refused.value.action is None


def test_credentials_that_a_region_does_not_know_may_mean_that_it_is_not_enabled(
    aws: AccountServer, account: Account
) -> None:
    def refuse(call: Call) -> Answer:
        raise AwsError("AuthFailure", "AWS was not able to validate the provided access credentials")

    aws.answer("ec2:DescribeVpcs", refuse)
    with pytest.raises(UnaskedError, match="us-west-2 is not enabled"):
        account.ask("ec2", "describe_vpcs")


def test_no_credentials_are_looked_for_once(aws: AccountServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    account = Account(REGION)
    looked = []
    found = ops.aws.account.credentials_of

    def look(session: Any) -> Any:
        looked.append(session)
        return found(session)

    monkeypatch.setattr(ops.aws.account, "credentials_of", look)
    for service, operation in (("ec2", "describe_vpcs"), ("eks", "list_clusters")):
        with pytest.raises(UnaskedError, match="no AWS credentials were found: log in, or set AWS_PROFILE"):
            account.ask(service, operation)
    # Each look may wait for an instance's metadata, which is not there on a laptop.
    assert len(looked) == 1
    assert asked(aws) == []


def test_a_profile_that_is_not_there_is_named(aws: AccountServer) -> None:
    with pytest.raises(UnaskedError, match=r"research.*--profile"):
        Account(REGION, "research").ask("ec2", "describe_vpcs")


def test_a_service_that_cannot_be_reached_is_named(
    aws: AccountServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setattr(ops.aws.account, "_ATTEMPTS", 1)
    with pytest.raises(UnaskedError, match="EC2 in us-west-2 cannot be reached") as refused:
        Account(REGION).ask("ec2", "describe_vpcs")
    assert refused.value.action is None


def test_any_other_error_is_told_as_it_came(aws: AccountServer, account: Account) -> None:
    def refuse(call: Call) -> Answer:
        raise AwsError("InvalidParameterValue", "The filter 'colour' is invalid")

    aws.answer("ec2:DescribeVpcs", refuse)
    with pytest.raises(
        UnaskedError, match=r"EC2 answers describe_vpcs with .*The filter 'colour' is invalid"
    ):
        account.ask("ec2", "describe_vpcs")
