"""`mpi_job`: an MPIJob of the MPI operator, v2beta1."""

from __future__ import annotations

from ...layout.pods import network_environment
from ..pod import Manifest
from .job import Job, labels, metadata, pod_spec


def mpi_job(job: Job) -> list[Manifest]:
    """An MPIJob whose launcher is the first of the nodes, so that no pod needs another one."""
    found = network_environment(job.group, job.share, pods=job.job.nodes)
    # mpirun hands on to the other nodes what is listed here; what ssh starts there has no environment of the pod.
    # https://docs.open-mpi.org/en/main/mca.html
    handed = ";".join([*found, *job.job.environment])
    settings: dict[str, str | Manifest] = {"OMPI_MCA_mca_base_env_list": handed} if handed else {}
    pods = pod_spec(job, settings) | {"restartPolicy": "Never"}
    template = {"metadata": {"labels": labels(job)}, "spec": pods}
    workers = {k: v for k, v in pods.items() if k != "containers"} | {
        # ssh's server, which the operator's images start by themselves
        "containers": [{k: v for k, v in pods["containers"][0].items() if k not in ("command", "args")}]
    }
    replicas: Manifest = {"Launcher": {"replicas": 1, "template": template}}
    if job.job.nodes > 1:
        replicas["Worker"] = {
            "replicas": job.job.nodes - 1,
            "template": {"metadata": {"labels": labels(job)}, "spec": workers},
        }
    policy: Manifest = {"cleanPodPolicy": "Running", "backoffLimit": job.job.max_restarts}
    if job.job.deadline_minutes is not None:
        policy["activeDeadlineSeconds"] = job.job.deadline_minutes * 60
    if job.job.ttl_minutes is not None:
        policy["ttlSecondsAfterFinished"] = job.job.ttl_minutes * 60
    spec = {
        "slotsPerWorker": job.processes,
        "runLauncherAsWorker": True,
        "runPolicy": policy,
        "mpiReplicaSpecs": replicas,
    }
    return [
        {
            "apiVersion": "kubeflow.org/v2beta1",
            "kind": "MPIJob",
            "metadata": metadata(job, queued=True),
            "spec": spec,
        }
    ]
