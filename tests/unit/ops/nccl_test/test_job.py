"""The job of `ops nccl-test`: right for the node group, and such that the operators take it."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from typing import Any

import pytest

from modules.layout import load
from modules.layout.defaults import KUBERNETES_VERSION
from modules.layout.models import NodeGroup
from ops.nccl_test.job import IMAGE, Job, Manifest, Operator, command, manifests
from tests.kubernetes_objects import check_object, faults


def group(preset: str = "eks-p5-odcr", name: str = "p5") -> NodeGroup:
    return load(preset).layout.node_groups[name]


def job(operator: Operator = "trainer", **changes: Any) -> Job:
    return replace(Job("p5", group(), 2, operator), **changes)


def pods(of: Job) -> dict[str, Manifest]:
    """The pod templates, by what they are for."""
    first = manifests(of)[0]["spec"]
    if of.operator == "trainer":
        jobs = first["template"]["spec"]["replicatedJobs"]
        return {one["name"]: one["template"]["spec"]["template"]["spec"] for one in jobs}
    replicas = first["mpiReplicaSpecs"]
    return {
        "node": replicas["Worker"]["template"]["spec"],
        "launcher": replicas["Launcher"]["template"]["spec"],
    }


@pytest.mark.parametrize("operator", ["trainer", "mpi"])
def test_kubernetes_takes_the_manifests(operator: Operator) -> None:
    for manifest in manifests(job(operator, queue="p5")):
        check_object(manifest, KUBERNETES_VERSION)
    for name, spec in pods(job(operator)).items():
        check_object(
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}, KUBERNETES_VERSION
        )


def test_a_key_with_a_slip_would_be_found() -> None:
    [_, train_job] = manifests(job())
    train_job["spec"]["activeDedlineSeconds"] = 5
    assert "activeDedlineSeconds" in " ".join(faults(train_job, KUBERNETES_VERSION))


@pytest.mark.parametrize("operator", ["trainer", "mpi"])
def test_a_worker_takes_a_whole_node(operator: Operator) -> None:
    worker = pods(job(operator))["node"]
    [container] = worker["containers"]
    devices = {"nvidia.com/gpu": "8", "vpc.amazonaws.com/efa": "32", "hugepages-2Mi": "5Gi"}
    assert container["resources"]["limits"] == devices
    assert devices.items() <= container["resources"]["requests"].items()
    assert set(container["resources"]["requests"]) - set(devices) == {"cpu", "memory"}
    assert container["securityContext"]["capabilities"] == {"add": ["IPC_LOCK"], "drop": ["NET_RAW"]}
    assert {"name": "shared-memory", "mountPath": "/dev/shm"} in container["volumeMounts"]
    [volume] = worker["volumes"]
    assert volume["emptyDir"]["medium"] == "Memory"


@pytest.mark.parametrize("operator", ["trainer", "mpi"])
def test_all_pods_are_on_the_group_past_its_taints_and_are_not_tried_again(operator: Operator) -> None:
    for pod in pods(job(operator)).values():
        assert pod["nodeSelector"] == {"eks.amazonaws.com/nodegroup": "p5"}
        assert {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"} in pod["tolerations"]
        assert pod["restartPolicy"] == "Never"
        assert [container["image"] for container in pod["containers"]] == [IMAGE]


@pytest.mark.parametrize("operator", ["trainer", "mpi"])
def test_the_launcher_takes_no_gpu_from_the_workers(operator: Operator) -> None:
    [container] = pods(job(operator))["launcher"]["containers"]
    assert set(container["resources"]["requests"]) == {"cpu", "memory"}
    assert container["securityContext"]["capabilities"] == {"drop": ["NET_RAW"]}


def test_the_trainer_finds_what_it_looks_for() -> None:
    """It adds keys and host file to containers called node, and sets the number of pods of the job called node."""
    [runtime, train_job] = manifests(job(nodes=3))
    replicated = runtime["spec"]["template"]["spec"]["replicatedJobs"]
    assert [one["name"] for one in replicated] == ["node", "launcher"], (
        "what depends on another comes after it"
    )
    assert replicated[1]["dependsOn"] == [{"name": "node", "status": "Ready"}]
    for pod in pods(job()).values():
        assert [container["name"] for container in pod["containers"]] == ["node"]
    policy = runtime["spec"]["mlPolicy"]
    assert (policy["numNodes"], policy["mpi"]["numProcPerNode"]) == (3, 8)
    assert train_job["spec"]["trainer"] == {"numNodes": 3}
    assert train_job["spec"]["runtimeRef"]["name"] == runtime["metadata"]["name"]
    assert train_job["spec"]["runtimeRef"]["kind"] == runtime["kind"]
    # The key's mode lets a group read it, which ssh refuses.
    mount = policy["mpi"]["sshAuthMountPath"]
    for pod in pods(job()).values():
        script = pod["containers"][0]["command"][-1]
        assert f"install -m 600 {mount}/* /root/.ssh/" in script


def test_the_mpi_operator_has_the_right_numbers() -> None:
    [manifest] = manifests(job("mpi", nodes=4))
    spec = manifest["spec"]
    assert (spec["slotsPerWorker"], spec["mpiReplicaSpecs"]["Worker"]["replicas"]) == (8, 4)
    assert spec["sshAuthMountPath"] == "/root/.ssh"


@pytest.mark.parametrize("operator", ["trainer", "mpi"])
def test_a_job_that_hangs_gives_the_nodes_back(operator: Operator) -> None:
    spec = manifests(job(operator))[-1]["spec"]
    assert spec.get("runPolicy", spec)["activeDeadlineSeconds"] == 3600


@pytest.mark.parametrize("operator", ["trainer", "mpi"])
def test_kueue_gets_the_job_and_not_its_runtime(operator: Operator) -> None:
    *others, queued = manifests(job(operator, queue="p5"))
    assert queued["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "p5"
    for manifest in (*others, *manifests(job(operator))):
        assert "kueue.x-k8s.io/queue-name" not in manifest["metadata"]["labels"]


def test_mpirun_starts_one_process_for_each_gpu_and_hands_on_what_efa_needs() -> None:
    words = command(job(nodes=4))
    assert words[words.index("-np") + 1] == "32"
    assert words[words.index("-N") + 1] == "8"
    handed = {words[index + 1] for index, word in enumerate(words) if word == "-x"}
    assert {
        "PATH",
        "LD_LIBRARY_PATH",
        "FI_PROVIDER=efa",
        "FI_EFA_USE_DEVICE_RDMA=1",
        "NCCL_DEBUG=INFO",
    } <= handed
    assert any(one.startswith("NCCL_SOCKET_IFNAME=^") for one in handed)
    assert words[words.index("/opt/nccl-tests/build/all_reduce_perf") :][1:5] == ["-b", "8", "-e", "16G"]


def test_where_rdma_is_not_there_it_is_not_asked_for() -> None:
    g5 = load("eks-g5-node-autorepair").layout.node_groups
    [(name, found)] = [(name, one) for name, one in g5.items() if one.type.gpus]
    words = command(Job(name, found, 2, "trainer"))
    assert not any(word.startswith("FI_EFA_USE_DEVICE_RDMA") for word in words)


def test_without_efa_nothing_of_it_is_asked_for() -> None:
    plain = job(group=group().model_copy(update={"efa": False}))
    assert not any(word.startswith(("FI_", "NCCL_NET_PLUGIN")) for word in command(plain))
    assert command(plain)[command(plain).index("-e") + 1] == "4G", "16 GiB over TCP take minutes each time"
    assert set(pods(plain)["node"]["containers"][0]["resources"]["limits"]) == {"nvidia.com/gpu"}


@pytest.mark.parametrize("operator", ["trainer", "mpi"])
def test_the_launchers_script_is_the_call_with_a_line_in_front_that_says_what_it_is_of(
    operator: Operator,
) -> None:
    of = job(operator)
    shell, flags, script = pods(of)["launcher"]["containers"][0]["command"]
    assert (shell, flags) == ("/bin/sh", "-ec")
    *_, mark, call = script.strip().splitlines()
    assert shlex.split(call) == ["exec", *command(of)]
    assert shlex.split(mark) == [
        "echo",
        "# nccl-test test=all_reduce_perf instance_type=p5.48xlarge group=p5 nodes=2 gpus=8 efa=32",
    ]


def test_names_of_pods_stay_within_what_a_host_name_may_have() -> None:
    long = job(group_name="a" * 63)
    other = job(group_name="a" * 62 + "b")
    assert len(f"{long.name}-launcher-0-0-abcde") <= 63
    assert long.name != other.name


def test_the_manifests_are_the_same_each_time() -> None:
    assert json.dumps(manifests(job())) == json.dumps(manifests(job()))


def test_the_image_is_pinned() -> None:
    assert ":" in IMAGE
    assert not IMAGE.endswith(":latest")


@pytest.mark.parametrize("operator", ["trainer", "mpi"])
def test_workers_claim_all_devices_of_a_node_where_the_layout_has_them_claimed(operator: Operator) -> None:
    claims, *rest = manifests(job(operator, dra=True, namespace="team"))
    for manifest in (claims, *rest):
        check_object(manifest, KUBERNETES_VERSION)
    assert (claims["kind"], claims["metadata"]["namespace"]) == ("ResourceClaimTemplate", "team")
    [request] = claims["spec"]["spec"]["devices"]["requests"]
    assert request["exactly"]["count"] == 32
    assert "vpc.amazonaws.com/efa" not in json.dumps(rest)
    name = claims["metadata"]["name"]
    assert json.dumps(rest).count(f'"resourceClaimTemplateName": "{name}"') == 1, "the launcher claims none"
    assert "FI_PROVIDER=efa" in command(job(operator, dra=True))
