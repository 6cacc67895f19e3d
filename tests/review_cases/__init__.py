"""Plans, and what the rules about nodes must say of each: those rules that a case names, and no others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.plans import Json, change

# What is found, by rule: its level, and phrases of what it tells.
Expected = Mapping[str, tuple[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Case:
    """A plan with what is found; `more` are further keys of the plan."""

    name: str
    changes: tuple[Json, ...]
    expected: Expected = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    stack: str = "training"

    def __str__(self) -> str:
        return self.name


def stop(*phrases: str) -> tuple[str, tuple[str, ...]]:
    """Found as a stop."""
    return "stop", phrases


def warn(*phrases: str) -> tuple[str, tuple[str, ...]]:
    """Found as a warning."""
    return "warn", phrases


def note(*phrases: str) -> tuple[str, tuple[str, ...]]:
    """Found as a note."""
    return "note", phrases


def same(address: str, values: Json) -> Json:
    """A resource that nothing happens to."""
    return change(address, values, values)


def manifest(name: str, body: Json, after: Json | None = None) -> Json:
    """A Kubernetes object that is deployed; it stays as it is unless `after` says otherwise."""
    return change(
        f"kubernetes_manifest.{name}", {"manifest": body}, {"manifest": body if after is None else after}
    )


TRAIN_JOB = manifest(
    "torch",
    {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": "torch", "namespace": "training"},
        "spec": {
            "runtimeRef": {"kind": "ClusterTrainingRuntime", "name": "torch-1"},
            "trainer": {"numNodes": 2, "resourcesPerNode": {"limits": {"nvidia.com/gpu": "8"}}},
        },
    },
)
RUNTIME = manifest(
    "runtime",
    {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "ClusterTrainingRuntime",
        "metadata": {"name": "torch-1"},
        "spec": {
            "template": {
                "spec": {
                    "containers": [{"name": "node"}],
                    "nodeSelector": {"eks.amazonaws.com/nodegroup": "p5"},
                    "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
                }
            }
        },
    },
)
# A TrainJob of two nodes on the group p5.
JOB = (TRAIN_JOB, RUNTIME)
JOB_TOLD = "TrainJob training/torch (2 pods, 16 GPUs)"
SYS: Json = {
    "ami_type": "AL2023_x86_64_STANDARD",
    "capacity_type": "ON_DEMAND",
    "cluster_name": "training",
    "id": "training:sys",
    "instance_types": ["c5.2xlarge"],
    "labels": None,
    "launch_template": [],
    "node_group_name": "sys",
    "node_role_arn": "arn:aws:iam::123456789012:role/training-sys",
    "release_version": "1.35.0-20260901",
    "resources": [{"autoscaling_groups": [{"name": "eks-sys-1"}]}],
    "scaling_config": [{"desired_size": 1, "max_size": 3, "min_size": 1}],
    "subnet_ids": ["subnet-0123456789abcdef0"],
    "taint": None,
    "update_config": [{"max_unavailable": 1, "max_unavailable_percentage": None}],
    "version": "1.35",
}
SYS_GROUP = "aws_eks_node_group.nodes_sys"
CLUSTER: Json = {"name": "training", "version": "1.35"}
