"""AWS permissions of the user's own pods."""

from __future__ import annotations

import json

import pytest

from tests.terraform_json import Stack, Stacks, Synth

POLICY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
OWN = "arn:aws:iam::123456789012:policy/team/data"
ROLE = "arn:aws:iam::123456789012:role/ours"
TEXT = f"""
cluster:
  pod_identity_associations:
    trainer:
      namespace: team-a
      service_account: trainer
      policy_arns: ['{POLICY}', '{OWN}', var.policy_arn]
      policy:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Action: "s3:PutObject"
            Resource: "arn:aws:s3:::data/${{aws:PrincipalTag/kubernetes-namespace}}/*"
      create_service_account: true
      tags: {{team: a}}
    plain:
      namespace: team-a
      service_account: plain
      role_arn: {{role}}
"""


def _stacks(synth: Synth, role: str = ROLE) -> Stacks:
    return synth(TEXT.replace("{role}", role))


def _accounts(synth: Synth, namespace: str, more: str = "") -> Stack:
    return synth(
        f"""
cluster:
  pod_identity_associations:
    one: {{namespace: {namespace}, service_account: one, role_arn: '{ROLE}', create_service_account: true}}
    two: {{namespace: {namespace}, service_account: two, role_arn: '{ROLE}', create_service_account: true}}
{more}"""
    ).platform


def test_a_layout_without_associations_has_nothing_of_them(synth: Synth) -> None:
    for stack in synth("tags: {}"):
        assert not [
            address for address in stack.addresses if address.partition(".")[2].startswith("pod_identity_")
        ]
        assert not stack.resources("kubernetes_namespace_v1")


def test_an_association_names_its_account_and_carries_its_tags(synth: Synth) -> None:
    association = _stacks(synth).cluster["aws_eks_pod_identity_association.pod_identity_trainer"]
    assert (association["namespace"], association["service_account"]) == ("team-a", "trainer")
    assert association["cluster_name"] == "${aws_eks_cluster.cluster.id}"
    assert association["role_arn"] == "${aws_iam_role.pod_identity_trainer_role.arn}"
    assert association["tags"] == {"team": "a"}


def test_the_role_trusts_the_pods_service_and_carries_the_tags(synth: Synth) -> None:
    role = _stacks(synth).cluster["aws_iam_role.pod_identity_trainer_role"]
    [statement] = json.loads(role["assume_role_policy"])["Statement"]
    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    assert role["tags"] == {"team": "a"}
    assert role["name_prefix"] == "demo-trainer-"


def test_the_name_of_a_role_fits_iam_however_long_those_of_cluster_and_association_are(synth: Synth) -> None:
    name = "a" * 63
    stack = synth(
        f"""
        name: {"c" * 63}
        region: us-west-2
        node_groups: {{sys: {{instance_type: c5.2xlarge, size: {{desired: 1}}}}}}
        cluster:
          pod_identity_associations:
            {name}: {{namespace: team, service_account: one, policy_arns: ['{POLICY}']}}
        """
    ).cluster
    assert len(stack[f"aws_iam_role.pod_identity_{name}_role"]["name_prefix"]) <= 38


def test_managed_policies_are_attached_under_names_that_do_not_depend_on_their_order(synth: Synth) -> None:
    stack = _stacks(synth).cluster
    attached = {
        name.removeprefix("pod_identity_trainer_role_policy_"): body["policy_arn"]
        for name, body in stack.resources("aws_iam_role_policy_attachment").items()
        if name.startswith("pod_identity_trainer")
    }
    assert attached == {
        "AmazonS3ReadOnlyAccess": POLICY,
        "123456789012_policy_team_data": OWN,
        "policy_arn": "${var.policy_arn}",
    }


def test_the_variables_of_a_policy_are_iams_and_not_terraforms(synth: Synth) -> None:
    policy = _stacks(synth).cluster["aws_iam_role_policy.pod_identity_trainer_role_policy_own"]["policy"]
    [statement] = json.loads(policy)["Statement"]
    assert statement["Resource"] == "arn:aws:s3:::data/$${aws:PrincipalTag/kubernetes-namespace}/*"
    assert json.loads(policy)["Version"] == "2012-10-17"


def test_pods_get_the_role_with_its_policies(synth: Synth) -> None:
    needs = _stacks(synth).cluster.needs("aws_eks_pod_identity_association.pod_identity_trainer")
    assert "aws_iam_role_policy.pod_identity_trainer_role_policy_own" in needs
    assert "aws_iam_role_policy_attachment.pod_identity_trainer_role_policy_policy_arn" in needs


@pytest.mark.parametrize(("given", "used"), [(ROLE, ROLE), ("var.pod_role", "${var.pod_role}")])
def test_a_role_of_the_users_is_taken_as_it_is(synth: Synth, given: str, used: str) -> None:
    stack = _stacks(synth, given).cluster
    assert stack["aws_eks_pod_identity_association.pod_identity_plain"]["role_arn"] == used
    assert "aws_iam_role.pod_identity_plain_role" not in stack


def test_service_accounts_are_made_where_the_layout_asks_for_them(synth: Synth) -> None:
    accounts = _stacks(synth).platform.resources("kubernetes_service_account_v1")
    assert {name: body["metadata"] for name, body in accounts.items()} == {
        "service_accounts_trainer": {"name": "trainer", "namespace": "team-a"}
    }


def test_a_namespace_is_made_once_and_before_its_accounts(synth: Synth) -> None:
    platform = _accounts(synth, "team-a")
    assert platform.only("kubernetes_namespace_v1")["metadata"] == {"name": "team-a"}
    for name in ("one", "two"):
        needs = platform.needs(f"kubernetes_service_account_v1.service_accounts_{name}")
        assert "kubernetes_namespace_v1.service_accounts_namespace_team_a" in needs


@pytest.mark.parametrize("namespace", ["default", "kube-system", "kube-public", "kube-node-lease"])
def test_a_namespace_that_every_cluster_has_is_not_made(synth: Synth, namespace: str) -> None:
    assert not _accounts(synth, namespace).resources("kubernetes_namespace_v1")


RELEASE = "{{repository: 'https://charts.example.com', chart: c, version: 1.0.0, namespace: {namespace}}}"
NAMESPACE = "kubernetes_namespace_v1.service_accounts_namespace_"


def _releases(**namespaces: str) -> str:
    """kueue, JobSet, and releases that the project does not know, in these namespaces."""
    own = [f"{name}: {RELEASE.format(namespace=namespace)}" for name, namespace in namespaces.items()]
    return f"helm_releases: {{{', '.join(['kueue: {}', 'jobset: {}', *own])}}}\n"


@pytest.mark.parametrize("state", ["", "kueue: {enabled: false}", "kueue: {}"])
def test_a_release_in_a_namespace_changes_nothing_about_who_makes_it(synth: Synth, state: str) -> None:
    """Whoever adds one would lose the namespace with all jobs in it, or be told that it already exists."""
    platform = _accounts(synth, "kueue-system", f"helm_releases: {{{state}}}\n")
    assert platform[f"{NAMESPACE}kueue_system"]["metadata"] == {"name": "kueue-system"}


def test_a_release_in_a_namespace_that_is_made_here_comes_after_it_and_leaves_it_alone(synth: Synth) -> None:
    platform = _accounts(synth, "kueue-system", _releases())
    kueue, jobset = platform["helm_release.releases_kueue"], platform["helm_release.releases_jobset"]
    assert f"{NAMESPACE}kueue_system" in kueue["depends_on"]
    assert (kueue["create_namespace"], jobset["create_namespace"]) == (False, True)
    assert f"{NAMESPACE}kueue_system" not in platform.needs("helm_release.releases_jobset")


def test_a_namespace_is_deleted_before_the_releases_that_clear_up_its_workloads(synth: Synth) -> None:
    platform = _accounts(synth, "team-a", _releases(app="elsewhere"))
    releases = {f"helm_release.releases_{name}" for name in ("app", "jobset", "kueue")}
    assert releases <= platform.needs(f"{NAMESPACE}team_a")


def test_so_it_is_where_a_release_is_in_the_namespace(synth: Synth) -> None:
    platform = _accounts(synth, "team-a", _releases(app="team-a"))
    needs = platform.needs("helm_release.releases_app")
    assert {f"{NAMESPACE}team_a", "helm_release.releases_kueue", "helm_release.releases_jobset"} <= needs
    assert "helm_release.releases_kueue" in platform.needs(f"{NAMESPACE}team_a")


def test_namespaces_and_releases_never_wait_for_each_other_in_a_circle(synth: Synth) -> None:
    places = ["kueue-system", "jobset-system", "team-a", "team-b", "team-c"]
    entries = "".join(
        f"    n{n}: {{namespace: {place}, service_account: a, role_arn: '{ROLE}', create_service_account: true}}\n"
        for n, place in enumerate(places)
    )
    more = _releases(a1="team-a", a2="team-b", a3="jobset-system", a4="team-a", a5="other")
    platform = synth(f"cluster:\n  pod_identity_associations:\n{entries}{more}").platform
    assert len(platform.resources("kubernetes_namespace_v1")) == len(places)
    for address in platform.addresses:
        assert address not in platform.needs(address)


@pytest.mark.parametrize(
    ("addon", "namespace"),
    [
        ("amazon-cloudwatch-observability", "amazon-cloudwatch"),
        ("cert-manager", "cert-manager"),
        ("external-dns", "external-dns"),
        ("fluent-bit", "fluent-bit"),
        ("kube-state-metrics", "kube-state-metrics"),
        ("prometheus-node-exporter", "prometheus-node-exporter"),
    ],
)
def test_a_namespace_of_an_addon_is_the_addons(synth: Synth, addon: str, namespace: str) -> None:
    assert not _accounts(synth, namespace, f"addons: {{{addon}: {{}}}}\n").resources(
        "kubernetes_namespace_v1"
    )
    assert _accounts(synth, namespace).resources("kubernetes_namespace_v1")


def test_names_of_associations_that_look_like_ids_of_ours_stand_side_by_side(synth: Synth) -> None:
    names = ["a", "a-role", "a-role-role", "namespace", "namespace-t", "namespace-namespace-t"]
    entries = "".join(
        f"    {name}: {{namespace: t, service_account: {name}, policy_arns: ['{POLICY}'], create_service_account: true}}\n"
        for name in names
    )
    stacks = synth(f"cluster:\n  pod_identity_associations:\n{entries}")
    for name in names:
        address = f"pod_identity_{name.replace('-', '_')}"
        association = stacks.cluster[f"aws_eks_pod_identity_association.{address}"]
        assert association["role_arn"] == f"${{aws_iam_role.{address}_role.arn}}"
    assert len(stacks.platform.resources("kubernetes_service_account_v1")) == len(names)
