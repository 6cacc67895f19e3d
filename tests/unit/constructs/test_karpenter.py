"""What Karpenter needs in AWS, and what its release is told of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.terraform_json import Stack, Synth

ON = "helm_releases: {karpenter: {}}\n"
CLUSTER_TAG = "kubernetes.io/cluster/demo"
SHIFT = "arc-zonal-shift:GetManagedResource"


def _statements(stack: Stack, name: str) -> list[dict[str, Any]]:
    policy = stack[f"aws_iam_role_policy.karpenter_role_policy_{name}"]["policy"]
    found: list[dict[str, Any]] = json.loads(policy)["Statement"]
    return found


def _all(stack: Stack) -> list[dict[str, Any]]:
    names = ("nodes", "instance_profiles", "discovery", "interruption")
    return [statement for name in names for statement in _statements(stack, name)]


def _values(stack: Stack) -> dict[str, Any]:
    values: dict[str, Any] = YAML(typ="safe").load(stack["helm_release.releases_karpenter"]["values"][0])
    return values


@pytest.mark.parametrize("text", ["tags: {}", "helm_releases: {karpenter: {enabled: false}}"])
def test_a_layout_without_karpenter_has_nothing_of_it(synth: Synth, text: str) -> None:
    for stack in synth(text):
        assert "karpenter" not in json.dumps(stack.json)


def test_the_chart_is_pinned_and_lives_where_its_guide_has_it(synth: Synth) -> None:
    release = synth(ON).platform["helm_release.releases_karpenter"]
    assert (release["repository"], release["chart"]) == ("oci://public.ecr.aws/karpenter", "karpenter")
    assert release["version"] == "1.14.1"
    assert release["namespace"] == "kube-system"


@pytest.mark.parametrize("namespace", ["kube-system", "karpenter"])
def test_the_controllers_pods_get_their_role_by_pod_identity(synth: Synth, namespace: str) -> None:
    stacks = synth(f"helm_releases: {{karpenter: {{namespace: {namespace}}}}}")
    identity = stacks.cluster["aws_eks_pod_identity_association.karpenter_identity"]
    assert identity["role_arn"] == "${aws_iam_role.karpenter_role.arn}"
    # The service account that the chart makes has to be the one that the association names.
    assert identity["service_account"] == _values(stacks.platform)["serviceAccount"]["name"]
    assert identity["namespace"] == stacks.platform["helm_release.releases_karpenter"]["namespace"]
    needs = stacks.cluster.needs("aws_eks_pod_identity_association.karpenter_identity")
    assert {name for name in needs if name.startswith("aws_iam_role_policy.karpenter_role")} == {
        f"aws_iam_role_policy.karpenter_role_policy_{name}"
        for name in ("nodes", "instance_profiles", "discovery", "interruption")
    }


def test_the_release_knows_its_cluster_and_its_queue(synth: Synth) -> None:
    stacks = synth(ON)
    settings = _values(stacks.platform)["settings"]
    assert settings["clusterName"] == stacks.cluster.only("aws_eks_cluster")["name"]
    assert settings["interruptionQueue"] == stacks.cluster.only("aws_sqs_queue")["name"]


def test_nodes_of_karpenter_may_join_by_an_entry_of_their_own(synth: Synth) -> None:
    stack = synth(ON).cluster
    entry = stack["aws_eks_access_entry.karpenter_nodes"]
    assert entry["type"] == "EC2_LINUX"
    assert entry["principal_arn"] == "${aws_iam_role.karpenter_node_role.arn}"
    [trust] = json.loads(stack["aws_iam_role.karpenter_node_role"]["assume_role_policy"])["Statement"]
    assert trust["Principal"] == {"Service": "ec2.amazonaws.com"}


def test_nodes_of_karpenter_have_the_policies_of_those_of_a_node_group(synth: Synth) -> None:
    attached = synth(ON).cluster.resources("aws_iam_role_policy_attachment")

    def policies(role: str) -> dict[str, str]:
        return {
            name.removeprefix(role): body["policy_arn"]
            for name, body in attached.items()
            if name.startswith(role)
        }

    assert policies("karpenter_node_role") == policies("nodes_sys_role")
    assert policies("karpenter_node_role")


def test_the_controller_changes_nothing_that_has_not_the_clusters_tag(synth: Synth) -> None:
    read = ("Describe", "Get", "List")
    for statement in _all(synth(ON).cluster):
        changing = [one for one in statement["Action"] if not one.partition(":")[2].startswith(read)]
        if not changing or any(action.startswith("sqs:") for action in changing):
            continue
        what = "".join(statement["Resource"])
        if changing == ["iam:PassRole"]:
            assert statement["Resource"] == ["${aws_iam_role.karpenter_node_role.arn}"]
        elif "subnet/" in what:
            # What is only used by a launch.
            assert set(changing) == {"ec2:CreateFleet", "ec2:RunInstances"}
            assert "instance/" not in what
        else:
            condition = statement["Condition"]["StringEquals"]
            assert "owned" in {
                condition.get(f"aws:RequestTag/{CLUSTER_TAG}"),
                condition.get(f"aws:ResourceTag/{CLUSTER_TAG}"),
            }, statement


def test_the_controller_is_kept_to_its_region(synth: Synth) -> None:
    for statement in _all(synth(ON).cluster):
        for resource in statement["Resource"]:
            if resource.startswith("arn:") and ":iam:" not in resource:
                assert ":us-west-2:" in resource
    describe, *_ = _statements(synth(ON).cluster, "discovery")
    assert describe["Condition"] == {"StringEquals": {"aws:RequestedRegion": "us-west-2"}}


def test_the_controller_may_do_what_the_reference_allows_and_no_more(synth: Synth) -> None:
    """website/content/en/v1.14/reference/cloudformation.md of aws/karpenter-provider-aws."""
    allowed = {action for statement in _all(synth(ON).cluster) for action in statement["Action"]}
    assert allowed == {
        "ec2:CreateFleet",
        "ec2:CreateLaunchTemplate",
        "ec2:CreateTags",
        "ec2:DeleteLaunchTemplate",
        "ec2:DescribeCapacityReservations",
        "ec2:DescribeImages",
        "ec2:DescribeInstanceStatus",
        "ec2:DescribeInstanceTypeOfferings",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeInstances",
        "ec2:DescribeLaunchTemplates",
        "ec2:DescribePlacementGroups",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSpotPriceHistory",
        "ec2:DescribeSubnets",
        "ec2:RunInstances",
        "ec2:TerminateInstances",
        "eks:DescribeCluster",
        "iam:AddRoleToInstanceProfile",
        "iam:CreateInstanceProfile",
        "iam:DeleteInstanceProfile",
        "iam:GetInstanceProfile",
        "iam:ListInstanceProfiles",
        "iam:PassRole",
        "iam:RemoveRoleFromInstanceProfile",
        "iam:TagInstanceProfile",
        "pricing:GetProducts",
        "sqs:DeleteMessage",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
        "ssm:GetParameter",
    }


def test_the_policies_of_the_role_are_within_iams_quota(synth: Synth) -> None:
    """10,240 characters for all inline policies of a role, those of references included."""
    policies = [
        body["policy"]
        for name, body in synth(ON + "cluster: {zonal_shift: true}\n")
        .cluster.resources("aws_iam_role_policy")
        .items()
        if name.startswith("karpenter")
    ]
    assert len(policies) == 4
    assert len("".join("".join(policies).split())) < 8_000


def test_zonal_shifts_are_asked_for_where_the_cluster_has_them(synth: Synth) -> None:
    stacks = synth(ON + "cluster: {zonal_shift: true}\n")
    [shift] = [one for one in _statements(stacks.cluster, "discovery") if one["Action"] == [SHIFT]]
    assert shift["Condition"]["StringEquals"] == {
        "arc-zonal-shift:ResourceIdentifier": "${aws_eks_cluster.cluster.arn}"
    }
    assert _values(stacks.platform)["settings"]["enableZonalShift"] is True
    assert _values(synth(ON).platform)["settings"]["enableZonalShift"] is False


def test_the_queue_is_encrypted_forgets_and_takes_the_events_of_its_own_rules_alone(synth: Synth) -> None:
    stack = synth(ON).cluster
    queue = stack.only("aws_sqs_queue")
    assert queue["sqs_managed_sse_enabled"] is True
    assert queue["message_retention_seconds"] == 300
    send, deny = json.loads(stack.only("aws_sqs_queue_policy")["policy"])["Statement"]
    assert send["Principal"] == {"Service": "events.amazonaws.com"}
    assert send["Action"] == "sqs:SendMessage"
    rules = stack.resources("aws_cloudwatch_event_rule")
    assert set(send["Condition"]["ArnEquals"]["aws:SourceArn"]) == {
        f"${{aws_cloudwatch_event_rule.{name}.arn}}" for name in rules
    }
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_every_interruption_that_karpenter_knows_reaches_the_queue(synth: Synth) -> None:
    stack = synth(ON).cluster
    patterns = [
        json.loads(rule["event_pattern"]) for rule in stack.resources("aws_cloudwatch_event_rule").values()
    ]
    assert {(pattern["source"][0], pattern["detail-type"][0]) for pattern in patterns} == {
        ("aws.health", "AWS Health Event"),
        ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
        ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
        ("aws.ec2", "EC2 Instance State-change Notification"),
        ("aws.ec2", "EC2 Capacity Reservation Instance Interruption Warning"),
    }
    targets = stack.resources("aws_cloudwatch_event_target")
    assert {target["rule"] for target in targets.values()} == {
        f"${{aws_cloudwatch_event_rule.{name}.name}}" for name in stack.resources("aws_cloudwatch_event_rule")
    }
    assert {target["arn"] for target in targets.values()} == {"${aws_sqs_queue.karpenter_queue.arn}"}
    for name in targets:
        assert "aws_sqs_queue_policy.karpenter_queue_policy" in stack.needs(
            f"aws_cloudwatch_event_target.{name}"
        )


def test_names_fit_aws_however_long_the_clusters_is(synth: Synth) -> None:
    stack = synth(
        f"name: {'c' * 63}\nregion: us-west-2\n{ON}"
        "node_groups: {sys: {instance_type: c5.2xlarge, size: {desired: 1}}}\n"
    ).cluster
    assert len(stack.only("aws_sqs_queue")["name"]) <= 80
    rules = stack.resources("aws_cloudwatch_event_rule").values()
    assert max(len(rule["name_prefix"]) for rule in rules) <= 38


def test_a_node_class_finds_the_new_subnets_and_the_clusters_security_group(synth: Synth) -> None:
    stack = synth(ON).cluster
    assert stack["aws_subnet.network_private"]["tags"]["karpenter.sh/discovery"] == "demo"
    assert "karpenter.sh/discovery" not in stack["aws_subnet.network_public"]["tags"]
    tag = stack.only("aws_ec2_tag")
    assert (tag["key"], tag["value"]) == ("karpenter.sh/discovery", "demo")
    assert tag["resource_id"] == "${aws_eks_cluster.cluster.vpc_config[0].cluster_security_group_id}"


def test_a_node_class_is_told_its_role(synth: Synth) -> None:
    outputs = synth(ON).cluster.outputs
    assert outputs["karpenter_node_role"]["value"] == "${aws_iam_role.karpenter_node_role.name}"
    assert "karpenter_instance_profile" not in outputs
    assert "karpenter_node_role" not in synth("tags: {}").cluster.outputs


def test_without_internet_karpenter_gets_an_instance_profile_and_asks_for_no_prices(synth: Synth) -> None:
    """IAM and the price list have no VPC endpoint."""
    stacks = synth(ON + "network: {fully_private: true}\n")
    assert _values(stacks.platform)["settings"]["isolatedVPC"] is True
    profile = stacks.cluster.only("aws_iam_instance_profile")
    assert profile["role"] == "${aws_iam_role.karpenter_node_role.name}"
    assert stacks.cluster.outputs["karpenter_instance_profile"]["value"] == (
        "${aws_iam_instance_profile.karpenter_instance_profile.name}"
    )
    assert "aws_vpc_endpoint.network_sqs_endpoint" in stacks.cluster
    with_nat = synth(ON)
    assert _values(with_nat.platform)["settings"]["isolatedVPC"] is False
    assert not with_nat.cluster.resources("aws_iam_instance_profile")


@pytest.mark.parametrize(
    ("groups", "replicas"),
    [
        ("", 1),
        ("more: {instance_type: m5.large, size: {desired: 1}}", 2),
        ("gpu: {instance_type: g5.8xlarge, size: {desired: 4}}", 1),
    ],
)
def test_there_is_a_second_controller_where_there_is_a_second_node_for_it(
    synth: Synth, groups: str, replicas: int
) -> None:
    values = _values(synth(ON + (f"node_groups: {{{groups}}}\n" if groups else "")).platform)
    assert values["replicas"] == replicas
    assert values["controller"]["resources"]["requests"] == {"cpu": "500m", "memory": "1Gi"}
    assert [one["whenUnsatisfiable"] for one in values["topologySpreadConstraints"]] == ["ScheduleAnyway"]
