"""Nodes whose EFA devices are claimed: that the driver publishes all of them, alone, and that claims find their class."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from ops.verify.cluster import Cluster
from ops.verify.subject import Subject
from ops.verify.table import node_rows
from tests.kubernetes_api.world import Object
from tests.unit.ops.verify.checks.aws import Aws
from tests.unit.ops.verify.checks.looking import NOW, P5, Case, Way, pod_on, stop

MakeCase = Callable[..., Case]
CLAIMED = P5.replace("cluster: {", "cluster: {efa_driver: dra, ")
DRIVER = "aws-dranet"


@pytest.fixture
def claimed(case: MakeCase) -> Case:
    return case(CLAIMED)


def slice_of(case: Case, number: int = 0) -> Object:
    """The slice of a node; the tests take devices out of it."""
    name = case.world.node("p5", number)["metadata"]["name"]
    return next(one for one in case.world.resource_slices if one["spec"]["nodeName"] == name)


def test_a_cluster_whose_devices_are_claimed_is_right_without_the_plugin(claimed: Case) -> None:
    assert claimed.found() == {}
    assert not any("vpc.amazonaws.com/efa" in one["status"]["allocatable"] for one in claimed.world.nodes)
    subject = Subject(claimed.layout, Cluster(Way(claimed.api)), None, NOW)
    rows = {row.group: (row.efa, row.wanted_efa) for row in node_rows(subject, ())}
    assert rows == {"sys": (0, 0), "p5": (32, 32)}


def test_a_driver_without_the_toleration_is_the_cause(claimed: Case) -> None:
    claimed.world.daemon_set(DRIVER)["spec"]["template"]["spec"]["tolerations"] = []
    for number in (0, 1):
        claimed.world.pods.remove(pod_on(claimed.world, DRIVER, claimed.world.node("p5", number)))
    claimed.world.resource_slices.clear()
    found = claimed.one("efa")
    assert found.problem == (
        "has 0 of 32 EFA devices in ResourceSlices of dra.net: the DaemonSet kube-system/aws-dranet makes no pod there, since "
        "it does not tolerate the taint nvidia.com/gpu=true:NoSchedule"
    )
    assert str(found.remedy).startswith("helm_releases.aws-dranet tolerates the taints of its groups")


def test_a_driver_that_cannot_be_pulled_is_the_cause(claimed: Case) -> None:
    stop(
        pod_on(claimed.world, DRIVER, claimed.world.node("p5")), "ImagePullBackOff", "Back-off pulling image"
    )
    slice_of(claimed)["spec"]["devices"] = []
    assert "ImagePullBackOff" in claimed.one("efa").problem


def test_devices_that_the_driver_does_not_see_are_the_node_s(
    claimed: Case, aws: Callable[[Case], Aws]
) -> None:
    aws(claimed)
    del slice_of(claimed)["spec"]["devices"][30:]
    problem = claimed.found()["efa"][0].problem
    assert problem.startswith(
        "has 30 of 32 EFA devices in ResourceSlices of dra.net: the DRA driver runs, and finds 30"
    )


def test_other_network_devices_and_old_slices_do_not_count(claimed: Case) -> None:
    """With the chart's filter taken away, every interface of a node is published."""
    ours = slice_of(claimed)
    claimed.world.resource_slices.append(copy.deepcopy(ours))
    for device in ours["spec"]["devices"], claimed.world.resource_slices[-1]["spec"]["devices"]:
        device[0]["attributes"]["dra.net/pciDevice"] = {"string": "Elastic Network Adapter (ENA)"}
    assert "has 31 of 32 EFA devices" in claimed.one("efa").problem


def test_two_drivers_on_a_node_are_told_with_either(case: MakeCase, claimed: Case) -> None:
    plain = case()
    other = plain.world.daemon_set("aws-efa-k8s-device-plugin")
    nodes = [claimed.world.node("p5", number)["metadata"]["name"] for number in (0, 1)]
    claimed.world.daemon_sets.append(other)
    claimed.world.pods.extend(plain.world.pods_of("aws-efa-k8s-device-plugin"))
    found = claimed.one("efa-driver")
    assert found.where == f"{', '.join(nodes)} (p5)"
    assert found.problem == "aws-efa-k8s-device-plugin and aws-dranet both hand out its EFA devices"
    plain.world.daemon_sets.append(claimed.world.daemon_set(DRIVER))
    plain.world.pods.append(claimed.world.pods_of(DRIVER)[0])
    assert plain.found()["efa-driver"][0].where == f"{nodes[0]} (p5)"


def test_a_device_class_that_is_not_there_leaves_every_claim_waiting(claimed: Case) -> None:
    claimed.world.device_classes.clear()
    found = claimed.one("efa-driver")
    assert "no DeviceClass efa.networking.k8s.aws" in found.problem
