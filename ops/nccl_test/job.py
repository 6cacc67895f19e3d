"""The job that runs all_reduce_perf over whole nodes of a group, as manifests of Kubernetes.

With Kubeflow Trainer: a TrainingRuntime for MPI and its TrainJob. With the MPI operator: an MPIJob. In both, `mpirun` in
the launcher starts the processes over SSH on the workers. The launcher runs on the same nodes as the workers, where the image
is anyway: it is made from CUDA's development image, which a small node's root volume may not hold.

What the Trainer adds to containers that are called `node`, and the host file:
https://github.com/kubeflow/trainer/blob/master/pkg/runtime/framework/plugins/mpi/mpi.go. The parts of mpirun:
https://github.com/awslabs/awsome-distributed-ai/blob/main/micro-benchmarks/nccl-tests/README.md.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

from modules.layout import pods
from modules.layout.models import NodeGroup
from modules.workloads.claims import claim_template, pod_claims, resources, template_name
from modules.workloads.kinds import QUEUE_LABEL

from .bars import network_gbps
from .verdict import ALL_REDUCE

Manifest = dict[str, Any]
Operator = Literal["trainer", "mpi"]

# Published by AWS; its Dockerfile is in the repository of the page, which names the tag and its digest:
# https://github.com/awslabs/awsome-distributed-ai/blob/main/architectures/amazon-eks/tests/gpu-efa-test.md
IMAGE = "public.ecr.aws/hpc-cloud/nccl-tests:cuda13.1.2-efa1.50.0-ofiv1.21.1-ncclv2.31.2-1-testsv2.20.0"
DOCKERFILE = "https://github.com/awslabs/awsome-distributed-ai/blob/main/micro-benchmarks/nccl-tests/nccl-tests.Dockerfile"
# It has code for compute capability 8.0 to 10.3, and none that a driver could compile for others: not for these.
# https://developer.nvidia.com/cuda-gpus
UNSUPPORTED_GPUS = ("V100", "T4", "T4g", "RTX PRO 4500", "RTX PRO Server 6000")
# In the image.
_MPIRUN = "/opt/amazon/openmpi/bin/mpirun"
_TEST = f"/opt/nccl-tests/build/{ALL_REDUCE}"

# Seconds after which the operator ends the job: a test that hangs must not hold the nodes. A whole one takes minutes.
DEADLINE = 3600
# Iterations of each size, the default of nccl-tests. AWS's manifests take 100, with which a fall-back to TCP on a p5 is at
# it for an hour.
_ITERATIONS = 20
# With `-launcher-0-0` and five characters behind it.
# https://github.com/kubernetes-sigs/jobset/blob/main/pkg/webhooks/jobset_webhook.go
_LONGEST_NAME = 44
# Where the operators put what mpirun needs.
_HOST_FILE = "/etc/mpi/hostfile"
_KEYS = "/etc/mpi-keys"
_SSH_PORT = 22
_SSH = (
    "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ConnectionAttempts=10"
)
# The Trainer mounts the key readable by a group, which ssh refuses: it gets a copy. The folder of sshd and its host keys
# are there in our image; in others they may not be.
_INSTALL_KEYS = f"install -d -m 700 /root/.ssh && install -m 600 {_KEYS}/* /root/.ssh/"
_START_SSHD = "mkdir -p /run/sshd && ssh-keygen -A && exec /usr/sbin/sshd -De"
# As in training jobs: neither sshd nor MPI nor EFA sends raw packets.
_DROPPED = ["NET_RAW"]
# What mpirun itself takes. It is no work, and has to fit beside a worker.
_LAUNCHER_RESOURCES = {"requests": {"cpu": "500m", "memory": "512Mi"}}


@dataclass(frozen=True, slots=True)
class Job:
    """A test: its node group with its name, how many nodes, and where it runs.

    `queue` is the LocalQueue of kueue that it goes through, None without one; `context` the one of kubectl that it is
    applied by, None where it is not applied from here. `dra` says that EFA devices are claimed.
    """

    group_name: str
    group: NodeGroup
    nodes: int
    operator: Operator
    image: str = IMAGE
    namespace: str = "default"
    queue: str | None = None
    context: str | None = None
    dra: bool = False

    @property
    def claims_efa(self) -> bool:
        """Whether its workers claim EFA devices."""
        return self.dra and pods.share(self.group).efa > 0

    @property
    def name(self) -> str:
        """Of the job. JobSet makes of it names of pods, which may not have more than 63 characters: long ones are cut."""
        name = f"nccl-test-{self.group_name}"
        if len(name) <= _LONGEST_NAME:
            return name
        return f"{name[: _LONGEST_NAME - 7].rstrip('-')}-{sha256(name.encode()).hexdigest()[:6]}"

    @property
    def resource(self) -> str:
        """What kubectl calls it."""
        return f"{'trainjob' if self.operator == 'trainer' else 'mpijob'}/{self.name}"

    @property
    def launcher(self) -> str:
        """The Kubernetes Job of the launcher, whose log is the result."""
        return f"job/{self.name}-launcher-0" if self.operator == "trainer" else f"job/{self.name}-launcher"

    @property
    def where(self) -> tuple[str, ...]:
        """The flags by which kubectl finds it."""
        context = () if self.context is None else ("--context", self.context)
        return ("-n", self.namespace, *context)


def manifests(job: Job) -> list[Manifest]:
    """The job's manifests, in the order in which they are applied."""
    made = [_runtime(job), _train_job(job)] if job.operator == "trainer" else [_mpi_job(job)]
    return [_claims(job), *made] if job.claims_efa else made


def _claims(job: Job) -> Manifest:
    """The template of the workers' claims: all EFA devices of a node."""
    count = pods.share(job.group).efa
    metadata = _metadata(job, queued=False) | {"name": template_name(job.name, count)}
    return claim_template(metadata, count)


def largest_message(group: NodeGroup) -> str:
    """The largest message, as nccl-tests writes it: more on faster networks, which it takes to fill them.

    It needs three buffers of that size on each GPU, and minutes on a slow network.
    """
    gbps = network_gbps(group.type.name) or 0
    return "16G" if gbps >= 800 and group.efa else "4G" if gbps >= 100 else "2G"


def command(job: Job) -> list[str]:
    """The call of mpirun, from 8 bytes up to the largest message by factors of two, with results checked."""
    share = pods.share(job.group)
    environment = pods.network_environment(job.group, share, pods=job.nodes)
    if share.efa:
        # By its short name: the installer puts libnccl-net-ofi.so there, and NCCL looks for libnccl-net.so by itself.
        environment["NCCL_NET_PLUGIN"] = "ofi"
    exports = [word for name, value in environment.items() for word in ("-x", f"{name}={value}")]
    return [
        *(_MPIRUN, "--allow-run-as-root", "--tag-output", "--hostfile", _HOST_FILE),
        *("-np", str(job.nodes * share.gpus), "-N", str(share.gpus), "--bind-to", "none"),
        *("--mca", "pml", "^ucx", "--mca", "btl", "tcp,self"),
        *("--mca", "btl_tcp_if_exclude", "lo,docker0,veth_def_agent", "--mca", "plm_rsh_args", _SSH),
        # SSH starts the processes with neither of the image's two.
        *("-x", "PATH", "-x", "LD_LIBRARY_PATH", *exports),
        *(_TEST, "-b", "8", "-e", largest_message(job.group), "-f", "2", "-g", "1", "-c", "1"),
        *("-n", str(_ITERATIONS)),
    ]


def _mark(job: Job) -> str:
    """A line in front of the log, so that it says by itself what it is of."""
    share = pods.share(job.group)
    values = {
        "test": ALL_REDUCE,
        "instance_type": job.group.instance_type,
        "group": job.group_name,
        "nodes": job.nodes,
        "gpus": share.gpus,
        "efa": share.efa,
    }
    return " ".join(["# nccl-test", *(f"{name}={value}" for name, value in values.items())])


def _launch_script(job: Job, first: str = "") -> list[str]:
    lines = [first, f"echo {shlex.quote(_mark(job))}", f"exec {shlex.join(command(job))}"]
    return ["/bin/sh", "-ec", "\n".join(filter(None, lines)) + "\n"]


def _pod(job: Job, container: Manifest, volumes: list[Manifest]) -> Manifest:
    """A pod on a node of the group."""
    spec: Manifest = {
        "restartPolicy": "Never",
        # They need nothing from the API server.
        "automountServiceAccountToken": False,
        "nodeSelector": {pods.GROUP_LABEL: job.group_name},
    }
    tolerations = pods.tolerations(job.group.taints)
    if tolerations:
        spec["tolerations"] = tolerations
    spec["containers"] = [container]
    if volumes:
        spec["volumes"] = volumes
    return {"metadata": {"labels": _labels(job)}, "spec": spec}


def _worker(job: Job, name: str, script: str) -> Manifest:
    share = pods.share(job.group)
    container = {
        "name": name,
        "image": job.image,
        "command": ["/bin/sh", "-ec", script],
        "ports": [{"containerPort": _SSH_PORT}],
        # Ready once it can be reached, so that mpirun does not come too early.
        "readinessProbe": {"tcpSocket": {"port": _SSH_PORT}, "periodSeconds": 2},
        "resources": resources(share, claimed=job.claims_efa),
        # EFA registers memory with the card, which takes more locked memory than a container may have.
        "securityContext": {"capabilities": {"add": ["IPC_LOCK"], "drop": _DROPPED}},
        "volumeMounts": [{"name": "shared-memory", "mountPath": "/dev/shm"}],
    }
    limit = pods.memory_quantity(share.shared_memory_mib)
    shared = {"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": limit}}
    pod = _pod(job, container, [shared])
    if job.claims_efa:
        pod["spec"] |= pod_claims(template_name(job.name, share.efa))
    return pod


def _launcher(job: Job, name: str, script: list[str]) -> Manifest:
    container = {
        "name": name,
        "image": job.image,
        "command": script,
        "resources": _LAUNCHER_RESOURCES,
        "securityContext": {"capabilities": {"drop": _DROPPED}},
    }
    return _pod(job, container, [])


def _labels(job: Job) -> dict[str, str]:
    return {"app.kubernetes.io/name": "nccl-test", "app.kubernetes.io/instance": job.name}


def _metadata(job: Job, *, queued: bool) -> Manifest:
    labels = _labels(job)
    if queued and job.queue is not None:
        labels[QUEUE_LABEL] = job.queue
    return {"name": job.name, "namespace": job.namespace, "labels": labels}


def _runtime(job: Job) -> Manifest:
    worker = _worker(job, "node", f"{_INSTALL_KEYS} && {_START_SSHD}")
    launcher = _launcher(job, "node", _launch_script(job, _INSTALL_KEYS))
    spec = {
        # Neither part is tried again: a test that came through at the second attempt tells of nothing good.
        "failurePolicy": {"maxRestarts": 0},
        # With the launcher the workers go too.
        "successPolicy": {"operator": "All", "targetReplicatedJobs": ["launcher"]},
        "network": {"enableDNSHostnames": True, "publishNotReadyAddresses": True},
        "replicatedJobs": [
            {"name": "node", "template": _job_template(job, worker)},
            {
                "name": "launcher",
                "dependsOn": [{"name": "node", "status": "Ready"}],
                "template": _job_template(job, launcher),
            },
        ],
    }
    policy = {
        "mpiImplementation": "OpenMPI",
        "numProcPerNode": pods.share(job.group).gpus,
        "runLauncherAsNode": False,
        "sshAuthMountPath": _KEYS,
    }
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainingRuntime",
        "metadata": _metadata(job, queued=False),
        "spec": {"mlPolicy": {"numNodes": job.nodes, "mpi": policy}, "template": {"spec": spec}},
    }


def _job_template(job: Job, pod: Manifest) -> Manifest:
    return {"metadata": {"labels": _labels(job)}, "spec": {"backoffLimit": 0, "template": pod}}


def _train_job(job: Job) -> Manifest:
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": _metadata(job, queued=True),
        "spec": {
            "activeDeadlineSeconds": DEADLINE,
            "runtimeRef": {
                "apiGroup": "trainer.kubeflow.org",
                "kind": "TrainingRuntime",
                "name": job.name,
            },
            "trainer": {"numNodes": job.nodes},
        },
    }


def _mpi_job(job: Job) -> Manifest:
    return {
        "apiVersion": "kubeflow.org/v2beta1",
        "kind": "MPIJob",
        "metadata": _metadata(job, queued=True),
        "spec": {
            "mpiImplementation": "OpenMPI",
            "slotsPerWorker": pods.share(job.group).gpus,
            # At /root/.ssh the operator itself gives the key the mode that ssh wants.
            "sshAuthMountPath": "/root/.ssh",
            "launcherCreationPolicy": "WaitForWorkersReady",
            "runPolicy": {
                "activeDeadlineSeconds": DEADLINE,
                "backoffLimit": 0,
                # The workers hold the GPUs, the launcher the log.
                "cleanPodPolicy": "Running",
            },
            "mpiReplicaSpecs": {
                "Launcher": {
                    "replicas": 1,
                    "restartPolicy": "Never",
                    "template": _launcher(job, "launcher", _launch_script(job)),
                },
                "Worker": {
                    "replicas": job.nodes,
                    "restartPolicy": "Never",
                    "template": _worker(job, "worker", _START_SSHD),
                },
            },
        },
    }
