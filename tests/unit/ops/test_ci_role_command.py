"""`ops ci-role`: what it refuses, and what it writes and says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ops.cli import app

RIGHT = ("--repository", "acme/clusters", "--region", "us-west-2", "--cluster", "demo")
KEY = "arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "--repository OWNER/NAME, or --gitlab GROUP/PROJECT"),
        (("--repository", "acme/clusters", "--cluster", "demo"), "--region us-west-2"),
        (("--repository", "acme/clusters", "--region", "us-west-2"), "--cluster NAME"),
        ((*RIGHT, "--repository", "acme"), "--repository: 'acme' is no repository"),
        ((*RIGHT, "--repository", "acme/*"), "is no repository"),
        ((*RIGHT, "--repository", "*/clusters"), "is no repository"),
        ((*RIGHT, "--repository", "acme/clusters:*"), "is no repository"),
        ((*RIGHT, "--repository", "acme/.."), "is no repository"),
        ((*RIGHT, "--repository", "acme@1/clusters"), "OWNER@ID/NAME@ID"),
        ((*RIGHT, "--repository", "https://github.com/acme/clusters"), "is no repository"),
        ((*RIGHT, "--repository", "acme/clusters\n"), "is no repository"),
        ((*RIGHT, "--gitlab", "clusters"), "GROUP/SUBGROUP/PROJECT"),
        ((*RIGHT, "--gitlab", "acme/*"), "is no project of GitLab"),
        ((*RIGHT, "--gitlab-url", "https://gitlab.example.com"), "--gitlab-url goes with --gitlab"),
        ((*RIGHT, "--gitlab", "a/b", "--gitlab-url", "http://gitlab.example.com"), "is no address of a GitLab"),
        ((*RIGHT, "--gitlab", "a/b", "--gitlab-url", "https://gitlab.example.com/"), "no slash last"),
        ((*RIGHT, "--gitlab", "a/b", "--gitlab-url", "https://gitlab.example.com:8443"), "no port"),
        ((*RIGHT, "--environment", "prod*"), "is no environment that can be trusted"),
        ((*RIGHT, "--environment", "a:b"), "is no environment that can be trusted"),
        ((*RIGHT, "--branch", "*"), "is no branch that can be trusted"),
        ((*RIGHT, "--branch", "release/?"), "is no branch that can be trusted"),
        ((*RIGHT, "--branch", "a..b"), "is no branch that can be trusted"),
        ((*RIGHT, "--region", "us-west-9"), "did you mean us-west-"),
        ((*RIGHT, "--region", "cn-north-1"), "regions of one partition"),
        ((*RIGHT, "--cluster", "*"), "is no name of a cluster"),
        ((*RIGHT, "--cluster", "a*b"), "is no name of a cluster"),
        ((*RIGHT, "--cluster", "Demo"), "is no name of a cluster"),
        ((*RIGHT, "--cluster", "ci-*"), "would be among what the roles may change"),
        ((*RIGHT, "--cluster", "ci-role"), "would be among what the roles may change"),
        ((*RIGHT, "--name-prefix", "demo"), "demo-plan of this stack would be among"),
        ((*RIGHT, "--name-prefix", "a/b"), "is no start of a role's name"),
        ((*RIGHT, "--bucket", "*"), "is no S3 bucket name"),
        ((*RIGHT, "--state-bucket", "Acme"), "--state-bucket: 'Acme' is no S3 bucket name"),
        ((*RIGHT, "--state-bucket", "acme", "--state-prefix", "/a"), "is no folder of a bucket"),
        ((*RIGHT, "--state-bucket", "acme", "--state-prefix", "a*"), "is no folder of a bucket"),
        ((*RIGHT, "--state-prefix", "a"), "--state-prefix goes with --state-bucket"),
        ((*RIGHT, "--state-kms-key-arn", KEY), "--state-kms-key-arn goes with --state-bucket"),
        ((*RIGHT, "--state-bucket", "acme", "--state-kms-key-arn", "alias/key"), "no alias"),
        (
            (*RIGHT, "--state-bucket", "acme", "--state-kms-key-arn", KEY.replace("aws", "aws-cn", 1)),
            "not of the partition of us-west-2",
        ),
        ((*RIGHT, "--permissions-boundary", "boundary"), "is no IAM policy ARN"),
        ((*RIGHT, *(f"--cluster=cluster-{number}" for number in range(30))), "IAM takes 6144"),
        ((*RIGHT, "--gitlab", "/".join(["b" * 240] * 5), "--branch", "d" * 240), "IAM takes 2048"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_what_to_write(
    tmp_path: Path, options: tuple[str, ...], told: str
) -> None:
    done = CliRunner().invoke(app, ["ci-role", *options, "-o", str(tmp_path / "out")])
    assert done.exit_code == 2, done.output
    assert told in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_stack_is_written_where_cdktf_looks_and_beside_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "out" / "stacks" / "demo" / "cdk.tf.json"
    there.parent.mkdir(parents=True)
    there.write_text("{}", encoding="utf-8")
    monkeypatch.setenv("CDKTF_OUTDIR", str(tmp_path / "out"))
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["ci-role", *RIGHT])
    assert done.exit_code == 0, done.output
    file = tmp_path / "out" / "stacks" / "ci-role" / "cdk.tf.json"
    stack = json.loads(file.read_text(encoding="utf-8"))
    assert sorted(stack["resource"]["aws_iam_role"]) == ["deploy", "plan"]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert "ci-role" in manifest["stacks"]
    assert there.is_file()
    assert "terraform -chdir=out/stacks/ci-role apply" in done.stdout
    assert "Without --state-bucket" in done.stdout
    # The usual name is wrong for new repositories: what is right for them is said before anything is applied.
    assert '--repository "$(gh api repos/acme/clusters --jq ' in done.stdout


def test_a_repository_with_ids_is_not_asked_for_them(tmp_path: Path) -> None:
    asked = ("ci-role", *RIGHT, "--repository", "acme@1/clusters@2", "-o", str(tmp_path / "out"))
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "gh api" not in done.stdout


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = CliRunner().invoke(app, ["ci-role", *RIGHT, "-o", str(tmp_path / "file")])
    assert done.exit_code == 2
    assert "file: cannot be written" in done.stderr
