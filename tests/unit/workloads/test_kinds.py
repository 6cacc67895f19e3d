"""The kinds of training jobs as manifests: devices, environment, rendezvous, restarts."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from modules import catalog
from modules.layout.defaults import group_defaults
from modules.layout.models import NodeGroup, TrainingJob
from modules.layout.pods import share
from modules.workloads.kinds import Job, manifests
from modules.workloads.pod import Names
from tests.kubernetes_objects import check_object

Manifest = dict[str, Any]
NAMES = Names(buckets={"data": "demo-data", "my-logs": "demo-logs"}, repositories={"own": "registry/own"})


def group(instance_type: str, **more: Any) -> NodeGroup:
    found = catalog.find(instance_type)
    assert found is not None
    given = {"instance_type": instance_type, "size": {"desired": 2, "max": 4}, **more}
    return NodeGroup.model_validate(group_defaults(found, given) | given)


def job(kind: str, on: NodeGroup, **more: Any) -> Job:
    servers = more.get("parameter_servers")
    given = {"kind": kind, "image": "example.com/train:1", "node_group": "gpu", **more}
    queued = given.pop("queued", False)
    return Job(
        name="llama",
        job=TrainingJob.model_validate(given),
        group=on,
        names=NAMES,
        queued=queued,
        server_group=on if servers else None,
    )


def made(kind: str, on: str, **more: Any) -> dict[str, Manifest]:
    """The objects of a job, by kind (and by name, where a kind has several)."""
    found = manifests(job(kind, group(on), **more))
    return {one["kind"]: one for one in found} | {
        f"{one['kind']} {one['metadata']['name']}": one for one in found
    }


def pod(found: dict[str, Manifest]) -> Manifest:
    if "Job" in found:
        spec: Manifest = found["Job"]["spec"]["template"]["spec"]
    elif "ClusterTrainingRuntime" in found:
        [replicated] = found["ClusterTrainingRuntime"]["spec"]["template"]["spec"]["replicatedJobs"]
        spec = replicated["template"]["spec"]["template"]["spec"]
    elif "MPIJob" in found:
        spec = found["MPIJob"]["spec"]["mpiReplicaSpecs"]["Launcher"]["template"]["spec"]
    else:
        spec = found.get("StatefulSet llama", found.get("Deployment llama", {}))["spec"]["template"]["spec"]
    return spec


def variables(spec: Manifest) -> dict[str, Any]:
    return {
        one["name"]: one["value"] if "value" in one else one["valueFrom"]
        for one in spec["containers"][0].get("env", ())
    }


KINDS = ["indexed_job", "train_job", "worker_set", "mpi_job"]


@pytest.mark.parametrize("on", ["p5.48xlarge", "trn1.32xlarge", "g5.8xlarge", "m5.large"])
@pytest.mark.parametrize("kind", KINDS)
def test_kubernetes_takes_every_kind_on_every_type(kind: str, on: str) -> None:
    for manifest in manifests(
        job(kind, group(on), nodes=2, script={"name": "a.py", "text": "1"}, command=["a"])
    ):
        check_object(manifest, "1.35")


@pytest.mark.parametrize("kind", KINDS)
def test_a_pod_takes_the_whole_node_with_all_that_efa_needs(kind: str) -> None:
    spec = pod(made(kind, "p5.48xlarge", nodes=2))
    main = spec["containers"][0]
    devices = {"nvidia.com/gpu": "8", "vpc.amazonaws.com/efa": "32", "hugepages-2Mi": "5Gi"}
    assert main["resources"]["limits"] == devices
    requests = main["resources"]["requests"]
    assert {name: requests[name] for name in devices} == devices
    assert requests["cpu"] == "144"
    assert main["securityContext"]["capabilities"] == {"drop": ["NET_RAW"], "add": ["IPC_LOCK"]}
    assert spec["nodeSelector"] == {"eks.amazonaws.com/nodegroup": "gpu"}
    assert spec["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    [shared] = [one for one in spec["volumes"] if one["name"] == "shared-memory"]
    assert shared["emptyDir"]["medium"] == "Memory"
    assert {"name": "shared-memory", "mountPath": "/dev/shm"} in main["volumeMounts"]
    found = variables(spec)
    assert found["FI_PROVIDER"] == "efa"
    assert found["FI_EFA_USE_DEVICE_RDMA"] == "1"
    assert found["NCCL_SOCKET_IFNAME"].startswith("^lo,docker")


@pytest.mark.parametrize("instance_type", ["g4dn.metal", "g5.8xlarge", "g6e.48xlarge", "p5.4xlarge"])
def test_rdma_is_not_asked_for_where_libfabric_would_abort_the_program(instance_type: str) -> None:
    found = variables(pod(made("indexed_job", instance_type, nodes=2)))
    assert found["FI_PROVIDER"] == "efa"
    assert "FI_EFA_USE_DEVICE_RDMA" not in found


def test_a_job_on_cpu_nodes_has_nothing_of_gpus() -> None:
    spec = pod(made("indexed_job", "m5.large", nodes=2))
    assert "limits" not in spec["containers"][0]["resources"]
    assert spec["containers"][0]["securityContext"] == {"capabilities": {"drop": ["NET_RAW"]}}
    assert "tolerations" not in spec
    assert not [name for name in variables(spec) if name.startswith(("FI_", "NCCL_"))]


def test_a_job_on_trainium_starts_a_process_for_each_core() -> None:
    spec = pod(made("indexed_job", "trn1.32xlarge", nodes=2))
    limits = spec["containers"][0]["resources"]["limits"]
    assert limits == {"aws.amazon.com/neuron": "16", "vpc.amazonaws.com/efa": "8", "hugepages-2Mi": "5Gi"}
    found = variables(spec)
    assert found["PET_NPROC_PER_NODE"] == "32"
    assert found["CCOM_SOCKET_IFNAME"] == "eth0"
    assert "NCCL_SOCKET_IFNAME" not in found


def test_half_a_node_gets_half_of_its_efa_and_memory() -> None:
    on = group("p5.48xlarge")
    asked = job("indexed_job", on, resources={"gpus": 4}).share
    whole = share(on)
    assert (asked.gpus, asked.efa, asked.huge_pages_mib) == (4, 16, 2560)
    assert asked.cpu == whole.cpu / 2
    assert abs(asked.memory_mib - whole.memory_mib / 2) <= 1


def test_what_the_layout_says_of_the_environment_wins() -> None:
    spec = pod(
        made(
            "indexed_job",
            "p5.48xlarge",
            environment={"NCCL_DEBUG": "WARN", "MINE": "1"},
            secrets={"HF_TOKEN": {"name": "hf", "key": "token"}},
            buckets={"my-logs": "write"},
            nodes=2,
        )
    )
    found = variables(spec)
    assert found["NCCL_DEBUG"] == "WARN"
    assert found["MINE"] == "1"
    assert found["HF_TOKEN"] == {"secretKeyRef": {"name": "hf", "key": "token"}}
    assert found["BUCKET_MY_LOGS"] == "demo-logs"
    names = [one["name"] for one in spec["containers"][0]["env"]]
    assert len(names) == len(set(names))


# indexed_job


def test_the_pods_of_an_indexed_job_find_the_first_of_them_before_any_is_ready() -> None:
    found = made("indexed_job", "p5.48xlarge", nodes=4, port=12345)
    service, body = found["Service"]["spec"], found["Job"]["spec"]
    assert service["clusterIP"] == "None"
    assert service["publishNotReadyAddresses"] is True
    assert service["selector"] == {"batch.kubernetes.io/job-name": "llama"}
    assert service["ports"] == [{"name": "rendezvous", "port": 12345}]
    assert (body["completions"], body["parallelism"], body["completionMode"]) == (4, 4, "Indexed")
    spec = pod(found)
    assert spec["subdomain"] == found["Service"]["metadata"]["name"]
    env = variables(spec)
    assert env["PET_MASTER_ADDR"] == env["MASTER_ADDR"] == "llama-0.llama"
    assert env["PET_MASTER_PORT"] == "12345"
    assert env["PET_NNODES"] == "4"
    assert env["PET_NPROC_PER_NODE"] == "8"
    index = "metadata.annotations['batch.kubernetes.io/job-completion-index']"
    assert env["PET_NODE_RANK"] == {"fieldRef": {"fieldPath": index}}
    # With more than one process in a pod, ranks are torchrun's to give.
    assert "RANK" not in env
    assert "WORLD_SIZE" not in env


def test_one_process_a_pod_needs_no_torchrun() -> None:
    env = variables(pod(made("indexed_job", "m5.large", nodes=3)))
    assert env["WORLD_SIZE"] == "3"
    assert env["RANK"] == env["PET_NODE_RANK"]


def test_a_failure_of_one_counts_for_all_and_a_lost_node_for_none() -> None:
    body = made("indexed_job", "p5.48xlarge", nodes=4, max_restarts=3)["Job"]["spec"]
    assert body["backoffLimit"] == 12
    assert body["podFailurePolicy"]["rules"] == [
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    ]
    assert body["template"]["spec"]["restartPolicy"] == "Never"  # Kubernetes wants it beside podFailurePolicy


def test_a_finished_job_stays_unless_the_layout_says_otherwise() -> None:
    body = made("indexed_job", "m5.large")["Job"]["spec"]
    assert "ttlSecondsAfterFinished" not in body
    assert "activeDeadlineSeconds" not in body
    body = made("indexed_job", "m5.large", ttl_minutes=60, deadline_minutes=90)["Job"]["spec"]
    assert body["ttlSecondsAfterFinished"] == 3600
    assert body["activeDeadlineSeconds"] == 5400


# train_job


def test_a_train_job_refers_to_a_runtime_of_its_own() -> None:
    found = made("train_job", "p5.48xlarge", nodes=2, max_restarts=5, deadline_minutes=60)
    runtime, train = found["ClusterTrainingRuntime"], found["TrainJob"]
    assert train["spec"]["runtimeRef"]["name"] == runtime["metadata"]["name"]
    # Cluster-wide, and of this job alone: another job, or the next one of this name, has another.
    assert re.fullmatch(r"llama-[0-9a-f]{8}", runtime["metadata"]["name"])
    assert train["spec"]["runtimeRef"]["kind"] == "ClusterTrainingRuntime"
    assert "namespace" not in runtime["metadata"]
    trainer = train["spec"]["trainer"]
    assert (trainer["numNodes"], trainer["numProcPerNode"]) == (2, 8)
    container = pod(found)["containers"][0]
    assert trainer["resourcesPerNode"] == container["resources"]
    assert train["spec"]["activeDeadlineSeconds"] == 3600
    assert runtime["spec"]["mlPolicy"] == {"numNodes": 2, "torch": {}}
    assert runtime["spec"]["template"]["spec"]["failurePolicy"] == {"maxRestarts": 5}
    [node] = runtime["spec"]["template"]["spec"]["replicatedJobs"]
    # By these, the trainer finds the container to which it gives ranks and addresses.
    assert node["name"] == container["name"] == "node"
    assert node["template"]["metadata"]["labels"]["trainer.kubeflow.org/trainjob-ancestor-step"] == "trainer"
    assert node["template"]["spec"]["backoffLimit"] == 0


def test_the_trainer_gives_the_rendezvous_of_a_train_job_itself() -> None:
    env = variables(pod(made("train_job", "p5.48xlarge", nodes=2)))
    assert [name for name in env if name.startswith(("PET_", "MASTER_"))] == ["PET_RDZV_CONF"]


# worker_set


def test_workers_have_names_that_stay_and_know_each_other() -> None:
    found = made("worker_set", "m5.large", nodes=3, port=2222)
    body = found["StatefulSet"]["spec"]
    assert body["replicas"] == 3
    assert body["serviceName"] == found["Service"]["metadata"]["name"] == "llama"
    assert body["podManagementPolicy"] == "Parallel"
    assert body["selector"]["matchLabels"].items() <= body["template"]["metadata"]["labels"].items()
    assert found["Service"]["spec"]["selector"] == body["selector"]["matchLabels"]
    env = variables(body["template"]["spec"])
    hosts = "llama-0.llama:2222,llama-1.llama:2222,llama-2.llama:2222"
    assert env["WORKER_HOSTS"] == hosts
    assert env["WORKER_SERVICE"] == "llama.training.svc"
    assert env["PET_NODE_RANK"] == {
        "fieldRef": {"fieldPath": "metadata.labels['apps.kubernetes.io/pod-index']"}
    }


def test_parameter_servers_have_a_service_of_their_own_and_no_gpus() -> None:
    found = made(
        "worker_set",
        "g5.8xlarge",
        nodes=2,
        command=["worker"],
        args=["--w"],
        parameter_servers={"count": 2, "command": ["server"], "cpu": 4, "memory_gib": 16},
    )
    servers = found["StatefulSet llama-ps"]
    assert servers["spec"]["serviceName"] == "llama-ps"
    assert found["Service llama-ps"]["spec"]["selector"] == servers["spec"]["selector"]["matchLabels"]
    main = servers["spec"]["template"]["spec"]["containers"][0]
    assert main["resources"] == {"requests": {"cpu": "4", "memory": "16Gi"}}
    assert main["command"] == ["server"]
    assert "args" not in main
    for name, role, index in (("llama", "worker", "1"), ("llama-ps", "ps", "0")):
        spec = found[f"StatefulSet {name}"]["spec"]["template"]["spec"]
        names = [one["name"] for one in spec["containers"][0]["env"]]
        assert names.index("POD_INDEX") < names.index("TF_CONFIG")  # only then Kubernetes puts it in
        config = json.loads(variables(spec)["TF_CONFIG"].replace("$(POD_INDEX)", index))
        assert config["task"] == {"type": role, "index": int(index)}
        assert config["cluster"] == {
            "worker": ["llama-0.llama:29500", "llama-1.llama:29500"],
            "ps": ["llama-ps-0.llama-ps:29500", "llama-ps-1.llama-ps:29500"],
        }


def test_a_deployment_of_workers_promises_no_names() -> None:
    found = made("worker_set", "m5.large", nodes=3, controller="deployment")
    assert found["Deployment"]["spec"]["strategy"] == {"type": "Recreate"}
    env = variables(found["Deployment"]["spec"]["template"]["spec"])
    assert env["WORKER_COUNT"] == "3"
    assert "WORKER_HOSTS" not in env
    assert "PET_NODE_RANK" not in env


# mpi_job


def test_the_launcher_of_an_mpi_job_is_one_of_its_nodes() -> None:
    found = made("mpi_job", "p5.48xlarge", nodes=4, command=["mpirun", "x"], environment={"MINE": "1"})
    spec = found["MPIJob"]["spec"]
    assert spec["runLauncherAsWorker"] is True
    assert spec["slotsPerWorker"] == 8
    launcher, workers = spec["mpiReplicaSpecs"]["Launcher"], spec["mpiReplicaSpecs"]["Worker"]
    assert workers["replicas"] == 3
    assert "command" not in workers["template"]["spec"]["containers"][0]
    assert launcher["template"]["spec"]["containers"][0]["command"] == ["mpirun", "x"]
    for one in (launcher, workers):
        assert one["template"]["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "8"
    # Without it, mpirun fails for the name of a worker that is still pulling its image.
    assert spec["launcherCreationPolicy"] == "WaitForWorkersReady"
    for one in (launcher, workers):
        assert one["restartPolicy"] == "Never"


def test_the_ranks_of_an_mpi_job_on_other_nodes_have_its_environment_too() -> None:
    found = made(
        "mpi_job",
        "p5.48xlarge",
        nodes=2,
        environment={"MINE": "1", "XLA_FLAGS": "--a=b"},
        buckets={"data": "read"},
        secrets={"HF_TOKEN": {"name": "hf", "key": "token"}},
    )
    handed = variables(pod(found))["OMPI_MCA_mca_base_env_list"].split(";")
    assert {"FI_PROVIDER", "FI_EFA_USE_DEVICE_RDMA", "NCCL_SOCKET_IFNAME", "MINE"} <= set(handed)
    assert {"BUCKET_DATA", "HF_TOKEN", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} <= set(handed)
    assert "XLA_FLAGS" not in handed  # the list would cut it at its second =
    # Open MPI stops at a name that is not set.
    plain = variables(pod(made("mpi_job", "p5.48xlarge", nodes=2)))["OMPI_MCA_mca_base_env_list"]
    assert "AWS_" not in plain


def test_an_mpi_job_on_one_node_has_no_workers() -> None:
    assert set(made("mpi_job", "m5.large")["MPIJob"]["spec"]["mpiReplicaSpecs"]) == {"Launcher"}


# Scripts, mounts, queues


@pytest.mark.parametrize("kind", ["indexed_job", "train_job", "worker_set"])
def test_a_script_goes_along_and_torchrun_starts_it(kind: str) -> None:
    found = made(kind, "g5.8xlarge", script={"name": "train.py", "text": "print(1)"})
    assert found["ConfigMap"]["data"] == {"train.py": "print(1)"}
    spec = pod(found)
    assert spec["containers"][0]["command"] == ["torchrun", "/etc/job/train.py"]
    [volume] = [one for one in spec["volumes"] if one["name"] == "script"]
    assert volume["configMap"]["name"] == found["ConfigMap"]["metadata"]["name"]
    own = pod(
        made(kind, "g5.8xlarge", script={"name": "a.py", "text": "1"}, command=["python", "/etc/job/a.py"])
    )
    assert own["containers"][0]["command"] == ["python", "/etc/job/a.py"]


def test_a_claim_is_one_volume_however_often_it_is_mounted() -> None:
    spec = pod(
        made(
            "indexed_job",
            "m5.large",
            volumes={
                "/fsx": {"file_system": "scratch"},
                "/checkpoints": {"file_system": "scratch", "sub_path": "checkpoints"},
                "/data": {"bucket": "data", "read_only": True},
                "/a": {"ephemeral_gib": 10},
                "/b": {"ephemeral_gib": 10},
                "/own": {"claim": "datasets"},
                "/nvme": {"host_path": "/mnt/k8s-disks/0"},
            },
            buckets={"data": "read"},
        )
    )
    volumes = {one["name"]: one for one in spec["volumes"]}
    by_path = {one["mountPath"]: one for one in spec["containers"][0]["volumeMounts"]}
    assert by_path["/fsx"]["name"] == by_path["/checkpoints"]["name"]
    assert by_path["/checkpoints"]["subPath"] == "checkpoints"
    assert by_path["/a"]["name"] != by_path["/b"]["name"]
    assert by_path["/data"]["readOnly"] is True

    def source(path: str) -> Manifest:
        return {key: value for key, value in volumes[by_path[path]["name"]].items() if key != "name"}

    assert source("/fsx") == {"persistentVolumeClaim": {"claimName": "fsx-scratch"}}
    assert source("/data") == {"persistentVolumeClaim": {"claimName": "s3-data"}}
    assert source("/own") == {"persistentVolumeClaim": {"claimName": "datasets"}}
    assert source("/nvme") == {"hostPath": {"path": "/mnt/k8s-disks/0", "type": "DirectoryOrCreate"}}
    claim = source("/a")["ephemeral"]["volumeClaimTemplate"]["spec"]
    assert claim["resources"]["requests"]["storage"] == "10Gi"


@pytest.mark.parametrize(
    ("kind", "last"), [("indexed_job", "Job"), ("train_job", "TrainJob"), ("mpi_job", "MPIJob")]
)
def test_kueue_admits_the_job_by_the_queue_of_its_node_group(kind: str, last: str) -> None:
    label = "kueue.x-k8s.io/queue-name"
    assert made(kind, "g5.8xlarge", queued=True)[last]["metadata"]["labels"][label] == "gpu"
    assert label not in made(kind, "g5.8xlarge")[last]["metadata"]["labels"]


def test_an_image_of_the_layout_has_the_registry_in_front() -> None:
    spec = pod(made("indexed_job", "m5.large", image={"repository": "own", "tag": "1.2"}))
    assert spec["containers"][0]["image"] == "registry/own:1.2"
