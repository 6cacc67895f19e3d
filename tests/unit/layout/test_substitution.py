"""Values in the places of a layout's Terraform variables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from modules.layout import LayoutError, Var, load, load_text, preset_names
from modules.layout.models import Section
from modules.layout.substitution import with_values
from ops.offline.assumptions import example_values

MINE = """\
extends: eks-p5-odcr-vpc
name: mine
helm_releases:
  kueue: {}
"""


def test_a_value_stands_wherever_the_variable_stood_and_the_variable_is_gone() -> None:
    loaded = load("eks-p5-odcr-vpc")
    done = with_values(
        loaded,
        {
            "gpu_subnet_id": ("subnet-0123456789abcdef7", "--var"),
            "private_subnet_ids": (["subnet-0123456789abcdef1", "subnet-0123456789abcdef2"], "--var"),
        },
    )
    assert done.layout.node_groups["p5"].subnet_ids == ("subnet-0123456789abcdef7",)
    assert done.layout.network.private_subnet_ids == (
        "subnet-0123456789abcdef1",
        "subnet-0123456789abcdef2",
    )
    left = {variable.name for variable in done.variables}
    assert left == {variable.name for variable in loaded.variables} - {"gpu_subnet_id", "private_subnet_ids"}


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_with_all_its_values_differs_in_nothing_else(name: str) -> None:
    loaded = load(name)
    values = example_values(loaded.layout, loaded.variables)
    done = with_values(loaded, {key: (value, "--var") for key, value in values.items()})
    assert not done.variables
    assert put_in(loaded.layout, values) == put_in(done.layout, {})


def test_a_value_that_breaks_a_rule_is_a_fault_that_names_where_it_comes_from(tmp_path: Path) -> None:
    loaded = load_text(MINE, tmp_path / "mine.yaml")
    with pytest.raises(LayoutError) as caught:
        with_values(
            loaded, {"availability_zone": ("eu-west-1a", "TF_VAR_availability_zone in the environment")}
        )
    [fault] = [fault for fault in caught.value.faults if fault.level == "error"]
    assert fault.path == ("node_groups", "p5", "availability_zone")
    assert str(fault.origin) == "TF_VAR_availability_zone in the environment"


def test_a_value_of_the_wrong_form_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match="vpc-zzz"):
        with_values(load_text(MINE, tmp_path / "mine.yaml"), {"vpc_id": ("vpc-zzz", "--var vpc_id")})


def put_in(value: object, values: Mapping[str, object]) -> object:
    """A part of a layout as plain data, with values in the places of its variables."""
    if isinstance(value, Var):
        found = values[value.name]
        return tuple(found) if isinstance(found, list) else found
    if isinstance(value, Section):
        return {name: put_in(getattr(value, name), values) for name in type(value).model_fields}
    if isinstance(value, dict):
        return {name: put_in(child, values) for name, child in value.items()}
    return tuple(put_in(child, values) for child in value) if isinstance(value, tuple | list) else value
