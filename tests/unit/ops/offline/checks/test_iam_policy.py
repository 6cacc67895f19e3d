"""JSON policies of IAM and of resources."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ops.offline.checks import Problem

Check = Callable[[str, "dict[str, Any]"], "list[Problem]"]
ACCOUNT = "123456789012"
TRUST = {"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": "sts:AssumeRole"}
GRANT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}
KEY = {
    "Sid": "Enable IAM policies",
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "kms:*",
    "Resource": "*",
}


def policy(*statements: dict[str, Any], **others: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **others})


def of_role(check: Check, text: str) -> list[str]:
    return [problem.message for problem in check("aws_iam_role", {"assume_role_policy": text})]


def inline(check: Check, text: str) -> list[str]:
    return [problem.message for problem in check("aws_iam_role_policy", {"role": "r", "policy": text})]


def without(statement: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in statement.items() if key != name}


@pytest.mark.parametrize(
    "text, message",
    [
        ("{", "This is no JSON (line 1, column 2"),
        ('{"Version": "2012-10-17", "Version": "2012-10-17"}', 'the key "Version" stands twice'),
        ("[]", "no JSON object"),
        (json.dumps({"Statement": [GRANT]}), "Version is missing"),
        (policy(GRANT, Version="2012-10-18"), 'Did you mean "2012-10-17"'),
        (policy(GRANT, Statements=[]), 'Did you mean "Statement"'),
        (policy(), "Statement is missing or empty"),
        ('{"Version": "2012-10-17", "Statement": ["Allow"]}', "Statement 0: it is no JSON object"),
        (
            policy({**GRANT, "Effect": "allow"}),
            'Statement 0: "allow" is not allowed: Effect takes Allow or Deny',
        ),
        (policy(without(GRANT, "Effect")), "Effect is missing"),
        (policy({**GRANT, "Actions": "s3:*"}), 'Did you mean "Action"'),
        (policy({**GRANT, "NotAction": "s3:*"}), "Action and NotAction exclude each other"),
        (policy(without(GRANT, "Action")), "Action (or NotAction) is missing"),
        (policy({**GRANT, "Action": []}), "Action is empty"),
        (policy({**GRANT, "Action": "s3.GetObject"}), '"s3.GetObject" is no action'),
        (policy(without(GRANT, "Resource")), "Resource (or NotResource) is missing"),
        (policy({**GRANT, "Resource": "bucket"}), '"bucket" is no resource'),
        (policy({**GRANT, "Principal": "*"}), "Principal is not allowed in an inline policy"),
        (policy({**GRANT, "Sid": "read it"}), "other characters than letters and digits"),
        (policy({**GRANT, "Sid": "A"}, {**GRANT, "Sid": "A"}), 'Two statements have the Sid "A"'),
        (policy({**GRANT, "Condition": {"StringEqual": {"aws:a": "b"}}}), 'Did you mean "StringEquals"'),
        (policy({**GRANT, "Condition": {"NullIfExists": {"aws:a": "true"}}}), "Did you mean"),
        (policy({**GRANT, "Condition": {"StringEquals": {"tag": "b"}}}), '"tag" is no key'),
        (policy({**GRANT, "Condition": {"StringEquals": "b"}}), "no JSON object of keys"),
        (policy({**GRANT, "Condition": []}), "no JSON object of operators"),
        (policy({**GRANT, "Resource": ["arn:aws:s3:::" + "b" * 10200]}), "is 10240"),
    ],
)
def test_a_fault_in_a_role_s_inline_policy_is_named(check: Check, text: str, message: str) -> None:
    messages = inline(check, text)
    assert len(messages) == 1, messages
    assert message in messages[0]


@pytest.mark.parametrize(
    "statement, message",
    [
        ({**TRUST, "Resource": "*"}, "Resource is not allowed in a trust policy"),
        (without(TRUST, "Principal"), "Principal (or NotPrincipal) is missing"),
        ({**TRUST, "Principal": {"Service": "eks"}}, '"eks" is no service principal'),
        ({**TRUST, "Principal": {"Service": "eks.amazon.com"}}, "one reads like ec2.amazonaws.com"),
        ({**TRUST, "Principal": {"Services": "eks.amazonaws.com"}}, 'Did you mean "Service"'),
        ({**TRUST, "Principal": {"AWS": "1234"}}, '"1234" is no AWS principal'),
        ({**TRUST, "Principal": "eks.amazonaws.com"}, 'write {"AWS": ...}'),
        ({**TRUST, "Action": "s3:GetObject"}, "no action of a trust policy"),
    ],
)
def test_a_fault_in_a_trust_policy_is_named(check: Check, statement: dict[str, Any], message: str) -> None:
    messages = of_role(check, policy(statement))
    assert len(messages) == 1, messages
    assert message in messages[0]


def test_a_trust_policy_may_have_2048_characters_and_white_space_does_not_count(check: Check) -> None:
    long = {**TRUST, "Condition": {"StringEquals": {"aws:PrincipalTag/x": "y" * 1800}}}
    text = policy(long)
    assert len(text) < 2048
    assert of_role(check, text.replace(" ", "  " * 100)) == []
    assert "2048" in of_role(check, policy({**long, "Sid": "x" * 400}))[0]


def test_what_iam_takes_is_no_problem(check: Check) -> None:
    web = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/example.com/id/1"},
        "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
        "Condition": {
            "ForAnyValue:StringLikeIfExists": {"example.com/id/1:sub": ["a", "b"]},
            "Null": {"aws:a": "true"},
        },
    }
    assert of_role(check, policy(TRUST, web, {**TRUST, "Principal": {"AWS": ACCOUNT}})) == []
    assert (
        inline(
            check, policy({**GRANT, "Sid": "Read"}, {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"})
        )
        == []
    )
    assert inline(check, json.dumps({"Version": "2012-10-17", "Statement": GRANT})) == []


def test_a_policy_inside_a_role_is_checked_at_its_place(check: Check) -> None:
    config = {
        "assume_role_policy": policy(TRUST),
        "inline_policy": [{"name": "a", "policy": policy(GRANT)}, {"name": "b", "policy": "no"}],
    }
    (problem,) = check("aws_iam_role", config)
    assert problem.path == ("inline_policy", 1, "policy")


def test_a_key_policy_needs_principals_and_takes_any_sid(check: Check) -> None:
    assert check("aws_kms_key", {"policy": policy(KEY)}) == []
    (problem,) = check("aws_kms_key", {"policy": policy(without(KEY, "Principal"))})
    assert "Principal (or NotPrincipal) is missing" in problem.message


def test_the_policy_of_a_queue_names_its_principals(check: Check) -> None:
    send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    fine = {**send, "Principal": {"Service": "events.amazonaws.com"}}
    queue = {"queue_url": "https://sqs.us-west-2.amazonaws.com/123456789012/q"}
    assert check("aws_sqs_queue_policy", {**queue, "policy": policy(fine)}) == []
    [problem] = check("aws_sqs_queue_policy", {**queue, "policy": policy(send)})
    assert "Principal (or NotPrincipal) is missing" in problem.message
    [problem] = check("aws_sqs_queue_policy", {**queue, "policy": policy(fine, Id="x" * 8192)})
    assert "the quota of the policy of an SQS queue is 8192" in problem.message
