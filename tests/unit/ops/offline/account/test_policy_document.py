"""IAM policy documents as the provider renders them."""

from __future__ import annotations

import json
import textwrap
import zlib
from typing import Any

import pytest

from ops.offline.account.policy_document import PolicyDocumentError, policy_document


def _only_statement(**members: Any) -> dict[str, Any]:
    document = json.loads(policy_document({"statement": [members]})["json"])
    (statement,) = document["Statement"]
    assert isinstance(statement, dict)
    return statement


def test_a_trust_policy_is_written_as_the_provider_writes_it() -> None:
    found = policy_document(
        {
            "statement": [
                {
                    "sid": "Trust",
                    "actions": ["sts:AssumeRole", "sts:TagSession"],
                    "principals": [{"type": "Service", "identifiers": ["pods.eks.amazonaws.com"]}],
                }
            ]
        }
    )
    expected = """\
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Sid": "Trust",
              "Effect": "Allow",
              "Action": [
                "sts:TagSession",
                "sts:AssumeRole"
              ],
              "Principal": {
                "Service": "pods.eks.amazonaws.com"
              }
            }
          ]
        }"""
    assert found["json"] == textwrap.dedent(expected)
    assert found["minified_json"] == (
        '{"Version":"2012-10-17","Statement":[{"Sid":"Trust","Effect":"Allow","Action":["sts:TagSession",'
        '"sts:AssumeRole"],"Principal":{"Service":"pods.eks.amazonaws.com"}}]}'
    )
    assert found["id"] == str(zlib.crc32(found["json"].encode()))


def test_a_document_without_statements_has_a_version_only() -> None:
    assert policy_document({})["minified_json"] == '{"Version":"2012-10-17"}'


def test_the_id_stands_behind_the_version() -> None:
    found = policy_document({"policy_id": "mine", "version": "2008-10-17"})
    assert found["minified_json"] == '{"Version":"2008-10-17","Id":"mine"}'


def test_lists_of_one_become_strings_and_longer_ones_are_sorted_backwards() -> None:
    statement = _only_statement(
        effect="Deny", not_actions=["s3:Get*"], not_resources=["arn:b", "arn:c", "arn:a"]
    )
    assert statement == {
        "Effect": "Deny",
        "NotAction": "s3:Get*",
        "NotResource": ["arn:c", "arn:b", "arn:a"],
    }


def test_everybody_is_a_star_only_with_the_type_star() -> None:
    anyone = _only_statement(principals=[{"type": "*", "identifiers": ["*"]}])
    any_account = _only_statement(principals=[{"type": "AWS", "identifiers": ["*"]}])
    assert anyone["Principal"] == "*"
    assert any_account["Principal"] == {"AWS": "*"}


def test_principals_of_one_type_are_joined_and_types_sorted() -> None:
    statement = _only_statement(
        not_principals=[
            {"type": "Service", "identifiers": ["ec2.amazonaws.com"]},
            {"type": "AWS", "identifiers": ["111111111111"]},
            {"type": "AWS", "identifiers": ["222222222222"]},
        ]
    )
    assert list(statement["NotPrincipal"].items()) == [
        ("AWS", ["111111111111", "222222222222"]),
        ("Service", "ec2.amazonaws.com"),
    ]


def test_conditions_go_by_test_then_variable_and_keep_the_order_of_values() -> None:
    statement = _only_statement(
        condition=[
            {"test": "StringLike", "variable": "aws:b", "values": ["z", "a"]},
            {"test": "StringLike", "variable": "aws:a", "values": ["one"]},
            {"test": "Bool", "variable": "aws:c", "values": ["true"]},
        ]
    )
    assert json.dumps(statement["Condition"]) == json.dumps(
        {"Bool": {"aws:c": "true"}, "StringLike": {"aws:a": "one", "aws:b": ["z", "a"]}}
    )


def test_policy_variables_get_their_dollar() -> None:
    statement = _only_statement(
        resources=["arn:aws:s3:::home/&{aws:username}"],
        condition=[{"test": "StringEquals", "variable": "s3:prefix", "values": ["&{aws:userid}"]}],
    )
    assert statement["Resource"] == "arn:aws:s3:::home/${aws:username}"
    assert statement["Condition"] == {"StringEquals": {"s3:prefix": "${aws:userid}"}}


def test_a_document_of_2008_has_no_policy_variables() -> None:
    with pytest.raises(PolicyDocumentError, match="not supported in document version 2008-10-17"):
        policy_document({"version": "2008-10-17", "statement": [{"resources": ["&{aws:username}"]}]})


def test_what_html_would_read_is_escaped() -> None:
    found = policy_document({"policy_id": "<a&b>"})
    assert found["minified_json"] == '{"Version":"2012-10-17","Id":"\\u003ca\\u0026b\\u003e"}'


def _document(sid: str, action: str) -> str:
    statement = {"Resource": "*", "Action": action, "Effect": "Allow", "Sid": sid}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_an_override_replaces_the_statement_of_its_sid_and_adds_the_others() -> None:
    found = policy_document(
        {
            "statement": [
                {"sid": "one", "actions": ["a:One"], "resources": ["*"]},
                {"actions": ["a:None"], "resources": ["*"]},
            ],
            "override_policy_documents": [_document("one", "b:One"), _document("two", "b:Two")],
        }
    )
    statements = json.loads(found["json"])["Statement"]
    assert [(one.get("Sid"), one["Action"]) for one in statements] == [
        ("one", "b:One"),
        (None, "a:None"),
        ("two", "b:Two"),
    ]
    assert list(statements[0]) == ["Sid", "Effect", "Action", "Resource"]


def test_sources_come_first_and_are_replaced_by_the_documents_own_statements() -> None:
    found = policy_document(
        {
            "source_policy_documents": [_document("one", "a:One"), _document("two", "a:Two")],
            "statement": [{"sid": "two", "actions": ["b:Two"]}],
        }
    )
    statements = json.loads(found["json"])["Statement"]
    assert [(one["Sid"], one["Action"]) for one in statements] == [("one", "a:One"), ("two", "b:Two")]


def test_sources_are_normalized() -> None:
    source = {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": "*",
                "Condition": {"Bool": {"aws:SecureTransport": False}, "ArnLike": {"a": ["x"]}},
            }
        ]
    }
    statements = json.loads(policy_document({"source_policy_documents": [json.dumps(source)]})["json"])[
        "Statement"
    ]
    assert statements == [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Condition": {"ArnLike": {"a": "x"}, "Bool": {"aws:SecureTransport": "false"}},
        }
    ]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"statement": [{"sid": "a"}, {"sid": "a"}]}, r"duplicate Sid \(a\)"),
        (
            {"source_policy_documents": [_document("a", "x:Y"), _document("a", "x:Y")]},
            r"source document 1: duplicate Sid \(a\)",
        ),
        ({"source_policy_documents": ["{"]}, "merging source document 0"),
        ({"override_policy_documents": ['{"Statement": {}}']}, "merging override document 0"),
    ],
)
def test_documents_that_the_provider_refuses(config: dict[str, Any], message: str) -> None:
    with pytest.raises(PolicyDocumentError, match=message):
        policy_document(config)
