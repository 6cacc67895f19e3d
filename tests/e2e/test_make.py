"""`make` on a machine that has Python, make and git, and nothing else."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from modules.bindings.flavor import chosen_flavor
from tests.checkout import ROOT, copied

pytestmark = pytest.mark.e2e

CORE_UTILITIES = [
    "basename",
    "cat",
    "chmod",
    "cp",
    "dirname",
    "echo",
    "ln",
    "ls",
    "mkdir",
    "mktemp",
    "mv",
    "rm",
    "touch",
]
TOOLS = ["make", "git", "sh", "env", "uname", "ldconfig", *CORE_UTILITIES]
# What a caller may have set for a project of his own. None of it may reach this one.
STRAY = {
    "PIPENV_CUSTOM_VENV_NAME": "stray",
    "PIPENV_PIPFILE": "/nonexistent/Pipfile",
    "PIPENV_PYTHON": "/nonexistent/python",
    "PIP_TARGET": "/nonexistent/target",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHOME": "/nonexistent/home",
    "PYTHONPATH": "/nonexistent/path",
    "VIRTUAL_ENV": "/nonexistent/venv",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files of this checkout, changes that are not committed included, at a path that has a blank in it."""
    return copied(tmp_path / "a check out")


@pytest.fixture
def bare_machine(tmp_path: Path) -> Mapping[str, str]:
    """An environment whose PATH leads to Python, make, git and the core utilities, and whose home is empty."""
    tools, home = tmp_path / "tools", tmp_path / "home"
    tools.mkdir()
    home.mkdir()
    for tool in TOOLS:
        if found := shutil.which(tool):
            (tools / tool).symlink_to(found)
    (tools / "python3").symlink_to(Path(sys.executable).resolve())
    caches = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    kept = {
        name: value for name, value in os.environ.items() if re.match(r"(PIP_|SSL_|https?_proxy)", name, re.I)
    }
    return {**kept, **STRAY, "HOME": str(home), "PATH": str(tools), "XDG_CACHE_HOME": caches}


def make(*arguments: str, folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        ["make", *arguments],
        cwd=folder,
        # Settings of the make that runs the tests are not for the make that is tested.
        env={name: value for name, value in environment.items() if not re.match("MAKE|MFLAGS|PYTHON$", name)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
        check=False,
    )
    print(done.stdout)
    return done


def test_make_synth_sets_up_a_bare_machine_once(
    checkout: Path, bare_machine: Mapping[str, str], tmp_path: Path
) -> None:
    first = make("synth", folder=checkout, environment=bare_machine)

    assert first.returncode == 0
    assert list(checkout.glob("cdktf.out/stacks/*/cdk.tf.json"))
    assert not (checkout / "node_modules").exists(), "synth needs no npm package"
    assert not (checkout / ".venv/bin/pytest").exists(), "synth needs no development package"
    assert not (checkout / ".checkov").exists(), "synth needs no checkov"
    assert not (checkout / ".torch").exists(), "synth needs no torch"
    assert list(checkout.glob("modules/__pycache__/*.pyc")), "what is imported is compiled once"
    outside = {path.name for path in (tmp_path / "home").iterdir()}
    assert outside <= {".cache"}
    assert {path.name for path in tmp_path.iterdir()} == {"a check out", "tools", "home"}

    stamp = (checkout / ".venv/.stamp").stat().st_mtime_ns
    second = make("synth", folder=checkout, environment=bare_machine)

    assert second.returncode == 0
    assert not re.search("(?i)install|setting up", second.stdout)
    assert (checkout / ".venv/.stamp").stat().st_mtime_ns == stamp

    to_do = make("--dry-run", "setup", folder=checkout, environment=bare_machine).stdout
    assert "sync --quiet --dev" in to_do, "what the tests need is still to come"
    assert "npm ci" in to_do
    assert "virtualenv --quiet --no-periodic-update .checkov" in to_do
    assert "virtualenv --quiet --no-periodic-update .torch" in to_do
    assert not re.search(r"virtualenv .*\.venv", to_do), "the environment itself stays"
    assert "cd cdktn-cli" not in to_do, "CDK Terrain is for those who ask"
    assert "sync --quiet --categories cdktn\n" not in to_do

    assert not list(checkout.glob(".venv/lib/*/site-packages/cdktn*"))
    terrain = {**bare_machine, "CDK_FLAVOR": "cdktn"}
    refused = make("synth", folder=checkout, environment=terrain)
    assert refused.returncode == 2
    assert "The packages of CDK Terrain are not installed" in refused.stdout
    assert "make setup-cdktn" in refused.stdout

    to_do = make("--dry-run", "setup-cdktn", folder=checkout, environment=bare_machine).stdout
    assert "sync --quiet --categories cdktn\n" in to_do
    assert "cd cdktn-cli && npm ci" in to_do
    assert not re.search(r"virtualenv .*\.(venv|checkov|torch)", to_do)


@pytest.fixture
def makefile(tmp_path: Path) -> Path:
    folder = tmp_path / "only what make needs"
    folder.mkdir()
    for name in ("Makefile", "Pipfile.lock"):
        shutil.copy2(ROOT / name, folder)
    return folder


def python_that(fails_on: str, folder: Path) -> str:
    """The path of a Python that says 3.9 and refuses each program that contains `fails_on`."""
    fake = folder / "my python"
    fake.write_text(f'#!/bin/sh\ncase "$*" in --version) echo Python 3.9.2;; *{fails_on}*) exit 1;; esac\n')
    fake.chmod(0o755)
    return str(fake)


def test_an_old_python_is_refused_with_what_to_do(makefile: Path, tmp_path: Path) -> None:
    python = python_that("version_info", tmp_path)

    done = make("synth", f"PYTHON={python}", folder=makefile, environment=os.environ)

    assert done.returncode == 2
    assert f"Python 3.10 or newer is needed; {python} is Python 3.9.2. Set PYTHON=" in done.stdout
    assert not (makefile / ".tools").exists()


def test_a_python_without_venv_is_refused_with_what_to_install(makefile: Path, tmp_path: Path) -> None:
    python = python_that("ensurepip", tmp_path)

    done = make("synth", f"PYTHON={python}", folder=makefile, environment=os.environ)

    assert done.returncode == 2
    assert "apt install python3-venv" in done.stdout
    assert not (makefile / ".tools").exists()


def test_a_missing_python_is_named(makefile: Path) -> None:
    done = make("synth", "PYTHON=python-nowhere", folder=makefile, environment=os.environ)

    assert done.returncode == 2
    assert "python-nowhere was not found: install Python 3.10 or newer" in done.stdout


TERRAIN = "cdktn-cli/node_modules/.bin/cdktn deploy"


@pytest.mark.parametrize(
    ("flavor", "context", "command"),
    [
        ("", {}, "npx cdktf deploy"),
        ("", {"flavor": "cdktf"}, "npx cdktf deploy"),
        ("", {"flavor": "cdktn"}, TERRAIN),
        ("cdktn", {}, TERRAIN),
        (" cdktn ", {"layout": "a {b}"}, TERRAIN),
        ("cdktf", {"flavor": "cdktn"}, "npx cdktf deploy"),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_the_flavour_that_is_set_deploys(
    flavor: str, context: dict[str, str], command: str, indent: int | None, makefile: Path
) -> None:
    """As the program reads the same settings."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        (makefile / name).touch()
    settings = {"app": "main.py", "context": {"layout": "eks-g4dn", **context}}
    (makefile / "cdktf.json").write_text(json.dumps(settings, indent=indent), encoding="utf-8")
    environment = {**os.environ, "CDK_FLAVOR": flavor}

    to_do = make("--dry-run", "deploy", folder=makefile, environment=environment).stdout

    assert command in to_do
    assert command.split()[-2].endswith(chosen_flavor(environment, makefile).command)


@pytest.mark.parametrize("target", ["deploy", "destroy"])
def test_nothing_is_deployed_by_a_flavour_that_is_not_set_up(target: str, makefile: Path) -> None:
    done = make(target, folder=makefile, environment={**os.environ, "CDK_FLAVOR": "cdktn"})

    assert done.returncode == 2
    assert "asks for CDK Terrain, which is not set up here: make setup-cdktn does it." in done.stdout
    assert sorted(file.name for file in makefile.iterdir()) == ["Makefile", "Pipfile.lock"]


@pytest.mark.parametrize("flavor", ["cdktf", "cdktn"])
def test_ci_gets_the_packages_of_the_flavour_that_the_repository_says(flavor: str, makefile: Path) -> None:
    settings = {"context": {"layout": "eks-g4dn", "flavor": flavor}}
    (makefile / "cdktf.json").write_text(json.dumps(settings), encoding="utf-8")
    environment = {**os.environ, "CDK_FLAVOR": ""}

    to_do = make("--dry-run", "python-packages", folder=makefile, environment=environment).stdout

    assert "pipenv sync --quiet\n" in to_do
    assert ("sync --quiet --categories cdktn\ntouch" in to_do) is (flavor == "cdktn")
    assert "npm" not in to_do
    assert "--dev" not in to_do


def test_a_deploy_in_ci_gets_the_command_line_of_cdk_terrain(makefile: Path) -> None:
    """There, `make python-packages` has been before, and nothing else."""
    for file in (".venv/.stamp", ".venv/.stamp-dev", ".venv/.stamp-cdktn", "cdktn-cli/package.json"):
        (makefile / file).parent.mkdir(parents=True, exist_ok=True)
        (makefile / file).touch()
    for name in ("package-lock.json", ".npmrc"):
        (makefile / "cdktn-cli" / name).touch()
    environment = {**os.environ, "CDK_FLAVOR": "cdktn"}

    to_do = make("--dry-run", "deploy", folder=makefile, environment=environment).stdout

    assert to_do.index("cd cdktn-cli && npm ci") < to_do.index(TERRAIN)


def test_what_was_set_up_of_cdk_terrain_follows_the_lock(makefile: Path) -> None:
    """A lock that has changed is no reason to have two versions of what belongs together."""
    (makefile / ".venv").mkdir()
    before = make("--dry-run", "synth", folder=makefile, environment=os.environ).stdout
    assert "test -e .venv/.stamp-cdktn" in before
    stamps = [makefile / ".venv/.stamp-cdktn", makefile / "cdktn-cli/node_modules/.stamp"]
    for stamp in stamps:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()
        os.utime(stamp, (0, 0))
    (makefile / "cdktn-cli/package.json").touch()
    for name in ("package-lock.json", ".npmrc"):
        (makefile / "cdktn-cli" / name).touch()
    environment = {**os.environ, "CDK_FLAVOR": "cdktn"}

    to_do = make("--dry-run", "deploy", folder=makefile, environment=environment).stdout

    assert "sync --quiet --categories cdktn\n" in to_do
    assert "cd cdktn-cli && npm ci" in to_do


def test_plain_make_lists_every_target(makefile: Path) -> None:
    phony = re.search(r"^\.PHONY: help (.+)$", (makefile / "Makefile").read_text(), re.M)
    assert phony

    listed = re.findall(r"^make ([\w-]+) ", make(folder=makefile, environment=os.environ).stdout, re.M)

    assert sorted(listed) == sorted(phony[1].split())
