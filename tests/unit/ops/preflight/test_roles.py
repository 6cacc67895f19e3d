"""Roles, principals and policies that a layout names, and service-linked roles."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.preflight.checks.roles import PolicyArns, Principals, RolePolicies, RoleTrust
from ops.preflight.checks.service_roles import KarpenterSpotRole, ServiceLinkedRoles
from tests.account.server import AccountServer
from tests.terraform_json import Load
from tests.unit.ops.preflight.looking import Found, brief, look, subject_of
from tests.unit.ops.preflight.subjects import client_of

CHECKS = (RoleTrust(), RolePolicies(), Principals(), PolicyArns())
ACCOUNT = "123456789012"
DOCUMENT = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
)
CLUSTER = f"cluster: {{role_arn: 'arn:aws:iam::{ACCOUNT}:role/team/eks'}}"
NODE = f"""
node_groups:
  sys: {{role_arn: 'arn:aws:iam::{ACCOUNT}:role/node'}}
"""
PODS = f"""
cluster:
  pod_identity_associations:
    trainer: {{namespace: a, service_account: trainer, role_arn: 'arn:aws:iam::{ACCOUNT}:role/trainer'}}
"""
ADDON = f"addons: {{aws-ebs-csi-driver: {{role_arn: 'arn:aws:iam::{ACCOUNT}:role/trainer'}}}}"


@pytest.fixture
def iam(aws: AccountServer) -> Any:
    assert aws.url
    return client_of("iam")


def role(
    iam: Any, name: str, service: str, actions: Any = "sts:AssumeRole", path: str = "/", policies: Any = ()
) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": actions}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=trust)
    for policy in policies:
        arn = f"arn:aws:iam::aws:policy/{policy}"
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)


@pytest.fixture
def managed(aws: AccountServer) -> None:
    """What ListAttachedRolePolicies says of node roles: moto has AWS's own policies only where it loads them all."""
    attach(aws, "AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryReadOnly", "AmazonEKSClusterPolicy")


def attach(aws: AccountServer, *policies: str, account: str = "aws") -> None:
    attached = [
        {"PolicyName": name, "PolicyArn": f"arn:aws:iam::{account}:policy/{name}"} for name in policies
    ]
    aws.answer("iam:ListAttachedRolePolicies", lambda _: {"AttachedPolicies": attached, "IsTruncated": False})


def found(layout: Load, text: str) -> list[Found]:
    return look(CHECKS, subject_of(layout(text)))


@pytest.mark.usefixtures("managed")
def test_roles_that_are_there_and_trust_the_right_service_are_fine(iam: Any, layout: Load) -> None:
    role(iam, "eks", "eks.amazonaws.com", path="/team/")
    role(iam, "node", "ec2.amazonaws.com")
    role(iam, "trainer", "pods.eks.amazonaws.com", ["sts:AssumeRole", "sts:TagSession"])
    association = PODS.partition("cluster:")[2]
    both = f"cluster:\n  role_arn: 'arn:aws:iam::{ACCOUNT}:role/team/eks'{association}"
    assert found(layout, f"{both}{NODE}{ADDON}") == []


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("text", "where"),
    [
        (CLUSTER, "cluster.role_arn"),
        (NODE, "node_groups.sys.role_arn"),
        (PODS, "cluster.pod_identity_associations.trainer.role_arn"),
        (ADDON, "addons.aws-ebs-csi-driver.role_arn"),
    ],
)
def test_a_role_that_does_not_exist_is_one_finding(layout: Load, text: str, where: str) -> None:
    [one] = found(layout, text)
    assert one[:3] == ("role-arns", "error", where)
    assert f"in the account {ACCOUNT}" in one[3]


@pytest.mark.usefixtures("managed")
@pytest.mark.parametrize(
    ("text", "name", "service", "wanted", "path"),
    [
        (CLUSTER, "eks", "ec2.amazonaws.com", "let eks.amazonaws.com do sts:AssumeRole", "/team/"),
        (NODE, "node", "eks.amazonaws.com", "let ec2.amazonaws.com do sts:AssumeRole", "/"),
        (PODS, "trainer", "ec2.amazonaws.com", "let pods.eks.amazonaws.com do sts:AssumeRole and", "/"),
        (PODS, "trainer", "pods.eks.amazonaws.com", "let pods.eks.amazonaws.com do sts:TagSession", "/"),
    ],
)
def test_a_role_that_trusts_somebody_else_is_one_finding(
    iam: Any, layout: Load, text: str, name: str, service: str, wanted: str, path: str
) -> None:
    role(iam, name, service, path=path)
    [one] = found(layout, text)
    assert one[:2] == ("role-arns", "error")
    assert f"the role {name} does not {wanted}" in one[3]
    assert f"aws iam update-assume-role-policy --role-name {name}" in one[3]


@pytest.mark.usefixtures("managed")
def test_a_trust_policy_may_have_several_services_and_wildcards(iam: Any, layout: Load) -> None:
    role(iam, "trainer", ["ec2.amazonaws.com", "pods.eks.amazonaws.com"], "sts:*")  # type: ignore[arg-type]  # IAM takes a list
    assert found(layout, PODS) == []


@pytest.mark.usefixtures("managed")
def test_a_role_of_another_path_is_another_role(iam: Any, layout: Load) -> None:
    role(iam, "eks", "eks.amazonaws.com")
    [one] = found(layout, CLUSTER)
    assert one[:3] == ("role-arns", "error", "cluster.role_arn")
    assert f"Write arn:aws:iam::{ACCOUNT}:role/eks" in one[3]


@pytest.mark.usefixtures("aws")
def test_a_role_of_another_account_is_passed_to_nobody(layout: Load) -> None:
    [one] = found(layout, NODE.replace(ACCOUNT, "999999999999"))
    assert one[:3] == ("role-arns", "error", "node_groups.sys.role_arn")
    assert "999999999999" in one[3]
    assert "AWS_PROFILE" in one[3]


def test_a_node_role_without_the_policies_of_eks_is_a_warning(
    aws: AccountServer, iam: Any, layout: Load
) -> None:
    role(iam, "node", "ec2.amazonaws.com")
    attach(aws, "AmazonEKSWorkerNodePolicy")
    [one] = found(layout, NODE)
    assert one[:3] == ("role-policies", "warning", "node_groups.sys.role_arn")
    assert "aws iam attach-role-policy --role-name node --policy-arn arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly" in one[3]  # fmt: skip
    assert "AmazonEKSWorkerNodePolicy" not in one[3]


def test_a_node_role_with_policies_of_its_own_may_have_the_same_in_them(
    aws: AccountServer, iam: Any, layout: Load
) -> None:
    role(iam, "node", "ec2.amazonaws.com")
    attach(aws, "nodes-of-ours", account=ACCOUNT)
    [one] = found(layout, NODE)
    assert one[:3] == ("role-policies", "info", "node_groups.sys.role_arn")
    aws.answer("iam:ListAttachedRolePolicies", lambda _: {"AttachedPolicies": [], "IsTruncated": False})
    iam.put_role_policy(RoleName="node", PolicyName="all", PolicyDocument=DOCUMENT)
    assert brief(found(layout, NODE)) == [("role-policies", "info", "node_groups.sys.role_arn")]


ENTRY = "cluster: {{access_entries: {{team: {{principal_arn: '{}'}}}}}}"


@pytest.mark.parametrize("kind", ["role", "user"])
def test_the_principal_of_an_access_entry_has_to_exist(iam: Any, layout: Load, kind: str) -> None:
    text = ENTRY.format(f"arn:aws:iam::{ACCOUNT}:{kind}/researcher")
    [one] = found(layout, text)
    assert one[:3] == ("access-principals", "error", "cluster.access_entries.team.principal_arn")
    assert f"there is no {kind} researcher" in one[3]
    if kind == "role":
        role(iam, "researcher", "ec2.amazonaws.com")
    else:
        iam.create_user(UserName="researcher")
    assert found(layout, text) == []


def test_a_principal_without_its_path_is_another_one(iam: Any, layout: Load) -> None:
    role(iam, "researcher", "ec2.amazonaws.com", path="/aws-reserved/sso.amazonaws.com/")
    [one] = found(layout, ENTRY.format(f"arn:aws:iam::{ACCOUNT}:role/researcher"))
    assert f"Write arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/researcher" in one[3]


@pytest.mark.usefixtures("aws")
def test_a_principal_of_another_account_is_only_told(layout: Load) -> None:
    [one] = found(layout, ENTRY.format("arn:aws:iam::999999999999:role/researcher"))
    assert one[:3] == ("access-principals", "info", "cluster.access_entries.team.principal_arn")


POLICY = "node_groups: {{sys: {{policy_arns: ['arn:aws:iam::{}:policy/data']}}}}"


def test_a_policy_has_to_exist(iam: Any, layout: Load) -> None:
    [one] = found(layout, POLICY.format(ACCOUNT))
    assert one[:3] == ("policy-arns", "error", "node_groups.sys.policy_arns")
    assert f"there is no policy arn:aws:iam::{ACCOUNT}:policy/data" in one[3]
    iam.create_policy(PolicyName="data", PolicyDocument=DOCUMENT)
    assert found(layout, POLICY.format(ACCOUNT)) == []


@pytest.mark.usefixtures("aws")
def test_a_policy_of_aws_that_there_is_not_is_one_finding(layout: Load) -> None:
    assert brief(found(layout, POLICY.format("aws"))) == [
        ("policy-arns", "error", "node_groups.sys.policy_arns")
    ]


@pytest.mark.usefixtures("aws")
def test_a_policy_of_another_account_is_one_finding(layout: Load) -> None:
    [one] = found(layout, POLICY.format("999999999999"))
    assert one[:3] == ("policy-arns", "error", "node_groups.sys.policy_arns")
    assert "is of the account 999999999999" in one[3]


LINKED = ("eks", "eks-nodegroup", "autoscaling")


def linked(iam: Any, *services: str) -> None:
    for service in services:
        iam.create_service_linked_role(AWSServiceName=f"{service}.amazonaws.com")


def test_a_service_linked_role_that_is_missing_is_told_with_its_command(iam: Any, layout: Load) -> None:
    linked(iam, "eks", "autoscaling")
    [one] = look([ServiceLinkedRoles()], subject_of(layout("")))
    assert one[:3] == ("service-linked-roles", "info", "AWSServiceRoleForAmazonEKSNodegroup")
    assert "aws iam create-service-linked-role --aws-service-name eks-nodegroup.amazonaws.com" in one[3]


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("node_groups: {sys: {capacity: {type: spot}}}", "spot"),
        ("storage: {file_systems: {fast: {capacity_gib: 1200, availability_zone: us-west-2a}}}", "fsx"),
    ],
)
def test_spot_and_file_systems_have_roles_of_their_own(
    iam: Any, layout: Load, text: str, service: str
) -> None:
    linked(iam, *LINKED)
    one = layout(text)
    assert len(look([ServiceLinkedRoles()], subject_of(one))) == 1
    linked(iam, service)
    assert look([ServiceLinkedRoles()], subject_of(one)) == []


def test_karpenter_cannot_make_the_role_of_spot_instances(iam: Any, layout: Load) -> None:
    one = layout("helm_releases: {karpenter: {}}")
    [finding] = look([KarpenterSpotRole()], subject_of(one))
    assert finding[:3] == ("karpenter-spot-role", "warning", "helm_releases.karpenter")
    linked(iam, "spot")
    assert look([KarpenterSpotRole()], subject_of(one)) == []
