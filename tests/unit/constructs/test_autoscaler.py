"""What the cluster autoscaler may do in AWS."""

from __future__ import annotations

import json

from ruamel.yaml import YAML

from tests.terraform_json import Synth

TEXT = """
node_groups:
  gpu: {instance_type: g5.8xlarge, size: {min: 0, desired: 0, max: 8}, scaling_owner: autoscaler}
"""


def test_a_layout_whose_sizes_terraform_owns_has_no_autoscaler(synth: Synth) -> None:
    stacks = synth("node_groups: {gpu: {instance_type: g5.8xlarge, size: {desired: 2}}}")
    assert not [address for address in stacks.cluster.addresses if "autoscaler" in address]
    assert "helm_release.releases_cluster_autoscaler" not in stacks.platform


def test_the_autoscalers_pods_get_their_role_by_pod_identity(synth: Synth) -> None:
    stacks = synth(TEXT)
    identity = stacks.cluster["aws_eks_pod_identity_association.autoscaler_identity"]
    assert identity["role_arn"] == "${aws_iam_role.autoscaler_role.arn}"
    assert identity["cluster_name"] == "${aws_eks_cluster.cluster.id}"
    trust = stacks.cluster["aws_iam_role.autoscaler_role"]["assume_role_policy"]
    assert "pods.eks.amazonaws.com" in trust
    # The service account that the chart makes has to be the one that the association names.
    release = stacks.platform["helm_release.releases_cluster_autoscaler"]
    values = YAML(typ="safe").load(release["values"][0])
    assert values["rbac"]["serviceAccount"]["name"] == identity["service_account"]
    assert release["namespace"] == identity["namespace"]


def test_the_role_is_for_the_namespace_of_the_release(synth: Synth) -> None:
    stacks = synth(TEXT + "helm_releases: {cluster-autoscaler: {namespace: scaling}}\n")
    identity = stacks.cluster["aws_eks_pod_identity_association.autoscaler_identity"]
    assert identity["namespace"] == "scaling"
    assert stacks.platform["helm_release.releases_cluster_autoscaler"]["namespace"] == "scaling"


def test_the_autoscaler_reads_everywhere_and_changes_this_clusters_groups_only(synth: Synth) -> None:
    document = synth(TEXT).cluster["aws_iam_role_policy.autoscaler_role_policy_scale"]["policy"]
    read, write, _ = json.loads(document)["Statement"]
    assert read["Resource"] == ["*"]
    assert all(action.partition(":")[2].startswith(("Describe", "Get")) for action in read["Action"])
    assert set(write["Action"]) == {
        "autoscaling:SetDesiredCapacity",
        "autoscaling:TerminateInstanceInAutoScalingGroup",
    }
    assert write["Condition"] == {"StringEquals": {"aws:ResourceTag/k8s.io/cluster-autoscaler/demo": "owned"}}


def test_the_autoscaler_may_read_labels_and_taints_of_empty_groups(synth: Synth) -> None:
    document = synth(TEXT).cluster["aws_iam_role_policy.autoscaler_role_policy_scale"]["policy"]
    _, _, groups = json.loads(document)["Statement"]
    assert groups["Action"] == ["eks:DescribeNodegroup"]
    assert groups["Resource"] == ["arn:${data.aws_partition.partition.partition}:eks:*:*:nodegroup/demo/*"]


def test_the_role_has_its_policy_before_pods_use_it(synth: Synth) -> None:
    needs = synth(TEXT).cluster.needs("aws_eks_pod_identity_association.autoscaler_identity")
    assert "aws_iam_role_policy.autoscaler_role_policy_scale" in needs
