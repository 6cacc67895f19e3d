"""The kinds of training jobs as Kubernetes manifests, one module a kind."""

from ..pod import Manifest
from .indexed_job import indexed_job
from .job import QUEUE_LABEL, Job, efa_claims, script_map
from .mpi_job import mpi_job
from .train_job import train_job
from .worker_set import worker_set

__all__ = ["QUEUE_LABEL", "Job", "manifests"]

_KINDS = {
    "indexed_job": indexed_job,
    "mpi_job": mpi_job,
    "train_job": train_job,
    "worker_set": worker_set,
}


def manifests(job: Job) -> list[Manifest]:
    """The objects of a job, in the order in which they are made; the last is the job itself."""
    script = [script_map(job)] if job.job.script else []
    claims = [efa_claims(job)] if job.claims_efa else []
    return [*script, *claims, *_KINDS[job.job.kind](job)]
