"""What `NEWER` says of the AWS providers, compared with their bindings, botocore and the page."""

from __future__ import annotations

import json
import re
from datetime import date
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

import pytest

from modules.bindings.flavor import CDKTF, CDKTN, FLAVORS, Flavor
from modules.layout import LayoutError, load
from modules.layout.models.node_group import AmiType
from modules.layout.rules.provider import AWS_PROVIDERS, NEWER, Newer, writes
from ops.offline.checks.aws_models import ARGUMENTS
from tests.checkout import ROOT

# An argument of each setting, by the resource that has it.
ARGUMENTS_OF = {
    "node_groups.NAME.update.strategy": ("eks_node_group", "update_strategy"),
    "cluster.scheduler": ("eks_cluster", "kube_scheduler_config"),
}


@cache
def bindings(flavor: Flavor, resource: str) -> str:
    """The source of a flavour's bindings of a resource; it is not imported, since a process has one flavour."""
    found = find_spec(flavor.provider_package("aws"))
    assert found is not None
    assert found.submodule_search_locations is not None
    return (Path(found.submodule_search_locations[0]) / resource / "__init__.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("flavor", FLAVORS.values(), ids=str)
def test_a_flavour_has_the_provider_that_its_bindings_are_made_from(flavor: Flavor) -> None:
    told = re.findall(r"/hashicorp/aws/([\d.]+)/docs", bindings(flavor, "eks_node_group"))
    assert set(told) == {AWS_PROVIDERS[flavor.name]}


@pytest.mark.parametrize("key", ARGUMENTS_OF)
def test_an_argument_is_in_the_newer_bindings_alone(key: str) -> None:
    resource, argument = ARGUMENTS_OF[key]
    assert f"{argument}: " in bindings(CDKTN, resource)
    assert f"{argument}: " not in bindings(CDKTF, resource)


def test_every_ami_type_is_one_of_eks_and_has_a_flavour_that_writes_it() -> None:
    known = json.loads(ARGUMENTS.read_text(encoding="utf-8"))["aws_eks_node_group ami_type"]["enum"]
    assert set(get_args(AmiType)) <= set(known)
    assert all(writes(CDKTN, ami_type) for ami_type in get_args(AmiType))
    assert {ami_type for ami_type in get_args(AmiType) if not writes(CDKTF, ami_type)} == {
        "BOTTLEROCKET_x86_64_NVIDIA_FIPS",
        "BOTTLEROCKET_ARM_64_NVIDIA_FIPS",
    }


@pytest.mark.parametrize("newer", NEWER, ids=lambda newer: newer.key)
def test_the_page_names_what_the_newer_provider_adds_and_since_when(newer: Newer) -> None:
    page = (ROOT / "docs" / "flavours.md").read_text(encoding="utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{newer.key}`")]
    assert newer.since in row


def test_the_layout_that_the_page_shows_loads_with_the_newer_provider_alone(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "flavours.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.M | re.S)
    file = tmp_path / "layout.yaml"
    file.write_text(shown, encoding="utf-8")
    assert load(str(file), flavor=CDKTN, today=date(2026, 11, 22)).warnings == ()
    with pytest.raises(LayoutError) as refused:
        load(str(file), flavor=CDKTF, today=date(2026, 11, 22))
    assert {fault.rule for fault in refused.value.errors} == {"newer-provider"}
    assert len(refused.value.errors) == 2
