"""Pod identity, security groups of the control plane and Karpenter, as a real engine sees their changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.offline.engine import Engine
from tests.engine.conftest import Start
from tests.engine.variants import PODS
from tests.offline import Offline, planned, refused, succeeded
from tests.terraform_json import Synth

pytestmark = pytest.mark.engine

GROUP = "sg-0123456789abcdef0"
NEW = """\
name: demo
region: us-west-2
node_groups:
  sys:
    instance_type: c5.2xlarge
    size: {min: 1, desired: 2, max: 3}
"""
KARPENTER = "helm_releases: {karpenter: {}}\n"


@pytest.fixture(scope="module")
def deployed(engine: Engine, synth: Synth, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offline]:
    """PODS, deployed once; who changes it takes a copy."""
    with Offline(engine, tmp_path_factory.mktemp("pods"), synth(PODS)) as offline:
        _apply(offline)
        yield offline


def _apply(offline: Offline) -> None:
    offline.deploy("-refresh=false")


def test_the_plan_stops_where_a_security_group_of_the_control_plane_is_of_another_vpc(start: Start) -> None:
    with start(PODS.replace("var.security_group_ids", f"[{GROUP}]")) as offline:
        offline.account.security_groups[GROUP] = "vpc-0123456789abcdef1"
        told = refused(offline.cluster.plan())
    assert f"cluster.security_group_ids: the security group {GROUP} is not in the VPC" in told


def test_an_association_more_touches_no_other_and_its_account_comes_and_goes_with_it(
    deployed: Offline, synth: Synth, tmp_path: Path
) -> None:
    more = """\
    writer:
      namespace: team-c
      service_account: writer
      policy_arns: ["arn:aws:iam::aws:policy/AmazonS3FullAccess"]
      create_service_account: true
"""
    with deployed.copy(tmp_path) as offline:
        offline.configure(synth(PODS.replace("node_groups:\n", more + "node_groups:\n")))
        in_cluster = {f"{change.verb} {change.address}" for change in planned(offline.cluster)}
        in_platform = {f"{change.verb} {change.address}" for change in planned(offline.platform)}
    assert in_cluster == {
        "create aws_eks_pod_identity_association.pod_identity_writer",
        "create aws_iam_role.pod_identity_writer_role",
        "create aws_iam_role_policy_attachment.pod_identity_writer_role_policy_AmazonS3FullAccess",
    }
    assert in_platform == {
        "create kubernetes_namespace_v1.service_accounts_namespace_team_c",
        "create kubernetes_service_account_v1.service_accounts_writer",
    }


def test_a_release_comes_to_a_namespace_and_goes_and_all_in_the_namespace_stays(
    start: Start, synth: Synth
) -> None:
    """Even one whose chart is known here: kueue is in the namespace of an association."""
    without = PODS.replace("  kueue: {}\n", "")
    with start(without) as offline:
        _apply(offline)
        offline.configure(synth(PODS))
        assert {f"{change.verb} {change.address}" for change in planned(offline.platform)} == {
            "create helm_release.releases_kueue"
        }
        succeeded(offline.platform.apply("plan"))
        offline.configure(synth(without))
        assert {f"{change.verb} {change.address}" for change in planned(offline.platform)} == {
            "delete helm_release.releases_kueue"
        }
        succeeded(offline.platform.apply("plan"))


def test_a_namespace_of_jobs_is_made_after_kueue_and_deleted_before_it(start: Start, synth: Synth) -> None:
    """Only a running kueue takes its finalizers from the workloads: https://github.com/kubernetes-sigs/kueue/issues/1339"""
    own = "  app: {repository: 'https://charts.example.com', chart: app, version: 1.0.0, namespace: team-a}\n"
    with start(PODS + own) as offline:
        _apply(offline)
        assert planned(offline.platform) == []
        assert offline.platform.state["helm_release.releases_app"]["create_namespace"] is False
        said = succeeded(offline.platform.destroy("-parallelism=1")).text
    gone = [line.partition(":")[0] for line in said.splitlines() if ": Destruction complete" in line]
    order = [
        "helm_release.releases_app",
        "kubernetes_namespace_v1.service_accounts_namespace_team_a",
        "helm_release.releases_kueue",
        "kubernetes_namespace_v1.service_accounts_namespace_kueue_system",
        "helm_release.releases_karpenter",
        "helm_release.releases_aws_load_balancer_controller",
    ]
    assert [address for address in gone if address in order] == order


def test_the_policy_of_a_role_reaches_iam_with_iams_own_variables(deployed: Offline) -> None:
    state, platform = deployed.cluster.state, deployed.platform.state
    policy = json.loads(state["aws_iam_role_policy.pod_identity_trainer_role_policy_own"]["policy"])
    [statement] = policy["Statement"]
    assert statement["Resource"] == "arn:aws:s3:::data/${aws:PrincipalTag/kubernetes-namespace}/*"
    assert state["aws_eks_access_entry.cluster_access_dev"]["user_name"] == "dev-${a}:{{SessionName}}"
    # The load balancer controller is told its VPC, which EKS knows, and its role is for that one.
    asked, _ = platform["helm_release.releases_aws_load_balancer_controller"]["values"]
    assert json.loads(asked) == {"vpcId": "vpc-0123456789abcdef0"}
    groups = json.loads(state["aws_iam_role_policy.load_balancers_role_policy_security_groups"]["policy"])
    assert groups["Statement"][0]["Resource"] == ["arn:aws:ec2:us-west-2:*:vpc/vpc-0123456789abcdef0"]


def test_karpenter_can_be_added_and_taken_away_and_replaces_nothing(start: Start, synth: Synth) -> None:
    with start(NEW) as offline:
        _apply(offline)
        offline.configure(synth(NEW + KARPENTER))
        added = planned(offline.cluster)
        succeeded(offline.cluster.apply("plan"))
        assert {change.address for change in planned(offline.platform)} == {"helm_release.releases_karpenter"}
        offline.configure(synth(NEW))
        removed = planned(offline.cluster)
    changed = {change.address for change in added if change.verb != "create"}
    assert changed == {
        'aws_subnet.network_private["us-west-2a"]',
        'aws_subnet.network_private["us-west-2b"]',
    }
    assert {change.verb for change in added} == {"create", "update"}
    assert {change.verb for change in removed} == {"delete", "update"}
    assert {change.address for change in removed} == {change.address for change in added}
