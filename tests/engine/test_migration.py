"""From CDKTF to CDK Terrain, and back: what docs/leaving-cdktf.md says beside the empty plans of test_lifecycle.py."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from modules.bindings.flavor import CDKTF, CDKTN
from ops.cli import app
from ops.offline.engine import Engine
from ops.offline.server import StandIns
from tests.checkout import ROOT, environment
from tests.offline import Offline, destroyed, edited, one_line, planned, succeeded
from tests.terraform_json import Stacks, Synth
from tests.terrain import LAYOUTS

pytestmark = pytest.mark.engine

# The smallest with namespaces and all that runs in them.
NAME = "training-workers"
PAGE = (ROOT / "docs" / "leaving-cdktf.md").read_text(encoding="utf-8")

Terrain = Callable[[str], Stacks]


@pytest.fixture(scope="module")
def deployed(
    engine: Engine, synth: Synth, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Offline]]:
    """Workloads that CDKTF's providers have made: copies of one deployment, whose cluster is taken to be there."""
    root = tmp_path_factory.mktemp("migration")
    count = iter(range(1000))
    with Offline(engine, root / "base", synth(LAYOUTS[NAME]), flavor=CDKTF) as offline:
        offline.account.clusters_assumed = True
        succeeded(offline.workloads.apply())
        for workspace in (offline.cluster, offline.platform):
            (workspace.folder / "terraform.tfstate").write_text('{"version": 4}', encoding="utf-8")

        def copy() -> Offline:
            made = offline.copy(root / str(next(count)))
            made.account.clusters_assumed = True
            return made

        yield copy


def test_a_flavour_that_replaced_something_would_be_seen(
    deployed: Callable[[], Offline], terrain: Terrain, tmp_path: Path
) -> None:
    """One argument written otherwise is a replacement, as between any two versions of a layout."""

    def renamed(document: dict[str, Any]) -> None:
        document["resource"]["kubernetes_service_v1"]["training_worker__service"]["metadata"]["name"] = (
            "other"
        )

    stacks = terrain(NAME)
    with deployed() as offline, offline.handed_over(tmp_path / "terrain", stacks, CDKTN) as other:
        other.account.clusters_assumed = True
        assert planned(other.workloads) == []
        other.workloads.configure(edited(stacks.workloads, renamed))
        assert [str(change) for change in planned(other.workloads)] == [
            "replace kubernetes_service_v1.training_worker__service because of metadata.0.name"
        ]


def test_a_namespace_of_the_older_provider_changes_only_where_nothing_is_read_anew(
    deployed: Callable[[], Offline], synth: Synth, terrain: Terrain, tmp_path: Path
) -> None:
    """Before 3.3.0, an unset generate_name is "" in the state; from then on it is null, which a refresh puts right."""
    address = "kubernetes_namespace_v1.namespace_distributed_training"
    with deployed() as offline:
        file = offline.workloads.folder / "terraform.tfstate"
        state = json.loads(file.read_text(encoding="utf-8"))
        [namespace] = [one for one in state["resources"] if one["type"] == "kubernetes_namespace_v1"]
        namespace["instances"][0]["attributes"]["metadata"][0]["generate_name"] = ""
        file.write_text(json.dumps(state), encoding="utf-8")
        with offline.handed_over(tmp_path / "terrain", terrain(NAME), CDKTN) as other:
            other.account.clusters_assumed = True
            assert planned(other.workloads) == []
            [change] = planned(other.workloads, "-refresh=false")
            assert (change.verb, change.address, change.arguments) == ("update", address, ("metadata",))
            succeeded(other.workloads.apply("-refresh=false"))
            assert planned(other.workloads, "-refresh=false") == []
            # And back again: to the older provider, null is the same.
            with other.handed_over(tmp_path / "back", synth(LAYOUTS[NAME]), CDKTF) as back:
                back.account.clusters_assumed = True
                assert planned(back.workloads) == []


def test_back_at_the_older_provider_a_state_has_to_be_read_anew_first(
    engine: Engine, synth: Synth, terrain: Terrain, tmp_path: Path
) -> None:
    """What a data source told the newer provider is not in the older one's schema."""
    with Offline(engine, tmp_path / "terrain", terrain(NAME), flavor=CDKTN) as offline:
        offline.account.clusters_assumed = True
        succeeded(offline.workloads.apply())
        for workspace in (offline.cluster, offline.platform):
            (workspace.folder / "terraform.tfstate").write_text('{"version": 4}', encoding="utf-8")
            (workspace.folder / ".terraform").mkdir(exist_ok=True)
        with offline.handed_over(tmp_path / "back", synth(LAYOUTS[NAME]), CDKTF) as other:
            other.account.clusters_assumed = True
            step = other.workloads.destroy("-refresh=false")
            assert step.status == 1
            assert "data could not be decoded from the state: unsupported attribute" in one_line(step.stderr)
            succeeded(other.workloads.apply("-refresh-only"))
            destroyed(other.workloads)


def test_a_pull_request_that_switches_the_flavour_changes_nothing(
    synth: Synth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the page shows it, command by command."""
    for stack in synth(LAYOUTS[NAME]):
        folder = tmp_path / "before" / "stacks" / stack.name
        folder.mkdir(parents=True)
        (folder / "cdk.tf.json").write_text(json.dumps(stack.json), encoding="utf-8")
    done = _ops(tmp_path, "plan", NAME, "--base", "before", "--json", "plan.json", CDK_FLAVOR="cdktn")
    assert done.returncode == 0, done.stderr
    stacks = (NAME, f"{NAME}-platform", f"{NAME}-workloads")
    assert done.stdout.count("No changes. Your infrastructure matches the configuration.") == len(stacks)
    monkeypatch.chdir(tmp_path)
    files = [f"plan.{stack}.json" for stack in stacks]
    reviewed = CliRunner().invoke(app, ["review", *files, "--layout", NAME])
    assert reviewed.exit_code == 0, reviewed.output
    planned_shown, reviewed_shown = re.findall(r"^```text\n(.*?)^```$", PAGE, re.M | re.S)[1:3]
    told = [line.rstrip() for line in done.stdout.splitlines()]
    assert [line for line in planned_shown.splitlines() if line not in told] == []
    assert reviewed.output.startswith(reviewed_shown)


def test_a_real_plan_with_the_other_flavour_is_empty_and_so_is_one_of_the_export(
    engine: Engine, synth: Synth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    with Offline(engine, tmp_path / "deployed", synth(SMALL), flavor=CDKTF) as offline:
        succeeded(offline.cluster.apply())
        # Where the stack's own backend looks for it.
        shutil.copy(offline.cluster.folder / "terraform.tfstate", tmp_path / "terraform.small.tfstate")
        options = [f"--var={name}={json.dumps(value)}" for name, value in offline.variables.items()]
        with StandIns(offline.account, flavor=CDKTN) as terrain:
            terrain.serve(offline.cluster.document)
            done = _ops(
                tmp_path, "plan", "small.yaml", "--real", "--stack", "small", *options,
                CDK_FLAVOR="cdktn", **terrain.environment,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            assert "No changes. Your infrastructure matches the configuration." in done.stdout
            assert terrain.defects == []
        # And exported, the same stack finds the same state.
        monkeypatch.chdir(tmp_path)
        exported = CliRunner().invoke(app, ["export", "small.yaml", "--output", "plain"])
        assert exported.exit_code == 0, exported.output
        plain = tmp_path / "plain" / "small"
        variables = {"TF_VAR_" + name: json.dumps(value) for name, value in offline.variables.items()}
        around = {**environment(), **offline.stand_ins.environment, **variables}
        assert engine.run(plain, "init", environment=around).status == 0
        plan = engine.run(plain, "plan", "-no-color", environment=around)
        assert "No changes. Your infrastructure matches the configuration." in plan.stdout, plan.text


SMALL = """\
name: small
region: us-west-2
node_groups:
  sys: {instance_type: c5.2xlarge, size: {min: 1, desired: 1, max: 3}}
"""


def _ops(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ops", *arguments],
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
