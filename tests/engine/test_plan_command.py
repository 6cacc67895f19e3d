"""`python -m ops plan` with a real Terraform, as a person runs it; tests/unit/ops/test_plan_command.py has what it refuses."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ops.cli import app
from ops.offline.assumptions import assumed_account, example_values
from ops.offline.changes import changes
from ops.offline.engine import Engine
from ops.offline.server import StandIns
from ops.plan import OFFLINE_NOTE
from ops.plan.summary import BASE_NOTE
from tests.checkout import ROOT, environment
from tests.terraform_json import Synth

pytestmark = pytest.mark.engine

NAME = "eks-p5-odcr-vpc"
PLATFORM = f"{NAME}-platform"
# What a layout that is to be planned in any region has.
SMALL = "name: small\nregion: {}\nnode_groups:\n  sys: {{instance_type: c5.2xlarge, size: {{min: 1, desired: 1, max: 3}}}}\n"

Run = Callable[..., Result]
Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command in this process, in an empty folder, with none of the caller's variables."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("TF_", "LAYOUT"))]:
        monkeypatch.delenv(name)
    return lambda *arguments: CliRunner().invoke(app, ["plan", *arguments])


@pytest.fixture
def command(engine: Engine, tmp_path: Path) -> Command:
    """Runs the command as a process of its own, in an empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ops", "plan", *arguments],
            cwd=folder,
            env={**environment(), "PYTHONPATH": str(ROOT), **variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def _assumed(stdout: str) -> set[str]:
    """Names of the values that the plan says it made up."""
    _, _, listed = stdout.partition("Values that nobody has set")
    return set(re.findall(r"^  (\w+) = ", listed, re.M))


def _row(stdout: str, stack: str) -> list[str]:
    """A stack's line in the summary."""
    [line] = [line for line in stdout.splitlines() if line.startswith(f"  {stack} ")]
    return line.split()[1:]


def _kept(file: str) -> Any:
    return json.loads(Path(file).read_text(encoding="utf-8"))


def _changed(file: str) -> list[tuple[str, list[str]]]:
    return [(one["type"], one["change"]["actions"]) for one in _kept(file)["resource_changes"]]


def _changes(file: str) -> set[str]:
    return {str(change) for change in changes(_kept(file))}


# Offline


def test_a_person_sees_terraforms_plan_and_what_it_is_worth(command: Command, tmp_path: Path) -> None:
    # Nothing of what a person has set for his own Terraform may matter.
    done = command(
        TF_CLI_ARGS_plan="-destroy", TF_CLI_ARGS="-nonsense", TF_WORKSPACE="mine", TF_DATA_DIR=str(tmp_path / "data"),
        TF_INPUT="1", TF_REATTACH_PROVIDERS="{}", TF_CLI_CONFIG_FILE="nowhere.rc", LAYOUT=NAME,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.findall(r"^Plan: .*$", done.stdout, re.M) == [
        "Plan: 37 to add, 0 to change, 0 to destroy.",
        "Plan: 4 to add, 0 to change, 0 to destroy.",
    ]
    assert 'resource "aws_eks_cluster" "cluster" {' in done.stdout
    assert "Saved the plan" not in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    assert _row(done.stdout, NAME) == ["37", "-", "-", "-"]
    assert _row(done.stdout, PLATFORM) == ["4", "-", "-", "-"]
    assert _assumed(done.stdout) == {
        "availability_zone", "capacity_reservation_id", "gpu_subnet_id", "private_subnet_ids",
        "public_access_cidrs", "vpc_id",
    }  # fmt: skip
    assert done.stdout.endswith(OFFLINE_NOTE + "\n")
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == ["ops plan", "ops plan"]
    assert list((tmp_path / "here").iterdir()) == []
    assert not (tmp_path / "data").exists()


def test_a_terminal_gets_terraforms_colours(engine: Engine, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "ops", "plan", "eks-g4dn", "--stack", "eks-g4dn-platform"],
        cwd=tmp_path,
        env={**environment(), "PYTHONPATH": str(ROOT), "TERM": "xterm"},
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    shown = "".join(_read(ours))
    os.close(ours)
    assert process.wait(timeout=60) == 0
    assert "\x1b[1mPlan:\x1b[0m 4 to add" in shown
    assert "Saved the plan" not in shown


def _read(terminal: int) -> Iterator[str]:
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux says so when the other end has closed
            return
        if not part:
            return
        yield part.decode(errors="replace")


def test_one_stack_can_be_planned_and_kept(run: Run) -> None:
    result = run(NAME, "--stack", PLATFORM, "--json", "plan.json")
    assert result.exit_code == 0, result.output
    assert f"\n{NAME} =" not in result.stdout
    assert "Plan: 4 to add" in result.stdout
    assert _kept("plan.json")["applyable"] is True
    assert sorted(_changed("plan.json")) == [
        ("helm_release", ["create"]),
        ("helm_release", ["create"]),
        ("helm_release", ["create"]),
        ("kubernetes_storage_class_v1", ["create"]),
    ]
    assert _assumed(result.stdout) == set(), "the platform has no variables"


def test_several_layouts_are_planned_in_one_run(run: Run) -> None:
    result = run(f"{NAME},eks-g4dn", "--json", "plan.json")
    assert result.exit_code == 0, result.output
    counts = {
        stack: len(_changed(f"plan.{stack}.json"))
        for stack in (NAME, PLATFORM, "eks-g4dn", "eks-g4dn-platform")
    }
    assert counts[NAME] == 37
    assert counts == {stack: int(_row(result.stdout, stack)[0]) for stack in counts}
    assert sorted(file.name for file in Path().iterdir()) == sorted(f"plan.{stack}.json" for stack in counts)


def test_given_values_are_used_and_not_called_made_up(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_VAR_public_access_cidrs", '["198.51.100.0/24"]')
    monkeypatch.setenv("TF_VAR_vpc_id", "vpc-0aaaaaaaaaaaaaaaa")
    result = run(NAME, "--stack", NAME, "--json", "plan.json", "--var", "vpc_id=vpc-0bbbbbbbbbbbbbbbb",
                 "--var", 'private_subnet_ids=["subnet-0cccccccccccccccc", "subnet-0dddddddddddddddd"]',
                 "--var", "gpu_subnet_id=subnet-0cccccccccccccccc")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert _assumed(result.stdout) == {"availability_zone", "capacity_reservation_id"}
    outputs = _kept("plan.json")["planned_values"]["outputs"]
    assert outputs["vpc_id"]["value"] == "vpc-0bbbbbbbbbbbbbbbb", "--var comes before the environment"
    assert outputs["private_subnet_ids"]["value"] == ["subnet-0cccccccccccccccc", "subnet-0dddddddddddddddd"]
    [cluster] = [
        one["change"]["after"] for one in _kept("plan.json")["resource_changes"] if one["type"] == "aws_eks_cluster"
    ]  # fmt: skip
    assert cluster["vpc_config"][0]["public_access_cidrs"] == ["198.51.100.0/24"]


@pytest.mark.parametrize(
    "value, told",
    [
        ("availability_zone=us-west-2z", "Resource postcondition failed"),
        ("vpc_id=my-vpc", "Invalid value for variable"),
    ],
)
def test_a_plan_that_terraform_refuses_is_a_failure_that_hides_no_other(
    run: Run, value: str, told: str
) -> None:
    result = run(NAME, "--var", value, "--json", "plan.json")
    assert result.exit_code == 1
    assert f"Error: {told}" in result.stdout
    assert f"Terraform refused to plan {NAME}: {told}\n" in result.stdout
    assert _row(result.stdout, NAME) == ["refused"]
    assert _row(result.stdout, PLATFORM) == ["4", "-", "-", "-"]
    assert [file.name for file in Path().iterdir()] == [f"plan.{PLATFORM}.json"]


@pytest.mark.parametrize(
    "region, partition", [("eu-central-1", "aws"), ("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")]
)
def test_any_region_and_partition_can_be_planned(run: Run, region: str, partition: str) -> None:
    Path("small.yaml").write_text(SMALL.format(region), encoding="utf-8")
    result = run("small.yaml", "--json", "plan.json")
    assert result.exit_code == 0, result.output
    policies = [
        one["change"]["after"]["policy_arn"]
        for one in _kept("plan.small.json")["resource_changes"]
        if one["type"] == "aws_iam_role_policy_attachment"
    ]
    assert policies
    assert all(arn.startswith(f"arn:{partition}:iam::aws:policy/") for arn in policies)
    zones = {
        one["change"]["after"]["availability_zone"]
        for one in _kept("plan.small.json")["resource_changes"]
        if one["type"] == "aws_subnet"
    }
    assert {zone[:-1] for zone in zones} == {region}


# Against what another layout or another checkout makes

STORED = """
storage: {buckets: {data: {}}}
workloads:
  training:
    idle: {kind: indexed_job, image: "public.ecr.aws/docker/library/busybox:1.37.0", node_group: sys, nodes: 1, command: [sleep, "60"]}
"""


def test_a_base_shows_what_a_layout_changes_of_it_and_takes_away(run: Run) -> None:
    small = SMALL.format("us-west-2")
    Path("base.yaml").write_text(small + STORED, encoding="utf-8")
    Path("head.yaml").write_text(small.replace("max: 3", "max: 5"), encoding="utf-8")
    same = run("base.yaml", "--base", "base.yaml")
    assert same.exit_code == 0, same.output
    stacks = ("small-data", "small", "small-platform", "small-workloads")
    assert [_row(same.stdout, stack) for stack in stacks] == [["-"] * 4] * 4
    assert same.stdout.endswith(BASE_NOTE.format(base="base.yaml") + "\n")

    result = run("head.yaml", "--base", "base.yaml", "--json", "plan.json")
    assert result.exit_code == 0, result.output
    assert _changes("plan.small.json") == {"update aws_eks_node_group.nodes_sys (scaling_config)"}
    # What keeps the bucket does not keep the plan from being made.
    gone = _changes("plan.small-data.json") | _changes("plan.small-workloads.json")
    assert {"delete aws_s3_bucket.bucket_data", "delete kubernetes_job_v1.training_idle"} <= gone
    assert {change.partition(" ")[0] for change in gone} == {"delete"}
    for stack in ("small-data", "small-workloads"):
        assert f"Only base.yaml has the stack {stack}: " in result.stdout


def test_the_folder_of_another_checkout_is_a_base(run: Run, synth: Synth) -> None:
    for stack in synth(f"extends: {NAME}\nname: {NAME}\n"):
        folder = Path("base", "stacks", stack.name)
        folder.mkdir(parents=True)
        (folder / "cdk.tf.json").write_text(json.dumps(stack.json), encoding="utf-8")
    # The layout has by now what its variables stood for, and another reservation.
    Path("head.yaml").write_text(
        f"""
extends: {NAME}
name: {NAME}
network:
  vpc_id: vpc-0aaaaaaaaaaaaaaaa
  private_subnet_ids: [subnet-0aaaaaaaaaaaaaaaa, subnet-0bbbbbbbbbbbbbbbb]
node_groups:
  p5:
    subnet_ids: [subnet-0aaaaaaaaaaaaaaaa]
    availability_zone: us-west-2b
    capacity: {{reservation_id: cr-0aaaaaaaaaaaaaaaa}}
""",
        encoding="utf-8",
    )
    values = {
        "vpc_id": "vpc-0aaaaaaaaaaaaaaaa", "availability_zone": "us-west-2b",
        "private_subnet_ids": '["subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb"]',
        "gpu_subnet_id": "subnet-0aaaaaaaaaaaaaaaa",
    }  # fmt: skip
    options = [f"--var={name}={value}" for name, value in values.items()]
    result = run("head.yaml", "--base", "base", "--json", "plan.json", *options)
    assert result.exit_code == 0, result.output
    assert _changes(f"plan.{PLATFORM}.json") == set()
    assert {change.partition(" (")[0] for change in _changes(f"plan.{NAME}.json")} == {
        "update aws_eks_node_group.nodes_p5", "update aws_launch_template.nodes_p5_launch_template",
    }  # fmt: skip
    # Without their values, the base has another network, which is there as well: the group has to move.
    other = run("head.yaml", "--base", "base", "--stack", NAME)
    assert other.exit_code == 0, other.output
    assert "  replace aws_eks_node_group.nodes_p5 because of" in other.stdout
    assert {"gpu_subnet_id", "vpc_id"} <= _assumed(other.stdout)


# With the real providers, whose part the stand-ins play


def test_real_plans_with_the_backend_that_the_layout_has(
    command: Command, engine: Engine, synth: Synth, tmp_path: Path
) -> None:
    stacks = synth(f"extends: {NAME}\nname: {NAME}\n")
    loaded = stacks.loaded
    values = example_values(loaded.layout, loaded.variables)
    account = assumed_account(loaded.layout, values)
    account.clusters_assumed = False
    options = [
        f"--var={name}={value if isinstance(value, str) else json.dumps(value)}"
        for name, value in values.items()
    ]
    here = tmp_path / "here"
    where = here / "cdktf.out" / "stacks" / NAME
    with StandIns(account) as stand_ins:
        for stack in stacks:
            stand_ins.serve(stack.json)

        unset = command(NAME, "--real", "--stack", NAME, **stand_ins.environment)
        assert unset.returncode == 1
        assert "No value for required variable" in unset.stderr

        first = command(NAME, "--real", "--json", "plan.json", *options, **stand_ins.environment)
        assert first.returncode == 1
        assert first.stdout.count("Plan: 37 to add") == 1
        assert "\x1b" not in first.stdout + first.stderr
        assert f"No cluster found for name: {NAME}." in first.stderr
        assert f"it can be planned once the stack {NAME} has been deployed" in first.stderr
        assert _row(first.stdout, NAME) == ["37", "-", "-", "-"]
        assert _row(first.stdout, PLATFORM) == ["refused"]
        assert len(_changed(str(here / f"plan.{NAME}.json"))) == 37
        assert OFFLINE_NOTE not in first.stdout

        deployed = engine.run(
            where, "apply", "-auto-approve", "-input=false", *[option[1:] for option in options],
            environment={**environment(), **stand_ins.environment},
        )  # fmt: skip
        assert deployed.status == 0, deployed.text
        assert (here / f"terraform.{NAME}.tfstate").is_file()

        later = command(NAME, "--real", *options, **stand_ins.environment)
        assert later.returncode == 0, later.stderr
        assert "No changes. Your infrastructure matches the configuration." in later.stdout
        assert _row(later.stdout, NAME) == ["-", "-", "-", "-"]
        assert _row(later.stdout, PLATFORM) == ["4", "-", "-", "-"]
        assert stand_ins.defects == []
