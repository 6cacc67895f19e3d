"""What a picture understands of Terraform's expressions."""

from __future__ import annotations

import pytest

from ops.picture.expressions import keys, plain, references, subnets_of

LOCALS = {
    "zones": "${slice(sort([for index, zone in data.aws_availability_zones.all.names : zone if index > 0]), 0, 2)}",
    "named": '${["us-west-2a", "us-west-2b"]}',
    "behind": "${aws_vpc.main.id}",
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('toset(["us-west-2a", "us-west-2b"])', ["us-west-2a", "us-west-2b"]),
        ("toset(local.zones)", ["local.zones[0]", "local.zones[1]"]),
        ("toset([local.zones[0]])", ["local.zones[0]"]),
        ("toset(local.named)", ["us-west-2a", "us-west-2b"]),
        (
            'toset(distinct(concat(local.zones, [var.zone, "us-west-2d"])))',
            ["local.zones[0]", "local.zones[1]", "var.zone", "us-west-2d"],
        ),
        ('toset(distinct(concat(["a", "b"], ["b", "c"])))', ["a", "b", "c"]),
        ("toset(var.ids)", ["var.ids[*]"]),
        ("toset(local.unheard_of)", ["local.unheard_of[*]"]),
    ],
)
def test_the_keys_of_a_for_each(expression: str, expected: list[str]) -> None:
    assert keys(expression, LOCALS) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["${aws_subnet.private[var.zone].id}"], [("aws_subnet.private", "var.zone")]),
        (['${aws_subnet.private["us-west-2a"].id}'], [("aws_subnet.private", "us-west-2a")]),
        (
            "${[for zone in local.zones : aws_subnet.private[zone].id]}",
            [("aws_subnet.private", "local.zones[0]"), ("aws_subnet.private", "local.zones[1]")],
        ),
        ("${values(data.aws_subnet.private)[*].id}", [("data.aws_subnet.private", None)]),
        (["${data.aws_subnet.gpu.id}", "subnet-1"], [("data.aws_subnet.gpu", None), ("subnet-1", None)]),
    ],
)
def test_where_subnet_ids_lead(value: str | list[str], expected: list[tuple[str, str | None]]) -> None:
    assert subnets_of(value, LOCALS) == expected


def test_references_are_found_behind_locals_and_in_nested_values() -> None:
    value = {"a": ["${aws_kms_key.key.arn}", "${local.behind}"], "b": "$${aws_x.not_me.id} aws_y.nor_me"}
    assert references(value, LOCALS) == {"aws_kms_key.key", "aws_vpc.main"}


def test_a_value_for_people() -> None:
    assert plain("${var.cidrs}") == "var.cidrs"
    assert plain(["10.0.0.0/8", "${var.more}"]) == "10.0.0.0/8, var.more"
    assert plain("data-${data.aws_caller_identity.me.account_id}-x") == "data-ACCOUNT-x"
