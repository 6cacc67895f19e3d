"""Every preset is the same on CDKTF and on CDK Terrain, but for what tests/flavor_differences.py lists."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from modules import provider_versions
from modules.app import synthesize
from modules.layout import load
from tests.flavor_differences import (
    ALLOWED,
    PROVIDERS,
    SOURCES,
    TOOLS,
    Difference,
    differences,
    unexplained,
)
from tests.terraform_json import Stacks
from tests.terrain import LAYOUTS


@pytest.fixture(scope="module")
def stacks(
    terrain: Callable[[str], Stacks], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, tuple[Any, Any]]:
    """Each stack of all presets and variants, of CDKTF and of CDK Terrain."""
    folder = tmp_path_factory.mktemp("cdktf")
    for name, text in LAYOUTS.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    output = synthesize([load(str(folder / f"{name}.yaml")) for name in LAYOUTS], str(folder / "out"))
    written = {file.parent.name: json.loads(file.read_text()) for file in output.glob("stacks/*/cdk.tf.json")}
    others = {stack.name: stack.json for name in LAYOUTS for stack in terrain(name)}
    assert sorted(written) == sorted(others)
    return {name: (written[name], others[name]) for name in written}


def test_nothing_differs_but_what_is_allowed(stacks: Mapping[str, tuple[Any, Any]]) -> None:
    found = {name: unexplained(*both) for name, both in stacks.items()}
    assert {name: its for name, its in found.items() if its} == {}


def test_what_is_allowed_still_occurs(stacks: Mapping[str, tuple[Any, Any]]) -> None:
    everything: list[Difference] = [one for both in stacks.values() for one in differences(*both)]
    seen = Counter(name for name, allowed in ALLOWED.items() for one in everything if allowed.covers(one))
    assert set(seen) == set(ALLOWED)
    assert seen["version of the tool"] == len(stacks), "in every stack"
    paths = {one.path for one in everything}
    assert {f"terraform.required_providers.{name}.version" for name in PROVIDERS} <= paths
    assert {f"terraform.required_providers.{name}.source" for name in SOURCES} <= paths


@pytest.mark.parametrize(
    ("cdktf", "cdktn", "path"),
    [
        ({"resource": {"aws_vpc": {"a": {}}}}, {"resource": {"aws_vpc": {"b": {}}}}, "resource.aws_vpc.a"),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, "a.b[1]"),
        ({"a": [1, 2]}, {"a": [1]}, "a"),
        ({"a": True}, {"a": {}}, "a"),
        ({}, {"depends_on": ["x"]}, "depends_on"),
        (
            {"terraform": {"required_providers": {"aws": {"version": "6.25.0"}}}},
            {"terraform": {"required_providers": {"aws": {"version": "7.0.0"}}}},
            "terraform.required_providers.aws.version",
        ),
        (
            {"resource": {"kubernetes_namespace_v1": {"a": {"metadata": {"name": "a"}}}}},
            {"resource": {"kubernetes_namespace_v1": {"a": {"metadata": [{"name": "b"}]}}}},
            "resource.kubernetes_namespace_v1.a.metadata",
        ),
    ],
)
def test_another_difference_is_seen(cdktf: Any, cdktn: Any, path: str) -> None:
    assert [one.path for one in unexplained(cdktf, cdktn)][:1] == [path]


def test_the_versions_are_those_that_the_code_tells() -> None:
    told = re.findall(r"^\| hashicorp/(\w+) \| (\S+) \| (\S+) \|$", provider_versions.__doc__ or "", re.M)
    assert {name: (old, new) for name, old, new in told} == PROVIDERS
    pinned = Path(__file__).parents[2].joinpath("Pipfile").read_text(encoding="utf-8")
    assert tuple(re.findall(r'^cdkt[fn] = "==(\S+)"$', pinned, re.M)) == TOOLS
