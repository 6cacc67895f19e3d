"""`train_job`: a TrainJob of Kubeflow Trainer v2, with a runtime of its own."""

from __future__ import annotations

import hashlib

from ..pod import Manifest
from .job import NAME_LABEL, PATIENCE, Job, labels, metadata, pod_spec

# Kubeflow Trainer knows the pods of a runtime by these; the container has to be called `node` as well.
# https://www.kubeflow.org/docs/components/trainer/operator-guides/runtime/
_STEP, _TRAINER_STEP, _NODE = "trainer.kubeflow.org/trainjob-ancestor-step", "trainer", "node"
_FRAMEWORK = "trainer.kubeflow.org/framework"


def train_job(job: Job) -> list[Manifest]:
    """A TrainJob, and the runtime that it refers to: ours, since the chart's are installed by a Job with internet."""
    pods = pod_spec(job, PATIENCE) | {"restartPolicy": "Never"}
    pods["containers"][0]["name"] = _NODE
    # Runtimes are cluster-wide, and a job that starts anew must not find the old one's.
    name = f"{job.name}-{hashlib.sha256(job.identity.encode()).hexdigest()[:8]}"
    template = {
        "metadata": {"labels": {_STEP: _TRAINER_STEP}},
        "spec": {
            # A failed pod fails its Job, and the whole set starts again: NCCL does not take a rank back.
            "backoffLimit": 0,
            "template": {"metadata": {"labels": labels(job)}, "spec": pods},
        },
    }
    runtime: Manifest = {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "ClusterTrainingRuntime",
        "metadata": {"name": name, "labels": {_FRAMEWORK: "torch", NAME_LABEL: job.name}},
        "spec": {
            "mlPolicy": {"numNodes": job.job.nodes, "torch": {}},
            "template": {
                "spec": {
                    "failurePolicy": {"maxRestarts": job.job.max_restarts},
                    "replicatedJobs": [{"name": _NODE, "template": template}],
                }
            },
        },
    }
    trainer: Manifest = {"numNodes": job.job.nodes, "numProcPerNode": job.processes}
    if not job.claims_efa:
        # Where it is said, the Trainer puts its requests and limits in place of the runtime's resources, and the claims
        # of these are lost: https://github.com/kubeflow/trainer/blob/master/pkg/runtime/framework/plugins/jobset/builder.go
        trainer["resourcesPerNode"] = pods["containers"][0]["resources"]
    made: Manifest = {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": metadata(job, queued=True),
        "spec": {
            "runtimeRef": {
                "apiGroup": "trainer.kubeflow.org",
                "kind": "ClusterTrainingRuntime",
                "name": name,
            },
            "trainer": trainer,
        },
    }
    if job.job.deadline_minutes is not None:
        made["spec"]["activeDeadlineSeconds"] = job.job.deadline_minutes * 60
    return [runtime, made]
