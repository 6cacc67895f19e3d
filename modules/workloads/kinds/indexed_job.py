"""`indexed_job`: a Job of Kubernetes itself, whose pods have an index; no operator is needed."""

from __future__ import annotations

from ..pod import Manifest
from .job import Job, headless_service, labels, metadata, pod_spec, rendezvous

# https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode
_COMPLETION_INDEX = "metadata.annotations['batch.kubernetes.io/job-completion-index']"


def indexed_job(job: Job) -> list[Manifest]:
    """A Job whose pods have an index, and a headless Service by which they find the first of them."""
    spec = pod_spec(job, rendezvous(job, _COMPLETION_INDEX)) | {
        "subdomain": job.name,
        "restartPolicy": "Never",
    }
    limits: Manifest = {
        # One failure takes the pods of all nodes with it, and each of them counts.
        "backoffLimit": job.job.max_restarts * job.job.nodes,
        # A pod that was evicted or lost its node did not fail by itself.
        "podFailurePolicy": {
            "rules": [
                {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
            ]
        },
    }
    if job.job.deadline_minutes is not None:
        limits["activeDeadlineSeconds"] = job.job.deadline_minutes * 60
    if job.job.ttl_minutes is not None:
        limits["ttlSecondsAfterFinished"] = job.job.ttl_minutes * 60
    body = {
        "completions": job.job.nodes,
        "parallelism": job.job.nodes,
        "completionMode": "Indexed",
        **limits,
        "template": {"metadata": {"labels": labels(job)}, "spec": spec},
    }
    selector = {"batch.kubernetes.io/job-name": job.name}
    about = metadata(job, queued=True)
    if job.claims_efa:
        # The provider deletes a manifest's object without a policy, and a Job's pods then stay, with all GPUs of their
        # nodes. With this finalizer Kubernetes deletes them first.
        # https://github.com/hashicorp/terraform-provider-kubernetes/blob/main/manifest/provider/apply.go
        # https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/batch/job/strategy.go (default policy)
        # https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go
        about["finalizers"] = ["foregroundDeletion"]
    made = {"apiVersion": "batch/v1", "kind": "Job", "metadata": about, "spec": body}
    return [headless_service(job, job.name, selector), made]
