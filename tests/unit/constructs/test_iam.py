"""Names of roles, which have to fit what IAM takes whatever the layout is called."""

from __future__ import annotations

import pytest

from modules.iam import by_label
from tests.terraform_json import Synth, strings

LONG = "a" * 50 + "-" + "b" * 12
TEXT = f"""
name: {LONG}
region: us-west-2
node_groups:
  sys: {{instance_type: c5.2xlarge, size: {{min: 1, desired: 1, max: 3}}}}
"""


@pytest.mark.parametrize("text", ["tags: {}", TEXT])
def test_role_names_leave_room_for_terraforms_suffix(synth: Synth, text: str) -> None:
    for role in synth(text).cluster.resources("aws_iam_role").values():
        assert len(role["name_prefix"]) <= 38
        assert role["name_prefix"].endswith("-")
        assert not role["name_prefix"].endswith("--")
        assert "name" not in role


def test_every_role_says_whose_it_is(synth: Synth) -> None:
    for role in synth("tags: {}").cluster.resources("aws_iam_role").values():
        assert "demo" in role["description"]


@pytest.mark.parametrize("text", ["tags: {}", "extends: eks-p5-odcr"])
def test_aws_managed_policies_are_named_in_the_partition_of_the_account(synth: Synth, text: str) -> None:
    for attachment in synth(text).cluster.resources("aws_iam_role_policy_attachment").values():
        assert attachment["policy_arn"].startswith(
            "arn:${data.aws_partition.partition.partition}:iam::aws:policy/"
        )


def test_the_part_of_an_address_does_not_depend_on_the_order_of_policies() -> None:
    a, b = (f"arn:aws:iam::123456789012:policy/{name}" for name in ("a/b", "a-b"))
    other = "arn:aws:iam::123456789012:policy/other"
    there, back = by_label([a, b, other]), by_label([other, b, a])
    assert there == back
    assert sorted(there.values()) == sorted([a, b, other])
    assert (
        by_label([other, other])["123456789012-policy-other"] == there["123456789012-policy-other"] == other
    )
    assert by_label([b], "extra-") == {"extra-123456789012-policy-a-b": b}


def test_no_policy_of_ours_allows_everything(synth: Synth) -> None:
    text = "node_groups: {gpu: {instance_type: g5.8xlarge, size: {desired: 2}, scaling_owner: autoscaler}}"
    for body in synth(text).cluster.resources("aws_iam_role_policy").values():
        for document in strings(body):
            assert '"Action": ["*"]' not in document
            assert ':*"]' not in document.replace(
                '${aws_cloudwatch_log_group.network_flow_logs_group.arn}:*"]', ""
            )
