"""Every command that the documentation shows is run, or checked as far as a machine without an account can."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modules.layout import load, preset_names
from tests.checkout import ROOT, copied, environment

pytestmark = pytest.mark.e2e

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

# Run as they stand, in a copy of the checkout, in this order. They have to succeed.
RUN = (
    "make synth",
    "make synth LAYOUT=eks-p5-odcr",
    "make synth LAYOUT=eks-g4dn,eks-p5-odcr",
    "make synth LAYOUT=my-cluster.yaml",
    "make import-eksctl FILE=cluster.yaml",
    "make plan LAYOUT=llm-train.yaml",
    "make presets",
    'make new ARGS="my-training --from eks-p5-odcr"',
    'make new ARGS="my-training --from eks-p5-odcr --force --region us-east-2 --var availability_zone=us-east-2b '
    '--var capacity_reservation_id=cr-0123456789abcdef0 --set node_groups.p5.size.max=16"',
    "make show LAYOUT=my-training.yaml ARGS=--origins",
    "make plan LAYOUT=my-training.yaml",
    "make setup",
    "LAYOUT=eks-p5-odcr npx cdktf synth",
    "make docs",
    "make policy LAYOUT=eks-p5-odcr",
    "make plan LAYOUT=eks-p5-odcr-vpc",
    ".venv/bin/python -m ops plan eks-p5-odcr --var availability_zone=us-west-2b",
    'make plan LAYOUT=my-cluster.yaml ARGS="--stack llm-training --json plan.json"',
    ".venv/bin/python -m ops nccl-test eks-p5-odcr -o nccl-test-p5.yaml",
    "make plan LAYOUT=my-server.yaml",
    "make plan LAYOUT=my-storage.yaml",
    "make plan LAYOUT=my-job.yaml",
    "make plan LAYOUT=our-cluster.yaml",
    "make plan LAYOUT=my-model.yaml",
    "make plan LAYOUT=my-server-image.yaml",
)
# Ask an AWS account or a cluster: only what make would run is looked at.
DRY_RUN = re.compile(r"make (deploy|destroy) LAYOUT=\S+")
# Presets that the pages plan as they are: all in one run.
PLANNED = re.compile(r"make plan LAYOUT=((?:eks|ml|training)-[a-z0-9-]+)")
KUBECONFIG = re.compile(r"aws eks update-kubeconfig --region (\S+) --name (\S+)")
# Run by other tests, or by the run that this test is part of.
ELSEWHERE = {
    "make plan LAYOUT=eks-g4dn ARGS=--real": "tests/engine/test_plan_command.py",
    ".venv/bin/python -m ops show eks-p5-odcr --diff my-training.yaml": "tests/unit/docs/test_layouts_page.py",
    ".venv/bin/python -m ops nccl-test eks-p5-odcr --apply --wait --save-log nccl-test-p5.log": "tests/unit/docs/test_nccl_page.py",
    ".venv/bin/python -m ops nccl-test --parse nccl-test-p5.log": "tests/unit/docs/test_nccl_page.py",
    "make": "tests/e2e/test_make.py",
    "make help": "tests/e2e/test_make.py",
    "make test": "the command that runs this",
    "make lint": ".ci/run",
    "make format": "changes the checkout",
    "make bench": "prints measurements; minutes",
    "make clean": "tests/e2e/test_make.py",
    "export TF_VAR_public_access_cidrs='[\"203.0.113.0/24\"]'": "test_the_variables_that_the_docs_set_exist",
    "aws eks update-nodegroup-config --cluster-name eks-p5-odcr --nodegroup-name p5 "
    "--update-config maxUnavailable=1,updateStrategy=MINIMAL": "test_eks_knows_the_update_strategy",
}


def _commands(page: Path) -> Iterator[str]:
    for block in re.findall(r"^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S):
        for line in block.replace("\\\n", " ").splitlines():
            command = re.sub(r"\s+#.*$", "", line).strip()
            if command and not command.startswith("#"):
                yield command


SHOWN = sorted({command for page in PAGES if page.is_file() for command in _commands(page)})
KUBECTL = [command for command in SHOWN if command.startswith("kubectl ")]
DRY = [command for command in SHOWN if DRY_RUN.fullmatch(command)]
PRESETS = [match[1] for command in SHOWN if command not in RUN and (match := PLANNED.fullmatch(command))]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout that shares what make has set up."""
    shared = (".tools", ".venv", ".checkov", ".torch", "node_modules")
    copy = copied(tmp_path_factory.mktemp("docs") / "checkout", *shared)
    for page in PAGES:
        content = page.read_text(encoding="utf-8")
        for name, text in re.findall(r"^```yaml\n# (\S+\.yaml)\n(.*?)^```$", content, re.M | re.S):
            (copy / name).write_text(f"# {name}\n{text}", encoding="utf-8")
    return copy


def _run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_every_command_shown_is_tested_somewhere() -> None:
    known = {*RUN, *DRY, *ELSEWHERE, *KUBECTL, *(f"make plan LAYOUT={name}" for name in PRESETS)}
    unknown = [
        command
        for command in SHOWN
        if command not in known
        and not command.startswith("make test ARGS=")
        and not KUBECONFIG.fullmatch(command)
    ]
    assert unknown == []


@pytest.mark.parametrize("command", [command for command in RUN if command in SHOWN])
def test_a_shown_command_succeeds(command: str, checkout: Path, request: pytest.FixtureRequest) -> None:
    if "plan" in command:
        request.getfixturevalue("engine")
    done = _run(command, checkout)
    assert done.returncode == 0, done.stdout + done.stderr
    if "synth" in command:
        layout = re.search(r"LAYOUT=(\S+)", command)
        assert json.loads((checkout / "cdktf.out" / "manifest.json").read_text(encoding="utf-8"))["stacks"], (
            layout
        )


def test_the_layout_that_the_docs_show_is_what_the_import_writes(checkout: Path) -> None:
    (checkout / "llm-train.yaml").unlink(missing_ok=True)
    assert _run("make import-eksctl FILE=cluster.yaml", checkout).returncode == 0
    written = (checkout / "llm-train.yaml").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "eksctl.md").read_text(encoding="utf-8")
    assert f"```yaml\n{written}```" in page


@pytest.mark.usefixtures("engine")
def test_the_presets_that_the_docs_plan_are_planned(checkout: Path) -> None:
    assert set(PRESETS) <= set(preset_names())
    done = _run(f"make plan LAYOUT={','.join(PRESETS)}", checkout)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("command", DRY)
def test_deploy_and_destroy_hand_all_stacks_of_the_layout_to_cdktf(command: str, checkout: Path) -> None:
    done = _run(f"{command} --dry-run", checkout)
    assert done.returncode == 0, done.stderr
    verb = command.split()[1]
    assert f"npx cdktf {verb} '*'" in done.stdout


def test_the_variables_that_the_docs_set_exist() -> None:
    set_ = {name for command in SHOWN for name in re.findall(r"export TF_VAR_(\w+)=", command)}
    assert set_ == {variable.name for variable in load("eks-g4dn").variables}


def test_eks_knows_the_update_strategy() -> None:
    import botocore.session

    shape: Any = botocore.session.get_session().get_service_model("eks").shape_for("NodegroupUpdateConfig")
    assert "MINIMAL" in shape.members["updateStrategy"].enum


def test_the_kubeconfig_command_is_the_output_of_the_stack(checkout: Path) -> None:
    assert _run("make synth LAYOUT=eks-g4dn", checkout).returncode == 0
    stack = json.loads((checkout / "cdktf.out/stacks/eks-g4dn/cdk.tf.json").read_text(encoding="utf-8"))
    assert stack["output"]["configure_kubectl"]["value"] in SHOWN


def test_the_kubeconfig_commands_name_what_the_pages_deploy() -> None:
    deployed = {
        layout.removesuffix(".yaml") for command in DRY for layout in [command.partition("LAYOUT=")[2]]
    }
    for command in SHOWN:
        if match := KUBECONFIG.fullmatch(command):
            assert match[2] in deployed
            if match[2] in preset_names():
                assert match[1] == load(match[2]).layout.region


@pytest.mark.parametrize("command", KUBECTL)
def test_kubectl_understands_the_command(command: str, tmp_path: Path) -> None:
    if shutil.which("kubectl") is None:
        missing = "kubectl is not installed: the kubectl commands of the documentation were NOT checked"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    nowhere = tmp_path / "kubeconfig"
    nowhere.write_text("{apiVersion: v1, kind: Config}", encoding="utf-8")
    done = _run(f"{command} --server=http://127.0.0.1:9 --kubeconfig={nowhere}", tmp_path)
    assert "connect" in done.stderr, "it got as far as asking the (absent) cluster"
    assert "unknown" not in done.stderr
