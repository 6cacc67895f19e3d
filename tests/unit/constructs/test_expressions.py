"""User text that Terraform must not read as a template, and references that it must."""

from __future__ import annotations

import json

import pytest

from modules.expressions import allow, literal, literals, policy, reference, reference_list, string_list
from modules.layout import Var, VariableKind

KIND = VariableKind("vpc_id", "A VPC", "true", "Give one.", "vpc-1")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain", "plain"),
        ("${path.cwd}", "$${path.cwd}"),
        ("%{if x}", "%%{if x}"),
        ("$ {x} 100% {y}", "$ {x} 100% {y}"),
        ("$${twice}", "$$${twice}"),
    ],
)
def test_templates_in_user_text_are_escaped(text: str, escaped: str) -> None:
    assert literal(text) == escaped


def test_nested_data_is_escaped_with_its_keys_and_keeps_its_types() -> None:
    value = {"${a}": ["${b}", 1, True, None, ("%{c}",)], "d": {"e": 1.5}}
    assert literals(value) == {"$${a}": ["$${b}", 1, True, None, ["%%{c}"]], "d": {"e": 1.5}}


def test_a_value_in_an_expression_is_quoted_and_a_variable_is_not() -> None:
    assert reference("us-west-2a") == '"us-west-2a"'
    assert reference('a"b${c}') == '"a\\"b$${c}"'
    assert reference(Var("vpc_id", KIND)) == "var.vpc_id"


def test_a_list_in_an_expression_is_a_list_or_a_variable() -> None:
    assert reference_list(["a", Var("vpc_id", KIND)]) == '["a", var.vpc_id]'
    assert reference_list([]) == "[]"
    assert reference_list(Var("vpc_ids", KIND)) == "var.vpc_ids"


def test_a_list_argument_is_its_values() -> None:
    assert string_list(("a", "b")) == ["a", "b"]


def test_the_same_statements_give_the_same_policy() -> None:
    statement = allow(["s3:GetObject"], ["arn:aws:s3:::b/*"], Sid="Read")
    document = policy(statement)
    assert document == policy(dict(statement))
    assert json.loads(document) == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::b/*"], "Sid": "Read"}
        ],
    }
