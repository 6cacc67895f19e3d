"""The real deploy and destroy of cdktf-cli and cdktn-cli, on stand-ins for the providers in the process of the test."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from modules.bindings.flavor import CDKTF, CDKTN, Flavor
from ops.offline.account import Account
from ops.offline.assumptions import assumed_account, example_values
from ops.offline.engine import Engine
from ops.offline.provider import Fault, Operation
from ops.offline.server import StandIns
from tests.checkout import environment
from tests.e2e.conftest import Cdktf
from tests.terraform_json import Stacks, Synth

pytestmark = [pytest.mark.e2e, pytest.mark.engine]

NAME = "eks-p5-odcr-vpc"
# Else cdktf-cli asks the registry for the providers' checksums.
OPTIONS = ("--auto-approve", "--skip-provider-lock")
CAPACITY = "InsufficientInstanceCapacity: We currently do not have sufficient p5.48xlarge capacity"


@dataclass
class Site:
    """An account that refuses what AWS refuses, and what is done in it."""

    account: Account
    values: Mapping[str, Any]
    environment: Mapping[str, str] = field(default_factory=dict)
    done: list[Operation] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)

    def record(self, operation: Operation) -> Fault | None:
        """Notes an operation, and lets the creation of what is to fail fail."""
        if operation.action == "create" and operation.id in self.failing:
            return Fault(CAPACITY)
        self.done.append(operation)
        return None


@contextmanager
def site(stacks: Stacks, folder: Path, flavor: Flavor = CDKTF) -> Iterator[Site]:
    """An account for a layout, with stand-ins that a Terraform of any process can use."""
    loaded = stacks.loaded
    values = example_values(loaded.layout, loaded.variables)
    account = assumed_account(loaded.layout, values)
    account.clusters_assumed = False
    here = Site(account, values)
    with StandIns(account, here.record, flavor) as stand_ins:
        for stack in stacks:
            stand_ins.serve(stack.json)
        settings = folder / "terraform.rc"
        settings.write_text("", encoding="utf-8")
        here.environment = {
            **stand_ins.environment,
            **{f"TF_VAR_{name}": _text(value) for name, value in values.items()},
            "TF_CLI_CONFIG_FILE": str(settings),
        }
        yield here
        assert stand_ins.defects == []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _preset(synth: Synth, name: str) -> Stacks:
    return synth(f"extends: {name}\nname: {name}\n")


def _state(checkout: Path, stack: str) -> int:
    """How many resources a stack's state has, where the backend of the layout says that it is."""
    state = json.loads((checkout / f"terraform.{stack}.tfstate").read_text(encoding="utf-8"))
    return sum(len(one["instances"]) for one in state["resources"] if one["mode"] == "managed")


def _said(done: subprocess.CompletedProcess[str]) -> str:
    """What it wrote, on one line, without colours and frames."""
    return " ".join(re.sub(r"\x1b\[[\d;]*m|[│╷╵]", " ", done.stdout + done.stderr).split())


def _providers(operations: Iterable[Operation]) -> list[str]:
    """The providers that were asked, in order: what follows one another of the same is one."""
    names = ["aws" if one.type_name.startswith("aws_") else "in the cluster" for one in operations]
    return [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name]


def _make(target: str, checkout: Path, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", target, f"ARGS={' '.join(OPTIONS)}"],
        cwd=checkout,
        env={**environment(), **variables, "LAYOUT": NAME},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@dataclass
class Life:
    """What a person has seen of a layout: `cdktf deploy`, which fails, `make deploy`, and `make destroy`."""

    at: Site
    failed: subprocess.CompletedProcess[str]
    after_failure: set[str]
    deployed: subprocess.CompletedProcess[str]
    creations: list[Operation]
    resources: int
    states: list[int]
    destroyed: subprocess.CompletedProcess[str]
    deletions: list[Operation]


@pytest.fixture(scope="module")
def life(
    engine: Engine, checkout: Path, cdktf: Cdktf, synth: Synth, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Life]:
    """LAYOUT=eks-p5-odcr-vpc; the first deploy finds no capacity for the GPU nodes."""
    with site(_preset(synth, NAME), tmp_path_factory.mktemp("site")) as at:
        at.failing = {f"{NAME}:p5"}
        failed = cdktf("deploy", "*", *OPTIONS, LAYOUT=NAME, **at.environment)
        at.failing = set()
        after_failure = {kind for kind, _ in at.account.resources}
        deployed = _make("deploy", checkout, at.environment)
        creations = at.done.copy()
        at.done.clear()
        resources = len(at.account.resources)
        states = [_state(checkout, NAME), _state(checkout, f"{NAME}-platform")]
        destroyed = _make("destroy", checkout, at.environment)
        yield Life(
            at, failed, after_failure, deployed, creations, resources, states, destroyed, at.done.copy()
        )


def test_a_deploy_without_capacity_says_so_and_leaves_the_platform_alone(life: Life) -> None:
    assert life.failed.returncode != 0
    assert CAPACITY in _said(life.failed)
    assert "aws_eks_cluster" in life.after_failure
    assert {kind for kind in life.after_failure if not kind.startswith("aws_")} == set()


def test_the_next_deploy_makes_the_rest_and_prints_the_outputs(life: Life) -> None:
    assert life.deployed.returncode == 0, life.deployed.stdout + life.deployed.stderr
    assert life.resources == len(life.creations) == len({(one.type_name, one.id) for one in life.creations})
    assert {one.action for one in life.creations} == {"create"}
    assert f"cluster_name = {NAME}\n" in life.deployed.stdout
    assert f"vpc_id = {life.at.values['vpc_id']}\n" in life.deployed.stdout


def test_the_cluster_is_deployed_before_what_runs_in_it(life: Life) -> None:
    assert _providers(life.creations) == ["aws", "in the cluster"]


def test_each_state_is_where_the_layouts_backend_says(life: Life, synth: Synth) -> None:
    stacks = _preset(synth, NAME)
    releases = len(stacks.platform.resources("helm_release"))
    assert releases > 0
    assert life.states[1] == releases + len(stacks.platform.resources("kubernetes_storage_class_v1"))
    assert sum(life.states) == life.resources


def test_destroy_goes_the_other_way_and_leaves_nothing(life: Life, checkout: Path) -> None:
    assert life.destroyed.returncode == 0, life.destroyed.stdout + life.destroyed.stderr
    assert _providers(life.deletions) == ["in the cluster", "aws"]
    assert {(one.type_name, one.id) for one in life.deletions} == {
        (one.type_name, one.id) for one in life.creations
    }
    assert life.at.account.resources == {}
    assert [_state(checkout, NAME), _state(checkout, f"{NAME}-platform")] == [0, 0]


def test_cdk_terrain_deploys_and_destroys_the_same(
    engine: Engine, checkout: Path, terrain: Callable[[str], Stacks], tmp_path: Path
) -> None:
    """`make deploy` and `make destroy` with cdktn-cli, where CDK_FLAVOR says so."""
    stacks = terrain(NAME)
    with site(stacks, tmp_path, CDKTN) as at:
        variables = {**at.environment, "CDK_FLAVOR": "cdktn"}
        deployed = _make("deploy", checkout, variables)
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        creations = at.done.copy()
        at.done.clear()
        states = [_state(checkout, NAME), _state(checkout, f"{NAME}-platform")]
        destroyed = _make("destroy", checkout, variables)
        assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
    assert f"cluster_name = {NAME}\n" in deployed.stdout
    assert _providers(creations) == ["aws", "in the cluster"]
    assert sum(states) == len(creations) == len({(one.type_name, one.id) for one in creations})
    lock = (checkout / "cdktf.out" / "stacks" / NAME / "cdk.tf.json").read_text(encoding="utf-8")
    assert '"hashicorp/aws"' in lock
    assert _providers(at.done) == ["in the cluster", "aws"]
    assert at.account.resources == {}


def test_the_platform_cannot_be_deployed_before_the_cluster(
    engine: Engine, cdktf: Cdktf, synth: Synth, tmp_path: Path
) -> None:
    with site(_preset(synth, NAME), tmp_path) as at:
        alone = cdktf("deploy", f"{NAME}-platform", *OPTIONS, LAYOUT=NAME, **at.environment)
        forced = cdktf(
            "deploy",
            f"{NAME}-platform",
            "--ignore-missing-stack-dependencies",
            *OPTIONS,
            LAYOUT=NAME,
            **at.environment,
        )
    assert alone.returncode != 0
    assert f"not included in the stacks to run: {NAME}." in _said(alone)
    assert forced.returncode != 0
    assert f"No cluster found for name: {NAME}." in _said(forced)
    assert at.done == []
