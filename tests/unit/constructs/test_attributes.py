"""Every resource can be reached from its stack by public attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from cdktf import App, TerraformDataSource, TerraformProvider, TerraformResource

from modules.layout import Layout
from modules.stacks import add_stacks
from modules.workloads.objects import Objects
from tests.engine.variants import VARIANTS
from tests.terraform_json import Load

MADE = (TerraformResource, TerraformDataSource, TerraformProvider)
# Between them they have every construct: tests/unit/goldens has what the others make.
TEXTS = {
    **{
        name: f"extends: {name}"
        for name in ("eks-p4de-odcr-vpc", "eks-p5-capacity-block", "ml-cluster", "ml-load-balanced")
    },
    "karpenter": """
        extends: eks-g4dn
        helm_releases: {karpenter: {}}
        network: {fully_private: true, flow_logs: {enabled: true}}
    """,
    **VARIANTS,
}


def reached(value: Any, seen: set[int]) -> Iterator[Any]:
    """All elements behind the public attributes of an object of ours."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, MADE):
        yield value
        return
    inside: list[Any] = []
    if isinstance(value, Mapping):
        inside = [*value.values()]
    elif isinstance(value, list | tuple):
        inside = [*value]
    elif type(value).__module__.startswith("modules.") and not isinstance(value, Layout):
        names = [one.name for one in fields(value)] if is_dataclass(value) else [*vars(value)]
        inside = [getattr(value, name) for name in names if not name.startswith("_")]
        inside += [*value.objects.values()] if isinstance(value, Objects) else []
    for one in inside:
        yield from reached(one, seen)


@pytest.mark.parametrize("name", TEXTS)
def test_every_resource_data_source_and_provider_is_a_public_attribute(layout: Load, name: str) -> None:
    loaded = layout(TEXTS[name])
    for stack in add_stacks(App(outdir="unused"), loaded.layout, loaded.variables):
        there = {one.node.path for one in stack.node.find_all() if isinstance(one, MADE)}
        assert {one.node.path for one in reached(stack, set())} == there
