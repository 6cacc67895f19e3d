"""The account that checks ask, over HTTP: what is asked twice, what is refused, and how that is told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
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
    # Of the URL no more than the host: what differs with the operation would hide that all have one reason.
    with pytest.raises(UnaskedError) as other:
        Account(REGION).ask("eks", "describe_cluster", name="llama")
    assert other.value.reason.endswith(f'endpoint URL: "http://127.0.0.1:{port}"')


def test_any_other_error_is_told_as_it_came(aws: AccountServer, account: Account) -> None:
    def refuse(call: Call) -> Answer:
        raise AwsError("InvalidParameterValue", "The filter 'colour' is invalid")

    aws.answer("ec2:DescribeVpcs", refuse)
    with pytest.raises(
        UnaskedError, match=r"EC2 answers describe_vpcs with .*The filter 'colour' is invalid"
    ):
        account.ask("ec2", "describe_vpcs")


@pytest.mark.parametrize(
    "told, by",
    [
        ("with an explicit deny in a service control policy: arn:aws:organizations::1:policy/p", "a service control policy"),
        ("because no session policy allows the ec2:DescribeVpcs action", "a session policy"),
        ("because no permissions boundary allows the ec2:DescribeVpcs action", "a permissions boundary"),
    ],
)  # fmt: skip
def test_a_denial_that_no_permission_helps_against_names_what_denies(
    aws: AccountServer, account: Account, told: str, by: str
) -> None:
    def refuse(call: Call) -> Answer:
        raise AwsError("UnauthorizedOperation", f"User: u is not authorized to perform: {call} {told}")

    aws.answer("ec2:DescribeVpcs", refuse)
    with pytest.raises(UnaskedError, match=f"^ec2:DescribeVpcs is denied by {by}: ") as refused:
        account.ask("ec2", "describe_vpcs")
    assert refused.value.action == "ec2:DescribeVpcs"


def test_a_permission_that_is_only_missing_is_told_as_missing(aws: AccountServer, account: Account) -> None:
    def refuse(call: Call) -> Answer:
        raise AwsError(
            "UnauthorizedOperation", "because no identity-based policy allows the ec2:DescribeVpcs action"
        )

    aws.answer("ec2:DescribeVpcs", refuse)
    with pytest.raises(UnaskedError, match="the permission ec2:DescribeVpcs is missing"):
        account.ask("ec2", "describe_vpcs")


def configured(monkeypatch: pytest.MonkeyPatch, folder: Path, profile: str) -> Account:
    """An account by a profile of a configuration of its own."""
    (folder / "config").write_text(
        f"[profile own]\n{profile}\n[profile base]\naws_access_key_id = a\naws_secret_access_key = b\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    return Account(REGION, "own")


@pytest.mark.parametrize(
    "profile, said",
    [
        ("credential_process = /nonexistent/program", "No such file"),
        ("credential_process = echo none", "Expecting value"),
        ("credential_process = false", "custom-process"),
        (
            "sso_start_url = https://none.awsapps.com/start\nsso_region = us-west-2\nsso_account_id = 123456789012\n"
            "sso_role_name = none",
            "SSO",
        ),
    ],
)
def test_credentials_that_cannot_be_had_are_told_alike_for_all(
    aws: AccountServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, profile: str, said: str
) -> None:
    account = configured(monkeypatch, tmp_path, profile)
    reasons = set()
    for service, operation in (("ec2", "describe_vpcs"), ("eks", "list_clusters")):
        with pytest.raises(UnaskedError, match=f"{said}.*log in again") as refused:
            account.ask(service, operation)
        reasons.add(refused.value.reason)
    assert len(reasons) == 1
    assert asked(aws) == []


def test_a_role_that_must_not_be_assumed_is_no_missing_permission_of_ec2(
    aws: AccountServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    account = configured(
        monkeypatch, tmp_path, "role_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base"
    )
    aws.deny("sts:AssumeRole")
    with pytest.raises(UnaskedError, match=r"no credentials: .*AssumeRole") as refused:
        account.ask("ec2", "describe_vpcs")
    assert refused.value.action is None


@pytest.fixture
def silence(aws: AccountServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """A server that takes connections and hangs up, and how many it has taken."""
    taken: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                taken.append(1)
                connection.close()

        threading.Thread(target=serve, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setattr(ops.aws.account, "_ATTEMPTS", 1)
        yield taken
        server.shutdown(socket.SHUT_RDWR)


def test_where_nothing_answers_it_is_found_out_once(silence: list[int]) -> None:
    account = Account(REGION)
    for service, operation in (
        ("ec2", "describe_vpcs"),
        ("ec2", "describe_subnets"),
        ("eks", "list_clusters"),
    ):
        with pytest.raises(UnaskedError, match="cannot be reached"):
            account.ask(service, operation)
    assert len(silence) == 1


def test_one_service_that_does_not_answer_is_not_all(
    aws: AccountServer, silence: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_EKS", aws.url)
    account = Account(REGION)
    account.ask("eks", "list_clusters")
    for _ in range(2):
        with pytest.raises(UnaskedError, match="EC2 in us-west-2 cannot be reached"):
            account.ask("ec2", "describe_vpcs")
    with pytest.raises(UnaskedError, match="EC2 in us-west-2 cannot be reached"):
        account.ask("ec2", "describe_subnets")
    assert len(silence) == 1


def test_the_same_account_afresh_asks_services_that_were_not_asked_before(
    aws: AccountServer, account: Account
) -> None:
    account.ask("ec2", "describe_vpcs")
    assert account.afresh().ask("eks", "list_clusters")["clusters"] == []


def test_an_endpoint_that_is_no_address_is_told(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "not an address")
    with pytest.raises(UnaskedError, match="EC2 in us-west-2 cannot be asked: Invalid endpoint"):
        account.ask("ec2", "describe_vpcs")
