"""The environment that jsii's Node starts with."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from modules.bindings import node
from modules.bindings.node import PRELOAD, NodeNotFoundError, node_environment, wheel_node, with_preload

Run = Callable[..., subprocess.CompletedProcess[str]]

PATH = os.environ["PATH"]


def test_options_of_the_user_come_first_and_are_kept() -> None:
    options = "--stack-trace-limit=50 --title 'x'"
    assert with_preload(options, Path("/p.cjs")) == f'{options} --require "/p.cjs"'


def test_the_preload_is_asked_for_once_however_often_it_is_inherited() -> None:
    once = with_preload("", PRELOAD)
    assert with_preload(once, PRELOAD) == once
    assert with_preload(f"{once} --title=x", PRELOAD) == f"{once} --title=x"


@pytest.mark.parametrize(
    "folder", ["plain", "with blank", 'with " quote', "with \\ backslash", "Zürich ' 東京"]
)
def test_node_finds_the_preload_below_any_folder(run_node: Run, tmp_path: Path, folder: str) -> None:
    preload = tmp_path / folder / "lazy providers.cjs"
    preload.parent.mkdir()
    preload.write_text("globalThis.preloaded = __filename")
    options = with_preload("--stack-trace-limit=7", preload)
    done = run_node(
        "console.log(JSON.stringify([preloaded, Error.stackTraceLimit]))", preload=None, NODE_OPTIONS=options
    )
    assert json.loads(done.stdout) == [str(preload.resolve()), 7]


def test_the_wheels_node_is_used_unless_the_user_chose_one() -> None:
    assert node_environment({"PATH": PATH})["JSII_NODE"] == str(wheel_node())
    assert node_environment({"PATH": PATH, "JSII_NODE": ""})["JSII_NODE"] == str(wheel_node())
    assert "JSII_NODE" not in node_environment({"PATH": PATH, "JSII_NODE": "/opt/node"})


def test_a_node_on_the_path_will_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(node, "_WHEEL", "no_such_wheel")
    wheel = Path(shutil.which("sh") or "")
    (tmp_path / "node").symlink_to(wheel)
    assert set(node_environment({"PATH": str(tmp_path)})) == {"NODE_OPTIONS"}


def test_without_any_node_the_error_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(node, "_WHEEL", "no_such_wheel")
    with pytest.raises(NodeNotFoundError, match=r"pipenv sync.*JSII_NODE"):
        node_environment({"PATH": str(tmp_path)})


def test_a_wheel_without_its_binary_counts_as_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "hollow_wheel").mkdir()
    (tmp_path / "hollow_wheel" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(node, "_WHEEL", "hollow_wheel")
    assert wheel_node() is None
