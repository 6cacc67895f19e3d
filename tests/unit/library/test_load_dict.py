"""A layout in Python's own data: a file's defaults and rules, and faults that name the line of the program."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from modules import Layout, LayoutError, load, load_dict, models
from tests.conftest import TODAY

DEMO = {
    "name": "demo",
    "region": "us-west-2",
    "node_groups": {"sys": {"instance_type": "m5.large", "size": {"desired": 1}}},
}


def test_it_is_the_layout_of_a_file_that_says_the_same(tmp_path: Path) -> None:
    file = tmp_path / "demo.yaml"
    file.write_text(
        "{extends: eks-p5-odcr, name: demo, node_groups: {p5: {root_volume: {size_gib: 500}, taints: []}}}",
        encoding="utf-8",
    )
    groups = {"p5": {"root_volume": models.RootVolume(size_gib=500), "taints": ()}}
    found = load_dict({"extends": "eks-p5-odcr", "name": "demo", "node_groups": groups}, today=TODAY)
    read = load(file, today=TODAY)
    assert found.layout == read.layout
    assert found.variables == read.variables


def test_a_null_removes_as_in_a_file() -> None:
    assert "coredns" not in load_dict({**DEMO, "addons": {"coredns": None}}, today=TODAY).layout.addons


def test_a_layout_that_was_changed_is_checked_again() -> None:
    layout = load("eks-p5-odcr", today=TODAY).layout
    assert load_dict(layout, today=TODAY).layout == layout
    moved = layout.node_groups["p5"].model_copy(update={"instance_type": "m5.large"})
    with pytest.raises(LayoutError):
        load_dict(layout.model_copy(update={"node_groups": {**layout.node_groups, "p5": moved}}), today=TODAY)


def test_faults_name_the_line_of_the_call_and_the_path() -> None:
    frame = inspect.currentframe()
    assert frame is not None
    with pytest.raises(LayoutError) as caught:
        load_dict({**DEMO, "network": {"cidr": "10.0.0.0/33"}, "node_group": {}})
    line = frame.f_lineno
    faults = {fault.path: fault for fault in caught.value.faults}
    assert set(faults) == {("network", "cidr"), ("node_group",)}
    assert {fault.origin.source for fault in faults.values()} == {__file__}
    assert {fault.origin.line for fault in faults.values()} <= {line - 1, line - 2}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (object(), "node_groups.sys.labels.x: is a Python object, not what YAML can hold"),
        (float("nan"), "node_groups.sys.labels.x: nan is no number"),
        ({1, 2}, "node_groups.sys.labels.x: is a Python set"),
    ],
)
def test_what_no_file_can_hold_is_refused(value: object, told: str) -> None:
    group = {"instance_type": "m5.large", "size": {"desired": 1}, "labels": {"x": value}}
    with pytest.raises(LayoutError, match=told.replace(".", r"\.")):
        load_dict({**DEMO, "node_groups": {"sys": group}})


def test_a_dict_that_contains_itself_is_refused() -> None:
    own: dict[str, object] = {}
    own["values"] = own
    with pytest.raises(LayoutError, match="is nested deeper than 32 levels"):
        load_dict({**DEMO, "helm_releases": {"x": own}})


def test_paths_start_at_the_program_that_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "base.yaml").write_text("{name: demo, region: us-west-2, node_groups: {}}", encoding="utf-8")
    (tmp_path / "values.yaml").write_text("replicas: 3\n", encoding="utf-8")
    layout = {
        "extends": "./base.yaml",
        "node_groups": DEMO["node_groups"],
        "helm_releases": {"kueue": {"values_file": "values.yaml"}},
    }
    code = compile("found = load_dict(layout, today=today).layout", str(tmp_path / "program.py"), "exec")
    names = {"__name__": "program", "load_dict": load_dict, "layout": layout, "today": TODAY}
    exec(code, names)
    found = names["found"]
    assert isinstance(found, Layout)
    assert found.helm_releases["kueue"].values["replicas"] == 3
