"""Nodes that offer fewer devices than their type has, and why: one thing is broken a test."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from tests.kubernetes_api.world import Object
from tests.unit.ops.verify.checks.aws import Aws
from tests.unit.ops.verify.checks.looking import Case, offer, pod_on, set_condition, stop

MakeCase = Callable[..., Case]
MakeAws = Callable[[Case], Aws]
GPU, EFA, NEURON = "nvidia.com/gpu", "vpc.amazonaws.com/efa", "aws.amazon.com/neuron"
EFA_PLUGIN, GPU_PLUGIN = "aws-efa-k8s-device-plugin", "nvidia-device-plugin-daemonset"


def name_of(node: Object) -> str:
    return str(node["metadata"]["name"])


def without_efa(case: Case, has: int = 0) -> Object:
    """A node that offers fewer EFA interfaces than the 32 of its type."""
    node: Object = case.world.node("p5")
    offer(node, EFA, has)
    return node


def test_a_node_whose_taint_the_plugin_does_not_tolerate_has_no_efa(case: MakeCase) -> None:
    broken = case()
    node = without_efa(broken)
    node["spec"]["taints"].append({"key": "node.example.com/starting", "effect": "NoExecute"})
    broken.world.pods.remove(pod_on(broken.world, EFA_PLUGIN, node))
    for one in ("gpu-feature-discovery", "nvidia-dcgm-exporter", GPU_PLUGIN, "nvidia-operator-validator"):
        tolerations = broken.world.daemon_set(one)["spec"]["template"]["spec"]["tolerations"]
        tolerations.append({"operator": "Exists"})
    found = broken.found()
    assert [*found] == ["taints", "efa"], "the taint is nobody's, which is a warning of its own"
    (finding,) = found["efa"]
    assert finding.where == f"{name_of(node)} (p5)"
    assert finding.problem == (
        f"offers 0 of 32 {EFA}: the DaemonSet kube-system/{EFA_PLUGIN} makes no pod there, since it does not tolerate "
        "the taint node.example.com/starting:NoExecute"
    )
    assert str(finding.remedy).startswith("take the taint off the node, or name it in the group's taints")


def test_all_nodes_of_a_group_without_the_toleration_are_one_finding(case: MakeCase) -> None:
    broken = case()
    nodes = [broken.world.node("p5", number) for number in (0, 1)]
    broken.world.daemon_set(EFA_PLUGIN)["spec"]["template"]["spec"]["tolerations"] = []
    for node in nodes:
        offer(node, EFA, 0)
        broken.world.pods.remove(pod_on(broken.world, EFA_PLUGIN, node))
    found = broken.one("efa")
    assert found.where == f"{name_of(nodes[0])}, {name_of(nodes[1])} (p5)"
    assert found.problem.endswith("since it does not tolerate the taint nvidia.com/gpu=true:NoSchedule")
    assert "tolerates the taints of its groups unless its values or set say otherwise" in str(found.remedy)


def test_an_instance_type_that_the_plugin_does_not_know_has_no_efa(case: MakeCase) -> None:
    broken = case()
    node = without_efa(broken)
    offer(broken.world.node("p5", 1), EFA, 0)
    affinity = broken.world.daemon_set(EFA_PLUGIN)["spec"]["template"]["spec"]["affinity"]["nodeAffinity"]
    terms = affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    terms[0]["matchExpressions"][0]["values"] = ["a.large", "b.large", "c.large", "d.large"]
    assert broken.one("efa").problem.endswith(
        "since its node affinity takes only nodes with node.kubernetes.io/instance-type In a.large, b.large, c.large "
        "and 1 more, and it is not one"
    )
    assert node["status"]["allocatable"][EFA] == "0"


def test_a_plugin_that_cannot_be_pulled_is_the_cause(case: MakeCase) -> None:
    broken = case()
    node = without_efa(broken)
    stop(pod_on(broken.world, EFA_PLUGIN, node), "ImagePullBackOff", 'Back-off pulling image "602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/aws-efa-k8s-device-plugin:v0.5.20": 403 Forbidden')  # fmt: skip
    problem = broken.one("efa").problem
    assert problem.startswith(
        f"offers 0 of 32 {EFA}: the pod of kube-system/{EFA_PLUGIN} is in ImagePullBackOff: Back-off pulling image"
    )
    assert problem.endswith("403 Forbidden")


def test_a_plugin_that_ends_again_and_again_is_the_cause(case: MakeCase) -> None:
    broken = case()
    node = without_efa(broken)
    last = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
    stop(
        pod_on(broken.world, EFA_PLUGIN, node),
        "CrashLoopBackOff",
        "back-off 5m0s",
        restartCount=1,
        lastState=last,
    )
    assert broken.one("efa").problem.endswith(
        f"is in CrashLoopBackOff after 1 restart: its container {EFA_PLUGIN} ended with exit code 137 (OOMKilled)"
    )


def test_a_plugin_that_is_not_scheduled_says_what_the_scheduler_says(case: MakeCase) -> None:
    broken = case()
    node = without_efa(broken)
    pod = pod_on(broken.world, EFA_PLUGIN, node)
    del pod["spec"]["nodeName"]
    field = {"key": "metadata.name", "operator": "In", "values": [name_of(node)]}
    terms = {"nodeSelectorTerms": [{"matchFields": [field]}]}
    pod["spec"]["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    pod["status"] = {"phase": "Pending"}
    set_condition(
        pod, "PodScheduled", "False", "Unschedulable", "0/3 nodes are available: 1 Insufficient memory."
    )
    assert broken.one("efa").problem.endswith("is pending: 0/3 nodes are available: 1 Insufficient memory")


def test_a_plugin_without_a_pod_is_told(case: MakeCase) -> None:
    broken = case()
    node = without_efa(broken)
    broken.world.pods.remove(pod_on(broken.world, EFA_PLUGIN, node))
    found = broken.one("efa")
    assert found.problem.endswith(f"the DaemonSet kube-system/{EFA_PLUGIN} has no pod there")
    assert found.remedy == f"kubectl -n kube-system describe daemonset {EFA_PLUGIN}"


def test_a_cluster_whose_release_was_removed_is_told_by_the_release(case: MakeCase) -> None:
    broken = case()
    world = broken.world
    for number in (0, 1):
        node = world.node("p5", number)
        offer(node, EFA, 0)
        world.pods.remove(pod_on(world, EFA_PLUGIN, node))
    world.daemon_sets.remove(world.daemon_set(EFA_PLUGIN))
    world.secrets[:] = [one for one in world.secrets if one["metadata"]["labels"]["name"] != EFA_PLUGIN]
    assert broken.one("helm-releases").where == f"helm_releases.{EFA_PLUGIN}"


def test_a_cluster_without_a_plugin_though_its_release_is_there_is_told(case: MakeCase) -> None:
    broken = case()
    world = broken.world
    for number in (0, 1):
        node = world.node("p5", number)
        offer(node, EFA, 0)
        world.pods.remove(pod_on(world, EFA_PLUGIN, node))
    world.daemon_sets.remove(world.daemon_set(EFA_PLUGIN))
    assert (
        broken.one("efa").problem == f"offers 0 of 32 {EFA}: the cluster has no DaemonSet of a device plugin"
    )


def test_a_cluster_without_a_plugin_is_told_where_releases_may_not_be_read(case: MakeCase) -> None:
    broken = case()
    world = broken.world
    for number in (0, 1):
        offer(world.node("p5", number), EFA, 0)
        world.pods.remove(pod_on(world, EFA_PLUGIN, world.node("p5", number)))
    world.daemon_sets.remove(world.daemon_set(EFA_PLUGIN))
    world.secrets.clear()
    broken.api.refused = {"secrets": 403}
    try:
        assert [*broken.found("helm-releases")] == ["efa"]
    finally:
        broken.api.refused = {}


def test_a_plugin_that_finds_no_interface_says_how_to_ask_ec2(case: MakeCase) -> None:
    broken = case()
    without_efa(broken)
    found = broken.one("efa")
    assert found.problem == f"offers 0 of 32 {EFA}: the device plugin runs, and finds 0"
    assert "aws ec2 describe-instances --region us-west-2 --instance-ids i-00000000000000001 --query" in str(
        found.remedy
    )


def test_ec2_says_that_an_instance_was_launched_without_efa(case: MakeCase, aws: MakeAws) -> None:
    broken = case()
    node = without_efa(broken, 1)
    aws(broken).instance_of(node)["NetworkInterfaces"] = [
        {"InterfaceType": "interface"},
        {"InterfaceType": "efa"},
    ]
    found = broken.one("efa")
    assert (
        found.problem
        == f"offers 1 of 32 {EFA}: the device plugin runs, and finds 1; EC2 gave the instance 1 EFA interface"
    )
    assert str(found.remedy).startswith("it was launched from another launch template than the layout's: ")


def test_ec2_says_that_the_interfaces_are_there_and_the_driver_is_not(case: MakeCase, aws: MakeAws) -> None:
    broken = case()
    without_efa(broken)
    aws(broken)
    assert broken.one("efa").problem.endswith("EC2 gave the instance all 32: the driver does not see them")


def test_devices_that_the_plugin_calls_unhealthy_are_told(case: MakeCase) -> None:
    broken = case()
    node = broken.world.node("p5")
    offer(node, GPU, 7, 8)
    found = broken.one("gpus")
    assert found.problem == f"offers 7 of 8 {GPU}: the device plugin runs, and calls 1 of them unhealthy"
    assert str(found.remedy).startswith("kubectl -n gpu-operator logs nvidia-device-plugin-daemonset-")


def test_a_gpu_that_the_driver_does_not_see_is_told(case: MakeCase) -> None:
    broken = case()
    offer(broken.world.node("p5"), GPU, 7)
    found = broken.one("gpus")
    assert found.problem == f"offers 7 of 8 {GPU}: the device plugin runs, and finds 7"
    assert "terminate-instance-in-auto-scaling-group" in str(found.remedy)


def test_an_operator_that_has_not_labelled_a_node_is_the_cause(case: MakeCase) -> None:
    broken = case()
    node = broken.world.node("p5")
    offer(node, GPU, 0)
    for operand in ("gpu-feature-discovery", "nvidia-dcgm-exporter", GPU_PLUGIN, "nvidia-operator-validator"):
        broken.world.pods.remove(pod_on(broken.world, operand, node))
    labels = node["metadata"]["labels"]
    for key in [one for one in labels if one.startswith("nvidia.com/gpu.deploy.")]:
        del labels[key]
    labels["nvidia.com/gpu.present"] = "false"
    found = broken.one("gpus")
    assert found.problem.endswith(
        "since it asks for the label nvidia.com/gpu.deploy.device-plugin=true, and the node has no such label"
    )
    assert str(found.remedy).startswith(
        "the GPU operator sets the label where node feature discovery has seen a GPU"
    )


def test_the_pod_of_the_operator_that_the_others_wait_for_is_the_cause(case: MakeCase) -> None:
    broken = case()
    node = broken.world.node("p5")
    offer(node, GPU, 0)
    for operand in ("gpu-feature-discovery", "nvidia-dcgm-exporter", GPU_PLUGIN):
        stop(pod_on(broken.world, operand, node), "PodInitializing")
        init = {"name": "toolkit-validation", "ready": False, "state": {"running": {}}}
        pod_on(broken.world, operand, node)["status"]["initContainerStatuses"] = [init]
    validator = pod_on(broken.world, "nvidia-operator-validator", node)
    stop(validator, "PodInitializing")
    state = {"waiting": {"reason": "CrashLoopBackOff"}}
    last = {"terminated": {"exitCode": 1, "reason": "Error"}}
    validator["status"]["initContainerStatuses"] = [
        {"name": "driver-validation", "ready": False, "restartCount": 9, "state": state, "lastState": last}
    ]
    assert broken.one("gpus").problem == (
        f"offers 0 of 8 {GPU}: the device plugin waits for gpu-operator/nvidia-operator-validator, whose pod is in "
        "CrashLoopBackOff after 9 restarts: its container driver-validation ended with exit code 1 (Error)"
    )


def test_a_plugin_that_only_waits_is_told_where_nothing_else_fails(case: MakeCase) -> None:
    broken = case()
    node = broken.world.node("p5")
    offer(node, GPU, 0)
    pod = pod_on(broken.world, GPU_PLUGIN, node)
    stop(pod, "PodInitializing")
    init = {"name": "toolkit-validation", "ready": False, "state": {"running": {}}}
    pod["status"]["initContainerStatuses"] = [init]
    assert broken.one("gpus").problem.endswith(
        f"the pod of gpu-operator/{GPU_PLUGIN} waits for its init container toolkit-validation"
    )


def test_a_plugin_that_waits_does_not_wait_for_what_is_done(case: MakeCase) -> None:
    broken = case()
    node = broken.world.node("p5")
    offer(node, GPU, 0)
    pod = pod_on(broken.world, GPU_PLUGIN, node)
    stop(pod, "ErrImagePull", "not found")
    done = {"name": "toolkit-validation", "ready": True, "state": {"terminated": {"exitCode": 0}}}
    pod["status"]["initContainerStatuses"] = [done]
    assert broken.one("gpus").problem.endswith("is in ErrImagePull: not found")
    # The validator's own pod ends when it has run a program on a GPU.
    stop(pod, "PodInitializing")
    finished = copy.deepcopy(pod_on(broken.world, "nvidia-operator-validator", node))
    finished["status"] = {"phase": "Succeeded"}
    broken.world.pods.insert(0, finished)
    assert broken.one("gpus").problem.endswith(f"the pod of gpu-operator/{GPU_PLUGIN} waits: PodInitializing")


def test_a_pod_that_is_not_made_says_what_its_last_event_says(case: MakeCase) -> None:
    broken = case()
    node = without_efa(broken)
    pod = pod_on(broken.world, EFA_PLUGIN, node)
    stop(pod, "ContainerCreating")
    about = {"kind": "Pod", "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]}
    broken.world.kinds["v1/events"] = [
        {
            "apiVersion": "v1",
            "kind": "Event",
            "type": "Warning",
            "metadata": {"name": f"event.{number}", "namespace": "kube-system"},
            "involvedObject": about,
            "reason": reason,
            "message": "It is so.",
            "lastTimestamp": f"2030-01-01T00:0{number}:00Z",
        }
        for number, reason in enumerate(("FailedMount", "FailedCreatePodSandBox"))
    ]
    assert broken.one("efa").problem.endswith("does not start: FailedCreatePodSandBox: It is so")
    broken.api.refused = {"events": 403}
    try:
        assert broken.one("efa").problem.endswith("waits: ContainerCreating")
    finally:
        broken.api.refused = {}


def test_bottlerocket_has_a_device_plugin_of_its_own(case: MakeCase) -> None:
    broken = case("{extends: eks-g4dn, node_groups: {gpu: {ami_type: BOTTLEROCKET_x86_64_NVIDIA}}}")
    offer(broken.world.node("gpu"), GPU, 0)
    assert broken.one("gpus").problem == f"offers 0 of 8 {GPU}: the device plugin of the AMI finds no more"


def test_gpus_that_are_cut_into_slices_are_not_missed(case: MakeCase) -> None:
    fine = case()
    offer(fine.world.node("p5"), GPU, 0)
    offer(fine.world.node("p5"), "nvidia.com/mig-1g.10gb", 56)
    assert fine.found() == {}


@pytest.mark.parametrize(("resource", "wanted"), [(NEURON, 16), ("aws.amazon.com/neuroncore", 32)])
def test_a_node_of_trainium_offers_devices_and_cores(case: MakeCase, resource: str, wanted: int) -> None:
    broken = case("{extends: eks-trn1}")
    offer(broken.world.node("trn1"), resource, wanted - 1)
    assert (
        broken.one("neuron").problem
        == f"offers {wanted - 1} of {wanted} {resource}: the device plugin runs, and finds {wanted - 1}"
    )


def test_a_node_of_trainium_without_its_plugin_is_one_finding(case: MakeCase) -> None:
    broken = case("{extends: eks-trn1}")
    node = broken.world.node("trn1")
    for resource in (NEURON, "aws.amazon.com/neuroncore"):
        offer(node, resource, 0)
    stop(pod_on(broken.world, "neuron-device-plugin", node), "ErrImagePull", "not found")
    assert broken.one("neuron").problem.startswith(
        f"offers 0 of 16 {NEURON}: the pod of kube-system/neuron-device-plugin is in ErrImagePull"
    )


@pytest.mark.parametrize(("quantity", "mib"), [("0", 0), ("2Gi", 2048), ("1048576Ki", 1024)])
def test_a_node_without_enough_huge_pages_is_told(case: MakeCase, quantity: str, mib: int) -> None:
    broken = case()
    broken.world.node("p5")["status"]["allocatable"]["hugepages-2Mi"] = quantity
    assert (
        broken.one("huge-pages").problem == f"offers {mib} MiB of hugepages-2Mi, and 10256 MiB are expected"
    )


def test_a_layout_without_accelerators_has_no_checks_of_them(case: MakeCase) -> None:
    plain = case("""\
        name: plain
        region: us-west-2
        node_groups: {sys: {instance_type: c5.2xlarge, size: {desired: 1}}}
        """)
    assert plain.found() == {}
    ids = {one.check.id for one in plain.outcomes}
    assert not ids & {
        "gpus",
        "neuron",
        "efa",
        "huge-pages",
        "labels",
        "reservation-use",
        "placement-groups",
        "addons",
    }


def test_gpus_that_are_shared_under_a_name_of_their_own_are_not_missed(case: MakeCase) -> None:
    fine = case()
    offer(fine.world.node("p5"), GPU, 0)
    offer(fine.world.node("p5"), f"{GPU}.shared", 16)
    assert fine.found() == {}
