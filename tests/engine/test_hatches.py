"""Overrides and extensions of a layout in Terraform's own plan; tests/unit/constructs has what they do to the JSON."""

from __future__ import annotations

import base64
import io
import json
import os
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ops.cli import app
from ops.offline.account import Account
from ops.offline.changes import changes
from ops.offline.engine import Engine, Workspace
from ops.offline.schema import BindingPackage
from ops.offline.server import StandIns
from tests.checkout import ROOT
from tests.offline import succeeded

pytestmark = pytest.mark.engine

LAYOUT = """\
name: hatch
region: us-west-2
node_groups:
  sys: {instance_type: c5.2xlarge, size: {min: 1, desired: 1, max: 3}}
"""
GROUP = "aws_eks_node_group.nodes_sys"
EXAMPLE = ROOT / "docs" / "examples" / "hatches"
Run = Callable[..., Result]


@pytest.fixture
def run(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`ops plan` of LAYOUT's cluster with more lines."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("TF_", "LAYOUT"))]:
        monkeypatch.delenv(name)

    def plan(more: str, *arguments: str) -> Result:
        Path("layout.yaml").write_text(LAYOUT + more)
        return CliRunner().invoke(app, ["plan", "./layout.yaml", "--stack", "hatch", *arguments])

    return plan


def test_the_example_of_the_docs_is_planned_with_all_that_it_adds(run: Run, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["plan", str(EXAMPLE / "cluster.yaml"), "--stack", "mine", "--json", str(tmp_path / "plan.json")]
    )
    assert done.exit_code == 0, done.output
    plan = json.loads((tmp_path / "plan.json").read_text())
    after = {one["address"]: one["change"]["after"] for one in plan["resource_changes"]}
    own = {
        "aws_sns_topic.nodes_failed",
        "aws_cloudwatch_metric_alarm.nodes_failed_alarm",
        "aws_ssm_parameter.endpoint",
    }
    assert own | {"terraform_data.marker"} <= {one.address for one in changes(plan)}
    group = after["aws_eks_node_group.nodes_p5"]
    assert group["timeouts"]["create"] == "90m"
    # The alias has no tags: those are not mistaken for the main provider's.
    assert group["tags_all"] == {
        "cdktf-eks-training/cluster": "mine",
        "example.com/owner": "mine-nodes-failed",
    }
    template = after["aws_launch_template.nodes_p5_launch_template"]
    assert template["metadata_options"][0]["instance_metadata_tags"] == "enabled"
    assert template["block_device_mappings"][0]["ebs"][0]["snapshot_id"] == "snap-0123456789abcdef0"


def test_a_wrong_argument_is_refused_with_the_line_of_the_layout(run: Run) -> None:
    done = run(f"overrides:\n  {GROUP}:\n    update_config.max_unavailble: 3\n    version: [x]\n")
    assert done.exit_code == 1
    told = f"layout.yaml:7: overrides.{GROUP}.update_config.max_unavailble: aws_eks_node_group.update_config has no argument"
    assert told in done.output
    assert "Did you mean max_unavailable?" in done.output
    assert f"layout.yaml:8: overrides.{GROUP}.version" in done.output


def test_what_terraform_alone_can_refuse_names_the_line_too(run: Run) -> None:
    done = run(f"overrides:\n  {GROUP}:\n    tags: ${{aws_vpc.gone.tags}}\n")
    assert done.exit_code == 1
    assert "Reference to undeclared resource" in done.output
    assert f"layout.yaml:7: overrides.{GROUP}.tags" in done.output


def test_an_address_that_there_is_not_stops_before_any_plan(run: Run) -> None:
    done = run("overrides:\n  aws_eks_node_group.nodes_sis: {version: x}\n")
    assert done.exit_code == 2
    assert "layout.yaml:6: overrides.aws_eks_node_group.nodes_sis: no stack of the layout has" in done.output
    assert f"Did you mean {GROUP}" in done.output
    assert "planning" not in done.output


def test_a_provider_that_the_project_does_not_know_has_a_stand_in_by_its_bindings(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install_toy(tmp_path / "site", monkeypatch)
    document = {
        "terraform": {
            "required_providers": {"toy": {"source": "registry.terraform.io/acme/toy", "version": "1.2.3"}}
        },
        "provider": {"toy": [{}]},
        "resource": {"toy_topic": {"x": {"name": "a"}}},
        "output": {"arn": {"value": "${toy_topic.x.arn}"}},
    }
    with StandIns(Account()) as stand_ins:
        workspace = Workspace(engine, tmp_path / "toy", stand_ins).configure(document)
        succeeded(workspace.init())
        succeeded(workspace.apply())
        assert workspace.state["toy_topic.x"]["name"] == "a"
        assert workspace.plan().empty
        wrong: Mapping[str, Any] = {**document, "resource": {"toy_topic": {"x": {"nam": "a"}}}}
        assert 'No argument or block type is named "nam"' in workspace.configure(wrong).plan().step.text
        succeeded(workspace.configure(document).destroy())
        assert stand_ins.defects == []


def _install_toy(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bindings of a provider `toy`, whose one resource is made as aws_sns_topic is."""
    modules = {
        "provider": BindingPackage("kubernetes").sources.typescript("provider"),
        "topic": BindingPackage("aws").sources.typescript("sns-topic"),
    }
    folder = site / "cdktf_cdktf_provider_toy" / "_jsii"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    with tarfile.open(folder / "provider-toy@1.2.3.jsii.tgz", "w:gz") as archive:
        for name, text in modules.items():
            map_ = base64.b64encode(json.dumps({"sourcesContent": [text]}).encode()).decode()
            content = f"var a;\n//# sourceMappingURL=data:application/json;base64,{map_}".encode()
            member = tarfile.TarInfo(f"package/lib/{name}/index.js")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("XDG_CACHE_HOME", str(site / "cache"))
