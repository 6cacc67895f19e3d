"""The `workloads.training` section: jobs that train, and workers that find each other."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..values import GroupName, Int, Namespace, ObjectName
from .amounts import Cpus, Gib, SharedGib
from .base import Section, about
from .workloads import Script, Workload

Kind = Literal["train_job", "indexed_job", "worker_set", "mpi_job"]
_RESOURCES = "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"
# All a pod's device requests have to be whole: https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/
Devices = Annotated[Int, Field(ge=0, le=64)]


class PodResources(Section):
    """What each pod of a job asks for. What is left out follows from the node group: the whole node, or the share of it that goes with the accelerators."""

    gpus: Devices | None = Field(
        default=None,
        description="NVIDIA GPUs. Default: all of the node.",
        examples=[8],
        json_schema_extra=about(
            unit="GPUs", source="https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/"
        ),
    )
    neuron_devices: Devices | None = Field(
        default=None,
        description="Trainium or Inferentia devices. Default: all of the node.",
        examples=[16],
        json_schema_extra=about(
            unit="devices",
            source="https://awsdocs-neuron.readthedocs-hosted.com/en/latest/containers/kubernetes-getting-started.html",
        ),
    )
    efa: Devices | None = Field(
        default=None,
        description="EFA interfaces. Default: the share of the node's that goes with the accelerators.",
        examples=[32],
        json_schema_extra=about(
            unit="interfaces",
            source="https://docs.aws.amazon.com/eks/latest/userguide/node-efa.html",
        ),
    )
    cpu: Cpus | None = Field(
        default=None,
        description="CPUs asked for; there is no limit. Default: three quarters of the share.",
        examples=[48, 0.5],
        json_schema_extra=about(unit="vCPUs", source=_RESOURCES),
    )
    memory_gib: Gib | None = Field(
        default=None,
        description="Memory asked for; there is no limit. Default: three quarters of the share.",
        examples=[512, 1.5],
        json_schema_extra=about(unit="GiB", source=_RESOURCES),
    )
    hugepages_mib: Annotated[Int, Field(ge=0, le=65536, multiple_of=2)] | None = Field(
        default=None,
        description="Memory in huge pages of 2 MiB, which EFA takes its buffers from. Default with EFA: 5,120 or the share of it.",
        examples=[5120],
        json_schema_extra=about(
            unit="MiB", source="https://docs.aws.amazon.com/eks/latest/userguide/node-efa.html"
        ),
    )
    shared_memory_gib: SharedGib | None = Field(
        default=None,
        description="Most that /dev/shm may hold, in memory: data loaders and NCCL use it. Default: half of the memory.",
        examples=[64],
        json_schema_extra=about(
            unit="GiB",
            source="https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html#shared-memory",
        ),
    )


class ParameterServers(Section):
    """Parameter servers beside the workers of a worker set: same image, mounts and environment."""

    count: Annotated[Int, Field(ge=1, le=1000)] = Field(
        default=1, description="Number of servers.", examples=[2], json_schema_extra=about(unit="pods")
    )
    command: tuple[str, ...] = Field(
        default=(), description="Their command. Default: the workers'.", examples=[["python", "server.py"]]
    )
    args: tuple[str, ...] = Field(default=(), description="Their arguments.", examples=[["--port", "29500"]])
    node_group: GroupName | None = Field(
        default=None, description="Their node group. Default: the workers'.", examples=["cpu"]
    )
    cpu: Cpus = Field(
        default=1,
        description="CPUs that each asks for.",
        examples=[4],
        json_schema_extra=about(unit="vCPUs", source=_RESOURCES),
    )
    memory_gib: Gib = Field(
        default=2,
        description="Memory that each asks for.",
        examples=[16],
        json_schema_extra=about(unit="GiB", source=_RESOURCES),
    )


class TrainingJob(Workload):
    """A job: so many pods of one image on one node group, which find each other."""

    kind: Kind = Field(
        description="train_job: a TrainJob of Kubeflow Trainer. indexed_job: a Job of Kubernetes itself. worker_set: workers that stay. mpi_job: an MPIJob of the MPI operator.",
        examples=["indexed_job"],
        json_schema_extra=about(source="https://www.kubeflow.org/docs/components/trainer/getting-started/"),
    )
    namespace: Namespace = Field(
        default="training",
        description="Namespace of the job, made unless it is there.",
        examples=["research"],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/"
        ),
    )
    node_group: GroupName = Field(description="The node group that the pods run on.", examples=["p5"])
    nodes: Annotated[Int, Field(ge=1, le=1000)] = Field(
        default=1,
        description="Number of pods. Each has a node for itself unless `resources` are less than that.",
        examples=[2],
        json_schema_extra=about(unit="pods"),
    )
    processes_per_node: Annotated[Int, Field(ge=1, le=1000)] | None = Field(
        default=None,
        description="Processes that torchrun or mpirun starts in each pod. Default: one for each GPU or NeuronCore, or one.",
        examples=[8],
        json_schema_extra=about(
            unit="processes", source="https://docs.pytorch.org/docs/stable/elastic/run.html"
        ),
    )
    port: Annotated[Int, Field(ge=1024, le=65535)] = Field(
        default=29500,
        description="Port where the processes find each other, on the first pod.",
        examples=[29400],
        json_schema_extra=about(
            unit="port number", source="https://docs.pytorch.org/docs/stable/elastic/run.html"
        ),
    )
    script: Script | None = Field(
        default=None,
        description="A file that goes along: its path, from the folder of the layout. Without a command, torchrun starts it. It is in /etc/job of the pod.",
        examples=["train.py"],
        json_schema_extra=about(source="https://kubernetes.io/docs/concepts/configuration/configmap/"),
    )
    resources: PodResources = Field(
        default_factory=PodResources,
        description="What each pod asks for, where that is not the whole node.",
        examples=[{"gpus": 4}],
        json_schema_extra=about(source=_RESOURCES),
    )
    max_restarts: Annotated[Int, Field(ge=0, le=1000)] = Field(
        default=0,
        description="How often the job starts again after a failure. In an indexed_job a pod that lost its node is replaced and not counted, but its peers fail by that and are. Not for worker sets, which always start again.",
        examples=[3],
        json_schema_extra=about(
            unit="restarts",
            source="https://kubernetes.io/docs/concepts/workloads/controllers/job/#handling-pod-and-container-failures",
        ),
    )
    deadline_minutes: Annotated[Int, Field(ge=1, le=525600)] | None = Field(
        default=None,
        description="Ends the job after that time, whatever it has reached. Not for worker sets.",
        examples=[2880],
        json_schema_extra=about(
            unit="minutes",
            source="https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup",
        ),
    )
    ttl_minutes: Annotated[Int, Field(ge=1, le=525600)] | None = Field(
        default=None,
        description="Deletes the finished job after that time: the next deploy then makes, and runs, it again (indexed_job, mpi_job).",
        examples=[1440],
        json_schema_extra=about(
            unit="minutes",
            source="https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/",
        ),
    )
    priority_class: ObjectName | None = Field(
        default=None,
        description="A PriorityClass that is in the cluster.",
        examples=["research"],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/"
        ),
    )
    controller: Literal["stateful_set", "deployment"] = Field(
        default="stateful_set",
        description="What keeps the workers of a worker set: a StatefulSet, whose pods have names and ranks that stay, or a Deployment.",
        examples=["deployment"],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/"
        ),
    )
    parameter_servers: ParameterServers | None = Field(
        default=None,
        description="Parameter servers beside the workers of a worker set.",
        examples=[{"count": 2}],
        json_schema_extra=about(
            source="https://www.tensorflow.org/tutorials/distribute/parameter_server_training"
        ),
    )
