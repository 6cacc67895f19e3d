"""The package that `pip install` makes of this checkout: built, installed into a fresh environment, and used as a stranger does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ops.offline.account import Account
from ops.offline.engine import Engine, Workspace
from ops.offline.server import StandIns
from tests.checkout import ROOT, copied, environment
from tests.offline import planned, refused, succeeded

pytestmark = pytest.mark.e2e

PAGE = ROOT / "docs" / "library.md"
PROGRAMS = ROOT / "docs" / "examples" / "library"
RESERVATION = "cr-0123456789abcdef0"


_BUILD = """
import os, tarfile
from setuptools.build_meta import build_sdist, build_wheel
with tarfile.open(os.path.join("dist", build_sdist("dist"))) as archive:
    archive.extractall("unpacked")
[folder] = os.listdir("unpacked")
os.chdir(os.path.join("unpacked", folder))
build_wheel("dist")
"""
# Loading a layout comes first, since it has to do without cdktf.
_RUN = """
import runpy, sys
import eks_training
assert "site-packages" in eks_training.__file__, eks_training.__file__
loaded = eks_training.load("eks-p5-training")
assert loaded.layout.helm_releases["kueue"].values, "the values of the charts are there"
assert loaded.layout.workloads.training, "and the scripts of the presets"
assert not {"cdktf", "cdktn", "jsii"} & {*sys.modules}, "a layout is loaded without cdktf"
for program in sys.argv[1:]:
    try:
        runpy.run_path(program, run_name="__main__")
    except Exception as error:
        if not program.endswith("refused.py"):
            raise
        open("refused.txt", "w").write(str(error))
"""


def _install(python: Path, wanted: str, *, folder: Path) -> None:
    pip = ["-m", "pip", "--python", str(python), "install", "--quiet", "--no-compile"]
    _python(*pip, *_index(), wanted, folder=folder)


def _python(*arguments: str, folder: Path, program: str = sys.executable, **env: str) -> str:
    """What Python writes to the standard output; it must succeed."""
    done = subprocess.run(
        [program, *arguments],
        cwd=folder,
        # Byte-compiling all of the AWS provider takes 70 s.
        env={**environment(), "PIP_COMPILE": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", **env},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _index() -> list[str]:
    """Where make has the packages from too."""
    mirror = os.environ.get("PIPENV_PYPI_MIRROR")
    return [f"--index-url={mirror}"] if mirror else []


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of an environment that has nothing yet."""
    folder = tmp_path_factory.mktemp("fresh")
    _python("-m", "venv", "--without-pip", str(folder / "venv"), folder=folder)
    return folder / "venv" / "bin" / "python"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, fresh: Path) -> Path:
    """The wheel, made of the source distribution and of nothing else."""
    checkout = copied(tmp_path_factory.mktemp("source") / "checkout")
    backend = re.findall(r'"(setuptools[^"]*)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))[0]
    _install(fresh, backend, folder=checkout)
    _python("-c", _BUILD, folder=checkout, program=str(fresh))
    [made] = (checkout / "unpacked").glob("*/dist/*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, fresh: Path) -> Path:
    """Python of an environment with the wheel and what it depends on, for both flavours, from the index."""
    _install(fresh, f"{wheel}[cdktn]", folder=wheel.parent)
    return fresh


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the programs run, with one that is refused."""
    folder = tmp_path_factory.mktemp("output")
    text = (PROGRAMS / "policy.py").read_text(encoding="utf-8")
    loaded = 'load("eks-p5-odcr")'
    assert loaded in text
    group = {"sys": {"instance_type": "m5.large", "size": {"desired": 1}, "imds_hop_limit": 2}}
    other = f"load_dict({ {'name': 'demo', 'region': 'us-west-2', 'node_groups': group}!r})"
    (folder / "refused.py").write_text(
        text.replace(loaded, other).replace("install, load", "install, load_dict"), encoding="utf-8"
    )
    return folder


@pytest.fixture(scope="module")
def written(installed: Path, output: Path) -> dict[str, dict[str, Any]]:
    """What the programs write, one after another in one process: starting Python and Node costs more than each of them."""
    return _written(installed, output, "cdktf", *sorted(PROGRAMS.glob("*.py")), output / "refused.py")


def _written(python: Path, folder: Path, flavor: str, *programs: Path) -> dict[str, dict[str, Any]]:
    """The stacks of programs, by name."""
    _python("-c", _RUN, *map(str, programs), folder=folder, program=str(python), CDK_FLAVOR=flavor)
    return {
        file.parent.name: json.loads(file.read_text(encoding="utf-8"))
        for file in (folder / "cdktf.out" / "stacks").glob("*/cdk.tf.json")
    }


def test_the_wheel_has_the_package_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    places = {
        "modules/": "eks_training/",
        "presets/": "eks_training/presets/",
        "helm-values/": "eks_training/helm_values/",
    }
    files = subprocess.run([*listed, *places], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    wanted = {
        file.replace(folder, place, 1)
        for file in files.splitlines()
        for folder, place in places.items()
        if file.startswith(folder) and (ROOT / file).is_file()
    }
    rest = {name for name in names - wanted if ".dist-info/" not in name}
    assert wanted <= names
    assert rest == {f"eks_training/examples/{file.name}" for file in (ROOT / "examples").glob("*.py")}


def test_fifteen_lines_make_a_whole_cluster(
    written: dict[str, dict[str, Any]], engine: Engine, tmp_path: Path
) -> None:
    lines = (PROGRAMS / "whole_cluster.py").read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line]) <= 15
    stacks = {name: written[name] for name in ("llm-training", "llm-training-platform")}
    groups = stacks["llm-training"]["resource"]["aws_eks_node_group"]
    assert groups["nodes_p5"]["scaling_config"]["desired_size"] == 8
    account = Account(region="us-east-2", assumed_version="1.35")
    values = {
        "capacity_reservation_id": RESERVATION,
        "availability_zone": "us-east-2b",
        "public_access_cidrs": ["203.0.113.0/24"],
    }
    with StandIns(account) as stand_ins:
        for name, document in stacks.items():
            workspace = Workspace(engine, tmp_path / name, stand_ins, values).configure(document)
            succeeded(workspace.init())
            assert {change.verb for change in planned(workspace)} == {"create"}


def test_the_other_flavor_writes_the_same(
    installed: Path, written: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    other = _written(installed, tmp_path, "cdktn", PROGRAMS / "node_group.py")["research"]
    one = written["research"]
    assert one["//"]["metadata"]["version"].startswith("0.21.")
    assert other["//"]["metadata"]["version"].startswith("0.24.")
    for kind in ("resource", "data", "variable"):
        assert _told(other[kind]) == _told(one[kind])


def test_a_node_group_comes_to_a_cluster_that_stays_as_it_is(
    written: dict[str, dict[str, Any]], engine: Engine, tmp_path: Path
) -> None:
    document = written["research"]
    before = _without(document, "training")
    with StandIns(Account(region="us-west-2")) as stand_ins:
        workspace = Workspace(engine, tmp_path / "stack", stand_ins, {"capacity_reservation_id": RESERVATION})
        succeeded(workspace.configure(before).init())
        succeeded(workspace.apply())
        there = set(workspace.state)
        assert there == {"aws_eks_cluster.eks", "aws_vpc.vpc", *(f"aws_subnet.{zone}" for zone in "abc")}
        found = planned(workspace.configure(document))
        assert {change.verb for change in found} == {"create"}
        succeeded(workspace.apply())
        [template] = (body for name, body in workspace.state.items() if "launch_template" in name)
        [group] = (body for name, body in workspace.state.items() if "eks_node_group" in name)
        [efa] = (body for name, body in workspace.state.items() if name.startswith("aws_security_group."))
        eks = workspace.state["aws_eks_cluster.eks"]
        of_cluster = eks["vpc_config"][0]["cluster_security_group_id"]
        interfaces = template["network_interfaces"]
        assert sum(one["interface_type"].startswith("efa") for one in interfaces) == 32
        assert {tuple(sorted(one["security_groups"])) for one in interfaces} == {
            tuple(sorted([of_cluster, efa["id"]]))
        }
        assert efa["vpc_id"] == eks["vpc_config"][0]["vpc_id"]
        assert group["subnet_ids"] == [workspace.state["aws_subnet.c"]["id"]]
        assert planned(workspace) == []
        wrong = json.dumps(document).replace('== \\"us-west-2c', '== \\"us-west-2a')
        told = refused(workspace.configure(json.loads(wrong)).plan("-refresh=false"))
        assert "lies in us-west-2c, and the group's zone is us-west-2c" in told


def test_a_policy_sees_every_node_group_and_stops_what_it_refuses(
    written: dict[str, dict[str, Any]], output: Path
) -> None:
    groups = written["eks-p5-odcr"]["resource"]["aws_eks_node_group"]
    assert {name: group["tags"] for name, group in groups.items()} == {
        "nodes_p5": {"cost-center": "research"},
        "nodes_sys": {"cost-center": "research"},
    }
    told = (output / "refused.txt").read_text(encoding="utf-8")
    assert "[demo/nodes-sys] pods reach the instance metadata" in told
    assert "demo" not in written


@pytest.mark.parametrize("program", sorted(PROGRAMS.glob("*.py")), ids=lambda one: one.stem)
def test_the_page_shows_the_program_that_is_tested(program: Path) -> None:
    shown = f"<!-- {program.relative_to(ROOT)} -->\n```python\n{program.read_text(encoding='utf-8')}```\n"
    assert shown in PAGE.read_text(encoding="utf-8")


def test_the_programs_are_typed_strictly(installed: Path, tmp_path: Path) -> None:
    settings = re.search(r"^```ini\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert settings, "the page tells what mypy needs"
    (tmp_path / "mypy.ini").write_text(settings[1], encoding="utf-8")
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import eks_training\neks_training.load(1)\neks_training.lod('x')\n", encoding="utf-8")
    arguments = ["-m", "mypy", "--config-file", "mypy.ini", "--cache-dir=/dev/null"]
    done = subprocess.run(
        [sys.executable, *arguments, "--python-executable", installed, *sorted(PROGRAMS.glob("*.py")), wrong],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.findall(r"^([^:\s]+):\d+: error", done.stdout, re.M) == ["wrong.py"] * 2, done.stdout
    assert 'incompatible type "int"; expected "str | Path"' in done.stdout
    assert 'Module has no attribute "lod"' in done.stdout


def _without(document: dict[str, Any], start: str) -> dict[str, Any]:
    """A stack without the resources whose names begin so, and what belongs to them."""
    result = {key: value for key, value in document.items() if key not in ("data", "variable")}
    kept = {
        of_type: {name: body for name, body in named.items() if not name.startswith(start)}
        for of_type, named in document["resource"].items()
    }
    return {**result, "resource": {of_type: named for of_type, named in kept.items() if named}}


def _told(written: Any) -> Any:
    """Without the comments of CDKTF."""
    if isinstance(written, dict):
        return {key: _told(below) for key, below in written.items() if key != "//"}
    return [_told(below) for below in written] if isinstance(written, list) else written
