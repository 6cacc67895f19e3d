"""Names as long as the layout takes them: docs/limits.md."""

from __future__ import annotations

from tests.terraform_json import Body, Stack, Synth
from tests.vocabulary import LONGEST


def _names(stack: Stack, of_type: str, key: str) -> list[str]:
    return [str(body[key]) for body in stack.resources(of_type).values() if key in body]


def test_names_at_their_limits_synthesize_to_what_aws_takes(synth: Synth) -> None:
    stacks = synth(LONGEST)
    cluster = stacks.cluster
    assert cluster.only("aws_eks_cluster")["name"] == "c" * 63
    [group, *_] = cluster.resources("aws_eks_node_group").values()
    assert group["node_group_name"] == "g" * 63
    assert [len(name) for name in _names(cluster, "aws_launch_template", "name")] == [125]
    # IAM takes 64 characters: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    assert all(len(prefix) + 26 <= 64 for prefix in _names(cluster, "aws_iam_role", "name_prefix"))
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreatePlacementGroup.html and API_CreateSecurityGroup.html
    assert all(len(name) <= 255 for name in _names(cluster, "aws_placement_group", "name"))
    assert all(len(name) + 26 <= 255 for name in _names(cluster, "aws_security_group", "name_prefix"))
    template: Body = cluster.only("aws_launch_template")
    [tags] = [one["tags"] for one in template["tag_specifications"] if one["resource_type"] == "instance"]
    assert tags["k" * 128] == "v" * 256
    [release] = [one for one in stacks.platform.resources("helm_release").values() if one["name"] == "r" * 53]
    assert release["chart"] == "demo"
