"""What AWS refuses to change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...values import Dynamic
from ..account import Account
from . import node_template
from .common import State, unreachable
from .creation_eks import past_start

# https://github.com/kubeflow/trainer/tree/v2.3.0/manifests/base/crds and
# https://github.com/kubernetes-sigs/jobset/tree/v0.12.0/config/components/crd/bases
_OF_JOB_SETS = ("failurePolicy", "network", "startupPolicy", "successPolicy", "volumeClaimPolicies")
_OF_RUNTIMES = tuple(f"spec.template.spec.{one}" for one in _OF_JOB_SETS)
_FIXED: Mapping[str, tuple[str, ...]] = {
    "ClusterTrainingRuntime": _OF_RUNTIMES,
    "JobSet": ("spec.replicatedJobs", *(f"spec.{one}" for one in _OF_JOB_SETS)),
    "TrainJob": tuple(
        f"spec.{one}"
        for one in ("activeDeadlineSeconds", "initializer", "managedBy", "runtimeRef", "trainer")
    ),
    "TrainingRuntime": _OF_RUNTIMES,
}

# From the planned state and the one before to what AWS answers.
Rule = Callable[[State, State, Account], "str | None"]


def _schedule(values: State, prior: State, account: Account) -> str | None:
    """An action that has run is gone; one whose start stays is not asked for again."""
    gone = account.get("aws_autoscaling_schedule", str(prior.get("id"))) is None
    return past_start(values) if gone or values.get("start_time") != prior.get("start_time") else None


def _cluster(values: State, prior: State, account: Account) -> str | None:
    """EKS goes up one minor version at a time, and never down.

    https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html
    """
    before, after = account.cluster_version(str(prior["name"])), values.get("version")
    if not isinstance(after, str) or before == after or _minor(after) == _minor(before) + 1:
        return None
    return f"InvalidParameterException: Unsupported Kubernetes minor version update from {before} to {after}"


def _node_group(values: State, prior: State, account: Account) -> str | None:
    """The control plane goes first.

    https://docs.aws.amazon.com/eks/latest/userguide/update-managed-node-group.html
    """
    wanted, cluster = values.get("version"), account.cluster_version(str(prior["cluster_name"]))
    if isinstance(wanted, str) and _minor(wanted) > _minor(cluster):
        return f"InvalidParameterException: Requested Kubernetes version {wanted} is newer than the cluster's {cluster}"
    # What the provider sends UpdateNodegroupVersion for; of other changes the launch template is no part.
    # https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/eks/node_group.go
    changed = any(
        values.get(one) != prior.get(one) for one in ("launch_template", "release_version", "version")
    )
    return node_template.refused_update(values, account) if changed else None


def _manifest(values: State, prior: State, account: Account) -> str | None:
    """What a job runs is fixed when it is made: rules of the kinds' schemas, `self == oldSelf`."""
    manifest, before = values.get("manifest"), prior.get("manifest")
    if not isinstance(manifest, Dynamic) or not isinstance(before, Dynamic):
        return None
    kind = str(manifest.value.get("kind"))
    for path in _FIXED.get(kind, ()):
        if _at(before.value, path) != _at(manifest.value, path):
            return (
                f'{kind} "{manifest.value["metadata"]["name"]}" is invalid: {path}: Invalid value: '
                "field is immutable"
            )
    return unreachable("kubernetes_manifest", account)


def _at(value: Any, path: str) -> Any:
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _minor(version: str) -> int:
    return int(version.split(".")[1])


CHANGE: Mapping[str, Rule] = {
    "aws_autoscaling_schedule": _schedule,
    "aws_eks_cluster": _cluster,
    "aws_eks_node_group": _node_group,
    "kubernetes_manifest": _manifest,
}
