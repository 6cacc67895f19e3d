"""Nodes that are not there, not ready, or not as the layout says: one thing is broken a test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from tests.kubernetes_api.world import Object, World
from tests.unit.ops.verify.checks.aws import Aws
from tests.unit.ops.verify.checks.looking import P5, Case, set_condition

MakeCase = Callable[..., Case]
MakeAws = Callable[[Case], Aws]
BLOCK = """\
    extends: eks-p5-odcr
    name: llama
    cluster: {endpoint: {public_access_cidrs: [192.0.2.0/24]}}
    node_groups:
      p5:
        availability_zone: us-west-2b
        capacity: {type: capacity_block, reservation_id: cr-0123456789abcdef0, start: "START", end: "2030-01-09T11:30:00Z"}
    """
EARLIER, LATER = (BLOCK.replace("START", time) for time in ("2030-01-01T11:30:00Z", "2030-01-03T11:30:00Z"))


def drop(world: World, node: Object) -> None:
    """A node that is gone, with its pods."""
    name = node["metadata"]["name"]
    world.nodes.remove(node)
    world.pods[:] = [one for one in world.pods if one["spec"].get("nodeName") != name]


def name_of(node: Object) -> str:
    return str(node["metadata"]["name"])


# nodes


def test_a_group_of_terraform_has_exactly_its_desired_size(case: MakeCase) -> None:
    broken = case()
    drop(broken.world, broken.world.node("p5"))
    found = broken.one("nodes")
    assert (found.where, found.problem) == ("node_groups.p5", "has 1 node, and the layout says 2")
    assert "aws eks describe-nodegroup --region us-west-2 --cluster-name llama --nodegroup-name p5" in str(
        found.remedy
    )


def test_more_nodes_than_the_layout_has_are_a_warning(case: MakeCase) -> None:
    found = case(p5=3).one("nodes", "warning")
    assert found.problem == "has 3 nodes, and the layout says 2"


def test_nodes_of_a_group_that_is_not_in_the_layout_are_told(case: MakeCase) -> None:
    broken = case(p5=3)
    broken.world.node("p5", 2)["metadata"]["labels"]["eks.amazonaws.com/nodegroup"] = "old"
    found = broken.one("nodes", "warning")
    assert (found.where, found.problem) == ("node_groups.old", "has 1 node, and is not in the layout")


def test_the_autoscaler_may_have_any_number_from_min_to_max(case: MakeCase) -> None:
    text = P5.replace(
        "      p5:\n",
        "      p5:\n        scaling_owner: autoscaler\n        size: {min: 1, desired: 2, max: 3}\n",
    )
    assert case(text, p5=1).found() == {}
    assert case(text, p5=3).found() == {}
    assert case(text, p5=0).one("nodes").problem == "has 0 nodes, and the layout says 1 to 3"
    assert case(text, p5=4).one("nodes", "warning").problem == "has 4 nodes, and the layout says 1 to 3"


def test_a_group_is_empty_until_its_capacity_block_starts(case: MakeCase) -> None:
    assert case(LATER, p5=0).found() == {}
    found = case(LATER).one("nodes", "warning")
    assert (
        found.problem
        == "has 2 nodes, and the layout says 0 until its capacity block starts at 2030-01-03T11:30:00Z"
    )


def test_a_capacity_block_that_has_started_and_stays_empty_is_an_error(case: MakeCase) -> None:
    found = case(EARLIER, p5=0).one("nodes")
    assert found.problem == "has 0 nodes, and the layout says 2 to 10"
    assert str(found.remedy).endswith("--nodegroup-name p5 --scaling-config desiredSize=2")


def test_a_group_is_empty_at_the_end_of_its_capacity_block(case: MakeCase) -> None:
    over = case(EARLIER, p5=0)
    over.now = datetime(2030, 1, 9, 10, 51, tzinfo=timezone.utc)
    assert over.found() == {}
    over.now -= timedelta(minutes=2)
    assert over.one("nodes").problem == "has 0 nodes, and the layout says 2 to 10"
    over = case(EARLIER)
    over.now = datetime(2030, 1, 9, 10, 51, tzinfo=timezone.utc)
    assert over.one("nodes", "warning").problem.endswith(
        "0 at the end of its capacity block (2030-01-09T11:30:00Z)"
    )


@pytest.fixture
def short(case: MakeCase, aws: MakeAws) -> tuple[Case, Aws]:
    """A cluster that lacks a node of p5, with its account."""
    made = case()
    account = aws(made)
    node = made.world.node("p5", 1)
    drop(made.world, node)
    account.launched["eks-p5"] = account.launched["eks-p5"][:1]
    return made, account


def test_eks_says_why_a_group_is_too_small(short: tuple[Case, Aws]) -> None:
    broken, account = short
    issue = {
        "code": "AsgInstanceLaunchFailures",
        "message": "Could not launch On-Demand Instances. ReservationCapacityExceeded.",
    }
    account.node_groups["p5"]["health"] = {"issues": [issue]}
    problem = broken.one("nodes").problem
    assert problem.endswith(
        "the layout says 2: AsgInstanceLaunchFailures: Could not launch On-Demand Instances. ReservationCapacityExceeded"
    )


def test_an_instance_that_runs_and_did_not_join_is_named(short: tuple[Case, Aws]) -> None:
    broken, account = short
    account.launched["eks-p5"].append("i-0abc")
    problem = broken.one("nodes").problem
    assert "i-0abc runs and did not join the cluster" in problem
    assert "aws ec2 get-console-output --region us-west-2 --instance-id i-0abc" in problem


def test_auto_scaling_says_why_it_cannot_launch(short: tuple[Case, Aws]) -> None:
    broken, account = short
    account.activities = [
        {
            "ActivityId": "1",
            "AutoScalingGroupName": "eks-p5",
            "Cause": "At 2030-01-01T00:00:00Z an instance was started.",
            "StartTime": broken.now,
            "StatusCode": "Failed",
            "StatusMessage": "We currently do not have sufficient p5.48xlarge capacity in us-west-2b.",
        }
    ]
    assert broken.one("nodes").problem.endswith(
        "Auto Scaling says: We currently do not have sufficient p5.48xlarge capacity in us-west-2b"
    )


def test_a_group_is_too_small_and_nobody_says_why(short: tuple[Case, Aws]) -> None:
    broken, account = short
    assert broken.one("nodes").problem == "has 1 node, and the layout says 2"
    account.node_groups["p5"]["resources"] = {}
    assert broken.one("nodes").problem == "has 1 node, and the layout says 2"


def test_a_size_that_somebody_changed_is_told(short: tuple[Case, Aws]) -> None:
    broken, account = short
    account.node_groups["p5"]["scalingConfig"] = {"desiredSize": 1}
    assert "its desired size in EKS is 1" in broken.one("nodes").problem


def test_a_group_that_eks_does_not_have_or_is_still_at_is_told(short: tuple[Case, Aws]) -> None:
    broken, account = short
    account.node_groups["p5"]["status"] = "CREATING"
    assert broken.one("nodes").problem.endswith("2: EKS says that the group is CREATING")
    del account.node_groups["p5"]
    assert broken.one("nodes").problem.endswith("2: EKS has no node group of that name")


def test_a_group_is_too_small_even_where_nobody_may_be_asked_why(short: tuple[Case, Aws]) -> None:
    broken, account = short
    account.server.deny("eks:DescribeNodegroup")
    assert broken.one("nodes").problem == "has 1 node, and the layout says 2"


# nodes-ready


def unready(node: Object, reason: str = "KubeletNotReady", message: str = "PLEG is not healthy.") -> None:
    set_condition(node, "Ready", "False", reason, message)


def test_a_node_that_is_not_ready_is_accused_of_nothing_else(case: MakeCase) -> None:
    broken = case()
    node = broken.world.node("p5")
    unready(node)
    node["metadata"]["labels"]["topology.kubernetes.io/zone"] = "us-west-2c"
    node["status"]["allocatable"]["vpc.amazonaws.com/efa"] = "0"
    for one in broken.world.pods:
        if one["spec"]["nodeName"] == name_of(node):
            set_condition(one, "Ready", "False")
    found = broken.one("nodes-ready")
    assert found.where == f"{name_of(node)} (p5)"
    assert found.problem == "is not ready: KubeletNotReady: PLEG is not healthy"
    assert str(found.remedy).startswith(f"where it stays so, replace it: kubectl drain {name_of(node)} ")
    assert "terminate-instance-in-auto-scaling-group --region us-west-2 --instance-id i-" in str(found.remedy)


def test_nodes_with_the_same_trouble_are_one_finding(case: MakeCase) -> None:
    broken = case()
    nodes = [broken.world.node("p5", number) for number in (0, 1)]
    for node in nodes:
        unready(node)
    assert broken.one("nodes-ready").where == f"{name_of(nodes[0])}, {name_of(nodes[1])} (p5)"


def test_a_node_without_network_names_the_pod_of_the_cni(case: MakeCase) -> None:
    broken = case()
    node = broken.world.node("p5")
    unready(node, message="container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
            "message:Network plugin returns error: cni plugin not initialized")  # fmt: skip
    cni = next(
        one
        for one in broken.world.pods
        if one["metadata"]["name"].startswith("aws-node-") and one["spec"]["nodeName"] == name_of(node)
    )
    set_condition(cni, "Ready", "False")
    cni["status"]["containerStatuses"][0] |= {
        "ready": False,
        "restartCount": 4,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}},
    }
    problem = broken.one("nodes-ready").problem
    assert problem.endswith(
        "; its pod of kube-system/aws-node is in CrashLoopBackOff after 4 restarts: its container aws-node ended with exit code 1 (Error)"
    )
    broken.world.pods.remove(cni)
    assert broken.one("nodes-ready").problem.endswith("; it has no pod of kube-system/aws-node")


def test_a_node_that_never_said_a_thing_is_not_ready(case: MakeCase) -> None:
    broken = case()
    node = broken.world.node("p5")
    node["status"]["conditions"] = []
    assert broken.one("nodes-ready").problem == "is not ready: the kubelet has not said that it is"


def test_eks_repairs_a_node_by_itself_where_the_layout_says_so(case: MakeCase) -> None:
    broken = case(P5.replace("      p5:\n", "      p5:\n        node_repair: true\n"))
    unready(broken.world.node("p5"))
    assert (
        broken.one("nodes-ready").remedy == "EKS replaces it by itself after 30 minutes: node_repair is true"
    )


def test_ec2_says_that_an_instance_is_gone(case: MakeCase, aws: MakeAws) -> None:
    broken = case()
    node = broken.world.node("p5")
    set_condition(node, "Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
    aws(broken).instance_of(node)["State"] = {"Code": 80, "Name": "stopped"}
    assert broken.one("nodes-ready").problem == (
        "is not ready: NodeStatusUnknown: Kubelet stopped posting node status; EC2 says that its instance is stopped"
    )


def test_a_node_is_not_ready_even_where_ec2_may_not_be_asked_why(case: MakeCase, aws: MakeAws) -> None:
    broken = case("{extends: eks-g4dn, node_groups: {gpu: {placement_group: none, efa: false}}}")
    aws(broken).server.deny("ec2:DescribeInstances")
    node = broken.world.node("gpu")
    unready(node)
    del node["spec"]["providerID"]
    found = broken.one("nodes-ready")
    assert found.problem == "is not ready: KubeletNotReady: PLEG is not healthy"
    assert found.remedy == f"kubectl drain {name_of(node)} --ignore-daemonsets --delete-emptydir-data"


def test_a_node_that_is_cordoned_is_a_warning(case: MakeCase) -> None:
    broken = case()
    node = broken.world.node("p5")
    node["spec"]["unschedulable"] = True
    node["spec"]["taints"].append({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"})
    found = broken.one("nodes-ready", "warning")
    assert found.problem == "is cordoned: no new pod is scheduled on it"
    assert found.remedy == f"kubectl uncordon {name_of(node)}"


# node-conditions


@pytest.mark.parametrize(
    ("kind", "status", "reason", "remedy"),
    [
        ("AcceleratedHardwareReady", "False", "NvidiaXID79Error", "where it stays so, replace it: kubectl drain "),
        ("NetworkingReady", "False", "InterfaceNotUp", "where it stays so, replace it: kubectl drain "),
        ("DiskPressure", "True", "KubeletHasDiskPressure", "see what uses it up: kubectl describe node "),
        ("NetworkUnavailable", "True", "NoRouteCreated", "see what uses it up: kubectl describe node "),
    ],
)  # fmt: skip
def test_a_condition_says_what_is_broken(
    case: MakeCase, kind: str, status: str, reason: str, remedy: str
) -> None:
    broken = case()
    node = broken.world.node("p5")
    set_condition(node, kind, status, reason, "It is so.")
    found = broken.one("node-conditions")
    assert found.where == f"{name_of(node)} (p5)"
    assert found.problem == f"{kind} is {status}: {reason}: It is so"
    assert str(found.remedy).startswith(remedy)


@pytest.mark.parametrize(
    ("kind", "reason", "remedy"),
    [
        ("AcceleratedHardwareReady", "NvidiaXID79Error", "EKS reboots or replaces the node after 10 minutes"),
        ("KernelReady", "ForkFailedOutOfPIDs", "EKS reboots or replaces the node after 30 minutes"),
        ("AcceleratedHardwareReady", "DCGMError", "where it stays so, replace it"),
    ],
)
def test_node_repair_acts_on_most_conditions(case: MakeCase, kind: str, reason: str, remedy: str) -> None:
    broken = case(P5.replace("      p5:\n", "      p5:\n        node_repair: true\n"))
    node = broken.world.node("p5")
    set_condition(node, kind, "False", reason)
    node["spec"]["unschedulable"] = True  # node repair does so; it is no finding of its own
    assert str(broken.one("node-conditions").remedy).startswith(remedy)


def test_a_gpu_that_a_condition_tells_of_is_not_told_again(case: MakeCase) -> None:
    broken = case()
    node = broken.world.node("p5")
    set_condition(
        node, "AcceleratedHardwareReady", "False", "NvidiaXID79Error", "GPU has fallen off the bus."
    )
    for capacity in ("7", "8"):
        node["status"]["capacity"]["nvidia.com/gpu"] = capacity
        node["status"]["allocatable"]["nvidia.com/gpu"] = "7"
        assert broken.one("node-conditions").problem.endswith("NvidiaXID79Error: GPU has fallen off the bus")


# instance-types, zones, labels, taints, versions, operating-systems


def test_a_node_of_another_type_is_not_asked_for_its_devices(case: MakeCase) -> None:
    broken = case()
    node = broken.world.node("p5")
    node["metadata"]["labels"]["node.kubernetes.io/instance-type"] = "p4d.24xlarge"
    node["status"]["allocatable"]["vpc.amazonaws.com/efa"] = "4"
    affinity = broken.world.daemon_set("aws-efa-k8s-device-plugin")["spec"]["template"]["spec"]["affinity"]
    terms = affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    terms[0]["matchExpressions"][0]["values"].append("p4d.24xlarge")
    assert broken.one("instance-types").problem == "is a p4d.24xlarge, and the layout says p5.48xlarge"


def test_a_node_of_a_fallback_type_is_right(case: MakeCase) -> None:
    text = "{extends: eks-g5-node-autorepair, node_groups: {g5: {fallback_instance_types: [g5.16xlarge]}}}"
    fine = case(text)
    fine.world.node("g5")["metadata"]["labels"]["node.kubernetes.io/instance-type"] = "g5.16xlarge"
    fine.world.node("g5")["status"]["allocatable"]["hugepages-2Mi"] = "10256Mi"
    assert fine.found() == {}


def test_a_node_in_another_zone_than_its_groups_is_told(case: MakeCase) -> None:
    broken = case()
    node = broken.world.node("p5")
    node["metadata"]["labels"]["topology.kubernetes.io/zone"] = "us-west-2c"
    found = broken.one("zones")
    assert found.where == f"{name_of(node)} (p5)"
    assert found.problem == "is in us-west-2c, and node_groups.p5 belongs in us-west-2b"


def test_nodes_with_efa_are_in_one_zone_even_where_nobody_says_in_which(case: MakeCase) -> None:
    broken = case("{extends: eks-g4dn}")
    nodes = [broken.world.node("gpu", number) for number in (0, 1)]
    nodes[1]["metadata"]["labels"]["topology.kubernetes.io/zone"] = "us-west-2c"
    found = broken.one("zones")
    assert found.where == "node_groups.gpu"
    assert found.problem == (
        f"its nodes are in us-west-2a ({name_of(nodes[0])}) and us-west-2c ({name_of(nodes[1])}): "
        "EFA does not go from one zone to another"
    )


def test_nodes_are_in_the_zones_of_a_new_network(case: MakeCase) -> None:
    broken = case("{extends: eks-g4dn, network: {availability_zones: [us-west-2a, us-west-2b]}}")
    broken.world.node("sys")["metadata"]["labels"]["topology.kubernetes.io/zone"] = "us-west-2b"
    assert broken.found() == {}
    broken.world.node("gpu")["metadata"]["labels"]["topology.kubernetes.io/zone"] = "us-west-2b"
    assert broken.one("zones").problem == "is in us-west-2b, and node_groups.gpu belongs in us-west-2a"


def test_the_account_knows_the_zone_of_an_existing_subnet(case: MakeCase, aws: MakeAws) -> None:
    broken = case(
        "{extends: eks-p5-odcr-vpc, node_groups: {p5: {subnet_ids: [subnet-0123456789abcdef0], availability_zone: null}}}"
    )
    aws(broken).subnets = [{"SubnetId": "subnet-0123456789abcdef0", "AvailabilityZone": "us-west-2d"}]
    assert broken.one("zones").problem == "is in us-west-2a, and node_groups.p5 belongs in us-west-2d"


def test_a_label_that_is_missing_or_another_one_is_told(case: MakeCase) -> None:
    broken = case()
    node = broken.world.node("p5")
    del node["metadata"]["labels"]["vpc.amazonaws.com/efa.present"]
    found = broken.one("labels")
    assert (
        found.problem
        == "the label vpc.amazonaws.com/efa.present has to be 'true', and the node has no such label"
    )
    assert (
        found.remedy == f"kubectl label node {name_of(node)} vpc.amazonaws.com/efa.present=true --overwrite"
    )
    node["metadata"]["labels"]["vpc.amazonaws.com/efa.present"] = "no"
    assert broken.one("labels").problem.endswith("has to be 'true', and it is 'no'")


def test_the_gpu_operators_own_label_is_left_to_the_check_of_gpus(case: MakeCase) -> None:
    fine = case()
    fine.world.node("p5")["metadata"]["labels"]["nvidia.com/gpu.present"] = "false"
    assert fine.found() == {}


def test_a_taint_that_is_missing_is_an_error(case: MakeCase) -> None:
    broken = case()
    node = broken.world.node("p5")
    node["spec"]["taints"] = []
    found = broken.one("taints")
    assert (
        found.problem
        == "the taint nvidia.com/gpu=true:NoSchedule is missing: pods that need no accelerator are scheduled there"
    )
    assert found.remedy == f"kubectl taint node {name_of(node)} nvidia.com/gpu=true:NoSchedule"


def test_a_taint_of_nobodys_is_a_warning(case: MakeCase) -> None:
    broken = case()
    node = broken.world.node("sys")
    node["spec"]["taints"] = [{"key": "team", "value": "a", "effect": "PreferNoSchedule"}]
    found = broken.one("taints", "warning")
    assert (
        found.problem
        == "has the taint team=a:PreferNoSchedule, which the layout does not have: jobs that do not tolerate it stay away"
    )
    assert str(found.remedy).endswith(f"kubectl taint node {name_of(node)} team=a:PreferNoSchedule-")


def test_a_taint_that_a_driver_takes_off_is_not_missed(case: MakeCase) -> None:
    taints = "taints: [{key: nvidia.com/gpu, value: 'true'}, {key: fsx.csi.aws.com/agent-not-ready, effect: NoExecute}]"
    fine = case(P5.replace("      p5:\n", f"      p5:\n        {taints}\n"))
    for number in (0, 1):
        fine.world.node("p5", number)["spec"]["taints"].pop()
    assert fine.found() == {}


def test_taints_of_kubernetes_and_the_autoscaler_are_nobodys_fault(case: MakeCase) -> None:
    fine = case()
    fine.world.node("p5")["spec"]["taints"].append(
        {"key": "node.kubernetes.io/memory-pressure", "effect": "NoSchedule"}
    )
    fine.world.node("p5", 1)["spec"]["taints"] = [
        {"key": "DeletionCandidateOfClusterAutoscaler", "value": "1", "effect": "PreferNoSchedule"}
    ]
    assert fine.found() == {}


@pytest.mark.parametrize(
    ("version", "level"),
    [("v1.34.9-eks-0", "warning"), ("v1.31.1-eks-0", "error"), ("v1.36.0-eks-0", "error")],
)
def test_a_kubelet_of_another_version_is_told(case: MakeCase, version: str, level: str) -> None:
    broken = case()
    broken.world.node("p5")["status"]["nodeInfo"]["kubeletVersion"] = version
    problem = broken.one("versions", level).problem
    assert problem.startswith(f"its kubelet is {version}, and the control plane v1.35.2-eks-0123456")
    assert ("Kubernetes allows" in problem) == (level == "error")


def test_a_control_plane_of_another_version_is_told(case: MakeCase) -> None:
    broken = case()
    broken.world.version = "v1.34.8-eks-0"
    for node in broken.world.nodes:
        node["status"]["nodeInfo"]["kubeletVersion"] = "v1.34.8-eks-0"
    found = broken.one("versions")
    assert (found.where, found.problem) == (
        "kubernetes_version",
        "the control plane runs v1.34.8-eks-0, and the layout says 1.35",
    )


def test_a_node_with_another_system_is_told(case: MakeCase) -> None:
    broken = case()
    broken.world.node("p5")["status"]["nodeInfo"]["osImage"] = "Amazon Linux 2"
    assert (
        broken.one("operating-systems").problem
        == "runs Amazon Linux 2, and the layout's AMI is AL2023_x86_64_NVIDIA"
    )


def test_a_bottlerocket_without_fips_is_told(case: MakeCase) -> None:
    broken = case("{extends: eks-g4dn, node_groups: {sys: {ami_type: BOTTLEROCKET_x86_64_FIPS}}}")
    assert broken.found() == {}
    broken.world.node("sys")["status"]["nodeInfo"]["osImage"] = "Bottlerocket OS 1.52.0 (aws-k8s-1.35)"
    assert "the layout's AMI is BOTTLEROCKET_x86_64_FIPS" in broken.one("operating-systems").problem


def test_a_bottlerocket_without_the_driver_is_told(case: MakeCase) -> None:
    broken = case("{extends: eks-g4dn, node_groups: {gpu: {ami_type: BOTTLEROCKET_x86_64_NVIDIA}}}")
    broken.world.node("gpu")["status"]["nodeInfo"]["osImage"] = "Bottlerocket OS 1.52.0 (aws-k8s-1.35)"
    assert "runs Bottlerocket OS 1.52.0 (aws-k8s-1.35), and" in broken.one("operating-systems").problem
