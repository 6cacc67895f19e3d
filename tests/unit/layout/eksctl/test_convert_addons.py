"""`addons`, `addonsConfig` and `karpenter`."""

from __future__ import annotations

import pytest

from modules.layout.releases import CHARTS
from tests.unit.layout.eksctl.imports import Importer

ROLE = "arn:aws:iam::111122223333:role/driver"


def test_an_add_on_is_kept_with_its_version_and_settings(imported: Importer) -> None:
    made = imported("""
        addons:
          - name: vpc-cni
            version: v1.21.1-eksbuild.1
            configurationValues: '{"env": {"WARM_PREFIX_TARGET": "1"}}'
        """)
    addon = made.layout.addons["vpc-cni"]
    assert addon.version == "v1.21.1-eksbuild.1"
    assert addon.configuration["env"]["WARM_PREFIX_TARGET"] == "1"
    assert made.fate("addons[0].configurationValues") == "kept"


def test_settings_may_be_yaml(imported: Importer) -> None:
    made = imported("""
        addons:
          - name: coredns
            configurationValues: |
              replicaCount: 3
        """)
    assert made.layout.addons["coredns"].configuration == {"replicaCount": 3}


def test_settings_that_are_neither_are_dropped(imported: Importer) -> None:
    made = imported("addons: [{name: coredns, configurationValues: '[1'}]")
    assert made.fate("addons[0].configurationValues") == "DROPPED"


def test_the_latest_version_is_the_most_recent_one(imported: Importer) -> None:
    assert imported("addons: [{name: coredns, version: latest}]").layout.addons["coredns"].most_recent


@pytest.mark.parametrize(("version", "fate"), [("v2", "changed"), ("default", "kept")])
def test_a_version_that_is_none_gives_the_default(imported: Importer, version: str, fate: str) -> None:
    made = imported(f"addons: [{{name: aws-efs-csi-driver, version: {version}}}]")
    assert made.layout.addons["aws-efs-csi-driver"].version is None
    assert made.fate("addons[0].version") == fate


def test_an_add_on_s_role_is_kept_and_its_trust_is_spoken_of(imported: Importer) -> None:
    made = imported(f"addons: [{{name: aws-efs-csi-driver, serviceAccountRoleARN: '{ROLE}'}}]")
    assert made.layout.addons["aws-efs-csi-driver"].role_arn == ROLE
    assert "pods.eks.amazonaws.com" in made.notes("addons[0].serviceAccountRoleARN")


def test_an_add_on_s_pod_identity_role_is_kept(imported: Importer) -> None:
    identity = f"podIdentityAssociations: [{{serviceAccountName: efs-csi-controller-sa, roleARN: '{ROLE}'}}]"
    made = imported(f"addons: [{{name: aws-efs-csi-driver, {identity}}}]")
    assert made.layout.addons["aws-efs-csi-driver"].role_arn == ROLE


@pytest.mark.parametrize(
    "rights",
    [
        "attachPolicyARNs: ['arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy']",
        "wellKnownPolicies: {ebsCSIController: true}",
        "podIdentityAssociations: [{serviceAccountName: ebs-csi-controller-sa, permissionPolicyARNs: [x]}]",
    ],
)
def test_an_add_on_that_has_a_role_here_needs_no_other_rights(imported: Importer, rights: str) -> None:
    made = imported(f"addons: [{{name: aws-ebs-csi-driver, {rights}}}]")
    assert made.fate(f"addons[0].{rights.partition(':')[0]}") == "changed"
    assert not made.converted.drops


@pytest.mark.parametrize(
    "rights", ["attachPolicyARNs: [x]", "attachPolicy: {Statement: []}", f"serviceAccountRoleARN: '{ROLE}'"]
)
def test_rights_of_an_add_on_that_has_no_role_here_are_dropped(imported: Importer, rights: str) -> None:
    made = imported(f"addons: [{{name: coredns, {rights}}}]")
    assert made.fate(f"addons[0].{rights.partition(':')[0]}") == "DROPPED"


def test_an_add_on_without_a_role_of_ours_takes_one_of_the_manifests(imported: Importer) -> None:
    made = imported(f"addons: [{{name: external-dns, serviceAccountRoleARN: '{ROLE}'}}]")
    assert made.layout.addons["external-dns"].role_arn == ROLE


@pytest.mark.parametrize(
    "rights", ["wellKnownPolicies: {externalDNS: true}", "attachPolicyARNs: ['arn:aws:iam::aws:policy/x']"]
)
def test_its_rights_without_a_role_are_dropped_aloud(imported: Importer, rights: str) -> None:
    """No role with these rights is made for it here."""
    made = imported(f"addons: [{{name: external-dns, {rights}}}]")
    assert made.fate(f"addons[0].{rights.partition(':')[0]}") == "DROPPED"


def test_an_account_that_the_add_on_makes_keeps_its_role(imported: Importer) -> None:
    made = imported("""
        addons: [{name: external-dns}]
        iam:
          podIdentityAssociations:
            - namespace: external-dns
              serviceAccountName: external-dns
              createServiceAccount: true
              permissionPolicyARNs: ["arn:aws:iam::aws:policy/AmazonRoute53FullAccess"]
        """)
    association = made.layout.cluster.pod_identity_associations["external-dns"]
    assert association.policy_arns == ("arn:aws:iam::aws:policy/AmazonRoute53FullAccess",)
    assert not association.create_service_account


@pytest.mark.parametrize("field", ["permissionsBoundary: arn", "namespaceConfig: {namespace: other}"])
def test_a_setting_of_an_add_on_without_counterpart_is_dropped(imported: Importer, field: str) -> None:
    made = imported(f"addons: [{{name: coredns, {field}}}]")
    assert made.fate(f"addons[0].{field.partition(':')[0]}") == "DROPPED"


@pytest.mark.parametrize(
    "field", ["resolveConflicts: preserve", "tags: {a: b}", "useDefaultPodIdentityAssociations: true"]
)
def test_what_changes_nothing_is_dropped_without_alarm(imported: Importer, field: str) -> None:
    made = imported(f"addons: [{{name: coredns, {field}}}]")
    assert made.fate(f"addons[0].{field.partition(':')[0]}") == "dropped"


def test_add_ons_that_are_off_by_default_stay_off(imported: Importer) -> None:
    made = imported("""
        addonsConfig: {disableDefaultAddons: true}
        addons: [{name: vpc-cni}, {name: kube-proxy}]
        """)
    enabled = {name for name, addon in made.layout.addons.items() if addon.enabled}
    assert {"vpc-cni", "kube-proxy"} <= enabled
    assert "coredns" not in enabled


def test_karpenter_is_a_release(imported: Importer) -> None:
    made = imported("iam: {withOIDC: true}\nkarpenter: {version: 1.6.0, withSpotInterruptionQueue: true}")
    assert made.layout.helm_releases["karpenter"].version == "1.6.0"
    assert made.fate("karpenter.version") == "kept"


@pytest.mark.parametrize("version", ["v0.28.0", "newest"])
def test_a_karpenter_before_its_first_api_becomes_ours(imported: Importer, version: str) -> None:
    made = imported(f"karpenter: {{version: {version}}}")
    assert made.layout.helm_releases["karpenter"].version == CHARTS["karpenter"].version
    assert made.fate("karpenter.version") == "changed"


def test_the_profile_of_karpenter_s_nodes_is_named_where_it_belongs(imported: Importer) -> None:
    made = imported("karpenter: {version: 1.6.0, defaultInstanceProfile: mine, createServiceAccount: false}")
    assert "EC2NodeClass" in made.notes("karpenter.defaultInstanceProfile")
    assert made.fate("karpenter.createServiceAccount") == "changed"
