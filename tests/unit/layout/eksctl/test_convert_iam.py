"""Who may do what: service accounts, pod identities, access entries, and the older identity mappings."""

from __future__ import annotations

import textwrap

import pytest

from modules.layout.models.access import AccessEntry
from modules.layout.models.pod_identity import PodIdentityAssociation
from tests.unit.layout.eksctl.imports import Import, Importer

READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
ROLE = "arn:aws:iam::111122223333:role/pods"
ADMIN = "arn:aws:iam::111122223333:role/Admin"
ACCESS = "arn:aws:eks::aws:cluster-access-policy"


def _associations(made: Import) -> dict[str, PodIdentityAssociation]:
    return dict(made.layout.cluster.pod_identity_associations)


def _entries(made: Import) -> dict[str, AccessEntry]:
    return dict(made.layout.cluster.access_entries)


def _account(imported: Importer, fields: str) -> Import:
    text = textwrap.indent(textwrap.dedent(fields).strip("\n"), "      ")
    return imported(
        f"iam:\n  withOIDC: true\n  serviceAccounts:\n    - metadata: {{name: loader, namespace: train}}\n{text}\n"
    )


def _identity(imported: Importer, fields: str) -> Import:
    text = textwrap.indent(textwrap.dedent(fields).strip("\n"), "      ")
    return imported(
        f"iam:\n  podIdentityAssociations:\n    - namespace: train\n      serviceAccountName: loader\n{text}\n"
    )


@pytest.mark.parametrize("wanted", [True, False])
def test_the_oidc_provider_is_made_unless_the_manifest_has_it_off(imported: Importer, wanted: bool) -> None:
    made = imported(f"iam: {{withOIDC: {str(wanted).lower()}}}")
    assert made.layout.cluster.oidc_provider is wanted
    assert made.fate("iam.withOIDC") == "kept"


def test_the_cluster_s_role_is_kept(imported: Importer) -> None:
    assert imported(f"iam: {{serviceRoleARN: {ROLE}}}").layout.cluster.role_arn == ROLE


def test_a_service_account_becomes_a_pod_identity_association(imported: Importer) -> None:
    made = _account(imported, f"attachPolicyARNs: [{READ}]\ntags: {{team: a}}")
    found = _associations(made)["loader"]
    assert (found.namespace, found.service_account) == ("train", "loader")
    assert found.policy_arns == (READ,)
    assert found.create_service_account
    assert found.tags == {"team": "a"}
    assert "not IRSA" in made.notes("iam.serviceAccounts[0]")


def test_of_a_role_only_account_nothing_is_made_in_kubernetes(imported: Importer) -> None:
    made = _account(imported, f"attachPolicyARNs: [{READ}]\nroleOnly: true")
    assert not _associations(made)["loader"].create_service_account


def test_a_service_account_without_a_namespace_is_in_the_default_one(imported: Importer) -> None:
    made = imported(f"iam: {{serviceAccounts: [{{metadata: {{name: a}}, attachPolicyARNs: ['{READ}']}}]}}")
    assert _associations(made)["a"].namespace == "default"


def test_an_inline_policy_is_kept(imported: Importer) -> None:
    statement = '{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::data/*"}'
    made = _account(imported, f'attachPolicy: {{Version: "2012-10-17", Statement: [{statement}]}}')
    policy = _associations(made)["loader"].policy
    assert policy is not None
    assert policy["Statement"] == [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}
    ]


def test_a_role_of_one_s_own_is_kept_and_its_trust_is_spoken_of(imported: Importer) -> None:
    made = _account(imported, f"attachRoleARN: {ROLE}")
    assert _associations(made)["loader"].role_arn == ROLE
    assert "pods.eks.amazonaws.com" in made.notes("iam.serviceAccounts[0].attachRoleARN")


def test_the_rights_for_dns_are_written_out(imported: Importer) -> None:
    policy = _associations(_account(imported, "wellKnownPolicies: {externalDNS: true}"))["loader"].policy
    assert policy is not None
    actions = {action for one in policy["Statement"] for action in one["Action"]}
    assert {"route53:ChangeResourceRecordSets", "route53:ListHostedZones"} <= actions


def test_the_rights_to_build_images_are_a_managed_policy(imported: Importer) -> None:
    found = _associations(_account(imported, "wellKnownPolicies: {imageBuilder: true}"))["loader"]
    assert found.policy_arns == ("arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPowerUser",)


@pytest.mark.parametrize(
    ("word", "addon"),
    [("ebsCSIController", "aws-ebs-csi-driver"), ("efsCSIController", "aws-efs-csi-driver")],
)
def test_the_rights_of_a_storage_driver_are_its_add_on(imported: Importer, word: str, addon: str) -> None:
    made = _account(imported, f"wellKnownPolicies: {{{word}: true}}")
    assert made.layout.addons[addon].enabled
    assert not _associations(made)
    assert made.fate(f"iam.serviceAccounts[0].wellKnownPolicies.{word}") == "changed"


def test_the_rights_of_the_load_balancer_controller_are_its_release(imported: Importer) -> None:
    made = _account(imported, "wellKnownPolicies: {awsLoadBalancerController: true}")
    assert made.layout.has_release("aws-load-balancer-controller")
    assert not _associations(made)
    where = "iam.serviceAccounts[0].wellKnownPolicies.awsLoadBalancerController"
    assert made.fate(where) == "changed"
    # Whose account is another one has to know which one gets the rights.
    assert "kube-system/aws-load-balancer-controller" in made.notes(where)


def test_an_account_of_the_load_balancer_controller_that_has_more_rights_loads(imported: Importer) -> None:
    """Two cannot give one account a role: the release's stays, and the other one is named."""
    made = imported(f"""
        iam:
          serviceAccounts:
            - metadata: {{name: aws-load-balancer-controller, namespace: kube-system}}
              wellKnownPolicies: {{awsLoadBalancerController: true}}
              attachPolicyARNs: [{READ}]
        """)
    assert made.layout.has_release("aws-load-balancer-controller")
    assert not _associations(made)
    assert made.converted.drops


@pytest.mark.parametrize("field", ["permissionsBoundary: arn", "subjectPattern: loader-*"])
def test_what_a_pod_identity_does_not_have_is_dropped(imported: Importer, field: str) -> None:
    made = _account(imported, f"attachPolicyARNs: [{READ}]\n{field}")
    assert made.fate(f"iam.serviceAccounts[0].{field.partition(':')[0]}") == "DROPPED"


def test_a_pod_identity_association_is_kept(imported: Importer) -> None:
    made = _identity(imported, f"permissionPolicyARNs: [{READ}]\ncreateServiceAccount: true\nroleName: mine")
    found = _associations(made)["loader"]
    assert (found.namespace, found.service_account, found.policy_arns) == ("train", "loader", (READ,))
    assert found.create_service_account
    assert made.fate("iam.podIdentityAssociations[0].permissionPolicyARNs[0]") == "kept"
    assert made.fate("iam.podIdentityAssociations[0].roleName") == "dropped"


def test_a_pod_identity_s_well_known_policies_and_role_are_kept(imported: Importer) -> None:
    made = _identity(imported, "wellKnownPolicies: {imageBuilder: true}")
    assert _associations(made)["loader"].policy_arns[0].endswith("AmazonEC2ContainerRegistryPowerUser")
    assert _associations(_identity(imported, f"roleARN: {ROLE}"))["loader"].role_arn == ROLE


@pytest.mark.parametrize(
    "field", ["targetRoleARN: arn", "permissionsBoundaryARN: arn", "disableSessionTags: true"]
)
def test_a_setting_of_a_pod_identity_without_counterpart_is_dropped(imported: Importer, field: str) -> None:
    made = _identity(imported, f"roleARN: {ROLE}\n{field}")
    assert made.fate(f"iam.podIdentityAssociations[0].{field.partition(':')[0]}") == "DROPPED"


def test_a_placeholder_of_a_policy_becomes_a_variable(imported: Importer) -> None:
    made = _account(imported, "attachPolicyARNs: [PLACEHOLDER_POLICY, PLACEHOLDER_POLICY, OTHER]")
    found = _associations(made)["loader"].policy_arns
    assert found[0] == "${var.policy_arn}"
    assert len(set(found)) == 2


def test_an_access_entry_is_kept_with_its_policies_groups_and_name(imported: Importer) -> None:
    made = imported(f"""
        accessConfig:
          accessEntries:
            - principalARN: {ADMIN}
              kubernetesGroups: [researchers]
              kubernetesUsername: admin
              accessPolicies:
                - policyARN: {ACCESS}/AmazonEKSClusterAdminPolicy
                  accessScope: {{type: cluster}}
                - policyARN: {ACCESS}/AmazonEKSEditPolicy
                  accessScope: {{type: namespace, namespaces: [train]}}
        """)
    entry = _entries(made)["admin"]
    assert (entry.principal_arn, entry.user_name, entry.kubernetes_groups) == (
        ADMIN,
        "admin",
        ("researchers",),
    )
    found = [(policy.name, policy.namespaces) for policy in entry.scoped_policies]
    assert found == [("AmazonEKSClusterAdminPolicy", ()), ("AmazonEKSEditPolicy", ("train",))]


def test_the_creator_is_no_admin_where_the_manifest_says_so(imported: Importer) -> None:
    made = imported(f"""
        accessConfig:
          bootstrapClusterCreatorAdminPermissions: false
          accessEntries:
            - principalARN: {ADMIN}
              accessPolicies: [{{policyARN: "{ACCESS}/AmazonEKSClusterAdminPolicy", accessScope: {{type: cluster}}}}]
        """)
    assert not made.layout.cluster.creator_admin


@pytest.mark.parametrize("mode", ["CONFIG_MAP", "API_AND_CONFIG_MAP"])
def test_the_config_map_is_gone_and_said_so(imported: Importer, mode: str) -> None:
    assert (
        imported(f"accessConfig: {{authenticationMode: {mode}}}").fate("accessConfig.authenticationMode")
        == "changed"
    )


@pytest.mark.parametrize(
    ("kind", "role", "fate"),
    [("EC2_LINUX", ROLE, "dropped"), ("EC2_LINUX", ADMIN, "DROPPED"), ("FARGATE_LINUX", ADMIN, "DROPPED")],
)
def test_an_entry_of_nodes_is_left_to_eks_where_they_are_those_of_a_group(
    imported: Importer, kind: str, role: str, fate: str
) -> None:
    made = imported(f"""
        accessConfig: {{accessEntries: [{{principalARN: "{role}", type: {kind}}}]}}
        managedNodeGroups: [{{name: a, instanceType: m6i.large, iam: {{instanceRoleARN: "{ROLE}"}}}}]
        """)
    assert made.fate("accessConfig.accessEntries[0]") == fate
    assert not _entries(made)


def test_a_mapping_of_masters_becomes_an_entry_of_an_admin(imported: Importer) -> None:
    made = imported(
        f"iamIdentityMappings: [{{arn: '{ADMIN}', username: ops, groups: ['system:masters', dev]}}]"
    )
    entry = _entries(made)["admin"]
    assert [policy.name for policy in entry.scoped_policies] == ["AmazonEKSClusterAdminPolicy"]
    assert (entry.kubernetes_groups, entry.user_name) == (("dev",), "ops")
    assert made.fate("iamIdentityMappings[0]") == "changed"


@pytest.mark.parametrize(
    "mapping", ['{account: "111122223333"}', "{serviceName: emr-containers, namespace: emr}"]
)
def test_a_mapping_of_an_account_or_a_service_is_dropped(imported: Importer, mapping: str) -> None:
    made = imported(f"iamIdentityMappings: [{mapping}]")
    assert made.fate("iamIdentityMappings[0]") == "DROPPED"
    assert not _entries(made)


def test_a_mapping_to_a_group_of_the_system_is_dropped(imported: Importer) -> None:
    made = imported(f"iamIdentityMappings: [{{arn: '{ADMIN}', groups: ['system:serviceaccounts', dev]}}]")
    assert made.converted.drops
    assert _entries(made)["admin"].kubernetes_groups == ("dev",)


def test_a_principal_that_is_in_an_entry_and_a_mapping_has_one_entry(imported: Importer) -> None:
    made = imported(f"""
        accessConfig:
          accessEntries: [{{principalARN: "{ADMIN}", kubernetesGroups: [a]}}]
        iamIdentityMappings: [{{arn: "{ADMIN}", groups: [b]}}]
        """)
    (entry,) = _entries(made).values()
    assert entry.kubernetes_groups == ("a", "b")
