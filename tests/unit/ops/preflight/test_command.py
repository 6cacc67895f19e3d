"""The command line: what it prints, its exit status, and what it says when it cannot ask."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import get_session
from moto.iam.access_control import IAMPolicy, PermissionResult
from typer.testing import CliRunner, Result

import ops.aws.account
import ops.preflight.command
from ops.aws.account import Account
from ops.aws.actions import action
from ops.checking import runner
from ops.checking.runner import run
from ops.cli import app
from ops.preflight.checks import CHECKS
from ops.preflight.policy import NARROWED, policy_json
from tests.account.server import ACCOUNT_ID, AccountServer
from tests.account.wire import Call
from tests.unit.ops.preflight.own import LAYOUTS
from tests.unit.ops.preflight.subjects import Layouts, SharedAccount

PRESET = "eks-p5-odcr"
SIDE_BY_SIDE = runner._SIDE_BY_SIDE


@pytest.fixture(scope="module")
def layouts(tmp_path_factory: pytest.TempPathFactory) -> Layouts:
    made = Layouts(tmp_path_factory.mktemp("layouts"))
    for name, text in LAYOUTS.items():
        made.write(name, text)
    return made


@pytest.fixture
def right(
    aws: AccountServer, layouts: Layouts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AccountServer:
    """The account that is right for PRESET, whose stacks are synthesized once for all tests."""
    made = layouts.right(aws, PRESET)
    layouts.subject(aws, PRESET, made)
    for variable, value in made.exported.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("CDKTF_OUTDIR", str(tmp_path / "cdktf.out"))
    monkeypatch.setattr(ops.preflight.command, "synthesize", lambda loaded, output: output)
    monkeypatch.setattr(ops.preflight.command, "_stacks", lambda layout, folder: layouts.stacks[PRESET])
    monkeypatch.setattr(
        ops.preflight.command, "Account", lambda region, profile: SharedAccount(aws.url, region)
    )
    return aws


@pytest.fixture
def alone(right: AccountServer, monkeypatch: pytest.MonkeyPatch) -> AccountServer:
    """The same, asked from several threads by clients that are made for the test: with its credentials and its network."""
    monkeypatch.setattr(ops.preflight.command, "Account", Account)
    monkeypatch.setattr(runner, "_SIDE_BY_SIDE", SIDE_BY_SIDE)
    return right


def preflight(*arguments: str, columns: str = "200") -> Result:
    return CliRunner().invoke(app, ["preflight", *arguments], env={"COLUMNS": columns})


def ids(result: Result) -> list[str]:
    return [one["id"] for one in json.loads(result.stdout)["checks"]]


def wrong_zone(server: AccountServer) -> None:
    server.extras.reservations[0]["AvailabilityZone"] = "us-west-2c"


def expiring(server: AccountServer) -> None:
    server.extras.reservations[0]["InstanceMatchCriteria"] = "open"


def test_a_right_account_passes(alone: AccountServer) -> None:
    result = preflight(PRESET)
    assert result.exit_code == 0, result.output
    assert "checks passed" in result.stdout.splitlines()[-1]
    assert "asking the account about eks-p5-odcr in us-west-2" in result.stderr


def test_what_is_wrong_is_told_with_what_to_do(right: AccountServer) -> None:
    wrong_zone(right)
    result = preflight(PRESET)
    assert result.exit_code == 1
    said = " ".join(result.stdout.split())
    assert "reservation-zone" in said
    assert "is in us-west-2c, and the nodes come up in us-west-2b" in said
    assert "Write availability_zone: us-west-2c." in said
    assert "1 error;" in result.stdout.splitlines()[-1]


def test_the_json_has_the_same(right: AccountServer) -> None:
    wrong_zone(right)
    result = preflight(PRESET, "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert (report["layout"], report["cluster"], report["region"]) == (PRESET, PRESET, "us-west-2")
    assert report["summary"]["errors"] == 1
    (wrong,) = (one for one in report["checks"] if one["status"] == "error")
    assert wrong["id"] == "reservation-zone"
    # A preset's value is not written in its file: the variable is what somebody changes.
    assert wrong["findings"][0]["where"] == "node_groups.p5.availability_zone (TF_VAR_availability_zone)"


def test_a_check_is_skipped_by_id(right: AccountServer) -> None:
    wrong_zone(right)
    result = preflight(PRESET, "--json", "--skip", "reservation-zone")
    assert result.exit_code == 0
    assert "reservation-zone" not in ids(result)
    assert "reservation-state" in ids(result)


def test_an_unknown_id_asks_nothing(right: AccountServer) -> None:
    result = preflight(PRESET, "--skip", "reservation-zones")
    assert result.exit_code == 2
    assert "there is no such check; did you mean reservation-zone?" in result.stderr
    assert right.calls == []


def test_warnings_count_where_they_are_to(right: AccountServer) -> None:
    expiring(right)
    assert preflight(PRESET).exit_code == 0
    assert preflight(PRESET, "--strict").exit_code == 1


def test_a_denied_action_is_named_and_the_rest_is_asked(right: AccountServer) -> None:
    right.deny("eks:DescribeAddonVersions")
    result = preflight(PRESET)
    assert result.exit_code == 3
    assert result.stdout.splitlines()[-1] == "IAM actions that are missing: eks:DescribeAddonVersions"
    assert "1 check could not be asked" in result.stdout


def test_an_error_that_was_found_weighs_more_than_what_could_not_be_asked(right: AccountServer) -> None:
    right.deny("eks:DescribeAddonVersions")
    wrong_zone(right)
    assert preflight(PRESET).exit_code == 1


def test_without_credentials_it_says_to_log_in(alone: AccountServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    result = preflight(PRESET)
    assert result.exit_code == 3
    assert "no AWS credentials were found: log in, or set AWS_PROFILE" in " ".join(result.stdout.split())
    assert alone.calls == []


def test_expired_credentials_say_to_log_in_again(right: AccountServer) -> None:
    right.expire()
    result = preflight(PRESET)
    assert result.exit_code == 3
    assert "log in again" in result.stdout


def test_without_a_network_it_ends(alone: AccountServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setattr(ops.aws.account, "_ATTEMPTS", 1)
    result = preflight(PRESET)
    assert result.exit_code == 3
    assert "EC2 in us-west-2 cannot be reached" in " ".join(result.stdout.split())


def test_a_profile_that_is_not_there_is_named(alone: AccountServer) -> None:
    result = preflight(PRESET, "--profile", "research")
    assert result.exit_code == 3
    assert "research" in result.stdout


def test_values_that_are_missing_are_lines_to_copy(
    right: AccountServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TF_VAR_capacity_reservation_id")
    result = preflight(PRESET)
    assert result.exit_code == 2
    (line,) = (one for one in result.stderr.splitlines() if "export" in one)
    assert line.strip().startswith("export TF_VAR_capacity_reservation_id=cr-0123456789abcdef0")
    assert right.calls == []


def test_a_value_goes_over_that_of_the_environment(right: AccountServer) -> None:
    result = preflight(PRESET, "--json", "--var", "capacity_reservation_id=cr-0123456789abcdef0")
    assert result.exit_code == 1
    (wrong,) = (one for one in json.loads(result.stdout)["checks"] if one["status"] == "error")
    assert wrong["id"] == "reservation-exists"


def test_a_value_that_breaks_a_rule_is_told_with_where_it_comes_from(right: AccountServer) -> None:
    result = preflight(PRESET, "--var", "availability_zone=eu-west-1a")
    assert result.exit_code == 2
    assert "--var availability_zone" in result.stderr
    assert "eu-west-1a" in result.stderr
    assert right.calls == []


def test_the_checks_are_listed_without_asking(right: AccountServer) -> None:
    result = preflight(PRESET, "--checks")
    assert result.exit_code == 0
    assert all(check.id in result.stdout for check in CHECKS)
    assert right.calls == []


# The policy


def names_of_actions() -> set[str]:
    """The actions of all operations of the services that are asked, by botocore."""
    services = ("acm", "cloudformation", "ec2", "ecr", "eks", "fsx", "iam", "kms", "logs", "resource-groups",
                "resourcegroupstaggingapi", "s3", "service-quotas", "sqs", "ssm", "sts")  # fmt: skip
    return {
        action(service, xform_name(name)).lower()
        for service in services
        for name in get_session().get_service_model(service).operation_names
    }


def test_each_action_exists() -> None:
    declared = {one for check in CHECKS for one in check.actions} | set(NARROWED)
    there = names_of_actions()
    assert {one for one in declared if one.lower() not in there} == set()


def test_the_policy_asks_nothing_and_needs_no_values(
    right: AccountServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TF_VAR_capacity_reservation_id")
    result = preflight(PRESET, "--policy")
    assert result.exit_code == 0
    policy = json.loads(result.stdout)
    assert policy["Version"] == "2012-10-17"
    sids = [one["Sid"] for one in policy["Statement"]]
    assert len(set(sids)) == len(sids)
    assert all(sid.isalnum() for sid in sids)
    assert right.calls == []


def test_the_policy_is_for_the_checks_that_look(right: AccountServer) -> None:
    def actions(*arguments: str) -> set[str]:
        statements = json.loads(preflight(PRESET, "--policy", *arguments).stdout)["Statement"]
        return {one for statement in statements for one in statement["Action"]}

    assert "ec2:DescribeRouteTables" not in actions(), "the VPC is a new one"
    assert "servicequotas:GetServiceQuota" in actions()
    quotas = [check.id for check in CHECKS if check.id.endswith("-quota")]
    assert "servicequotas:GetServiceQuota" not in actions(*(f"--skip={id}" for id in quotas))


# Resources of the calls that take some, as IAM sees them.
RESOURCES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "acm:DescribeCertificate": lambda call: call["CertificateArn"],
    "ecr:DescribeRepositories": lambda call: _ecr(call["repositoryNames"][0]),
    "ecr:DescribeImages": lambda call: _ecr(call["repositoryName"]),
    "eks:DescribeCluster": lambda call: f"arn:aws:eks:us-west-2:{ACCOUNT_ID}:cluster/{call['name']}",
    "eks:ListNodegroups": lambda call: f"arn:aws:eks:us-west-2:{ACCOUNT_ID}:cluster/{call['clusterName']}",
    "iam:GetPolicy": lambda call: call["PolicyArn"],
    "iam:GetRole": lambda call: f"arn:aws:iam::{ACCOUNT_ID}:role/{call['RoleName']}",
    "iam:ListAttachedRolePolicies": lambda call: f"arn:aws:iam::{ACCOUNT_ID}:role/{call['RoleName']}",
    "kms:DescribeKey": lambda call: call["KeyId"],
    "kms:GetKeyPolicy": lambda call: call["KeyId"],
    "logs:DescribeLogGroups": lambda call: f"arn:aws:logs:us-west-2:{ACCOUNT_ID}:log-group:{call['logGroupNamePrefix']}",
    "resource-groups:ListGroupResources": lambda call: call["Group"],
    "sqs:GetQueueUrl": lambda call: f"arn:aws:sqs:us-west-2:{ACCOUNT_ID}:{call['QueueName']}",
}  # fmt: skip


def _ecr(name: str) -> str:
    return f"arn:aws:ecr:us-west-2:{ACCOUNT_ID}:repository/{name}"


def resource(call: Call) -> str:
    if call.service == "s3":
        key = call.parameters.get("Key")
        return f"arn:aws:s3:::{call.parameters['Bucket']}{f'/{key}' if key else ''}"
    found = RESOURCES.get(str(call))
    return found(call.parameters) if found is not None else "*"


@pytest.mark.parametrize(
    "name", ["own", "pooled", "own-ami", "eks-p5-capacity-block", "eks-p5-training", "ml-load-balanced"]
)
def test_the_policy_allows_every_call(name: str, aws: AccountServer, layouts: Layouts) -> None:
    subject = layouts.subject(aws, name, layouts.right(aws, name))
    run(CHECKS, subject)
    needed = {(action(call.service, xform_name(call.operation)), resource(call)) for call in aws.calls}
    assert len(needed) > 20
    # With values in the places of variables, and without.
    for layout in (subject.layout, layouts.load(name).layout):
        text = policy_json(layout, CHECKS)
        policy = IAMPolicy(text)
        denied = {one for one in needed if policy.is_action_permitted(*one) is not PermissionResult.PERMITTED}
        # Which nobody needs a permission for.
        assert denied <= {("sts:GetCallerIdentity", "*")}
        for statement in json.loads(text)["Statement"]:
            if statement["Resource"] == ["*"]:
                behind_a_group = {
                    "cloudformation:DescribeStacks",
                    "cloudformation:ListStackResources",
                    "tag:GetResources",
                }
                assert set(statement["Action"]) & set(NARROWED) <= behind_a_group


def test_another_layouts_things_are_not_allowed(layouts: Layouts) -> None:
    policy = IAMPolicy(policy_json(layouts.load("own").layout, CHECKS))
    for needed, about in (
        ("eks:DescribeCluster", f"arn:aws:eks:us-west-2:{ACCOUNT_ID}:cluster/another"),
        ("iam:GetRole", f"arn:aws:iam::{ACCOUNT_ID}:role/another"),
        ("s3:GetObject", "arn:aws:s3:::acme-datasets/imagenet/part-0"),
        ("s3:GetBucketVersioning", "arn:aws:s3:::another"),
        ("kms:Decrypt", f"arn:aws:kms:us-west-2:{ACCOUNT_ID}:key/1"),
        ("ec2:RunInstances", "*"),
    ):
        assert policy.is_action_permitted(needed, about) is not PermissionResult.PERMITTED, needed


def test_the_policy_of_a_government_region_has_its_partition(layouts: Layouts) -> None:
    layouts.write(
        "gov",
        """
        name: gov
        region: us-gov-west-1
        node_groups: {sys: {instance_type: c5.2xlarge, size: {desired: 1}}}
        """,
    )
    text = policy_json(layouts.load("gov").layout, CHECKS)
    assert '"arn:aws-us-gov:eks:us-gov-west-1:*:cluster/gov"' in text
    assert '"arn:aws:' not in text
