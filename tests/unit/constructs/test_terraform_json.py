"""The tests' own reader of Terraform JSON: a reference that it misses is an order that nobody checks."""

from __future__ import annotations

import pytest

from tests.terraform_json import Stack

STACK = Stack(
    "demo",
    {
        "locals": {"ids": "${data.aws_subnets.all.ids}"},
        "variable": {"name": {"type": "string"}},
        "data": {"aws_subnets": {"all": {"id": "${var.name}"}}},
        "resource": {
            "aws_vpc": {"a": {"cidr_block": "10.0.0.0/16"}},
            "aws_subnet": {"b": {"vpc_id": "${aws_vpc.a.id}", "text": "$${aws_eip.no.id} of aws_eip.no"}},
            "aws_eip": {"c": {"depends_on": ["aws_subnet.b"], "list": ["${element(local.ids, 0)}"]}},
        },
    },
)


def test_references_are_found_in_expressions_and_depends_on_but_not_in_text() -> None:
    assert STACK.references(STACK["aws_subnet.b"]) == {"aws_vpc.a"}
    assert STACK.references(STACK["aws_eip.c"]) == {"aws_subnet.b", "data.aws_subnets.all"}


def test_what_is_needed_is_found_through_others_and_through_local_values() -> None:
    assert STACK.needs("aws_eip.c") == {"aws_subnet.b", "aws_vpc.a", "data.aws_subnets.all"}
    assert STACK.needs("aws_vpc.a") == set()


def test_variables_are_used_where_they_are_referred_to() -> None:
    assert STACK.variables_used() == {"name"}


def test_an_address_that_is_not_there_is_an_error_that_says_what_is() -> None:
    assert STACK.addresses == ["aws_eip.c", "aws_subnet.b", "aws_vpc.a", "data.aws_subnets.all"]
    with pytest.raises(AssertionError, match=r"demo has no aws_vpc\.x; it has aws_eip\.c, "):
        STACK["aws_vpc.x"]
    with pytest.raises(AssertionError, match=r"of type aws_route, not one"):
        STACK.only("aws_route")
