"""Every `run` step of the workflows, and every job of GitLab's pipeline, run in a checkout as a runner would.

The pull request's job is real: a repository with a layout, a change that replaces its GPU nodes, `python -m ops`, Terraform on
stand-ins; and so is the comment's, against a server that plays GitHub. The others would do the same again and ask AWS, so that `ops`
is played there by one that answers with that job's files. `make` and `apt-get` write down what they are told.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import stat
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ci.review import Result
from tests.checkout import ROOT
from tests.forge_server import REPOSITORY, ForgeServer
from tests.workflow_steps import ACTION, PIPELINE, WORKFLOWS, Runner, gitlab_jobs, read, steps

pytestmark = pytest.mark.engine

FLOWS = ".github/workflows"
# The jobs whose steps a test here runs, all of each: a step that is nobody's fails the first test.
PULL_REQUEST = [(f"{FLOWS}/pull-request.yml", "review"), (f"{FLOWS}/comment.yml", "comment")]
REAL_PLAN = [(f"{FLOWS}/plan.yml", job) for job in ("layouts", "plan", "comment", "plans")]
DEPLOY = [
    (f"{FLOWS}/deploy.yml", "layouts"),
    (f"{FLOWS}/deploy-layout.yml", "plan"),
    (f"{FLOWS}/deploy-layout.yml", "deploy"),
]
DRIFT = [(f"{FLOWS}/drift.yml", job) for job in ("layouts", "drift", "issue")]
SET_UP = [(ACTION, ""), (f"{FLOWS}/ci.yml", "gate")]
GITLAB = ["gate", "review", "comment", "plan", "comment-plan", "plan-main", "deploy", "drift"]

LAYOUT = "layouts/small.yaml"
BEFORE = """
name: small
region: us-west-2
backend: {type: s3, bucket: acme-terraform-state}
node_groups:
  sys:
    instance_type: c5.2xlarge
    size: {min: 1, desired: 1, max: 3}
  gpu:
    instance_type: g4dn.xlarge
    size: {min: 0, desired: 2, max: 2}
"""
SHA = "a" * 40
NUMBER = "3"
# What each expression is in these runs. One that is not here fails the test that meets it.
KNOWN = {
    "github.token": "a-token-of-a-job",
    "github.sha": SHA,
    "github.server_url": "https://github.example",
    "github.repository": REPOSITORY,
    "github.run_id": "5",
    "github.event.pull_request.number": NUMBER,
    "github.event.repository.default_branch": "main",
    "github.event.workflow_run.head_repository.id": "1",
    "github.event.workflow_run.head_sha": SHA,
    "github.event.workflow_run.html_url": "https://github.example/run/5",
    "github.event.workflow_run.id": "5",
    "inputs.layout": LAYOUT,
    "matrix.layout": LAYOUT,
    "vars.LAYOUTS": "",
    "vars.TF_VARS": '{"zones": ["us-west-2a"], "name": "a b"}',
}

PROGRAM = """#!/bin/sh
echo "$(basename "$0") $* TF_VAR_zones=$TF_VAR_zones" >>"$(dirname "$0")/calls"
"""
# In the place of ops/__main__.py: answers with the files that the real one made in the pull request's job.
OPS = """
import os, pathlib, shutil, sys
recorded = pathlib.Path(os.environ["RECORDED"])
words = sys.argv[1:]
given = {word: words[place + 1] for place, word in enumerate(words[:-1]) if word.startswith("-")}
with (recorded.parent / "calls").open("a") as calls:
    calls.write(f"ops {' '.join(words)} {os.environ.get('AWS_ROLE_ARN', '')}\\n")
    if "--real" in words:
        calls.write(f"for terraform: {os.environ.get('TF_CLI_ARGS_plan')} {os.environ.get('TF_VAR_zones')}\\n")
if words[0] == "synth":
    for name in ("small", "small-platform"):
        file = pathlib.Path(given["--output"], "stacks", name, "cdk.tf.json")
        file.parent.mkdir(parents=True)
        file.write_text("{}")
elif words[0] == "plan":
    for name in ("small", "small-platform"):
        file = pathlib.Path("cdktf.out", "stacks", name, "cdk.tf.json")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text('{"terraform": {"backend": {"s3": {}}}}')
        shutil.copy(recorded / f"plan.{name}.json", pathlib.Path(given["--json"]).parent)
elif words[0] == "review":
    shutil.copy(recorded / "review.md", given["--output"])
    sys.exit(1)
elif words[0] == "picture":
    pathlib.Path(given["-o"]).write_text("<html>")
elif words[0] == "preflight":
    sys.exit(3)
"""


@dataclass
class Machine:
    """A place for the runs of one job after another: the checkout, programs, and what they were told."""

    runner: Runner
    server: ForgeServer
    comment: str = ""

    @property
    def out(self) -> Path:
        """What `ci.review` has left."""
        return self.runner.folder / "out"

    @property
    def calls(self) -> list[str]:
        """What programs were told."""
        file = self.runner.programs / "calls"
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []

    def program(self, name: str, text: str = PROGRAM) -> None:
        """Puts a program before those of the machine."""
        file = self.runner.programs / name
        file.write_text(text, encoding="utf-8")
        file.chmod(file.stat().st_mode | stat.S_IEXEC)


def _machine(folder: Path, checkout: Path, server: ForgeServer) -> Machine:
    programs, scratch = folder / "bin", folder / "scratch"
    for one in (programs, scratch):
        one.mkdir()
    return Machine(Runner(checkout, scratch, dict(KNOWN), programs, server.github), server)


def _commit(folder: Path, message: str) -> None:
    for words in (["add", "--all"], ["commit", "--quiet", "--message", message]):
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *words], cwd=folder, check=True
        )


def _uploaded(machine: Machine, file: str, job: str) -> bytes:
    """The artifact that a job's upload would make."""
    [upload] = [
        step["with"] for step in read(file)["jobs"][job]["steps"] if "upload-artifact" in step.get("uses", "")
    ]
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as zipped:
        for pattern in upload["path"].split():
            for path in sorted(machine.runner.folder.glob(pattern)):
                zipped.write(path, path.relative_to(machine.out))
    return data.getvalue()


def _ran(machine: Machine) -> set[tuple[str, str, str]]:
    return {*machine.runner.ran}


def _all(jobs: list[tuple[str, str]]) -> set[tuple[str, str, str]]:
    return {(file, job, step.name) for file, job in jobs for step in steps(file) if step.job == job}


@pytest.fixture(scope="module")
def server() -> Iterator[ForgeServer]:
    with ForgeServer() as started:
        yield started
        assert started.forge.errors == []


@pytest.fixture(scope="module")
def pull_request(engine: object, server: ForgeServer, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A pull request of a fork that replaces the GPU nodes: its job and the one that comments have run."""
    folder = tmp_path_factory.mktemp("pull")
    checkout = folder / "checkout"
    checkout.mkdir()
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main"], cwd=checkout, check=True)
    # With what Python has compiled, which is most of the time otherwise.
    for name in ("ci", "helm-values", "modules", "ops", "presets"):
        shutil.copytree(ROOT / name, checkout / name)
    for name in (".gitignore", "cdktf.json"):
        shutil.copy2(ROOT / name, checkout)
    (checkout / ".venv").symlink_to(ROOT / ".venv")
    (checkout / "layouts").mkdir()
    (checkout / LAYOUT).write_text(BEFORE, encoding="utf-8")
    _commit(checkout, "base")
    (checkout / LAYOUT).write_text(BEFORE.replace("g4dn.xlarge", "g4dn.2xlarge"), encoding="utf-8")
    _commit(checkout, "change")
    machine = _machine(folder, checkout, server)
    file, job = PULL_REQUEST[0]
    machine.runner.run(file, job, "Review")
    machine.runner.run(file, job, "Number")
    machine.runner.run(file, job, "Verdict", status=2)

    server.forge.pull(int(NUMBER), SHA)
    server.forge.files = [LAYOUT]
    server.forge.artifact("review", _uploaded(machine, file, job))
    machine.runner.run(*PULL_REQUEST[1], "Comment")
    [posted] = server.forge.comments
    machine.comment = posted["body"]
    return machine


@pytest.fixture
def played(pull_request: Machine, server: ForgeServer, tmp_path: Path) -> Machine:
    """A checkout with this project's ci/ and an ops that plays back."""
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT / "ci", checkout / "ci", ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in (
        ("ops/__main__.py", OPS),
        (LAYOUT, BEFORE),
        (".gitignore", "/.venv\n/cdktf.out\n/out\n/again\n"),
    ):
        (checkout / name).parent.mkdir(exist_ok=True)
        (checkout / name).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main"], cwd=checkout, check=True)
    _commit(checkout, "base")
    (checkout / ".venv").symlink_to(ROOT / ".venv")
    machine = _machine(tmp_path, checkout, server)
    recorded = machine.runner.programs / "recorded"
    _record(pull_request, recorded)
    machine.runner.environment = {**server.github, "RECORDED": str(recorded)}
    for name in ("make", "apt-get"):
        machine.program(name)
    server.forge.comments.clear()
    server.forge.issues.clear()
    server.forge.main = SHA
    return machine


def _record(pull_request: Machine, recorded: Path) -> None:
    shutil.copytree(pull_request.out / "plans" / "small", recorded)
    shutil.copy2(pull_request.out / "review.md", recorded)


def test_every_step_of_every_workflow_is_run_here() -> None:
    jobs = [*PULL_REQUEST, *REAL_PLAN, *DEPLOY, *DRIFT, *SET_UP]
    there = {(file, step.job) for file in (*WORKFLOWS, ACTION) for step in steps(file)}
    assert {*jobs} == there
    assert {*GITLAB} == {*gitlab_jobs()}


def test_a_pull_request_that_replaces_gpu_nodes_is_stopped_and_told_so(pull_request: Machine) -> None:
    assert _ran(pull_request) == _all(PULL_REQUEST)
    review = (pull_request.out / "review.md").read_text(encoding="utf-8")
    assert "gpu-group-replaced" in review
    assert "`aws_eks_node_group.nodes_gpu`" in review
    assert review.strip() in pull_request.runner.summary
    result = Result.read(pull_request.out)
    assert (result.status, result.changes, result.layouts) == (2, True, [LAYOUT])
    assert {*result.stacks} == {"small", "small-platform"}
    assert "<svg" in (pull_request.out / "pictures/small.html").read_text(encoding="utf-8")
    archive = pull_request.server.forge.archives[700]
    with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
        assert {*zipped.namelist()} == {"number", "review.md", "pictures/small.html"}


def test_the_comment_says_what_the_review_says(pull_request: Machine) -> None:
    body = pull_request.comment
    review = (pull_request.out / "review.md").read_text(encoding="utf-8")
    shown = body.replace("\u2060", "")
    assert review.strip() in shown
    assert body.count("<details>") == review.count("<details>") == body.count("</details>")
    assert "CAUTION" not in body


def test_a_real_plan_is_reviewed_with_the_role_that_reads(played: Machine, server: ForgeServer) -> None:
    runner = played.runner
    for name in ("No role", "Layouts"):
        runner.run(*REAL_PLAN[0], name)
    assert json.loads(runner.known["steps.layouts.outputs.layouts"]) == [LAYOUT]
    runner.run(*REAL_PLAN[1], "Review")
    runner.run(*REAL_PLAN[1], "Verdict")
    with zipfile.ZipFile(io.BytesIO(_uploaded(played, *REAL_PLAN[1]))) as zipped:
        assert {*zipped.namelist()} == {"result.json", "review.md", "pictures/small.html"}
    runner.run(*REAL_PLAN[2], "Comment")
    for layouts, plans, status in (
        ("success", "success", 0),
        ("success", "skipped", 0),  # no role
        ("skipped", "skipped", 0),  # a fork
        ("success", "failure", 1),
        ("failure", "skipped", 1),
        ("success", "cancelled", 1),
    ):
        runner.known |= {"needs.layouts.result": layouts, "needs.plan.result": plans}
        runner.run(*REAL_PLAN[3], "Real plans", status=status)
    assert _ran(played) == _all(REAL_PLAN)
    # It locks no state, and has the variables of the repository.
    assert 'for terraform: -lock=false ["us-west-2a"]' in played.calls
    assert {*Result.read(played.out).stacks} == {"small", "small-platform"}
    [comment] = server.forge.comments
    assert comment["body"].startswith(f"<!-- cdktf-eks-training: plan of {LAYOUT} -->\n")
    assert "gpu-group-replaced" in comment["body"]


def test_a_deploy_applies_what_was_approved_and_refuses_another_plan(played: Machine) -> None:
    runner = played.runner
    for name in ("No roles", "Layouts"):
        runner.run(*DEPLOY[0], name)
    runner.run(*DEPLOY[1], "Review")
    runner.run(*DEPLOY[1], "Verdict", status=0)
    assert runner.known["steps.verdict.outputs.changes"] == "true"
    assert "could not be asked" in runner.run(*DEPLOY[1], "Preflight")

    outputs = read(DEPLOY[1][0])["jobs"]["plan"]["outputs"]
    for name, text in outputs.items():
        runner.known[f"needs.plan.outputs.{name}"] = runner.known[re.sub(r"[${}\s]", "", text)]
    runner.run(*DEPLOY[2], "Deploy")
    made = [line for line in played.calls if line.startswith("make ")]
    assert made == [f'make deploy LAYOUT={LAYOUT} ARGS=--auto-approve TF_VAR_zones=["us-west-2a"]']
    assert _ran(played) == _all(DEPLOY)

    # Somebody changes something by hand while the run waits for its approval.
    file = runner.programs / "recorded" / "plan.small.json"
    plan: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    [group] = [one for one in plan["resource_changes"] if one["address"] == "aws_eks_node_group.nodes_gpu"]
    group["change"]["before"]["scaling_config"][0]["max_size"] = 7
    file.write_text(json.dumps(plan), encoding="utf-8")
    assert "not the one that was approved" in runner.run(*DEPLOY[2], "Deploy", status=1)
    assert [line for line in played.calls if line.startswith("make ")] == made


def test_drift_opens_an_issue(played: Machine, server: ForgeServer) -> None:
    runner = played.runner
    for name in ("No role", "Layouts"):
        runner.run(*DRIFT[0], name)
    runner.run(*DRIFT[1], "Review")
    with zipfile.ZipFile(io.BytesIO(_uploaded(played, *DRIFT[1]))) as zipped:
        zipped.extractall(runner.folder / "found" / "drift-0")
    runner.run(*DRIFT[2], "Issues")
    assert _ran(played) == _all(DRIFT)
    [issue] = server.forge.issues
    assert issue["title"] == f"Drift: {LAYOUT} is not as it is deployed"
    assert f"https://github.example/{REPOSITORY}/actions/runs/5" in issue["body"]


def test_the_gate_and_the_set_up_are_those_of_the_makefile(played: Machine) -> None:
    runner = played.runner
    (runner.folder / ".ci").mkdir()
    shutil.copy2(ROOT / ".ci" / "run", runner.folder / ".ci")
    runner.run(ACTION, "", "Packages")
    runner.run(f"{FLOWS}/ci.yml", "gate", "Gate")
    assert _ran(played) == _all(SET_UP)
    targets = [line.split()[1] for line in played.calls if line.startswith("make ")]
    assert targets[0] == "python-packages"
    assert {target for target in targets[1:] if "/.stamp" not in target} == {"lint", "test"}


def test_the_pipeline_of_gitlab_does_the_same(played: Machine, server: ForgeServer, tmp_path: Path) -> None:
    runner = played.runner
    (runner.folder / ".ci").mkdir()
    shutil.copy2(ROOT / ".ci" / "run", runner.folder / ".ci")
    runner.environment = {
        **server.gitlab,
        "RECORDED": runner.environment["RECORDED"],
        "LAYOUTS": f'["{LAYOUT}"]',
        "AWS_PLAN_ROLE_ARN": "arn:plan",
        "AWS_DEPLOY_ROLE_ARN": "arn:deploy",
        "CI_BUILDS_DIR": str(tmp_path),
        "CI_COMMIT_SHA": SHA,
        "CI_DEFAULT_BRANCH": "main",
        "CI_JOB_ID": "6",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": "HEAD",
        "CI_MERGE_REQUEST_IID": NUMBER,
        "CI_PIPELINE_ID": "5",
        "CI_PIPELINE_URL": "https://gitlab.example/5",
    }
    server.add_comment(int(NUMBER), "looks good", author=8)
    for job in GITLAB:
        runner.pipeline(job)
    runner.pipeline("comment")
    assert [job for _, job, _ in runner.ran] == [*GITLAB, "comment"]
    assert {file for file, _, _ in runner.ran} == {PIPELINE}
    texts = [one["body"].splitlines()[0] for one in server.forge.comments]
    kinds = ["offline", "plan of eks-g4dn"]
    assert texts == ["looks good", *(f"<!-- cdktf-eks-training: {kind} -->" for kind in kinds)]
    [issue] = server.forge.issues
    assert "https://gitlab.example/5" in issue["body"]
    assert [line for line in played.calls if line.startswith("make deploy")] == [
        "make deploy LAYOUT=eks-g4dn ARGS=--auto-approve TF_VAR_zones="
    ]
    # What is planned anew before the apply is planned by the role that applies.
    roles = [
        line.rpartition(" ")[2] for line in played.calls if line.startswith("ops plan ") and "--real" in line
    ]
    assert roles == ["arn:plan", "arn:plan", "arn:deploy", "arn:plan"]
    token = tmp_path / "aws-id-token-6"
    assert token.read_text(encoding="utf-8") == "a-signed-token"
    assert token.stat().st_mode & 0o077 == 0
