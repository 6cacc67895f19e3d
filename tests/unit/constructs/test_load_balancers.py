"""What the AWS load balancer controller may do in AWS, and what its release is told."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ruamel.yaml import YAML

from modules.load_balancer_policy import Scope, discovery, load_balancers, protection, security_groups
from modules.merge import merged
from tests.terraform_json import Stack, Synth

NAME = "aws-load-balancer-controller"
ON = f"helm_releases: {{{NAME}: {{}}}}\n"
RELEASE = "helm_release.releases_aws_load_balancer_controller"
ROLE_POLICY = "aws_iam_role_policy.load_balancers_role_policy_"
TAG = "elbv2.k8s.aws/cluster"
OWN, REQUESTED = f"aws:ResourceTag/{TAG}", f"aws:RequestTag/{TAG}"

# What may be done without the cluster's tag on anything, as in the controller's own policy.
UNTAGGED = {
    "elasticloadbalancing:AddTags",
    "elasticloadbalancing:RemoveTags",
    "elasticloadbalancing:AddListenerCertificates",
    "elasticloadbalancing:CreateListener",
    "elasticloadbalancing:CreateRule",
    "elasticloadbalancing:DeleteListener",
    "elasticloadbalancing:DeleteRule",
    "elasticloadbalancing:DeregisterTargets",
    "elasticloadbalancing:ModifyListener",
    "elasticloadbalancing:ModifyRule",
    "elasticloadbalancing:RegisterTargets",
    "elasticloadbalancing:RemoveListenerCertificates",
    "elasticloadbalancing:SetRulePriorities",
    "elasticloadbalancing:SetWebAcl",
}


def _policies(stack: Stack) -> dict[str, list[dict[str, Any]]]:
    found = {
        name.rpartition("_policy_")[2]: json.loads(body["policy"])["Statement"]
        for name, body in stack.resources("aws_iam_role_policy").items()
        if name.startswith("load_balancers_role")
    }
    assert found
    return found


def _all(stack: Stack) -> list[dict[str, Any]]:
    return [statement for statements in _policies(stack).values() for statement in statements]


def _values(stack: Stack) -> dict[str, Any]:
    """As Helm sees them: each document over those before it."""
    values: dict[str, Any] = {}
    for text in stack[RELEASE]["values"]:
        values = merged(values, YAML(typ="safe").load(text))
    return values


@pytest.mark.parametrize("text", ["tags: {}", f"helm_releases: {{{NAME}: {{enabled: false}}}}"])
def test_a_layout_without_the_controller_has_nothing_of_it(synth: Synth, text: str) -> None:
    stacks = synth(text)
    assert RELEASE not in stacks.platform
    assert not [address for address in stacks.cluster.addresses if "load_balancer" in address]


@pytest.mark.parametrize("namespace", ["kube-system", "balancing"])
def test_the_controllers_pods_get_their_role_by_pod_identity(synth: Synth, namespace: str) -> None:
    stacks = synth(f"helm_releases: {{{NAME}: {{namespace: {namespace}}}}}")
    identity = stacks.cluster["aws_eks_pod_identity_association.load_balancers_identity"]
    assert identity["role_arn"] == "${aws_iam_role.load_balancers_role.arn}"
    # The service account that the chart makes has to be the one that the association names.
    assert identity["service_account"] == _values(stacks.platform)["serviceAccount"]["name"]
    assert identity["namespace"] == stacks.platform[RELEASE]["namespace"] == namespace
    needs = stacks.cluster.needs("aws_eks_pod_identity_association.load_balancers_identity")
    assert {f"{ROLE_POLICY}{name}" for name in _policies(stacks.cluster)} <= needs


def test_the_controller_may_do_what_its_own_policy_allows_and_no_more(synth: Synth) -> None:
    """docs/install/iam_policy.json of kubernetes-sigs/aws-load-balancer-controller at v3.5.0, without WAF Classic."""
    allowed = {action for statement in _all(synth(ON).cluster) for action in statement["Action"]}
    reading = {action for action in allowed if re.search(":(Describe|Get|List)", action)}
    assert allowed - reading == UNTAGGED | {
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:CreateSecurityGroup",
        "ec2:CreateTags",
        "ec2:DeleteSecurityGroup",
        "ec2:DeleteTags",
        "ec2:RevokeSecurityGroupIngress",
        "elasticloadbalancing:CreateLoadBalancer",
        "elasticloadbalancing:CreateTargetGroup",
        "elasticloadbalancing:DeleteLoadBalancer",
        "elasticloadbalancing:DeleteTargetGroup",
        "elasticloadbalancing:ModifyCapacityReservation",
        "elasticloadbalancing:ModifyIpPools",
        "elasticloadbalancing:ModifyListenerAttributes",
        "elasticloadbalancing:ModifyLoadBalancerAttributes",
        "elasticloadbalancing:ModifyTargetGroup",
        "elasticloadbalancing:ModifyTargetGroupAttributes",
        "elasticloadbalancing:SetIpAddressType",
        "elasticloadbalancing:SetSecurityGroups",
        "elasticloadbalancing:SetSubnets",
        "iam:CreateServiceLinkedRole",
        "shield:CreateProtection",
        "shield:DeleteProtection",
        "wafv2:AssociateWebACL",
        "wafv2:DisassociateWebACL",
    }
    assert {action.partition(":")[0] for action in reading} == {
        "acm",
        "cognito-idp",
        "ec2",
        "elasticloadbalancing",
        "iam",
        "shield",
        "wafv2",
    }
    # Without these two of later versions it makes no load balancer at all (convox/convox #1102).
    assert {"ec2:GetSecurityGroupsForVpc", "elasticloadbalancing:DescribeListenerAttributes"} <= reading


def test_the_controller_changes_nothing_that_has_not_the_clusters_tag(synth: Synth) -> None:
    read = ("Describe", "Get", "List")
    policies = _policies(synth(ON).cluster)
    for statement in (*policies["security_groups"], *policies["load_balancers"]):
        changing = [one for one in statement["Action"] if not one.partition(":")[2].startswith(read)]
        assert changing
        condition = statement.get("Condition", {})
        equal = condition.get("StringEquals", {})
        if "demo" in (equal.get(OWN), equal.get(REQUESTED)):
            continue
        if changing == ["ec2:CreateSecurityGroup"]:
            assert statement["Resource"][0].endswith(":vpc/${aws_vpc.network_vpc.id}")
        elif changing[0].startswith("ec2:"):
            # Rules for the load balancers in the group of the nodes, which EKS makes and tags.
            assert condition == {"Null": {"aws:ResourceTag/kubernetes.io/cluster/demo": "false"}}
        else:
            assert set(changing) <= UNTAGGED


def test_nothing_takes_the_clusters_tag_away(synth: Synth) -> None:
    for statement in _all(synth(ON).cluster):
        if any(action.endswith((":RemoveTags", ":DeleteTags")) for action in statement["Action"]):
            on_listeners = all(":listener" in resource for resource in statement["Resource"])
            kept = statement.get("Condition", {}).get("Null", {}).get(REQUESTED) == "true"
            assert on_listeners or kept, statement


def test_the_controller_is_kept_to_its_region_and_partition(synth: Synth) -> None:
    everywhere = {"iam", "shield"}  # these have no regions
    arn = re.compile(r"arn:\$\{data\.aws_partition\.partition\.partition\}:([\w-]+):([\w-]*):\*:.+")
    for statement in _all(synth(ON).cluster):
        if statement["Resource"] == ["*"]:
            by_region = {"StringEquals": {"aws:RequestedRegion": "us-west-2"}}
            services = {action.partition(":")[0] for action in statement["Action"]}
            assert services <= everywhere or statement["Condition"] == by_region
            continue
        for resource in statement["Resource"]:
            found = arn.fullmatch(resource)
            assert found is not None, resource
            assert found[2] == ("" if found[1] in everywhere else "us-west-2")


def test_the_linked_role_is_the_one_of_load_balancers() -> None:
    *_, linked = discovery(Scope("demo", "us-west-2", "aws", "vpc-1"))
    service = "elasticloadbalancing.amazonaws.com"
    assert linked["Condition"] == {"StringEquals": {"iam:AWSServiceName": service}}
    assert linked["Resource"] == [f"arn:aws:iam::*:role/aws-service-role/{service}/*"]


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_the_policies_of_the_longest_names_fit_into_a_role(partition: str) -> None:
    """All inline policies of a role: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    scope = Scope("c" * 63, "ap-southeast-99", partition, "vpc-0123456789abcdef0")
    parts = (discovery(scope), security_groups(scope), load_balancers(scope), protection(scope))
    sizes = [
        len(json.dumps({"Version": "2012-10-17", "Statement": part}, separators=(",", ":"))) for part in parts
    ]
    assert sum(sizes) <= 10_240
    # What no partition is left out of.
    arns = {
        arn.partition(":")[2].partition(":")[0]
        for part in parts
        for one in part
        for arn in one["Resource"]
        if arn != "*"
    }
    assert arns == {partition}


def test_in_an_existing_vpc_its_security_groups_are_in_that_one(synth: Synth) -> None:
    text = """
    network:
      vpc_id: vpc-0123456789abcdef0
      private_subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
    """
    create, *_ = _policies(synth(text + "\n    " + ON).cluster)["security_groups"]
    assert create["Resource"][0].endswith(":vpc/${data.aws_vpc.network_vpc.id}")


def test_the_release_knows_its_cluster_and_where_it_is(synth: Synth) -> None:
    stacks = synth(ON)
    values = _values(stacks.platform)
    assert values["clusterName"] == stacks.cluster.only("aws_eks_cluster")["name"]
    assert values["region"] == "us-west-2"
    # What EKS says, since the platform stack reads no other's state.
    assert values["vpcId"] == "${data.aws_eks_cluster.cluster.vpc_config[0].vpc_id}"


def test_a_vpc_that_the_layout_names_wins(synth: Synth) -> None:
    text = f"helm_releases: {{{NAME}: {{values: {{vpcId: vpc-0123456789abcdef0}}}}}}"
    assert _values(synth(text).platform)["vpcId"] == "vpc-0123456789abcdef0"


def test_no_service_waits_for_the_controller(synth: Synth) -> None:
    """A headless Service of a training job has nothing to do with load balancers."""
    assert _values(synth(ON).platform)["enableServiceMutatorWebhook"] is False


@pytest.mark.parametrize(("desired", "replicas"), [(1, 1), (2, 2), (5, 2)])
def test_the_second_replica_is_there_where_a_second_node_is(
    synth: Synth, desired: int, replicas: int
) -> None:
    text = f"node_groups: {{sys: {{size: {{min: 1, desired: {desired}, max: 5}}}}}}\n{ON}"
    assert _values(synth(text).platform)["replicaCount"] == replicas


@pytest.mark.parametrize(
    ("network", "off"),
    [
        ("{}", set()),
        ("{fully_private: true}", {"enableShield", "enableWafv2"}),
        (
            "{nat_gateway: none, interface_endpoints: [ec2, ecr.api, ecr.dkr, eks-auth, sts]}",
            {"enableShield", "enableWafv2"},
        ),
    ],
)
def test_without_internet_it_neither_asks_for_shield_and_waf_nor_may(
    synth: Synth, network: str, off: set[str]
) -> None:
    stacks = synth(f"network: {network}\n{ON}")
    values = _values(stacks.platform)
    assert {key for key in ("enableShield", "enableWafv2") if values.get(key) is False} == off
    allowed = {action.partition(":")[0] for one in _all(stacks.cluster) for action in one["Action"]}
    assert ({"shield", "wafv2"} & allowed == set()) == bool(off)


def test_a_fully_private_network_has_the_endpoint_of_load_balancers(synth: Synth) -> None:
    def services(text: str) -> set[str]:
        endpoints = synth(f"network: {{fully_private: true}}\n{text}").cluster.resources("aws_vpc_endpoint")
        return {body["service_name"].rpartition(".")[2] for body in endpoints.values()}

    assert services(ON) - services("") == {"elasticloadbalancing"}


def test_load_balancers_have_the_tags_of_the_layout(synth: Synth) -> None:
    tags = {
        "team": "Research and Development",
        "cost:center": "a/b@c",
        "note": "a: b",
        "empty": "",
        "k=v": "x",
    }
    values = _values(synth(f"tags: {json.dumps(tags)}\n{ON}").platform)
    # The others would not come through the one argument into which the chart writes them all.
    assert values["defaultTags"] == {"team": "Research and Development", "cost:center": "a/b@c"}
    assert "defaultTags" not in _values(synth(ON).platform)


def test_the_controller_comes_before_what_may_have_load_balancers_and_goes_after_it(synth: Synth) -> None:
    others = "  kube-prometheus-stack: {}\n  kueue: {}\n"
    mine = "  app: {repository: 'https://charts.example.com', chart: app, version: 1.0.0, namespace: app}\n"
    platform = synth(f"helm_releases:\n  {NAME}: {{}}\n{others}{mine}").platform
    for name in ("kube_prometheus_stack", "kueue", "app"):
        assert RELEASE in platform.needs(f"helm_release.releases_{name}")
