"""What the catalogue and the project fill in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from modules.layout import Loaded
from modules.layout.defaults import with_defaults
from modules.layout.document import parse
from modules.layout.models import NodeGroup
from modules.layout.releases import ADDONS_DEFAULT, CHARTS
from modules.layout.tree import Node
from tests.unit.layout.cases import new

LoadText = Callable[[str], Loaded]


def group(load_text: LoadText, text: str) -> NodeGroup:
    return load_text(new(f"more: {{size: {{desired: 1}}, {text}}}\n")).layout.node_groups["more"]


def test_a_gpu_type_brings_ami_efa_label_taint_and_raid0(load_text: LoadText) -> None:
    found = group(load_text, "instance_type: g5.48xlarge")
    assert found.ami_type == "AL2023_x86_64_NVIDIA"
    assert found.efa
    assert found.placement_group == "create"
    assert found.local_storage == "raid0"
    assert found.labels["nvidia.com/gpu.present"] == "true"
    assert found.labels["vpc.amazonaws.com/efa.present"] == "true"
    assert [(taint.key, taint.effect) for taint in found.taints] == [("nvidia.com/gpu", "NoSchedule")]


def test_a_plain_type_brings_none_of_it(load_text: LoadText) -> None:
    found = group(load_text, "instance_type: c5n.18xlarge")  # which has EFA, and no accelerator
    assert found.ami_type == "AL2023_x86_64_STANDARD"
    assert not found.efa
    assert (found.placement_group, found.local_storage) == ("none", "none")
    assert (found.labels, found.taints) == ({}, ())


def test_an_arm_type_gets_an_arm_ami(load_text: LoadText) -> None:
    assert group(load_text, "instance_type: m7g.large").ami_type == "AL2023_ARM_64_STANDARD"


def test_neuron_has_a_taint_and_an_ami_of_its_own(load_text: LoadText) -> None:
    found = group(load_text, "instance_type: trn1.32xlarge")
    assert found.ami_type == "AL2023_x86_64_NEURON"
    assert found.taints[0].key == "aws.amazon.com/neuron"


@pytest.mark.parametrize("kind", ["odcr", "capacity_block"])
def test_reserved_capacity_gets_no_placement_group(kind: str, load_text: LoadText) -> None:
    capacity = f"capacity: {{type: {kind}, reservation_id: var.cr}}, availability_zone: var.zone"
    assert group(load_text, f"instance_type: p5.48xlarge, {capacity}").placement_group == "none"


def test_what_is_written_wins_and_labels_merge(load_text: LoadText) -> None:
    found = group(
        load_text,
        "instance_type: g5.48xlarge, efa: false, local_storage: none, taints: [], labels: {team: x}",
    )
    assert (found.efa, found.placement_group, found.local_storage, found.taints) == (
        False,
        "none",
        "none",
        (),
    )
    assert found.labels["nvidia.com/gpu.present"] == "true"
    assert found.labels["team"] == "x"
    assert "vpc.amazonaws.com/efa.present" not in found.labels


@pytest.mark.parametrize(
    "text, size",
    [("{desired: 3}", (0, 3, 3)), ("{desired: 0}", (0, 0, 1)), ("{min: 1, desired: 2, max: 4}", (1, 2, 4))],
)
def test_the_largest_size_is_the_desired_one(text: str, size: tuple[int, ...], load_text: LoadText) -> None:
    found = (
        load_text(new(f"more: {{instance_type: m5.large, size: {text}}}\n")).layout.node_groups["more"].size
    )
    assert (found.min, found.desired, found.max) == size


def test_add_ons_that_every_cluster_needs_are_there(load_text: LoadText) -> None:
    assert tuple(load_text(new()).layout.addons) == ADDONS_DEFAULT


@pytest.mark.parametrize(
    "text, releases",
    [
        ("{instance_type: m5.large, size: {desired: 1}}", []),
        ("{instance_type: g5.xlarge, size: {desired: 1}}", ["gpu-operator", "training-operator"]),
        (
            "{instance_type: g5.48xlarge, size: {desired: 1}}",
            ["aws-efa-k8s-device-plugin", "gpu-operator", "training-operator"],
        ),
        (
            "{instance_type: trn1.32xlarge, size: {desired: 1}}",
            ["aws-efa-k8s-device-plugin", "neuron", "training-operator"],
        ),
        (
            "{instance_type: m5.large, size: {desired: 1}, scaling_owner: autoscaler}",
            ["cluster-autoscaler"],
        ),
    ],
)
def test_releases_follow_from_the_nodes(text: str, releases: list[str], load_text: LoadText) -> None:
    assert sorted(load_text(new(f"more: {text}\n")).layout.helm_releases) == releases


def _filled(text: str) -> Node:
    return with_defaults(parse(text, "test").tree)


@pytest.mark.parametrize(
    ("serving", "comes"),
    [
        ("{api: {load_balancer: {type: nlb}}}", True),
        ("{api: {}, web: {load_balancer: {}}}", True),
        ("{api: {port: 80}}", False),
        ("{api: {load_balancer: null}}", False),
        # Wrong kinds are for the models to tell.
        ("{api: {load_balancer: nlb}}", False),
        ("{api: [load_balancer], web: load_balancer}", False),
        ("[load_balancer]", False),
        ("null", False),
    ],
)
def test_a_load_balancer_of_what_is_served_brings_its_controller(serving: str, comes: bool) -> None:
    filled = _filled(f"workloads: {{serving: {serving}}}")
    release = filled.get(("helm_releases", "aws-load-balancer-controller"))
    assert (release is not None) == comes
    if release is not None:
        assert str(release.origin) == "catalogue"
        assert release.plain()["version"] == CHARTS["aws-load-balancer-controller"].version


@pytest.mark.parametrize("workloads", ["null", "[serving]", "serving", "{}"])
def test_workloads_of_a_wrong_kind_bring_nothing(workloads: str) -> None:
    filled = _filled(f"workloads: {workloads}")
    assert filled.plain()["helm_releases"] == {}
    assert tuple(filled.plain()["addons"]) == ADDONS_DEFAULT


def test_a_controller_that_is_switched_off_stays_off() -> None:
    served = "workloads: {serving: {api: {load_balancer: {}}}}\n"
    filled = _filled(served + "helm_releases: {aws-load-balancer-controller: {enabled: false}}")
    assert filled.plain()["helm_releases"]["aws-load-balancer-controller"]["enabled"] is False
    filled = _filled(served + "helm_releases: {aws-load-balancer-controller: null}")
    assert filled.plain()["helm_releases"] == {"aws-load-balancer-controller": None}


SCALED = "workloads: {serving: {api: {autoscaling: {min: 1, max: 4}}}}\n"


@pytest.mark.parametrize(
    ("text", "addon"),
    [
        (SCALED, {}),
        (SCALED + "helm_releases: {metrics-server: {enabled: false}}", {}),
        (SCALED + "helm_releases: {metrics-server: null}", {}),
        (SCALED + "addons: {metrics-server: {enabled: false}}", {"enabled": False}),
        (SCALED + "addons: {metrics-server: {version: v0.8.0-eksbuild.2}}", {"version": "v0.8.0-eksbuild.2"}),
        (SCALED + "addons: {metrics-server: null}", None),
    ],
)
def test_what_is_scaled_brings_the_add_on_that_measures(text: str, addon: object) -> None:
    assert _filled(text).plain()["addons"]["metrics-server"] == addon


@pytest.mark.parametrize(
    "text",
    [
        "workloads: {serving: {api: {autoscaling: null, replicas: 2}}}",
        "workloads: {serving: {api: {autoscaling: true}}}",
        SCALED + "helm_releases: {metrics-server: {}}",
    ],
)
def test_the_add_on_that_measures_comes_for_nothing_else_and_not_beside_its_release(text: str) -> None:
    assert "metrics-server" not in _filled(text).plain()["addons"]


def test_add_ons_of_a_wrong_kind_stay_as_they_are() -> None:
    assert _filled(SCALED + "addons: [metrics-server]").plain()["addons"] == ["metrics-server"]
    assert _filled(SCALED + "helm_releases: [kueue]").plain()["addons"]["metrics-server"] == {}


@pytest.mark.parametrize("kind", ["training", "serving"])
@pytest.mark.parametrize(
    ("workload", "comes"),
    [
        ("{volumes: {/data: {bucket: data}}}", True),
        ("{volumes: {/a: {claim: x}, /data: {bucket: data, read_only: true}}}", True),
        ("{buckets: {data: read}}", False),
        ("{volumes: {/data: {bucket: null}}}", False),
        # Wrong kinds are for the models to tell.
        ("{volumes: {/data: bucket}}", False),
        ("{volumes: [bucket]}", False),
        ("[volumes]", False),
        ("null", False),
    ],
)
def test_a_bucket_that_is_mounted_brings_its_driver(kind: str, workload: str, comes: bool) -> None:
    filled = _filled(f"workloads: {{{kind}: {{one: {workload}}}}}")
    assert ("aws-mountpoint-s3-csi-driver" in filled.plain()["addons"]) == comes


def test_a_driver_of_buckets_that_is_switched_off_stays_off() -> None:
    mounted = "workloads: {training: {one: {volumes: {/data: {bucket: data}}}}}\n"
    filled = _filled(mounted + "addons: {aws-mountpoint-s3-csi-driver: {enabled: false}}")
    assert filled.plain()["addons"]["aws-mountpoint-s3-csi-driver"] == {"enabled": False}


@pytest.mark.parametrize(
    ("training", "comes"),
    [
        ("{one: {kind: indexed_job}, two: {kind: train_job}}", True),
        ("{one: {kind: mpi_job}}", False),
        ("{one: {kind: [train_job]}, two: train_job, three: null}", False),
        ("[train_job]", False),
    ],
)
def test_a_train_job_brings_the_operator_that_runs_it(training: str, comes: bool) -> None:
    releases = _filled(f"workloads: {{training: {training}}}").plain()["helm_releases"]
    assert ("training-operator" in releases) == comes


def test_a_known_release_needs_no_chart_and_keeps_what_is_written(load_text: LoadText) -> None:
    release = load_text(new(top="helm_releases: {kueue: {version: 0.19.1}}\n")).layout.helm_releases["kueue"]
    assert (release.chart, release.version) == ("kueue", "0.19.1")


def test_every_default_has_an_origin(load_text: LoadText) -> None:
    loaded = load_text(new("gpu: {instance_type: g5.48xlarge, size: {desired: 1}}\n"))
    node = loaded.tree.get(("node_groups", "gpu", "efa"))
    assert node is not None
    assert str(node.origin) == "catalogue"
