"""`python -m ops show`: a layout in full, with origins, and two layouts compared."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from modules.layout import PRESETS, load, preset_names
from ops.cli import app
from ops.show import changes, print_changes

Show = Callable[..., Result]

MINE = """\
extends: eks-p5-odcr
name: mine
node_groups:
  p5:
    size: {max: 16}
    labels: {a.b/c: "on"}
helm_releases:
  training-operator: null
"""


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Show:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LAYOUT", raising=False)
    (tmp_path / "mine.yaml").write_text(MINE, encoding="utf-8")
    return lambda *arguments, **environment: CliRunner().invoke(app, ["show", *arguments], env=environment)


def line_of(preset: str, text: str) -> int:
    lines = (PRESETS / f"{preset}.yaml").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.strip().startswith(text))


@pytest.mark.parametrize("origins", [(), ("--origins",)])
@pytest.mark.parametrize("name", ["mine.yaml", *preset_names()])
def test_what_is_shown_is_a_layout_and_the_same(
    show: Show, tmp_path: Path, name: str, origins: tuple[str, ...]
) -> None:
    result = show(name, *origins)
    assert result.exit_code == 0, result.output
    (tmp_path / "again.yaml").write_text(result.stdout, encoding="utf-8")
    assert load("again.yaml").layout == load(name).layout
    assert result.stdout == show(name, *origins).stdout


def test_without_a_layout_the_environment_names_it(show: Show) -> None:
    assert "name: eks-p4de-odcr\n" in show(LAYOUT="eks-p4de-odcr").stdout
    refused = show(LAYOUT="eks-p4de-odcr,eks-g4dn")
    assert refused.exit_code == 2
    assert "one layout" in refused.stderr


def test_keys_stand_in_the_models_order_and_text_is_quoted(show: Show) -> None:
    lines = show("mine.yaml").stdout.splitlines()
    tops = [line.partition(":")[0] for line in lines if line and line[0] not in " #"]
    assert tops == [
        "name", "region", "kubernetes_version", "tags", "backend", "network", "cluster", "addons", "node_groups",
        "helm_releases", "storage", "workloads", "review", "overrides",
    ]  # fmt: skip
    assert 'kubernetes_version: "1.35"' in lines
    assert '      a.b/c: "on"' in lines
    assert "  training-operator: null" in lines
    assert "    size: {min: 0, desired: 2, max: 16}" in lines


def test_each_line_ends_with_its_origin_below_each_other(show: Show) -> None:
    text = show("mine.yaml", "--origins").stdout
    places = {key.strip(): origin for key, origin in re.findall(r"^(.*?\S) +# (.*)$", text, re.M)}
    assert places["max: 16"] == "mine.yaml:5"
    assert places['a.b/c: "on"'] == "mine.yaml:6"
    assert places["training-operator: null"] == "mine.yaml:8"
    assert places["region: us-west-2"] == f"preset eks-p5-odcr:{line_of('eks-p5-odcr', 'region:')}"
    assert places["aws-fsx-csi-driver:"] == f"preset eks-p5-odcr:{line_of('eks-p5-odcr', 'aws-fsx')}"
    assert places["gpu-operator:"] == "catalogue"
    assert places["local_storage: raid0"] == "catalogue"
    assert places['kubernetes_version: "1.35"'] == "default"
    assert places["driver: {enabled: false}"].startswith("helm-values/gpu-operator.yaml:")
    shown = [line for line in text.splitlines() if " # " in line]
    assert len(shown) > 60
    assert len({line.rindex(" # ") for line in shown}) == 1
    for line in text.splitlines()[1:]:
        assert not line or " # " in line or line.endswith(":"), line


def test_the_same_layout_has_no_difference(show: Show) -> None:
    result = show("mine.yaml", "--diff", "mine.yaml")
    assert (result.exit_code, result.stdout) == (0, "")


def test_a_difference_names_the_path_both_values_and_the_place(show: Show) -> None:
    result = show("eks-p5-odcr", "--diff", "mine.yaml")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert "node_groups.p5.size.max: 10 -> 16 (mine.yaml:5)" in lines
    assert '+ node_groups.p5.labels.a.b/c: "on" (mine.yaml:6)' in lines
    assert "name: eks-p5-odcr -> mine (mine.yaml:2)" in lines
    assert "- helm_releases.training-operator.chart: kubeflow-trainer (default)" in lines
    assert all("training-operator" in line or line in lines[:3] for line in lines)


def test_the_other_way_round_added_is_removed(show: Show) -> None:
    there = show("eks-p5-odcr", "--diff", "mine.yaml").stdout.splitlines()
    back = show("mine.yaml", "--diff", "eks-p5-odcr").stdout.splitlines()
    assert sum(line.startswith("+") for line in back) == sum(line.startswith("-") for line in there)
    line = line_of("eks-p5-odcr", "size: {min: 0")
    assert f"node_groups.p5.size.max: 16 -> 10 (preset eks-p5-odcr:{line})" in back


def test_a_list_is_compared_as_a_whole(show: Show, tmp_path: Path) -> None:
    (tmp_path / "logs.yaml").write_text(
        "extends: eks-g4dn\nname: eks-g4dn\ncluster: {logs: {types: [api]}}\n"
    )
    assert show("eks-g4dn", "--diff", "logs.yaml").stdout == (
        "cluster.logs.types: [api, audit, authenticator, controllerManager, scheduler] -> [api] (logs.yaml:3)\n"
    )


def test_text_and_number_are_not_the_same(show: Show, tmp_path: Path) -> None:
    for name, value in (("a", "1"), ("b", '"1"'), ("c", "true"), ("d", "1.30"), ("e", "1.3")):
        text = f"extends: eks-g4dn\nname: same\nhelm_releases: {{kueue: {{values: {{x: {value}}}}}}}\n"
        (tmp_path / f"{name}.yaml").write_text(text)
    assert '.x: 1 -> "1" (' in show("a.yaml", "--diff", "b.yaml").stdout
    assert ".x: 1 -> true (" in show("a.yaml", "--diff", "c.yaml").stdout
    assert ".x: 1.30 -> 1.3 (" in show("d.yaml", "--diff", "e.yaml").stdout


def test_a_difference_is_coloured_on_a_terminal_only(tmp_path: Path, show: Show) -> None:
    found = changes(load("eks-p5-odcr"), load("mine.yaml"))
    console = Console(force_terminal=True, color_system="standard", width=20, highlight=False)
    with console.capture() as captured:
        print_changes(found, console)
    text = captured.get()
    assert "\x1b[31m10\x1b[0m -> \x1b[32m16\x1b[0m" in text
    assert text.count("\n") == len(found), "long lines are not broken"
    assert "\x1b" not in show("eks-p5-odcr", "--diff", "mine.yaml").stdout


def find(values: list[dict[str, Any]], *path: str | int) -> dict[str, Any]:
    [found] = [value for value in values if value["path"] == list(path)]
    return found


def test_json_has_the_layout_and_the_origin_of_every_value(show: Show, tmp_path: Path) -> None:
    found = json.loads(show("mine.yaml", "--json").stdout)
    assert found["name"] == "mine.yaml"
    assert found["layout"]["node_groups"]["p5"]["size"] == {"min": 0, "desired": 2, "max": 16}
    assert find(found["values"], "node_groups", "p5", "size", "max") == {
        "path": ["node_groups", "p5", "size", "max"],
        "value": 16,
        "origin": "mine.yaml:5",
        "file": str(tmp_path / "mine.yaml"),
        "line": 5,
    }
    assert find(found["values"], "node_groups", "p5", "taints", 0, "key")["origin"] == "catalogue"
    assert find(found["values"], "node_groups", "p5", "labels", "a.b/c")["value"] == "on"


def test_json_of_a_difference(show: Show) -> None:
    result = show("eks-p5-odcr", "--diff", "mine.yaml", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert (found["same"], found["before"], found["after"]) == (False, "eks-p5-odcr", "mine.yaml")
    change = find(found["changes"], "node_groups", "p5", "size", "max")
    assert (change["kind"], change["before"]["value"], change["after"]["value"]) == ("changed", 10, 16)
    assert change["after"]["origin"] == "mine.yaml:5"
    added = find(found["changes"], "node_groups", "p5", "labels", "a.b/c")
    assert (added["kind"], added["before"]) == ("added", None)
    same = show("eks-g4dn", "--diff", "eks-g4dn", "--json")
    assert (same.exit_code, json.loads(same.stdout)["changes"]) == (0, [])


def test_a_layout_at_fault_is_not_shown(show: Show, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("extends: eks-g4dn\nname: demo\ncolour: blue\n")
    for arguments in (("broken.yaml",), ("eks-g4dn", "--diff", "broken.yaml")):
        result = show(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "broken.yaml:3: colour: there is no such key" in result.stderr


@pytest.mark.parametrize(
    "arguments, said", [(("",), "LAYOUT is empty"), ((",",), "LAYOUT is empty"), (("eks-g4dn", "--diff", ""), "--diff is empty")]
)  # fmt: skip
def test_an_empty_name_is_not_the_default(show: Show, arguments: tuple[str, ...], said: str) -> None:
    result = show(*arguments, LAYOUT="eks-p4de-odcr")
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


@pytest.mark.parametrize(
    "preset, more",
    [
        ("eks-g4dn", "network: {cidr: 10.0.0.0/16, zone_count: 2, nat_gateway: single}\n"),
        ("eks-g4dn", "node_groups: {gpu: {update: {max_unavailable: 1}, size: {min: 0}}}\n"),
        ("eks-p5-odcr-vpc", "node_groups: {p5: {update: {max_unavailable: 1}}}\n"),
    ],
)
def test_a_layout_that_writes_the_defaults_is_the_same(
    show: Show, tmp_path: Path, preset: str, more: str
) -> None:
    (tmp_path / "written.yaml").write_text(f"extends: {preset}\nname: {preset}\n{more}")
    result = show(preset, "--diff", "written.yaml")
    assert (result.exit_code, result.stdout) == (0, "")


def test_a_layout_at_fault_says_nothing_of_writing(show: Show, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("extends: eks-g4dn\nname: demo\ncolour: blue\n")
    assert "1 error. What each means: docs/errors.md" in show("broken.yaml").stderr


def test_a_warning_goes_to_stderr_and_the_layout_is_still_one(show: Show, tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text('extends: eks-g4dn\nname: demo\nkubernetes_version: "1.33"\n')
    result = show("old.yaml")
    assert "warning" in result.stderr
    assert "warning" not in result.stdout
    assert result.exit_code == 0
