"""Versions of Kubernetes and of add-ons, and the step from a cluster that runs."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from modules.layout import Layout
from modules.layout.stores import CLUSTER_TAG
from ops.checking.check import UnaskedError
from ops.preflight.checks.versions import AddonVersions, RunningCluster, SupportedVersion
from ops.states import Deployed
from tests.account.right import Right, right_account
from tests.account.server import AccountServer
from tests.terraform_json import Load
from tests.unit.ops.preflight.looking import Found, brief, look, subject_of

CHECKS = (SupportedVersion(), AddonVersions(), RunningCluster())


@pytest.fixture
def right(aws: AccountServer, layout: Load) -> Right:
    return right_account(aws, layout(""))


def of_version(one: Layout, version: str, **cluster: Any) -> Layout:
    changed = one.cluster.model_copy(update=cluster)
    return one.model_copy(update={"kubernetes_version": version, "cluster": changed})


def found(right: Right, one: Layout | None = None, now: datetime | None = None, **more: Any) -> list[Found]:
    subject = subject_of(one or right.layout, **more)
    return look(CHECKS, subject if now is None else subject_of(one or right.layout, now=now, **more))


def described(right: Right, version: str) -> dict[str, Any]:
    return next(one for one in right.extras.cluster_versions if one["clusterVersion"] == version)


def running(right: Right, version: str, tags: dict[str, str] | None = None) -> None:
    """A cluster of the layout's name."""
    ec2 = right.client("ec2")
    subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"][:2]]
    right.client("eks").create_cluster(
        name=right.layout.name,
        version=version,
        roleArn="arn:aws:iam::123456789012:role/cluster",
        resourcesVpcConfig={"subnetIds": subnets},
        tags=tags or {},
    )


OURS = {CLUSTER_TAG: "demo"}


def test_a_version_in_standard_support_is_fine(right: Right) -> None:
    assert found(right) == []


def test_a_version_that_the_region_does_not_offer_is_one_finding(right: Right) -> None:
    version = right.layout.kubernetes_version
    right.extras.cluster_versions.remove(described(right, version))
    [one] = found(right)
    assert one[:3] == ("kubernetes-version", "error", "kubernetes_version")
    assert f"EKS in us-west-2 does not offer {version}; it offers 1.31, 1.32" in one[3]
    assert "Write one of 1.34" in one[3]


def test_extended_support_has_a_price(right: Right) -> None:
    [one] = found(right, of_version(right.layout, "1.33"))
    assert one[:3] == ("kubernetes-version", "warning", "kubernetes_version")
    assert "in extended support since 2026-07-29, until 2027-07-29" in one[3]
    assert "0.60 USD an hour and not 0.10, 365 USD more a month" in one[3]


def test_extended_support_that_ends_soon_says_what_eks_does_then(right: Right) -> None:
    [one] = found(right, of_version(right.layout, "1.31"))
    assert one[1] == "warning"
    assert "until 2026-11-26" in one[3]
    assert "then EKS upgrades the cluster by itself" in one[3]


@pytest.mark.parametrize(
    ("support", "then"),
    [
        ("EXTENDED", "from then on the control plane costs 0.60"),
        ("STANDARD", "EKS upgrades the control plane by itself then"),
    ],
)
def test_standard_support_that_ends_in_sixty_days_is_a_warning(right: Right, support: str, then: str) -> None:
    [one] = found(right, of_version(right.layout, "1.34", support_type=support))
    assert one[:3] == ("kubernetes-version", "warning", "kubernetes_version")
    assert "ends on 2026-12-02, in 10 days" in one[3]
    assert then in one[3]


def test_a_version_whose_support_has_ended_is_an_error(right: Right) -> None:
    right.extras.cluster_versions.append(
        {**described(right, "1.31"), "clusterVersion": "1.30", "versionStatus": "UNSUPPORTED",
         "endOfStandardSupportDate": datetime(2025, 7, 23, tzinfo=timezone.utc),
         "endOfExtendedSupportDate": datetime(2026, 7, 23, tzinfo=timezone.utc)}
    )  # fmt: skip
    [one] = found(right, of_version(right.layout, "1.30"))
    assert one[:3] == ("kubernetes-version", "error", "kubernetes_version")
    assert "support of Kubernetes 1.30 has ended since 2026-07-23: EKS makes no cluster of it" in one[3]


def test_a_cluster_that_runs_a_version_without_support_can_still_be_changed(right: Right) -> None:
    described(right, "1.33")["versionStatus"] = "UNSUPPORTED"
    running(right, "1.33", OURS)
    [one] = found(right, of_version(right.layout, "1.33"))
    assert one[:3] == ("kubernetes-version", "warning", "kubernetes_version")
    assert "EKS upgrades the cluster by itself, any day" in one[3]
    assert 'write "1.34"' in one[3]


def test_dates_that_differ_from_the_catalogue_ask_for_a_refresh(right: Right) -> None:
    version = described(right, right.layout.kubernetes_version)
    version["endOfExtendedSupportDate"] = version["endOfExtendedSupportDate"].replace(day=1)
    [one] = found(right)
    assert one[:3] == ("kubernetes-version", "info", "kubernetes_version")
    assert "python -m modules.catalog.refresh" in one[3]


def test_an_addon_that_is_not_offered_for_the_version_is_one_finding(right: Right) -> None:
    addon = right.extras.addons["coredns"]
    addon.versions = {own: ["1.31"] for own in addon.versions}
    [one] = found(right)
    assert one[:3] == ("addon-versions", "error", "addons.coredns")
    assert f"no add-on coredns for Kubernetes {right.layout.kubernetes_version}" in one[3]


def test_an_addon_that_nobody_knows_is_one_finding(right: Right) -> None:
    del right.extras.addons["vpc-cni"]
    assert brief(found(right)) == [("addon-versions", "error", "addons.vpc-cni")]


def test_a_pinned_version_is_one_that_is_offered(aws: AccountServer, layout: Load) -> None:
    pinned = "addons: {coredns: {version: v1.2.1-eksbuild.1}}"
    assert found(right_account(aws, layout(pinned))) == []
    aws.reset()
    [one] = found(right_account(aws, layout(pinned.replace("v1.2.1", "v9.9.9"))))
    assert one[:3] == ("addon-versions", "error", "addons.coredns.version")
    assert "v9.9.9-eksbuild.1 of coredns" in one[3]
    assert "Write v1.2.0-eksbuild.3" in one[3]


def test_an_addon_without_a_default_version_needs_one_that_is_named(aws: AccountServer, layout: Load) -> None:
    right = right_account(aws, layout(""))
    right.extras.addons["coredns"].default = dict.fromkeys(right.extras.addons["coredns"].default, "none")
    [one] = found(right)
    assert one[:3] == ("addon-versions", "error", "addons.coredns")
    assert "most_recent: true" in one[3]
    newest = layout("addons: {coredns: {most_recent: true}}")
    assert found(right, newest.layout) == []


def test_an_addon_that_is_off_is_not_asked_for(aws: AccountServer, layout: Load) -> None:
    right = right_account(aws, layout("addons: {aws-ebs-csi-driver: {enabled: false}}"))
    del right.extras.addons["aws-ebs-csi-driver"]
    assert found(right) == []


@pytest.mark.parametrize(
    ("version", "level", "said"),
    [
        ("1.32", "error", 'EKS goes to 1.35 by single minor versions. Write "1.33"'),
        ("1.36", "warning", "EKS goes back to 1.35 only within 7 days"),
        ("1.37", "error", "EKS does not go back to 1.35"),
    ],
)
def test_a_running_cluster_goes_one_version_at_a_time(
    right: Right, version: str, level: str, said: str
) -> None:
    running(right, version, OURS)
    [one] = found(right, of_version(right.layout, "1.35"))
    assert one[:3] == ("running-cluster", level, "kubernetes_version")
    assert said in one[3]


@pytest.mark.parametrize("version", ["1.34", "1.35"])
def test_a_running_cluster_of_the_version_or_the_one_before_is_fine(right: Right, version: str) -> None:
    running(right, version)
    deployed = Deployed("aws_eks_cluster", "cluster", {"name": "demo"})
    assert found(right, of_version(right.layout, "1.35"), states={"demo": [deployed]}) == []


def test_somebody_elses_cluster_of_the_name_is_no_upgrade(right: Right) -> None:
    running(right, "1.31")
    assert found(right) == []


def test_a_cluster_that_is_busy_is_a_warning(right: Right) -> None:
    running(right, right.layout.kubernetes_version, OURS)
    cluster = right.client("eks").describe_cluster(name="demo")["cluster"]
    right.server.answer("eks:DescribeCluster", lambda _: {"cluster": {**cluster, "status": "UPDATING"}})
    [one] = found(right)
    assert one[:3] == ("running-cluster", "warning", "name")
    assert "the cluster demo is UPDATING" in one[3]


def test_who_may_not_ask_is_told_the_action(right: Right) -> None:
    right.server.deny("eks:DescribeAddonVersions")
    with pytest.raises(UnaskedError) as error:
        found(right)
    assert error.value.action == "eks:DescribeAddonVersions"


def test_addons_are_judged_where_versions_may_not_be_listed(right: Right) -> None:
    right.server.deny("eks:DescribeClusterVersions")
    assert look([AddonVersions()], subject_of(right.layout)) == []
