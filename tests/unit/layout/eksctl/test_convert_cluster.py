"""What a ClusterConfig says of the cluster as a whole."""

from __future__ import annotations

import pytest

from modules.layout.eksctl import Options
from tests.unit.layout.eksctl.imports import Importer

KEY = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def test_name_region_version_and_tags_are_those_of_the_manifest(imported: Importer) -> None:
    made = imported("""
        metadata:
          name: llm
          region: eu-central-1
          version: "1.34"
          tags: {team: research, cost-center: "4711"}
        """)
    assert (made.layout.name, made.layout.region) == ("llm", "eu-central-1")
    assert made.layout.kubernetes_version == "1.34"
    assert made.layout.tags == {"team": "research", "cost-center": "4711"}
    assert {made.fate(f"metadata.{key}") for key in ("name", "region", "version", "tags.team")} == {"kept"}


def test_a_version_that_eks_no_longer_has_becomes_the_default_and_is_said_with_its_zero(
    imported: Importer,
) -> None:
    made = imported("metadata: {name: demo, region: us-west-2, version: 1.30}")
    assert (
        made.layout.kubernetes_version
        == imported("metadata: {name: demo, region: us-west-2}").layout.kubernetes_version
    )
    assert made.fate("metadata.version") == "changed"
    assert "1.30" in made.notes("metadata.version")


def test_a_name_that_is_none_here_is_changed_and_said_so(imported: Importer) -> None:
    made = imported("metadata: {name: LLM_Train, region: us-west-2}")
    assert made.layout.name == "llm-train"
    assert made.fate("metadata.name") == "changed"


@pytest.mark.parametrize("region", ["", ", region: PLACEHOLDER_AWS_REGION", ", region: nowhere"])
def test_a_missing_region_is_said_aloud(imported: Importer, region: str) -> None:
    made = imported(f"metadata: {{name: demo, version: '1.35'{region}}}")
    assert made.layout.region == "us-west-2"
    assert made.fate("metadata.region" if region else "metadata") == "DROPPED"
    assert "write yours" in made.text


def test_the_region_option_takes_the_place_of_a_missing_region(imported: Importer) -> None:
    made = imported("metadata: {name: demo}", Options(region="us-east-2"))
    assert made.layout.region == "us-east-2"
    assert not made.converted.drops


def test_a_tag_that_aws_refuses_is_dropped(imported: Importer) -> None:
    made = imported('metadata: {name: demo, region: us-west-2, tags: {"aws:mine": x, team: a}}')
    assert made.layout.tags == {"team": "a"}
    assert made.fate("metadata.tags") == "DROPPED"
    assert "aws:mine" in made.notes("metadata.tags")


def test_cluster_logging_gives_the_logs_and_how_long_they_are_kept(imported: Importer) -> None:
    made = imported("""
        cloudWatch:
          clusterLogging: {enableTypes: [api, audit], logRetentionInDays: 30}
        """)
    assert made.layout.cluster.logs.types == ("api", "audit")
    assert made.layout.cluster.logs.retention_days == 30


@pytest.mark.parametrize("every", ["*", "all"])
def test_all_logs_are_all_five(imported: Importer, every: str) -> None:
    made = imported(f'cloudWatch: {{clusterLogging: {{enableTypes: ["{every}"]}}}}')
    assert len(made.layout.cluster.logs.types) == 5


def test_a_retention_that_cloudwatch_does_not_have_becomes_the_next_step(imported: Importer) -> None:
    path = "cloudWatch.clusterLogging.logRetentionInDays"
    made = imported("cloudWatch: {clusterLogging: {enableTypes: [api], logRetentionInDays: 45}}")
    assert made.layout.cluster.logs.retention_days == 60
    assert made.fate(path) == "changed"


def test_a_manifest_without_cluster_logging_has_the_logs_of_a_layout_that_says_nothing(
    imported: Importer,
) -> None:
    assert "logs" not in imported("").text


def test_the_key_of_secrets_encryption_is_the_cluster_s(imported: Importer) -> None:
    made = imported(f"secretsEncryption: {{keyARN: {KEY}}}")
    assert made.layout.cluster.secrets_encryption.kms_key_arn == KEY


def test_the_service_range_is_kept(imported: Importer) -> None:
    made = imported("kubernetesNetworkConfig: {ipFamily: ipv4, serviceIPv4CIDR: 172.30.0.0/16}")
    assert made.layout.cluster.service_ipv4_cidr == "172.30.0.0/16"
    assert made.fate("kubernetesNetworkConfig.ipFamily") == "kept"


def test_ipv6_is_dropped(imported: Importer) -> None:
    made = imported("kubernetesNetworkConfig: {ipFamily: IPv6}")
    assert made.fate("kubernetesNetworkConfig.ipFamily") == "DROPPED"


@pytest.mark.parametrize("enabled", [True, False])
def test_zonal_shift_is_on_where_the_manifest_has_it_on(imported: Importer, enabled: bool) -> None:
    made = imported(f"zonalShiftConfig: {{enabled: {str(enabled).lower()}}}")
    assert made.layout.cluster.zonal_shift is enabled
    assert made.fate("zonalShiftConfig.enabled") == "kept"


@pytest.mark.parametrize("support", ["STANDARD", "EXTENDED", "standard"])
def test_the_support_type_is_kept(imported: Importer, support: str) -> None:
    made = imported(f"upgradePolicy: {{supportType: {support}}}")
    assert made.layout.cluster.support_type == support.upper()


def test_a_manifest_without_upgrade_policy_has_eksctl_s_extended_support(imported: Importer) -> None:
    assert imported("").layout.cluster.support_type == "EXTENDED"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("fargateProfiles: [{name: batch, selectors: [{namespace: batch}]}]", "fargateProfiles"),
        ("gitops: {flux: {gitProvider: github, flags: {owner: example}}}", "gitops"),
        ("outpost: {controlPlaneOutpostARN: arn}", "outpost"),
        ("remoteNetworkConfig: {remoteNodeNetworks: [{cidrs: [10.80.0.0/16]}]}", "remoteNetworkConfig"),
        ("identityProviders: [{type: oidc, name: corporate}]", "identityProviders"),
        ("capabilities: [{name: argocd, type: ARGOCD}]", "capabilities"),
        ("localZones: [us-west-2-lax-1a]", "localZones"),
        ("controlPlaneScalingConfig: {tier: tier-xl}", "controlPlaneScalingConfig"),
        ("autoModeConfig: {enabled: true, nodePools: [system]}", "autoModeConfig"),
    ],
)
def test_what_has_no_counterpart_is_dropped_and_named(imported: Importer, text: str, path: str) -> None:
    made = imported(text)
    assert made.fate(path) == "DROPPED"
    assert made.notes(path)
    assert made.converted.drops == tuple(made.rows(path))


@pytest.mark.parametrize(
    "text", ["autoModeConfig: {enabled: false}", "fargateProfiles: []", "localZones: []", "gitops: {}"]
)
def test_what_is_off_in_the_manifest_is_not_missed(imported: Importer, text: str) -> None:
    assert not imported(text).converted.drops
