"""The package that `pip install` makes of this checkout: built, installed into a fresh environment, and used as a stranger does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from modules.bindings.flavor import FLAVORS
from ops.offline.account import Account
from ops.offline.engine import Engine, Workspace
from ops.offline.server import StandIns
from tests.checkout import ROOT, copied, environment
from tests.offline import planned, refused, succeeded

pytestmark = pytest.mark.e2e

PAGE = ROOT / "docs" / "library.md"
PROGRAMS = ROOT / "docs" / "examples" / "library"
RESERVATION = "cr-0123456789abcdef0"


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
def source(tmp_path_factory: pytest.TempPathFactory, fresh: Path) -> Path:
    """The source distribution."""
    checkout = copied(tmp_path_factory.mktemp("source") / "checkout")
    backend = re.findall(r'"(setuptools[^"]*)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))[0]
    _python(
        "-m",
        "pip",
        "--python",
        str(fresh),
        "install",
        "--quiet",
        "--no-compile",
        *_index(),
        backend,
        folder=checkout,
    )
    build = "from setuptools.build_meta import build_sdist; build_sdist('dist')"
    _python("-c", build, folder=checkout, program=str(fresh))
    [made] = (checkout / "dist").iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(source: Path, fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, made of the source distribution and of nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    with tarfile.open(source) as archive:
        archive.extractall(folder)
    [unpacked] = (one for one in folder.iterdir() if one.is_dir())
    build = "from setuptools.build_meta import build_wheel; build_wheel('dist')"
    _python("-c", build, folder=unpacked, program=str(fresh))
    [made] = (unpacked / "dist").iterdir()
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, fresh: Path) -> Path:
    """Python of an environment with the wheel and what it depends on, for both flavours, from the index."""
    arguments = [
        "-m",
        "pip",
        "--python",
        str(fresh),
        "install",
        "--quiet",
        "--no-compile",
        *_index(),
        f"{wheel}[cdktn]",
    ]
    _python(*arguments, folder=wheel.parent)
    return fresh


def _run(name: str, python: Path, folder: Path, flavor: str = "cdktf") -> dict[str, dict[str, Any]]:
    """The stacks that a program writes."""
    _python(str(PROGRAMS / name), folder=folder, program=str(python), CDK_FLAVOR=flavor)
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


def test_a_layout_is_loaded_in_the_fresh_environment_without_cdktf(installed: Path, tmp_path: Path) -> None:
    program = """
import sys, eks_training
loaded = eks_training.load("eks-p5-training")
assert loaded.layout.helm_releases["kueue"].values, "the values of the charts are there"
assert loaded.layout.workloads.training, "and the scripts of the presets"
print(eks_training.__file__, *[name for name in ("cdktf", "cdktn", "jsii") if name in sys.modules])
"""
    told = _python("-c", program, folder=tmp_path, program=str(installed)).split()
    assert told == [
        str(Path(installed).parents[1].resolve() / Path(told[0]).relative_to(installed.parents[1]))
    ]
    assert "site-packages/eks_training" in told[0]


def test_fifteen_lines_make_a_whole_cluster(installed: Path, engine: Engine, tmp_path: Path) -> None:
    lines = (PROGRAMS / "whole_cluster.py").read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line]) <= 15
    stacks = _run("whole_cluster.py", installed, tmp_path)
    assert set(stacks) == {"llm-training", "llm-training-platform"}
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


@pytest.mark.parametrize("flavor", ["cdktf", "cdktn"])
def test_a_node_group_comes_to_a_cluster_that_stays_as_it_is(
    installed: Path, engine: Engine, tmp_path: Path, flavor: str
) -> None:
    [document] = _run("node_group.py", installed, tmp_path, flavor).values()
    assert document["//"]["metadata"]["version"].startswith("0.21." if flavor == "cdktf" else "0.24.")
    before = _without(document, "training")
    with StandIns(Account(region="us-west-2"), flavor=FLAVORS[flavor]) as stand_ins:
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


def test_a_policy_sees_every_node_group_and_stops_what_it_refuses(installed: Path, tmp_path: Path) -> None:
    stacks = _run("policy.py", installed, tmp_path)
    groups = stacks["eks-p5-odcr"]["resource"]["aws_eks_node_group"]
    assert {name: group["tags"] for name, group in groups.items()} == {
        "nodes_p5": {"cost-center": "research"},
        "nodes_sys": {"cost-center": "research"},
    }
    text = (PROGRAMS / "policy.py").read_text(encoding="utf-8")
    loaded = 'load("eks-p5-odcr")'
    assert loaded in text
    group = {"sys": {"instance_type": "m5.large", "size": {"desired": 1}, "imds_hop_limit": 2}}
    other = f"load_dict({ {'name': 'demo', 'region': 'us-west-2', 'node_groups': group}!r})"
    (tmp_path / "refused.py").write_text(
        text.replace(loaded, other).replace("install, load", "install, load_dict"), encoding="utf-8"
    )
    done = subprocess.run(
        [installed, "refused.py"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "[demo/nodes-sys] pods reach the instance metadata" in done.stderr


@pytest.mark.parametrize("program", sorted(PROGRAMS.glob("*.py")), ids=lambda one: one.stem)
def test_the_page_shows_the_program_that_is_tested(program: Path) -> None:
    shown = f"<!-- {program.relative_to(ROOT)} -->\n```python\n{program.read_text(encoding='utf-8')}```\n"
    assert shown in PAGE.read_text(encoding="utf-8")


def test_the_programs_are_typed_strictly(installed: Path, tmp_path: Path) -> None:
    settings = re.search(r"^```ini\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert settings, "the page tells what mypy needs"
    (tmp_path / "mypy.ini").write_text(settings[1], encoding="utf-8")
    programs = [str(file) for file in sorted(PROGRAMS.glob("*.py"))]
    arguments = ["-m", "mypy", "--config-file", "mypy.ini", "--python-executable", str(installed)]
    _python(*arguments, *programs, folder=tmp_path)
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import eks_training\neks_training.load(1)\neks_training.lod('x')\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, *arguments, wrong], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert 'incompatible type "int"; expected "str"' in done.stdout
    assert 'Module has no attribute "lod"' in done.stdout


def _without(document: dict[str, Any], start: str) -> dict[str, Any]:
    """A stack without the resources whose names begin so, and what belongs to them."""
    result = {key: value for key, value in document.items() if key not in ("data", "variable")}
    kept = {
        of_type: {name: body for name, body in named.items() if not name.startswith(start)}
        for of_type, named in document["resource"].items()
    }
    return {**result, "resource": {of_type: named for of_type, named in kept.items() if named}}
