"""Values of Terraform variables from the command line and the environment."""

from __future__ import annotations

import re

import pytest

from modules.layout import load
from ops.errors import UsageError
from ops.variables import assigned, given, with_given


def test_the_command_line_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_VAR_availability_zone", "us-west-2a")
    monkeypatch.setenv("TF_VAR_capacity_reservation_id", "cr-0123456789abcdef0")
    one = load("eks-p5-odcr")
    values = given(one.variables, assigned([one], ["availability_zone=us-west-2b"]))
    assert values["availability_zone"] == ("us-west-2b", "--var availability_zone")
    assert values["capacity_reservation_id"] == (
        "cr-0123456789abcdef0",
        "TF_VAR_capacity_reservation_id in the environment",
    )


def test_what_has_no_value_is_named_with_lines_to_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_VAR_availability_zone", "us-west-2a")
    with pytest.raises(UsageError) as caught:
        with_given(load("eks-p5-odcr"), [], all_of_them=True)
    lines = [line.strip() for line in str(caught.value).splitlines()[1:]]
    assert [re.match(r"export TF_VAR_(\w+)=\S+  # \w", line)[1] for line in lines] == [  # type: ignore[index]
        "capacity_reservation_id",
        "public_access_cidrs",
    ]


def test_what_has_no_value_may_stay_open() -> None:
    one = with_given(load("eks-p5-odcr"), ["availability_zone=us-west-2b"], all_of_them=False)
    assert one.layout.node_groups["p5"].availability_zone == "us-west-2b"
    assert [variable.name for variable in one.variables] == ["capacity_reservation_id", "public_access_cidrs"]


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("availability_zone", "write --var NAME=VALUE"),
        ("availability_zon=x", "did you mean availability_zone?"),
        ("nothing_alike=x", "there are availability_zone, capacity_reservation_id, public_access_cidrs"),
        ("public_access_cidrs=10.0.0.0/8", "--var: "),
    ],
)
def test_a_wrong_assignment_is_refused(assignment: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        with_given(load("eks-p5-odcr"), [assignment], all_of_them=False)
