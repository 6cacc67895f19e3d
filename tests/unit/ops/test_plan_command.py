"""`python -m ops plan`: what it refuses, and what it asks of a Terraform; tests/engine/test_plan_command.py has a real one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import ops.plan.command
from modules.layout import Loaded
from ops.cli import app

Run = Callable[..., Result]
Engine = Callable[[str], Path]

PLAN = {"resource_changes": [{"address": "aws_vpc.network", "change": {"actions": ["create"]}}]}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command in an empty folder, with none of the caller's layout, variables and Terraform."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    for name in [name for name in os.environ if name.startswith(("TF_", "LAYOUT", "TERRAFORM_"))]:
        monkeypatch.delenv(name)

    def invoke(*arguments: str) -> Result:
        # Absolute: jsii's Node process, which all tests share, has a working directory of its own.
        output = ["--output", str(folder / "out")] if "--real" in arguments else []
        return CliRunner().invoke(app, ["plan", *arguments, *output])

    return invoke


@pytest.fixture
def terraform(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Makes a shell program the Terraform to use; it notes each call, and `$1` is the command."""

    def made(program: str) -> Path:
        binary, calls = tmp_path / "terraform", tmp_path / "calls"
        binary.write_text(f'#!/bin/sh\necho "${{PWD##*/}} $*" >>"{calls}"\n{program}\n', encoding="utf-8")
        binary.chmod(0o755)
        monkeypatch.setenv("TERRAFORM_BINARY_NAME", str(binary))
        return calls

    return made


@pytest.fixture
def unused(terraform: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Terraform is there, and nothing is synthesized: what is wrong is said at once."""

    def synthesize(loaded: list[Loaded], output: str) -> Path:
        raise AssertionError("synthesized all the same")

    terraform("exit 1")
    monkeypatch.setattr(ops.plan.command, "synthesize", synthesize)


def _refusal(result: Result) -> str:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return result.stderr.rstrip("\n")


# Before anything is done


def test_without_terraform_it_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ops.plan.command, "synthesize", None)
    told = _refusal(run("eks-g4dn"))
    assert told.startswith("neither terraform nor tofu is on the PATH. Install Terraform 1.10 or newer")


def test_a_terraform_that_is_not_there_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ops.plan.command, "synthesize", None)
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "terrafrm")
    assert _refusal(run("eks-g4dn")).startswith("TERRAFORM_BINARY_NAME is terrafrm, which is not a program")


@pytest.mark.parametrize(
    "arguments, told",
    [
        (
            ["eks-g4dn", "--stack", "eks-g4dn-plattform"],
            "--stack eks-g4dn-plattform: there is no such stack; did you mean eks-g4dn-platform?",
        ),
        (
            ["eks-g4dn,eks-p5-odcr", "--stack", "x"],
            "--stack x: there is no such stack; there are eks-g4dn, eks-g4dn-platform, eks-p5-odcr, "
            "eks-p5-odcr-platform",
        ),
        (["eks-g4dn", "--var", "public_access_cidrs"], "--var public_access_cidrs: write --var NAME=VALUE"),
        (
            ["eks-g4dn", "--var", 'public_access_cidr=["203.0.113.0/24"]'],
            "--var public_access_cidr: there is no such variable; did you mean public_access_cidrs?",
        ),
        (
            ["eks-g4dn", "--var", "=x"],
            "--var : there is no such variable; there are public_access_cidrs",
        ),
        (
            ["eks-g4dn", "--var", "public_access_cidrs=203.0.113.0/24"],
            "--var: public_access_cidrs: '203.0.113.0/24' is no list of strings. "
            'Write it as JSON: ["203.0.113.0/24"]',
        ),
        (
            ["eks-g4dn", "--json", "nowhere/plan.json"],
            "--json nowhere/plan.json: there is no folder nowhere",
        ),
        (["eks-g4dn", "--json", "."], "--json .: name a file"),
        (["eks-g4dn", "--json", "-"], "--json -: name a file"),
        (
            ["eks-g4dn", "--output", "out"],
            "--output goes with --real: an offline plan leaves no files but those of --json",
        ),
    ],
)
def test_what_does_not_fit_is_refused_at_once(
    unused: None, run: Run, arguments: list[str], told: str
) -> None:
    assert _refusal(run(*arguments)) == told


def test_a_list_in_the_environment_that_is_none_is_traced_to_it(
    unused: None, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_VAR_public_access_cidrs", "203.0.113.0/24")
    assert _refusal(run("eks-g4dn")).startswith(
        "TF_VAR_public_access_cidrs in the environment: public_access_cidrs: '203.0.113.0/24' is no list"
    )


def test_a_list_of_no_layouts_is_refused(unused: None, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYOUT", ",")
    assert _refusal(run()) == "no layout is named"


def test_a_layout_without_variables_says_that_there_are_none(unused: None, run: Run) -> None:
    Path("mine.yaml").write_text(
        "extends: eks-g4dn\nname: mine\ncluster: {endpoint: {public_access_cidrs: [203.0.113.0/24]}}\n"
    )
    told = _refusal(run("mine.yaml", "--var", "vpc_id=vpc-0123456789abcdef0"))
    assert told == "--var vpc_id: there is no such variable; the layout leaves none open"


def test_the_faults_of_a_layout_are_shown(unused: None, run: Run) -> None:
    Path("broken.yaml").write_text(
        "extends: eks-p5-odcr\nname: broken\nnode_groups: {p5: {instance_type: p5.48xlarg}}\n"
    )
    told = _refusal(run("eks-g4dn", "broken.yaml"))
    assert "broken.yaml:3: node_groups.p5.instance_type: " in told
    assert "p5.48xlarge" in told


# What is deployed before

SMALL = """
name: small
region: {}
node_groups:
  sys: {{instance_type: c5.2xlarge, size: {{min: 1, desired: 1, max: 3}}}}
"""


def _stack(folder: str, name: str, document: object) -> None:
    """Puts a stack into a folder as `synth` writes it."""
    file = Path(folder, "stacks", name, "cdk.tf.json")
    file.parent.mkdir(parents=True)
    file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")


@pytest.mark.parametrize(
    "base, told",
    [
        ("", "--base is empty: name a layout, or the folder of another synthesis like ../base/cdktf.out"),
        (
            "empty",
            "--base empty: there is no stacks/*/cdk.tf.json in it; name the output folder of a synthesis, like ../base/cdktf.out",
        ),
        ("broken", "--base broken: broken/stacks/small/cdk.tf.json is no Terraform JSON"),
        (
            "moved",
            "--base moved: small is in us-east-1 there, and the layout has it in us-west-2. Nothing moves from one region to "
            "another: give the cluster of the new region a name of its own, or leave --base out",
        ),
    ],
)
def test_a_base_that_is_none_is_refused_at_once(unused: None, run: Run, base: str, told: str) -> None:
    Path("small.yaml").write_text(SMALL.format("us-west-2"), encoding="utf-8")
    Path("empty").mkdir()
    _stack("broken", "small", "{")
    _stack("moved", "small", {"provider": {"aws": [{"region": "us-east-1"}]}})
    assert _refusal(run("small.yaml", "--base", base)) == told


def test_a_base_that_is_no_layout_is_a_fault_like_any_other(unused: None, run: Run) -> None:
    assert "did you mean" in _refusal(run("eks-g4dn", "--base", "eks-g4dm")).lower()


def test_a_base_does_not_go_with_the_real_account(unused: None, run: Run) -> None:
    told = _refusal(run("eks-g4dn", "--real", "--base", "eks-g4dn"))
    assert told == "--base goes without --real, which plans against what is deployed"


def test_variables_and_stacks_of_the_base_can_be_named(unused: None, run: Run) -> None:
    Path("small.yaml").write_text(SMALL.format("us-west-2"), encoding="utf-8")
    own = {"vpc": {"type": "string"}, "zones": {"type": "list(string)"}}
    _stack("out", "small-workloads", {"variable": own})
    assert _refusal(run("small.yaml", "--base", "out", "--stack", "small-workload")).endswith(
        "did you mean small-workloads?"
    )
    assert _refusal(run("small.yaml", "--base", "out", "--var", "vp=x")).endswith("did you mean vpc?")


def test_a_variable_of_an_older_language_has_to_be_given(terraform: Engine, run: Run) -> None:
    terraform("exit 1")
    Path("small.yaml").write_text(SMALL.format("us-west-2"), encoding="utf-8")
    _stack("out", "small", {"variable": {"old": {"type": "string"}}})
    result = run("small.yaml", "--base", "out")
    assert result.exit_code == 2
    assert result.stderr.endswith(
        "--base out: this version does not know what its variable old may hold; give it by --var old=VALUE\n"
    )


def test_a_base_that_cannot_be_deployed_says_what_terraform_says(terraform: Engine, run: Run) -> None:
    terraform('case "$1" in apply) echo "Error: No such thing" >&2; exit 1;; esac')
    Path("small.yaml").write_text(SMALL.format("us-west-2"), encoding="utf-8")
    _stack("out", "small", {})
    result = run("small.yaml", "--base", "out", "--json", "plan.json")
    assert result.exit_code == 2
    assert result.stderr.endswith(
        "--base out: its stack small cannot be deployed on the stand-ins, so there is nothing to compare with. "
        "Terraform says:\nError: No such thing\n"
    )
    assert not Path("plan.small.json").exists()


def test_another_cluster_is_no_base_and_that_is_said(terraform: Engine, run: Run) -> None:
    calls = terraform(ANSWERS)
    Path("small.yaml").write_text(SMALL.format("us-west-2"), encoding="utf-8")
    _stack("out", "smal", {})
    result = run("small.yaml", "--base", "out")
    assert result.exit_code == 0, result.output
    assert "out has no stack of the cluster small: all of it is shown as new.\n" in result.stdout
    assert "out also has smal, which none of the layouts here makes." in result.stdout
    assert " apply " not in calls.read_text(encoding="utf-8")


# What Terraform is asked, and what is made of its answers

ANSWERS = f"""
case "$1" in
    show) echo '{json.dumps(PLAN)}';;
    plan) echo 'Plan: 1 to add'; exit 2;;
esac"""


def test_a_warning_about_the_layout_stops_nothing(terraform: Engine, run: Run) -> None:
    terraform(ANSWERS)
    Path("mine.yaml").write_text("extends: eks-g4dn\nname: mine\ntags: {team: var.team}\n")
    result = run("mine.yaml")
    assert result.exit_code == 0, result.output
    assert result.stderr.count("tags.team: warning: ") == 1


def test_what_is_not_terraform_is_noticed(terraform: Engine, run: Run) -> None:
    terraform("exit 0")
    result = run("eks-g4dn")
    assert result.exit_code == 2
    assert result.stderr.endswith("answers `show -json` with no JSON\n")


def test_what_cannot_be_executed_is_named(terraform: Engine, run: Run, tmp_path: Path) -> None:
    terraform("exit 0")
    (tmp_path / "terraform").write_text("\0", encoding="utf-8")
    result = run("eks-g4dn")
    assert result.exit_code == 2
    assert result.stderr.endswith(f"{tmp_path / 'terraform'}: cannot be used: Exec format error\n")


def test_a_file_that_cannot_be_written_after_all_is_named(terraform: Engine, run: Run) -> None:
    terraform(ANSWERS)
    Path("plan.eks-g4dn.json").mkdir()
    result = run("eks-g4dn", "--json", "plan.json")
    assert result.exit_code == 2
    assert result.stderr.endswith("plan.eks-g4dn.json: cannot be written: Is a directory\n")
    assert "Plan: 1 to add" in result.stdout, "the plan has been shown"


def test_the_plan_of_a_stack_that_is_refused_now_does_not_stay(terraform: Engine, run: Run) -> None:
    terraform(f'case "$PWD $1" in *-platform\\ plan) echo "Error: No chart"; exit 1;; esac{ANSWERS}')
    for stack in ("eks-g4dn", "eks-g4dn-platform"):
        Path(f"plan.{stack}.json").write_text("old", encoding="utf-8")
    result = run("eks-g4dn", "--json", "plan.json")
    assert result.exit_code == 1
    assert json.loads(Path("plan.eks-g4dn.json").read_text(encoding="utf-8")) == PLAN
    assert not Path("plan.eks-g4dn-platform.json").exists()
    assert "Terraform refused to plan eks-g4dn-platform: No chart\n" in result.stdout


# With the real providers


def test_real_runs_terraform_where_cdktf_does(terraform: Engine, run: Run) -> None:
    calls = terraform(ANSWERS)
    result = run(
        "eks-g4dn", "--real", "--json", "plan.json",
        "--var", 'public_access_cidrs=["203.0.113.0/24"]',
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    said = [line.split() for line in calls.read_text(encoding="utf-8").splitlines()]
    assert [(where, command) for where, command, *_ in said] == [
        (stack, command)
        for stack in ("eks-g4dn", "eks-g4dn-platform")
        for command in ("init", "plan", "show")
    ]
    assert [options[-1] for _, command, *options in said if command == "plan"] == [
        '-var=public_access_cidrs=["203.0.113.0/24"]',
        "-no-color",  # the platform has no variables
    ]
    assert (Path("out") / "stacks" / "eks-g4dn" / "cdk.tf.json").is_file()
    assert json.loads(Path("plan.eks-g4dn-platform.json").read_text(encoding="utf-8")) == PLAN
    assert "empty account" not in result.stdout


def test_real_lets_terraform_end_before_it_stops(terraform: Engine, run: Run) -> None:
    # As Ctrl-C does, which reaches both: Terraform has a lock to give back.
    calls = terraform(
        'test "$1" = init || { kill -INT $PPID; sleep 0.5; echo unlocked >>"${0%/*}/calls"; exit 1; }'
    )
    result = run("eks-g4dn", "--real")
    assert result.exit_code == 130
    said = [line.split()[:2] for line in calls.read_text(encoding="utf-8").splitlines()]
    assert said == [["eks-g4dn", "init"], ["eks-g4dn", "plan"], ["unlocked"]]


def test_real_fails_where_terraform_does(terraform: Engine, run: Run) -> None:
    terraform(f'case "$PWD $1" in *-platform\\ plan) exit 1;; esac{ANSWERS}')
    result = run("eks-g4dn", "--real")
    assert result.exit_code == 1
    assert "it can be planned once the stack eks-g4dn has been deployed" in result.stderr
    assert "Terraform refused to plan eks-g4dn-platform: see above" in result.stdout
