"""`mpi_job`: an MPIJob of the MPI operator, v2beta1."""

from __future__ import annotations

from ...layout.pods import network_environment
from ..pod import Manifest, bucket_variable
from .job import Job, labels, metadata, pod_spec


def mpi_job(job: Job) -> list[Manifest]:
    """An MPIJob whose launcher is the first of the nodes, so that no pod needs another one."""
    # mpirun hands on to the other nodes what is listed here; what ssh starts there has no environment of the pod.
    # https://docs.open-mpi.org/en/main/mca.html
    handed = ";".join(_handed_on(job))
    settings: dict[str, str | Manifest] = {"OMPI_MCA_mca_base_env_list": handed} if handed else {}
    pods = pod_spec(job, settings)
    workers = {k: v for k, v in pods.items() if k != "containers"} | {
        # ssh's server, which the operator's images start by themselves
        "containers": [{k: v for k, v in pods["containers"][0].items() if k not in ("command", "args")}]
    }
    replicas: Manifest = {"Launcher": _replicas(job, 1, pods)}
    if job.job.nodes > 1:
        replicas["Worker"] = _replicas(job, job.job.nodes - 1, workers)
    policy: Manifest = {"cleanPodPolicy": "Running", "backoffLimit": job.job.max_restarts}
    if job.job.deadline_minutes is not None:
        policy["activeDeadlineSeconds"] = job.job.deadline_minutes * 60
    if job.job.ttl_minutes is not None:
        policy["ttlSecondsAfterFinished"] = job.job.ttl_minutes * 60
    spec: Manifest = {
        "slotsPerWorker": job.processes,
        "runLauncherAsWorker": True,
        "runPolicy": policy,
        "mpiReplicaSpecs": replicas,
    }
    if job.job.nodes > 1:
        # mpirun gives up on a worker whose name is not there yet: https://github.com/kubeflow/mpi-operator/issues/386
        spec["launcherCreationPolicy"] = "WaitForWorkersReady"
    return [
        {
            "apiVersion": "kubeflow.org/v2beta1",
            "kind": "MPIJob",
            "metadata": metadata(job, queued=True),
            "spec": spec,
        }
    ]


def _replicas(job: Job, count: int, spec: Manifest) -> Manifest:
    return {
        "replicas": count,
        # Here and not in the pod, where the operator overrides it: a failed launcher stays with its log.
        "restartPolicy": "Never",
        "template": {"metadata": {"labels": labels(job)}, "spec": spec},
    }


def _handed_on(job: Job) -> list[str]:
    """Names of the variables that all ranks need. Each has to be set, and the list's form has no place for `=` and `;`.

    https://github.com/open-mpi/ompi/blob/main/opal/mca/base/mca_base_var.c
    """
    own = {
        **network_environment(job.group, job.share, pods=job.job.nodes),
        **{bucket_variable(name): "" for name in job.job.buckets},
        **job.job.environment,
    }
    names = [name for name, value in own.items() if not {"=", ";"} & set(value)]
    # What EKS Pod Identity puts into the pod, and the SDKs ask for.
    # https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
    credentials = [
        "AWS_REGION",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    ]
    return [*names, *job.job.secrets, *(credentials if job.job.has_identity else ())]
