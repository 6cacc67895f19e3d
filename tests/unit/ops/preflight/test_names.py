"""Names that are taken: by what an earlier cluster left behind, by somebody else, or by what is this layout's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from modules.layout import Layout
from modules.layout.stores import CLUSTER_TAG
from ops.checking.runner import run
from ops.preflight.checks.names import KINDS, ClusterName, NamesTaken
from ops.preflight.subject import Document
from ops.states import Deployed
from tests.account.server import AccountServer
from tests.terraform_json import Load, Synth
from tests.unit.ops.preflight.looking import Found, brief, look, resources, subject_of
from tests.unit.ops.preflight.subjects import client_of

CHECKS = (ClusterName(), NamesTaken())
ACCOUNT = "123456789012"
BUCKET = "demo-data-${data.aws_caller_identity.account.account_id}-us-west-2"

# Each type with the name that a stack wants, and who has it already: what is called, and how.
Make = Callable[[Any], object]
TAKEN: Mapping[str, tuple[str, dict[str, str], str, Make]] = {
    "aws_cloudwatch_log_group": (
        "logs",
        {"name": "/aws/eks/demo/cluster"},
        "aws logs delete-log-group --log-group-name /aws/eks/demo/cluster --region us-west-2",
        lambda client: client.create_log_group(logGroupName="/aws/eks/demo/cluster"),
    ),
    "aws_ecr_repository": (
        "ecr",
        {"name": "demo/trainer"},
        "aws ecr delete-repository --repository-name demo/trainer --region us-west-2",
        lambda client: client.create_repository(repositoryName="demo/trainer"),
    ),
    "aws_kms_alias": (
        "kms",
        {"name": "alias/eks/demo"},
        "aws kms delete-alias --alias-name alias/eks/demo --region us-west-2",
        lambda client: client.create_alias(
            AliasName="alias/eks/demo", TargetKeyId=client.create_key()["KeyMetadata"]["KeyId"]
        ),
    ),
    "aws_launch_template": (
        "ec2",
        {"name": "demo-sys"},
        "aws ec2 delete-launch-template --launch-template-name demo-sys --region us-west-2",
        lambda client: client.create_launch_template(
            LaunchTemplateName="demo-sys", LaunchTemplateData={"InstanceType": "c5.2xlarge"}
        ),
    ),
    "aws_s3_bucket": (
        "s3",
        {"bucket": BUCKET},
        f"aws s3api delete-bucket --bucket demo-data-{ACCOUNT}-us-west-2 --region us-west-2",
        lambda client: client.create_bucket(
            Bucket=f"demo-data-{ACCOUNT}-us-west-2",
            CreateBucketConfiguration={"LocationConstraint": "us-west-2"},
        ),
    ),
    "aws_sqs_queue": (
        "sqs",
        {"name": "demo-karpenter"},
        "aws sqs delete-queue --queue-url ",
        lambda client: client.create_queue(QueueName="demo-karpenter"),
    ),
    "aws_ssm_parameter": (
        "ssm",
        {"name": "/eks/demo/file-systems/fast"},
        "aws ssm delete-parameter --name /eks/demo/file-systems/fast --region us-west-2",
        lambda client: client.put_parameter(Name="/eks/demo/file-systems/fast", Value="{}", Type="String"),
    ),
}  # fmt: skip


@pytest.fixture
def demo(layout: Load) -> Layout:
    return layout("").layout


def whole() -> Document:
    """A stack that wants a name of every type."""
    types = {name: {"made": {**arguments}} for name, (_, arguments, _, _) in TAKEN.items()}
    types["aws_placement_group"] = {"made": {"name": "demo-p5"}}
    return resources(**types)


def found(one: Layout, stack: Document | None = None, **more: Any) -> list[Found]:
    return look(CHECKS, subject_of(one, {"demo": stack or whole()}, **more))


def client(service: str) -> Any:
    return client_of(service)


def cluster(tags: dict[str, str] | None = None) -> None:
    subnets = [one["SubnetId"] for one in client("ec2").describe_subnets()["Subnets"][:2]]
    client("eks").create_cluster(
        name="demo",
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/cluster",
        resourcesVpcConfig={"subnetIds": subnets},
        tags=tags or {},
    )


def test_in_an_empty_account_every_name_is_free(aws: AccountServer, demo: Layout) -> None:
    assert found(demo) == []
    assert {str(call).partition(":")[0] for call in aws.calls} >= {"ec2", "ecr", "eks", "kms", "s3", "sqs"}


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("kind", sorted(TAKEN))
def test_a_name_that_is_taken_is_one_finding_with_both_ways_out(demo: Layout, kind: str) -> None:
    service, _, delete, make = TAKEN[kind]
    make(client(service))
    [one] = found(demo)
    assert one[:3] == ("names-taken", "error", f"{kind}.made")
    assert "and the state of demo does not have it" in one[3]
    assert f"If nobody needs it: {delete}" in one[3]
    assert f"cd cdktf.out/stacks/demo && terraform init && terraform import {kind}.made " in one[3]


def test_a_placement_group_that_is_left_is_one_finding(aws: AccountServer, demo: Layout) -> None:
    group = aws.extras.add_placement_group("us-west-2", "demo-p5")
    [one] = found(demo)
    assert one[:3] == ("names-taken", "error", "aws_placement_group.made")
    assert "aws ec2 delete-placement-group --group-name demo-p5" in one[3]
    group["State"] = "deleted"
    assert found(demo) == []


@pytest.mark.usefixtures("aws")
def test_a_launch_template_is_imported_by_its_id(demo: Layout) -> None:
    TAKEN["aws_launch_template"][3](client("ec2"))
    [template] = client("ec2").describe_launch_templates()["LaunchTemplates"]
    [one] = found(demo)
    assert one[3].endswith(f"terraform import aws_launch_template.made {template['LaunchTemplateId']}")


@pytest.mark.usefixtures("aws")
def test_a_longer_name_is_another_name(demo: Layout) -> None:
    client("logs").create_log_group(logGroupName="/aws/eks/demo/cluster-2")
    assert found(demo) == []


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("kind", sorted(TAKEN))
def test_what_the_state_has_is_ours(demo: Layout, kind: str) -> None:
    service, arguments, _, make = TAKEN[kind]
    make(client(service))
    attributes = {key: value.replace("${data.aws_caller_identity.account.account_id}", ACCOUNT)
                  for key, value in arguments.items()}  # fmt: skip
    assert found(demo, states={"demo": [Deployed(kind, "made", attributes)]}) == []


@pytest.mark.usefixtures("aws")
def test_where_the_state_cannot_be_read_a_taken_name_is_a_warning(demo: Layout) -> None:
    TAKEN["aws_cloudwatch_log_group"][3](client("logs"))
    [one] = found(demo, states={})
    assert one[:3] == ("names-taken", "warning", "aws_cloudwatch_log_group.made")
    assert "the state of demo cannot be read" in one[3]


def test_a_name_that_only_an_apply_knows_is_not_asked_for(aws: AccountServer, demo: Layout) -> None:
    unknown = resources(aws_s3_bucket={"one": {"bucket": "${random_id.one.hex}-data"}})
    assert found(demo, unknown) == []
    assert "s3:HeadBucket" not in [str(call) for call in aws.calls]


def test_a_bucket_of_another_account_is_taken_too(aws: AccountServer, demo: Layout) -> None:
    aws.deny("s3:HeadBucket")
    assert brief(found(demo)) == [("names-taken", "error", "aws_s3_bucket.made")]


def test_what_may_not_be_asked_does_not_hide_what_was_found(aws: AccountServer, demo: Layout) -> None:
    aws.deny("ecr:DescribeRepositories")
    TAKEN["aws_ssm_parameter"][3](client("ssm"))
    [outcome] = run([NamesTaken()], subject_of(demo, {"demo": whole()}))
    assert outcome.unasked is not None
    assert outcome.unasked.action == "ecr:DescribeRepositories"
    assert [one.where for one in outcome.findings] == ["aws_ssm_parameter.made"]


@pytest.mark.usefixtures("aws")
def test_somebody_elses_cluster_of_the_name_is_one_finding(demo: Layout) -> None:
    cluster()
    TAKEN["aws_cloudwatch_log_group"][3](client("logs"))
    [one] = found(demo)
    assert one[:3] == ("cluster-name", "error", "name")
    assert "there is a cluster demo in us-west-2 that is none of this layout's" in one[3]


@pytest.mark.usefixtures("aws")
def test_a_cluster_that_was_deployed_with_another_state_is_one_finding(demo: Layout) -> None:
    cluster({CLUSTER_TAG: "demo"})
    TAKEN["aws_kms_alias"][3](client("kms"))
    [one] = found(demo)
    assert one[:3] == ("cluster-name", "error", "name")
    assert "with this layout's tag, and the state of demo does not have it" in one[3]
    assert "terraform.demo.tfstate" in one[3]


@pytest.mark.usefixtures("aws")
def test_a_cluster_that_the_state_has_is_not_accused(demo: Layout) -> None:
    cluster()
    deployed = [Deployed("aws_eks_cluster", "cluster", {"name": "demo"})]
    assert found(demo, states={"demo": deployed}) == []


@pytest.mark.usefixtures("aws")
def test_a_cluster_with_our_tag_is_ours_where_the_state_cannot_be_read(demo: Layout) -> None:
    cluster({CLUSTER_TAG: "demo"})
    TAKEN["aws_kms_alias"][3](client("kms"))
    assert found(demo, states={}) == []


@pytest.mark.usefixtures("aws")
def test_a_cluster_without_our_tag_is_a_warning_where_the_state_cannot_be_read(demo: Layout) -> None:
    cluster()
    [one] = found(demo, states={})
    assert one[:3] == ("cluster-name", "warning", "name")
    assert "cannot be read" in one[3]


# Those of which two may have one name, or that belong to the cluster alone.
NOT_TAKEN = {"aws_eks_addon", "aws_eks_cluster", "aws_eks_node_group", "aws_iam_role_policy"}


def test_every_fixed_name_of_the_stacks_is_asked_for(synth: Synth) -> None:
    named = set()
    own = "helm_releases: {karpenter: {}}\nnode_groups: {sys: {placement_group: create, availability_zone: us-west-2a}}"
    for text in ("extends: eks-p5-training", "extends: ml-load-balanced", own):
        for stack in synth(text):
            for kind, those in stack.json.get("resource", {}).items():
                if kind.startswith("aws_") and any(
                    isinstance(one.get(key), str) and not one[key].startswith("${")
                    for one in those.values()
                    for key in ("name", "bucket")
                ):
                    named.add(kind)
    assert named - NOT_TAKEN <= set(KINDS)
    assert set(KINDS) <= named
