"""Every command that the documentation shows is run, or checked as far as a machine without an account can."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from modules.layout import Loaded, load, preset_names
from modules.layout.models.workloads import RepositoryImage
from ops.cli import app
from tests.checkout import ROOT, copied, environment
from tests.missing import missing

pytestmark = pytest.mark.e2e

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

# Makes the layout that other commands are about.
NEW = 'make new ARGS="my-training --from eks-p5-odcr"'
# Run as they stand, in a copy of the checkout, in this order. They have to succeed.
RUN = (
    "make synth",
    "make synth LAYOUT=eks-p5-odcr",
    "make synth LAYOUT=eks-g4dn,eks-p5-odcr",
    "make synth LAYOUT=my-cluster.yaml",
    "make import-eksctl FILE=cluster.yaml",
    "make plan LAYOUT=llm-train.yaml",
    "make presets",
    NEW,
    'make new ARGS="my-training --from eks-p5-odcr --force --region us-east-2 --var availability_zone=us-east-2b '
    '--var capacity_reservation_id=cr-0123456789abcdef0 --set node_groups.p5.size.max=16"',
    "make show LAYOUT=my-training.yaml ARGS=--origins",
    "make plan LAYOUT=my-training.yaml",
    "make setup",
    "make wheel",
    "LAYOUT=eks-p5-odcr npx cdktf synth",
    "CDK_FLAVOR=cdktn make synth LAYOUT=eks-p5-odcr",
    "make docs",
    ".venv/bin/python -m ops plan eks-p5-odcr --var availability_zone=us-west-2b",
    'make plan LAYOUT=my-cluster.yaml ARGS="--stack llm-training --json plan.json"',
    'make picture LAYOUT=my-cluster.yaml ARGS="--plan plan.json -o changes.svg"',
    ".venv/bin/python -m ops nccl-test eks-p5-odcr -o nccl-test-p5.yaml",
    "make ci-role ARGS=\"--repository acme/clusters --region us-west-2 --cluster 'team-a-*' "
    '--state-bucket acme-terraform-state"',
)
# Ask an AWS account or a cluster: only what make would run is looked at.
DRY_RUN = re.compile(r"make (deploy|destroy) LAYOUT=(\S+)(?: STACKS=(\S+))?")
# Presets that the pages plan as they are, and layouts that they show, which are planned in one run.
PLANNED = re.compile(r"make plan LAYOUT=((?:eks|ml|training)-[a-z0-9-]+)")
PLANNED_FILE = re.compile(r"make plan LAYOUT=([a-z0-9-]+\.yaml)")
# Ask an AWS account or a cluster too: their arguments are read as the command would, and what they name has to be there.
ASKS = re.compile(r"(?:make|\.venv/bin/python -m ops) (preflight|verify|cleanup)( .*)?")
KUBECONFIG = re.compile(r"aws eks update-kubeconfig --region (\S+) --name (\S+)")
# Run with a docker and an AWS CLI that write down what they are told: test_an_image_gets_to_the_repository_of_the_layout.
PUSH = re.compile(r"REPOSITORY=(\S+)|aws ecr get-login-password .*|docker (build|push) .*")
# Of Terraform's variables: test_the_variables_that_a_page_sets_are_those_of_what_it_deploys.
EXPORT = re.compile(r"export TF_VAR_(\w+)=(.*)")
# Run by other tests, or by the run that this test is part of.
ELSEWHERE = {
    "make plan LAYOUT=eks-g4dn ARGS=--real": "tests/engine/test_plan_command.py",
    ".venv/bin/python -m ops plan my-cluster.yaml --base ../base/cdktf.out --json plan.json": "tests/engine/test_plan_command.py",
    ".venv/bin/python -m ops show eks-p5-odcr --diff my-training.yaml": "tests/unit/docs/test_layouts_page.py",
    ".venv/bin/python -m ops nccl-test eks-p5-odcr --apply --wait --save-log nccl-test-p5.log": "tests/unit/docs/test_nccl_page.py",
    ".venv/bin/python -m ops nccl-test --parse nccl-test-p5.log": "tests/unit/docs/test_nccl_page.py",
    **dict.fromkeys(
        (
            f"terraform -chdir=cdktf.out/stacks/ci-role {verb}"
            for verb in ("init", "apply", "output", "destroy")
        ),
        "tests/engine/test_ci_role.py",
    ),
    "terraform -chdir=cdktf.out/stacks/ci-role state rm aws_iam_openid_connect_provider.github": "tests/engine/test_ci_role.py",
    "gh api repos/acme/clusters --jq '\"\\(.owner.login)@\\(.owner.id)/\\(.name)@\\(.id)\"'": "asks GitHub",
    'make picture LAYOUT=eks-p5-training ARGS="-o eks-p5-training.html"': "tests/unit/ops/picture/test_picture_command.py",
    "make pictures": "tests/unit/ops/picture/test_presets.py",
    "make policy LAYOUT=eks-p5-odcr": "tests/e2e/test_policy.py",
    ".venv/bin/python -m ci.review --out out --base origin/main": "tests/engine/test_workflow_steps.py",
    ".venv/bin/python -m ci.verdict out": "tests/engine/test_workflow_steps.py",
    'make plan LAYOUT=my-cluster.yaml ARGS="--base ../base/cdktf.out --json plan.json"': "tests/engine/test_plan_command.py",
    ".venv/bin/python -m ops review plan.llm-training.json plan.llm-training-platform.json "
    "--layout my-cluster.yaml": "tests/unit/docs/test_review_page.py",
    ".venv/bin/python -m ops review --rules": "tests/unit/ops/review/test_command.py",
    # Of docs/leaving-cdktf.md.
    ".venv/bin/python -m ops synth training-workers --output before": "tests/e2e/test_leaving_page.py",
    "CDK_FLAVOR=cdktn .venv/bin/python -m ops synth training-workers --output after": "tests/e2e/test_leaving_page.py",
    "diff before/stacks/training-workers-workloads/cdk.tf.json "
    "after/stacks/training-workers-workloads/cdk.tf.json": "tests/e2e/test_leaving_page.py",
    "CDK_FLAVOR=cdktn .venv/bin/python -m ops plan training-workers --base before --json plan.json": "tests/engine/test_migration.py",
    ".venv/bin/python -m ops review plan.training-workers.json plan.training-workers-platform.json "
    "plan.training-workers-workloads.json --layout training-workers": "tests/engine/test_migration.py",
    "make plan LAYOUT=training-workers ARGS=--real": "tests/engine/test_plan_command.py",
    "CDK_FLAVOR=cdktn make plan LAYOUT=training-workers ARGS=--real": "tests/engine/test_migration.py",
    "mkdir -p states-before && cp terraform.*.tfstate states-before/": "copies files",
    "CDK_FLAVOR=cdktn make deploy LAYOUT=training-workers": "tests/e2e/test_cdktf_deploy.py",
    ".venv/bin/python -m ops export training-workers --output plain": "tests/e2e/test_leaving_page.py",
    "terraform -chdir=plain/training-workers init": "tests/engine/test_migration.py",
    "terraform -chdir=plain/training-workers plan": "tests/engine/test_migration.py",
    "LAYOUT=training-workers npx cdktf synth --hcl --output hcl": "tests/e2e/test_leaving_page.py",
    "make setup-cdktn": "tests/e2e/test_make.py",
    # With the wheel of it, and with an index: tests/e2e/test_library.py.
    **dict.fromkeys(
        ("pip install --no-compile .", "pip install --no-compile '.[cdktn]'"), "tests/e2e/test_library.py"
    ),
    "make": "tests/e2e/test_make.py",
    "make help": "tests/e2e/test_make.py",
    "make test": "the command that runs this",
    "make lint": ".ci/run",
    "make format": "changes the checkout",
    "make bench": "prints measurements; minutes",
    "make clean": "tests/e2e/test_make.py",
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
FILES = [match[1] for command in SHOWN if command not in RUN and (match := PLANNED_FILE.fullmatch(command))]
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
    known = {*RUN, *DRY, *ELSEWHERE, *KUBECTL, *(f"make plan LAYOUT={name}" for name in (*PRESETS, *FILES))}
    unknown = [
        command
        for command in SHOWN
        if command not in known
        and not command.startswith("make test ARGS=")
        and not ASKS.fullmatch(command)
        and not KUBECONFIG.fullmatch(command)
        and not PUSH.fullmatch(command)
        and not EXPORT.fullmatch(command)
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
def test_the_layouts_that_the_docs_show_are_planned(checkout: Path) -> None:
    assert [name for name in FILES if not (checkout / name).is_file()] == []
    done = _run(f"make plan LAYOUT={','.join(FILES)}", checkout)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_presets_that_the_docs_plan_are_there() -> None:
    """Each is planned, and deployed, in tests/engine/test_lifecycle.py."""
    assert set(PRESETS) <= set(preset_names())


@pytest.mark.parametrize("command", DRY)
def test_deploy_and_destroy_hand_the_stacks_of_the_layout_to_cdktf(command: str, checkout: Path) -> None:
    done = _run(f"{command} --dry-run", checkout)
    assert done.returncode == 0, done.stderr
    match = DRY_RUN.fullmatch(command)
    assert match
    verb, layout, stack = match.groups()
    assert f"npx cdktf {verb} '{stack or '*'}'" in done.stdout
    if stack:
        assert stack in _loaded(layout, checkout).layout.stacks


@pytest.mark.parametrize("command", [command for command in SHOWN if ASKS.fullmatch(command)])
def test_what_asks_an_account_or_a_cluster_is_asked_as_it_understands(command: str, checkout: Path) -> None:
    match = ASKS.fullmatch(command)
    assert match
    verb, words = match[1], shlex.split(match[2] or "")
    if command.startswith("make "):
        given = dict(word.split("=", 1) for word in words)
        assert given.keys() <= {"LAYOUT", "ARGS"}
        words = [*filter(None, [given.get("LAYOUT")]), *shlex.split(given.get("ARGS", ""))]
        if given.get("LAYOUT"):
            assert f"-m ops {verb}" in _run(f"{command} --dry-run", checkout).stdout
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    # Reads them and does nothing: what is unknown, or is of the wrong type, is an error here.
    with group.commands[verb].make_context(verb, words) as context:
        layout = context.params["layout"]
    if layout == "my-training.yaml" and not (checkout / layout).exists():  # this test alone was asked for
        _run(NEW, checkout)
    if layout is not None:
        assert _loaded(layout, checkout).layout.name


def _loaded(layout: str, checkout: Path) -> Loaded:
    return load(str(checkout / layout) if layout.endswith(".yaml") else layout)


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any(map(DRY_RUN.fullmatch, _commands(page)))],
    ids=lambda page: page.name,
)
def test_the_variables_that_a_page_sets_are_those_of_what_it_deploys(page: Path, checkout: Path) -> None:
    """Each before the first command that needs it, and none that nothing needs."""
    needed: set[str] = set()
    given: dict[str, str] = {}
    for command in _commands(page):
        if export := EXPORT.fullmatch(command):
            given[export[1]] = _run(f'{command}; printf %s "$TF_VAR_{export[1]}"', checkout).stdout
        elif deployed := DRY_RUN.fullmatch(command):
            for variable in _loaded(deployed[2], checkout).variables:
                needed.add(variable.name)
                assert variable.name in given, f"{command}: {variable.name} is not set"
                assert not variable.kind.many or json.loads(given[variable.name])
    assert set(given) == needed


@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(map(PUSH.fullmatch, _commands(page)))], ids=lambda page: page.name
)
def test_an_image_gets_to_the_repository_of_the_layout(page: Path, checkout: Path, tmp_path: Path) -> None:
    """Logged in at the registry, under one tag, which the layout that is deployed next has; the repository is there."""
    for program in ("aws", "docker"):
        fake = tmp_path / program
        fake.write_text(f'#!/bin/sh\necho "{program} $@" >> "{tmp_path}/calls"\n', encoding="utf-8")
        fake.chmod(0o755)
    commands = list(_commands(page))
    first = next(index for index, command in enumerate(commands) if PUSH.fullmatch(command))
    pushed = [command for command in commands if PUSH.fullmatch(command)]
    assert commands[first : first + len(pushed)] == pushed, "in one go"
    script = "\n".join(["set -e", f'PATH="{tmp_path}:$PATH"', *pushed])
    assert _run(script, tmp_path).returncode == 0
    calls = sorted((tmp_path / "calls").read_text(encoding="utf-8").splitlines())

    deployed = [match for command in commands[first:] if (match := DRY_RUN.fullmatch(command))]
    layout = _loaded(deployed[0][2], checkout).layout
    images = [
        one.image
        for one in (*layout.workloads.training.values(), *layout.workloads.serving.values())
        if isinstance(one.image, RepositoryImage)
    ]
    [image] = images
    registry = f"123456789012.dkr.ecr.{layout.region}.amazonaws.com"
    name = f"{registry}/{layout.name}/{image.repository}:{image.tag}"
    assert calls == [
        f"aws ecr get-login-password --region {layout.region}",
        f"docker build --platform linux/amd64 --tag {name} .",
        f"docker login --username AWS --password-stdin {registry}",
        f"docker push {name}",
    ]
    before = [match for command in commands[:first] if (match := DRY_RUN.fullmatch(command))]
    assert any(
        image.repository in _loaded(match[2], checkout).layout.storage.repositories for match in before
    )


def test_eks_knows_the_update_strategy() -> None:
    import botocore.session

    shape: Any = botocore.session.get_session().get_service_model("eks").shape_for("NodegroupUpdateConfig")
    assert "MINIMAL" in shape.members["updateStrategy"].enum


def test_the_kubeconfig_command_is_the_output_of_the_stack(checkout: Path) -> None:
    assert _run("make synth LAYOUT=eks-g4dn", checkout).returncode == 0
    stack = json.loads((checkout / "cdktf.out/stacks/eks-g4dn/cdk.tf.json").read_text(encoding="utf-8"))
    assert stack["output"]["configure_kubectl"]["value"] in SHOWN


def test_the_kubeconfig_commands_name_what_the_pages_deploy() -> None:
    deployed = {match[2].removesuffix(".yaml") for command in DRY if (match := DRY_RUN.fullmatch(command))}
    for command in SHOWN:
        if match := KUBECONFIG.fullmatch(command):
            assert match[2] in deployed
            if match[2] in preset_names():
                assert match[1] == load(match[2]).layout.region


@pytest.mark.parametrize("command", KUBECTL)
def test_kubectl_understands_the_command(command: str, tmp_path: Path) -> None:
    if shutil.which("kubectl") is None:
        missing(
            "kubectl", "kubectl is not installed: the kubectl commands of the documentation were NOT checked"
        )
    nowhere = tmp_path / "kubeconfig"
    nowhere.write_text("{apiVersion: v1, kind: Config}", encoding="utf-8")
    done = _run(f"{command} --server=http://127.0.0.1:9 --kubeconfig={nowhere}", tmp_path)
    assert "connect" in done.stderr, "it got as far as asking the (absent) cluster"
    assert "unknown" not in done.stderr
