"""What checkov is given, and what is made of what it says; tests/e2e/test_policy.py runs it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import ops.policy
from ops.policy import (
    ACCEPTED,
    Accepted,
    Finding,
    PolicyError,
    read_accepted,
    readable,
    scan,
    terraform_address,
)

STACK: dict[str, Any] = {
    "data": {"aws_partition": {"partition": {}}},
    "resource": {
        "aws_eks_cluster": {"cluster": {}},
        "aws_iam_role_policy": {"write": {"policy": "${local.mine}"}},
    },
}
LOGS = Finding("CKV_AWS_338", "Logs kept for a year", "demo", "aws_cloudwatch_log_group.cluster_logs")


@pytest.mark.parametrize(
    "resource, address",
    [
        ("resource.cluster", "aws_eks_cluster.cluster"),
        ("aws_eks_cluster.cluster", "aws_eks_cluster.cluster"),
        ("data.partition", "data.aws_partition.partition"),
        ("aws_partition.partition", "data.aws_partition.partition"),
        ("data.write", "aws_iam_role_policy.write"),
        ("aws_iam_policy_document.write", "aws_iam_role_policy.write"),
        ("kubernetes_pod_v1.cluster--pod-1", "aws_eks_cluster.cluster"),
        ("provider.aws", "provider.aws"),
    ],
)
def test_a_name_of_checkov_becomes_an_address_of_terraform(resource: str, address: str) -> None:
    assert terraform_address(STACK, resource) == address


def test_checkov_gets_a_stack_without_the_text_that_it_cannot_read() -> None:
    stack = {**STACK, "terraform": {"required_version": ">= 1.10", "required_providers": {}}}
    given = readable(stack)
    assert given["terraform"] == {"required_providers": {}}
    assert given["resource"] == stack["resource"]
    assert "required_version" in stack["terraform"], "the caller's stack stays as it is"


def test_checkov_gets_an_iam_policy_as_statements() -> None:
    text = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "s3:Get*", "Resource": ["a", "b"]},
                {"Effect": "Deny", "NotAction": ["s3:*"], "NotResource": "*", "Condition": {"Bool": {"k": "true"}}},
            ],
        }
    )  # fmt: skip
    stack = {"resource": {"aws_iam_role_policy": {"read": {"policy": text}}}}
    assert readable(stack)["data"]["aws_iam_policy_document"]["read"]["statement"] == [
        {"effect": "Allow", "actions": ["s3:Get*"], "resources": ["a", "b"]},
        {
            "effect": "Deny",
            "not_actions": ["s3:*"],
            "not_resources": ["*"],
            "condition": [{"test": "Bool", "variable": "k", "values": ["true"]}],
        },
    ]


def test_a_policy_that_is_a_reference_is_left_to_the_document_that_it_names() -> None:
    policy = "${data.aws_iam_policy_document.mine.json}"
    stack = {"resource": {"aws_iam_role_policy": {"read": {"policy": policy}}}}
    assert readable(stack)["data"]["aws_iam_policy_document"] == {}


def test_checkov_gets_the_pods_of_what_it_does_not_look_into() -> None:
    typed = {"container": [{"name": "a"}], "host_network": True}
    launcher, worker = ({"containers": [{"name": name, "imagePullPolicy": "Always"}]} for name in "lw")
    replicas = {"Launcher": {"template": {"spec": launcher}}, "Worker": {"template": {"spec": worker}}}
    resources = {
        "kubernetes_job_v1": {"job": {"spec": {"template": {"spec": typed}}}},
        "kubernetes_manifest": {"mpi": {"manifest": {"spec": {"mpiReplicaSpecs": replicas}}}},
        "kubernetes_deployment_v1": {"seen": {"spec": {"template": {"spec": typed}}}},
        "kubernetes_service_v1": {"service": {"spec": {"selector": {}}}},
    }

    pods = readable({"resource": resources})["resource"]["kubernetes_pod_v1"]

    assert {name: pod["spec"] for name, pod in pods.items()} == {
        "job--pod-0": typed,
        "mpi--pod-0": {"container": [{"name": "l", "image_pull_policy": "Always"}]},
        "mpi--pod-1": {"container": [{"name": "w", "image_pull_policy": "Always"}]},
    }


@pytest.mark.parametrize(
    "check, resources, accepts",
    [
        ("CKV_AWS_338", ["aws_cloudwatch_log_group.*"], True),
        ("CKV_AWS_338", ["aws_eks_cluster.*", "*.cluster_logs"], True),
        ("CKV_AWS_338", ["aws_cloudwatch_log_group.cluster"], False),
        ("CKV_AWS_158", ["aws_cloudwatch_log_group.cluster_logs"], False),
    ],
)
def test_an_exception_is_for_one_check_and_the_resources_that_it_names(
    check: str, resources: list[str], accepts: bool
) -> None:
    assert LOGS.accepted_by([Accepted(check=check, resources=resources, reason="Why")]) is accepts


def test_an_exception_tells_which_of_its_resources_nothing_needs() -> None:
    resources = ["*.cluster_logs", "*.flow_logs"]
    assert Accepted(check="CKV_AWS_338", resources=resources, reason="Why").unused([LOGS]) == ["*.flow_logs"]
    assert Accepted(check="CKV_AWS_158", resources=resources, reason="Why").unused([LOGS]) == resources


def test_every_exception_has_a_reason_of_some_length_and_is_there_once() -> None:
    accepted = read_accepted(ACCEPTED)
    assert len({one.check for one in accepted}) == len(accepted) > 0
    assert all(len(one.reason) > 100 for one in accepted)


@pytest.mark.parametrize(
    "text, problem",
    [
        ("- {check: CKV_AWS_338, resources: ['*']}", "reason"),
        ("- {check: CKV_AWS_338, resources: ['*'], reason: ''}", "reason"),
        ("- {check: CKV_AWS_338, resource: '*', reason: Why}", "resource"),
        ("check: CKV_AWS_338", "list"),
        ("[", "is not a list of check, resources and reason"),
    ],
)
def test_a_file_of_exceptions_without_reasons_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError, match=problem):
        read_accepted(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        PolicyError, match=re.escape(f"{tmp_path / 'mine.yaml'}: cannot be read: No such file")
    ):
        read_accepted(tmp_path / "mine.yaml")


def _python(folder: Path, program: str) -> Path:
    """A stand-in for checkov's interpreter: a shell program."""
    file = folder / "python"
    file.write_text(f"#!/bin/sh\n{program}\n", encoding="utf-8")
    file.chmod(0o755)
    return file


def test_a_missing_checkov_says_what_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ops.policy, "PYTHON", tmp_path / "python")
    with pytest.raises(PolicyError, match="run `make policy`"):
        scan({"demo": STACK})


def test_what_checkov_says_when_it_fails_is_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ops.policy, "PYTHON", _python(tmp_path, "echo no such option >&2; exit 2"))
    with pytest.raises(PolicyError, match="checkov has failed: no such option"):
        scan({"demo": STACK})


@pytest.mark.parametrize(
    "output",
    [
        {"passed": 0, "failed": 0, "parsing_errors": 0},  # all that there is without a file to read
        {"results": {"failed_checks": [], "passed_checks": [], "parsing_errors": ["demo/cdk.tf.json"]}},
        {"results": {"failed_checks": [], "passed_checks": [], "parsing_errors": []}},
    ],
)
def test_a_stack_that_checkov_has_not_read_is_no_pass(
    output: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ops.policy, "PYTHON", _python(tmp_path, f"echo '{json.dumps(output)}'"))
    with pytest.raises(PolicyError, match="has read nothing of demo"):
        scan({"demo": STACK})


def test_checkov_gets_no_key_of_its_platform_and_downloads_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BC_API_KEY", "secret")
    monkeypatch.setenv("PRISMA_API_URL", "https://example.com")
    monkeypatch.setattr(ops.policy, "PYTHON", _python(tmp_path, 'echo "$@" >&2; env >&2; exit 2'))
    with pytest.raises(PolicyError) as raised:
        scan({"demo": STACK})
    assert "--skip-download" in str(raised.value)
    assert "secret" not in str(raised.value)
    assert "PRISMA" not in str(raised.value)


def test_a_faulty_file_of_exceptions_ends_the_command_with_status_2(tmp_path: Path) -> None:
    from ops.cli import app

    done = CliRunner().invoke(app, ["policy", "eks-g4dn", "--accept", str(tmp_path / "mine.yaml")])
    assert done.exit_code == 2
    assert "cannot be read" in done.stderr
