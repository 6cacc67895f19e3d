"""`managedNodeGroups` and `nodeGroups`: instance types, sizes, volumes, labels and taints, updates and repair."""

from __future__ import annotations

import pytest

from tests.unit.layout.eksctl.imports import Importer, group_of

GROUP = "managedNodeGroups[0]"


def test_a_group_s_instance_type_is_its_own(imported: Importer) -> None:
    made = group_of(imported, "")
    assert made.group.instance_type == "m6i.large"
    assert made.fate(f"{GROUP}.instanceType") == "kept"


def test_a_group_without_an_instance_type_has_eksctl_s(imported: Importer) -> None:
    made = imported("managedNodeGroups: [{name: workers}]")
    assert made.group.instance_type == "m5.large"
    assert "eksctl's default" in made.notes(GROUP)


def test_several_instance_types_are_the_first_and_what_may_stand_in_for_it(imported: Importer) -> None:
    made = group_of(imported, "spot: true", "instanceTypes: [c5.4xlarge, c5a.4xlarge, c6i.4xlarge]")
    assert made.group.instance_type == "c5.4xlarge"
    assert made.group.fallback_instance_types == ("c5a.4xlarge", "c6i.4xlarge")


def test_instance_types_that_cannot_share_a_group_are_dropped(imported: Importer) -> None:
    made = group_of(imported, "", "instanceTypes: [m6i.large, m6g.large, g5.xlarge]")
    assert made.group.fallback_instance_types == ()
    assert made.fate(f"{GROUP}.instanceTypes") == "DROPPED"
    assert "m6g.large, g5.xlarge" in made.notes(f"{GROUP}.instanceTypes")


def test_a_type_that_the_catalogue_does_not_know_leaves_the_group_out(imported: Importer) -> None:
    made = imported(
        "managedNodeGroups: [{name: a, instanceType: z9.huge}, {name: b, instanceType: m6i.large}]"
    )
    assert list(made.layout.node_groups) == ["b"]
    assert made.fate(GROUP) == "DROPPED"


@pytest.mark.parametrize(
    ("selector", "instance_type"),
    [
        ("{vCPUs: 192, memory: 2048, gpus: 8, allow: '^p5[.]'}", "p5.48xlarge"),
        ("{vCPUs: 192, memory: 2TiB, gpus: 8, allow: '^p5[.]'}", "p5.48xlarge"),
        ("{vCPUs: 8, memory: 32GiB, allow: '^m7g[.]', cpuArchitecture: arm64}", "m7g.2xlarge"),
        ("{neuron_devices: 16, vCPUs: 128, allow: '^trn1[.]'}", "trn1.32xlarge"),
    ],
)
def test_an_instance_selector_is_resolved_from_the_catalogue(
    imported: Importer, selector: str, instance_type: str
) -> None:
    made = group_of(imported, "", f"instanceSelector: {selector}")
    assert made.group.instance_type == instance_type
    assert made.fate(f"{GROUP}.instanceSelector") == "changed"


def test_a_selector_s_types_that_cannot_share_a_group_are_named(imported: Importer) -> None:
    made = group_of(
        imported, "efaEnabled: true", "instanceSelector: {vCPUs: 192, memory: 2048, gpus: 8, allow: ^p5}"
    )
    assert made.group.instance_type == "p5.48xlarge"
    assert "p5en.48xlarge cannot be in one group" in made.notes(f"{GROUP}.instanceSelector")


@pytest.mark.parametrize("selector", ["{vCPUs: 7}", "{memory: much}"])
def test_a_selector_that_nothing_fits_leaves_the_group_out(imported: Importer, selector: str) -> None:
    made = imported(
        f"managedNodeGroups: [{{name: a, instanceSelector: {selector}}}, {{name: b, instanceType: m6i.large}}]"
    )
    assert list(made.layout.node_groups) == ["b"]
    assert made.fate(f"{GROUP}.instanceSelector") == "DROPPED"


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ("minSize: 1\ndesiredCapacity: 3\nmaxSize: 9", (1, 3, 9)),
        ("minSize: 0\nmaxSize: 5", (0, 0, 5)),
        ("desiredCapacity: 4", (4, 4, 4)),
        ("minSize: 3", (3, 3, 3)),
        ("maxSize: 1", (1, 1, 1)),
        ("desiredCapacity: 0", (0, 0, 1)),
        ("", (2, 2, 2)),
    ],
)
def test_sizes_are_those_that_eksctl_completes(
    imported: Importer, fields: str, size: tuple[int, int, int]
) -> None:
    found = group_of(imported, fields).group.size
    assert (found.min, found.desired, found.max) == size


def test_groups_that_the_network_has_no_room_for_are_smaller_and_said_so(imported: Importer) -> None:
    groups = [
        f"  - {{name: g{n}, instanceType: m6i.large, desiredCapacity: 1, maxSize: 100}}" for n in range(40)
    ]
    groups.append("  - {name: small, instanceType: m6i.large, desiredCapacity: 1, maxSize: 4}")
    made = imported("managedNodeGroups:\n" + "\n".join(groups))
    sizes = {name: group.size.max for name, group in made.layout.node_groups.items()}
    assert len(sizes) == 41
    assert sizes["small"] == 4
    assert all(4 <= size < 100 for name, size in sizes.items() if name != "small")
    assert made.fate("managedNodeGroups[0].maxSize") == "DROPPED"
    assert made.notes("managedNodeGroups[0].maxSize").startswith(str(sizes["g0"]))


def test_a_volume_keeps_size_type_iops_throughput_and_key(imported: Importer) -> None:
    key = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    made = group_of(
        imported,
        f"""
        volumeSize: 200
        volumeType: gp3
        volumeIOPS: 6000
        volumeThroughput: 500
        volumeEncrypted: true
        volumeKmsKeyID: {key}
        """,
    )
    volume = made.group.root_volume
    assert (volume.size_gib, volume.type, volume.iops, volume.throughput) == (200, "gp3", 6000, 500)
    assert volume.kms_key_arn == key
    assert made.fate(f"{GROUP}.volumeEncrypted") == "kept"


def test_a_key_by_its_id_alone_becomes_a_variable(imported: Importer) -> None:
    made = group_of(imported, "volumeEncrypted: true\nvolumeKmsKeyID: 1234abcd-12ab-34cd-56ef-1234567890ab")
    assert made.group.root_volume.kms_key_arn == "${var.kms_key_arn}"
    assert made.fate(f"{GROUP}.volumeKmsKeyID") == "changed"


@pytest.mark.parametrize(("kind", "here"), [("gp2", "gp3"), ("io1", "io2"), ("st1", "gp3")])
def test_an_older_kind_of_volume_becomes_a_newer_one(imported: Importer, kind: str, here: str) -> None:
    made = group_of(imported, f"volumeType: {kind}\nvolumeIOPS: 3000\nvolumeSize: 100")
    assert made.group.root_volume.type == here
    assert made.fate(f"{GROUP}.volumeType") == "changed"


def test_more_volumes_are_dropped(imported: Importer) -> None:
    made = group_of(imported, "additionalVolumes: [{volumeName: /dev/xvdb, volumeSize: 500}]")
    assert made.fate(f"{GROUP}.additionalVolumes") == "DROPPED"


def test_labels_tags_and_taints_are_kept(imported: Importer) -> None:
    made = group_of(
        imported,
        """
        labels: {role: worker, "example.com/ready": "true"}
        tags: {team: vision}
        taints:
          - {key: lifecycle, value: spot, effect: PreferNoSchedule}
          - {key: batch, effect: NoSchedule}
        """,
    )
    assert made.group.labels == {"role": "worker", "example.com/ready": "true"}
    assert made.group.tags == {"team": "vision"}
    found = [(taint.key, taint.value, taint.effect) for taint in made.group.taints]
    assert found == [("lifecycle", "spot", "PreferNoSchedule"), ("batch", "", "NoSchedule")]


def test_taints_of_a_self_managed_group_may_be_a_mapping(imported: Importer) -> None:
    made = group_of(imported, 'taints: {batch: "true:NoSchedule", old: ":NoExecute"}', kind="nodeGroups")
    found = [(taint.key, taint.value, taint.effect) for taint in made.group.taints]
    assert found == [("batch", "true", "NoSchedule"), ("old", "", "NoExecute")]


def test_a_self_managed_group_becomes_a_managed_one_and_said_so(imported: Importer) -> None:
    made = group_of(imported, "desiredCapacity: 3", kind="nodeGroups")
    assert made.group.size.desired == 3
    assert "managed node group" in made.notes("nodeGroups[0]")


def test_ssh_becomes_session_manager_and_said_so(imported: Importer) -> None:
    made = group_of(imported, "ssh: {allow: true, publicKeyName: ops}")
    assert made.fate(f"{GROUP}.ssh") == "changed"
    assert "ssm start-session" in made.notes(f"{GROUP}.ssh")


@pytest.mark.parametrize(
    ("field", "number", "percentage"),
    [("maxUnavailable: 2", 2, None), ("maxUnavailablePercentage: 25", None, 25)],
)
def test_the_update_config_is_kept(
    imported: Importer, field: str, number: int | None, percentage: int | None
) -> None:
    update = group_of(imported, f"updateConfig: {{{field}}}").group.update
    assert (update.max_unavailable, update.max_unavailable_percentage) == (number, percentage)


def test_node_repair_is_kept_and_its_thresholds_are_dropped(imported: Importer) -> None:
    made = group_of(imported, "nodeRepairConfig: {enabled: true, maxUnhealthyNodeThresholdCount: 3}")
    assert made.group.node_repair
    assert made.fate(f"{GROUP}.nodeRepairConfig.maxUnhealthyNodeThresholdCount") == "DROPPED"


def test_pods_reach_the_metadata_service_where_the_manifest_says_so(imported: Importer) -> None:
    assert group_of(imported, "disablePodIMDS: false").group.imds_hop_limit == 2
    assert group_of(imported, "disablePodIMDS: true").group.imds_hop_limit == 1


def test_a_group_that_does_not_say_it_is_told_how_pods_reach_the_metadata_service(imported: Importer) -> None:
    made = group_of(imported, "")
    assert made.group.imds_hop_limit == 1
    assert "imds_hop_limit" in made.notes(GROUP)


def test_the_first_version_of_the_metadata_service_stays_off_and_said_so(imported: Importer) -> None:
    assert group_of(imported, "disableIMDSv1: false").fate(f"{GROUP}.disableIMDSv1") == "changed"


@pytest.mark.parametrize(
    "field",
    [
        "asgSuspendProcesses: [AZRebalance]",
        "enableDetailedMonitoring: true",
        "bottlerocket: {enableAdminContainer: true}",
        "outpostARN: arn",
    ],
)
def test_a_setting_of_a_group_without_counterpart_is_dropped(imported: Importer, field: str) -> None:
    other = "  - {name: other, instanceType: m6i.large}\n"
    made = imported(
        f"managedNodeGroups:\n  - name: workers\n    instanceType: m6i.large\n    {field}\n{other}"
    )
    paths = {row.path for row in made.converted.drops}
    assert paths & {f"{GROUP}.{field.partition(':')[0]}", GROUP}


@pytest.mark.parametrize(
    "field",
    [
        "classicLoadBalancerNames: [web]",
        "targetGroupARNs: [arn]",
        "maxInstanceLifetime: 604800",
        "clusterDNS: 10.100.0.10",
        "cpuCredits: unlimited",
        "enclaveEnabled: true",
        "containerRuntime: containerd",
        "asgMetricsCollection: [{granularity: 1Minute}]",
    ],
)
def test_a_setting_of_a_self_managed_group_without_counterpart_is_dropped(
    imported: Importer, field: str
) -> None:
    made = group_of(imported, field, kind="nodeGroups")
    assert made.fate(f"nodeGroups[0].{field.partition(':')[0]}") == "DROPPED"


def test_two_groups_of_one_name_get_two_names(imported: Importer) -> None:
    made = imported("""
        managedNodeGroups: [{name: GPU_1, instanceType: m6i.large}]
        nodeGroups: [{name: gpu-1, instanceType: m6i.large}]
        """)
    assert set(made.layout.node_groups) == {"gpu-1", "gpu-1-2"}
    assert made.fate(f"{GROUP}.name") == "changed"


def test_accelerated_groups_alone_get_a_group_for_the_system(imported: Importer) -> None:
    made = group_of(imported, "", "instanceType: g5.xlarge")
    assert set(made.layout.node_groups) == {"workers", "sys"}
    assert "not in the manifest" in made.text
