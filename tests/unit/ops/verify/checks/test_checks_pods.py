"""Pods of DaemonSets and Deployments that are missing or do not run, and DNS: one thing is broken a test."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from tests.kubernetes_api.objects import App, daemon_set, deployment
from tests.kubernetes_api.world import Object
from tests.unit.ops.verify.checks.aws import Aws
from tests.unit.ops.verify.checks.looking import Case, pod_on, set_condition, stop

MakeCase = Callable[..., Case]
MakeAws = Callable[[Case], Aws]


def name_of(thing: Object) -> str:
    return str(thing["metadata"]["name"])


def deployment_of(case: Case, name: str) -> Object:
    return next(one for one in case.world.deployments if name_of(one) == name)


def pods_of(case: Case, name: str) -> list[Object]:
    """The pods of a Deployment."""
    return [one for one in case.world.pods if one["metadata"]["labels"].get("app") == name]


def lose(case: Case, name: str, count: int = 1) -> None:
    """Some of a Deployment's pods are not available."""
    deployment_of(case, name)["status"]["availableReplicas"] -= count


# daemon-sets


@pytest.mark.parametrize("name", ["aws-node", "kube-proxy", "eks-pod-identity-agent", "ebs-csi-node"])
def test_a_pod_that_fails_on_a_node_is_told(case: MakeCase, name: str) -> None:
    broken = case()
    node = broken.world.node("sys")
    stop(pod_on(broken.world, name, node), "ErrImagePull", "no basic auth credentials")
    found = broken.one("daemon-sets")
    assert found.where == f"{name_of(node)} (sys)"
    assert found.problem == f"kube-system/{name}: its pod is in ErrImagePull: no basic auth credentials"
    assert f"kubectl -n kube-system describe daemonset {name}" in str(found.remedy)


def test_a_pod_that_is_missing_on_a_node_is_told(case: MakeCase) -> None:
    broken = case()
    broken.world.pods.remove(pod_on(broken.world, "fsx-csi-node", broken.world.node("p5")))
    assert broken.one("daemon-sets").problem == "kube-system/fsx-csi-node: has no pod there"


def test_a_pod_that_is_being_deleted_is_not_there(case: MakeCase) -> None:
    broken = case()
    pod = pod_on(broken.world, "aws-node", broken.world.node("p5"))
    pod["metadata"]["deletionTimestamp"] = "2030-01-01T00:00:00Z"
    assert broken.one("daemon-sets").problem == "kube-system/aws-node: has no pod there"


def test_a_probe_that_fails_is_told(case: MakeCase) -> None:
    broken = case()
    pod = pod_on(broken.world, "aws-node", broken.world.node("p5"))
    set_condition(pod, "Ready", "False")
    pod["status"]["containerStatuses"][0]["ready"] = False
    assert (
        broken.one("daemon-sets").problem
        == "kube-system/aws-node: its pod runs, and its container aws-node is not ready"
    )


def test_a_pod_that_was_evicted_is_told(case: MakeCase) -> None:
    broken = case()
    pod = pod_on(broken.world, "aws-node", broken.world.node("p5"))
    pod["status"] = {
        "phase": "Failed",
        "reason": "Evicted",
        "message": "The node was low on resource: memory.",
    }
    assert broken.one("daemon-sets").problem.endswith(
        "its pod failed: Evicted: The node was low on resource: memory"
    )


def test_the_cni_may_not_be_kept_off_a_node(case: MakeCase) -> None:
    broken = case()
    broken.world.daemon_set("aws-node")["spec"]["template"]["spec"] |= {"tolerations": []}
    for number in (0, 1):
        broken.world.pods.remove(pod_on(broken.world, "aws-node", broken.world.node("p5", number)))
    assert broken.one("daemon-sets").problem == (
        "kube-system/aws-node: makes no pod there, since it does not tolerate the taint nvidia.com/gpu=true:NoSchedule"
    )


@pytest.mark.parametrize(
    ("toleration", "tolerates"),
    [
        ({"key": "nvidia.com/gpu", "value": "true"}, True),
        ({"key": "nvidia.com/gpu", "operator": "Equal", "value": "true", "effect": "NoSchedule"}, True),
        ({"key": "nvidia.com/gpu", "operator": "Exists"}, True),
        ({"key": "nvidia.com/gpu", "value": "false"}, False),
        ({"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "other", "operator": "Exists"}, False),
    ],
)
def test_a_toleration_takes_a_taint_as_kubernetes_says(
    case: MakeCase, toleration: Object, tolerates: bool
) -> None:
    broken = case()
    broken.world.daemon_set("aws-node")["spec"]["template"]["spec"]["tolerations"] = [toleration]
    assert (broken.found() == {}) == tolerates


def test_other_daemon_sets_may_choose_their_nodes(case: MakeCase) -> None:
    fine = case()
    fine.world.daemon_set("fsx-csi-node")["spec"]["template"]["spec"]["nodeSelector"] = {"fsx": "yes"}
    fine.world.pods.remove(pod_on(fine.world, "fsx-csi-node", fine.world.node("sys")))
    assert fine.found() == {}


@pytest.mark.parametrize(
    ("expression", "taken"),
    [
        ({"key": "kubernetes.io/os", "operator": "Exists"}, True),
        ({"key": "eks.amazonaws.com/compute-type", "operator": "NotIn", "values": ["fargate"]}, True),
        ({"key": "kubernetes.io/os", "operator": "DoesNotExist"}, False),
        ({"key": "cores", "operator": "Gt", "values": ["4"]}, True),
        ({"key": "cores", "operator": "Lt", "values": ["4"]}, False),
    ],
)
def test_a_daemon_set_makes_pods_where_its_affinity_takes_the_node(
    case: MakeCase, expression: Object, taken: bool
) -> None:
    broken = case()
    node = broken.world.node("sys")
    node["metadata"]["labels"]["cores"] = "8"
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    broken.world.daemon_set("ebs-csi-node")["spec"]["template"]["spec"]["affinity"] = affinity
    for one in (node, broken.world.node("p5"), broken.world.node("p5", 1)):
        one["metadata"]["labels"]["cores"] = "8"
        broken.world.pods.remove(pod_on(broken.world, "ebs-csi-node", one))
    assert bool(broken.found()) == taken


def test_a_daemon_set_that_an_add_on_should_have_brought_is_told(case: MakeCase) -> None:
    broken = case()
    broken.world.daemon_sets.remove(broken.world.daemon_set("kube-proxy"))
    found = broken.one("daemon-sets")
    assert (found.where, found.problem) == (
        "addons.kube-proxy",
        "its DaemonSet kube-proxy is not in the cluster",
    )


def test_pods_of_an_operator_that_wait_for_one_that_fails_are_not_told(case: MakeCase) -> None:
    broken = case()
    node = broken.world.node("p5")
    stop(pod_on(broken.world, "nvidia-dcgm-exporter", node), "PodInitializing")
    stop(pod_on(broken.world, "nvidia-operator-validator", node), "ErrImagePull", "not found")
    assert (
        broken.one("daemon-sets").problem
        == "gpu-operator/nvidia-operator-validator: its pod is in ErrImagePull: not found"
    )


def test_a_pod_that_waits_in_kube_system_waits_for_nobody_elses(case: MakeCase) -> None:
    broken = case()
    node = broken.world.node("p5")
    stop(pod_on(broken.world, "ebs-csi-node", node), "ContainerCreating")
    stop(pod_on(broken.world, "kube-proxy", node), "ErrImagePull", "not found")
    assert len(broken.found()["daemon-sets"]) == 2


def test_a_device_plugin_that_fails_while_the_devices_are_there_is_told(case: MakeCase) -> None:
    broken = case()
    stop(
        pod_on(broken.world, "aws-efa-k8s-device-plugin", broken.world.node("p5")),
        "ErrImagePull",
        "not found",
    )
    assert broken.one("daemon-sets").problem.startswith(
        "kube-system/aws-efa-k8s-device-plugin: its pod is in ErrImagePull"
    )


def test_one_pod_that_is_ready_is_enough_while_a_daemon_set_is_updated(case: MakeCase) -> None:
    fine = case()
    pod = pod_on(fine.world, "aws-node", fine.world.node("p5"))
    newer = copy.deepcopy(pod)
    newer["metadata"] |= {"name": "aws-node-newer", "uid": "newer"}
    stop(newer, "ContainerCreating")
    fine.world.pods.insert(0, newer)
    assert fine.found() == {}


def test_a_daemon_set_of_somebody_else_is_a_warning(case: MakeCase) -> None:
    broken = case()
    made, pods = daemon_set(App("agent", "kube-system", [broken.world.node("sys")], "agent"))
    broken.world.daemon_sets.append(made)
    broken.world.pods.extend(pods)
    assert broken.found() == {}
    stop(pods[0], "ErrImagePull", "not found")
    assert (
        broken.one("daemon-sets", "warning").problem
        == "kube-system/agent: its pod is in ErrImagePull: not found"
    )


# deployments


def test_a_controller_whose_pod_fails_is_told(case: MakeCase) -> None:
    broken = case()
    name = "kubeflow-trainer-controller-manager"
    lose(broken, name)
    stop(
        pods_of(broken, name)[0],
        "CrashLoopBackOff",
        restartCount=3,
        lastState={"terminated": {"exitCode": 1, "reason": "Error"}},
    )
    found = broken.one("deployments")
    assert found.where == f"kubeflow-system/{name}"
    assert found.problem.startswith(
        "has 0 of 1 pods available: a pod is in CrashLoopBackOff after 3 restarts"
    )


def test_controllers_that_wait_for_the_same_node_are_one_finding(case: MakeCase) -> None:
    broken = case()
    names = ("gpu-operator", "kubeflow-trainer-controller-manager")
    for name in names:
        lose(broken, name)
        (pod,) = [
            one
            for one in pods_of(broken, name)
            if one["metadata"]["ownerReferences"][0]["kind"] == "ReplicaSet"
        ]
        del pod["spec"]["nodeName"]
        pod["status"] = {"phase": "Pending"}
        set_condition(
            pod, "PodScheduled", "False", "Unschedulable", "0/3 nodes are available: 1 Too many pods."
        )
    found = broken.one("deployments")
    assert found.where == "gpu-operator/gpu-operator, kubeflow-system/kubeflow-trainer-controller-manager"
    assert found.problem.endswith("a pod is pending: 0/3 nodes are available: 1 Too many pods")


def test_a_deployment_whose_pods_may_not_be_made_says_why(case: MakeCase) -> None:
    broken = case()
    lose(broken, "gpu-operator")
    broken.world.pods[:] = [one for one in broken.world.pods if one not in pods_of(broken, "gpu-operator")]
    set_condition(
        deployment_of(broken, "gpu-operator"),
        "ReplicaFailure",
        "True",
        "FailedCreate",
        "denied by the webhook",
    )
    assert (
        broken.one("deployments").problem == "has 0 of 1 pods available: FailedCreate: denied by the webhook"
    )


def test_a_deployment_that_makes_no_progress_says_so(case: MakeCase) -> None:
    broken = case()
    lose(broken, "gpu-operator")
    set_condition(
        deployment_of(broken, "gpu-operator"),
        "Progressing",
        "False",
        "ProgressDeadlineExceeded",
        "timed out.",
    )
    assert (
        broken.one("deployments").problem == "has 0 of 1 pods available: ProgressDeadlineExceeded: timed out"
    )


def test_pods_of_a_node_that_is_not_ready_are_not_told_again(case: MakeCase) -> None:
    broken = case("{extends: eks-g4dn, node_groups: {sys: {size: {desired: 2}}}}")
    node = broken.world.node("sys")
    set_condition(node, "Ready", "Unknown", "NodeStatusUnknown")
    for pod in broken.world.pods:
        if pod["spec"]["nodeName"] == name_of(node):
            set_condition(pod, "Ready", "False")
            for made in broken.world.deployments:
                if pod["metadata"]["labels"].get("app") == name_of(made):
                    made["status"]["availableReplicas"] -= 1
    assert broken.one("nodes-ready").where == f"{name_of(node)} (sys)"


def test_a_deployment_that_an_add_on_should_have_brought_is_told(case: MakeCase) -> None:
    broken = case()
    broken.world.deployments.remove(deployment_of(broken, "fsx-csi-controller"))
    found = broken.one("deployments")
    assert (found.where, found.problem) == (
        "addons.aws-fsx-csi-driver",
        "its Deployment fsx-csi-controller is not in the cluster",
    )


def add_deployment(case: Case, name: str, namespace: str) -> Object:
    """A Deployment none of whose pods is available."""
    made, _ = deployment(App(name, namespace, case.world.nodes[:1], name))
    case.world.deployments.append(made)
    made["status"]["availableReplicas"] = 0
    made["status"]["conditions"] = []
    return made


def test_a_deployment_of_somebody_else_is_a_warning_and_one_without_pods_is_fine(case: MakeCase) -> None:
    broken = case()
    made = add_deployment(broken, "agent", "kube-system")
    assert broken.one("deployments", "warning").problem == "has 0 of 1 pods available"
    made["spec"]["replicas"] = 0
    assert broken.found() == {}


def test_other_peoples_programs_are_theirs(case: MakeCase) -> None:
    fine = case()
    add_deployment(fine, "shop", "default")
    made, _ = daemon_set(App("agent", "monitoring", [], "agent", placement={"tolerations": []}))
    fine.world.daemon_sets.append(made)
    assert fine.found() == {}


def test_a_server_of_the_layout_is_the_layouts(case: MakeCase) -> None:
    broken = case("{extends: ml-serving}")
    name, server = next(iter(broken.layout.workloads.serving.items()))
    add_deployment(broken, name, server.namespace)
    assert broken.one("deployments").where == f"{server.namespace}/{name}"


# dns


def test_dns_that_nobody_serves_is_an_error(case: MakeCase) -> None:
    broken = case()
    lose(broken, "coredns", 2)
    for pod in pods_of(broken, "coredns"):
        stop(pod, "ImagePullBackOff", "not found")
    broken.world.endpoint_slices[0]["endpoints"] = []
    found = broken.one("dns")
    assert found.where == "kube-system/coredns"
    assert found.problem == "has 0 of 2 pods available: a pod is in ImagePullBackOff: not found"


def test_dns_with_one_pod_less_is_a_warning(case: MakeCase) -> None:
    broken = case()
    lose(broken, "coredns")
    stop(pods_of(broken, "coredns")[0], "ImagePullBackOff", "not found")
    assert broken.one("dns", "warning").problem.startswith("has 1 of 2 pods available")


def test_dns_whose_service_leads_nowhere_is_an_error(case: MakeCase) -> None:
    broken = case()
    for endpoint in broken.world.endpoint_slices[0]["endpoints"]:
        endpoint["conditions"]["ready"] = False
    assert broken.one("dns").where == "kube-system/kube-dns"
    broken.world.endpoint_slices.clear()
    assert broken.one("dns").problem == "the service has no ready address, so that no name is found"


def test_dns_without_a_deployment_is_an_error(case: MakeCase) -> None:
    broken = case()
    broken.world.deployments.remove(deployment_of(broken, "coredns"))
    assert broken.one("dns").problem.startswith("its Deployment kube-system/coredns is not in the cluster")


@pytest.mark.parametrize(
    ("addon", "name"), [("coredns", "coredns"), ("aws-fsx-csi-driver", "fsx-csi-controller")]
)
def test_what_eks_has_not_installed_is_told_by_the_add_on(
    case: MakeCase, aws: MakeAws, addon: str, name: str
) -> None:
    broken = case()
    del aws(broken).addons[addon]
    broken.world.deployments.remove(deployment_of(broken, name))
    if addon != "coredns":
        broken.world.daemon_sets.remove(broken.world.daemon_set("fsx-csi-node"))
    found = broken.one("addons")
    assert (found.where, found.problem) == (f"addons.{addon}", "EKS has not installed it")


@pytest.mark.parametrize("key", ["eks.amazonaws.com/compute-type", "kubernetes.io/os"])
def test_nodes_that_the_cni_leaves_alone_are_no_mistake(case: MakeCase, key: str) -> None:
    """Fargate, Auto Mode and Windows: aws-node asks for Linux, and for none of these compute types."""
    fine = case()
    other = copy.deepcopy(fine.world.node("sys"))
    del other["metadata"]["labels"]["eks.amazonaws.com/nodegroup"]
    other["metadata"] |= {"name": "fargate-ip-10-0-9-9"}
    other["metadata"]["labels"][key] = "another"
    fine.world.nodes.append(other)
    unmet = [{"key": key, "operator": "NotIn", "values": ["another"]}]
    required = {"nodeSelectorTerms": [{"matchExpressions": unmet}]}
    placement = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    for one in fine.world.daemon_sets:
        one["spec"]["template"]["spec"].setdefault("affinity", placement)
    assert fine.found() == {}


def test_a_label_that_is_no_number_is_neither_more_nor_less(case: MakeCase) -> None:
    fine = case()
    key = "kubernetes.io/hostname"
    terms = [
        {"matchExpressions": [{"key": key, "operator": operator, "values": ["1"]}]}
        for operator in ("Gt", "Lt")
    ]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    fine.world.daemon_set("fsx-csi-node")["spec"]["template"]["spec"]["affinity"] = {"nodeAffinity": required}
    assert fine.found() == {}


def test_a_pod_that_was_evicted_long_ago_is_not_the_cause(case: MakeCase) -> None:
    broken = case()
    lose(broken, "gpu-operator")
    (now,) = [one for one in pods_of(broken, "gpu-operator") if one["spec"]["serviceAccountName"]][-1:]
    before = copy.deepcopy(now)
    before["metadata"] |= {"name": "gpu-operator-before", "uid": "before"}
    before["status"] = {"phase": "Failed", "reason": "Evicted", "message": "low on memory"}
    broken.world.pods.insert(0, before)
    stop(now, "ErrImagePull", "not found")
    assert broken.one("deployments").problem.endswith("a pod is in ErrImagePull: not found")
