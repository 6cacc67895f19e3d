"""Rules about the namespaces of workloads: who looks after the pods in them, and who does not."""

from __future__ import annotations

from collections.abc import Iterator

from ..claims import own_namespaces, workloads
from ..faults import Level
from ..models import Layout, TrainingJob, Workload
from .base import Context, Finding
from .load_balancers import balancers

_SYSTEM = "kube-system"
_READINESS_GATE = "elbv2.k8s.aws/pod-readiness-gate-inject=enabled"


def _is_exempt(layout: Layout, workload: Workload) -> bool:
    """Whether kueue leaves a job alone, by its default: the values may have another selector."""
    release = layout.helm_releases.get("kueue")
    return (
        release is not None
        and release.enabled
        and "managedJobsNamespaceSelector" not in str(release.values)
        and isinstance(workload, TrainingJob)
        and workload.kind != "worker_set"
        and workload.namespace in (_SYSTEM, release.namespace)
    )


class JobInExemptNamespace:
    """kueue leaves the jobs of kube-system and of its own namespace alone: they start beside those that it admits.

    https://github.com/kubernetes-sigs/kueue/blob/main/apis/config/v1beta2/defaults.go (ManagedJobsNamespaceSelector)
    """

    id = "job-in-exempt-namespace"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """With kueue, jobs are in namespaces that it looks after."""
        for path, workload in workloads(context.layout):
            if _is_exempt(context.layout, workload):
                problem = f"kueue leaves jobs in {workload.namespace} alone, and this one would take nodes that it gives to others"
                remedy = "Leave out namespace for one of its own."
                because = (("helm_releases", "kueue"),)
                yield Finding((*path, "namespace"), problem, remedy, because)


class WorkloadInKubeSystem:
    """In kube-system are the pods that the cluster lives by, and whoever runs there may take their service accounts.

    https://kubernetes.io/docs/concepts/security/rbac-good-practices/
    """

    id = "workload-in-kube-system"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """Workloads have other namespaces than the cluster itself."""
        for path, workload in workloads(context.layout):
            # With kueue, more than this is said of jobs there.
            if workload.namespace == _SYSTEM and not _is_exempt(context.layout, workload):
                problem = "kube-system is for the pods of the cluster itself"
                yield Finding((*path, "namespace"), problem, "Leave out namespace for one of its own.")


class ReadinessGateMissing:
    """By a label of the namespace, a rollout waits until the load balancer sends a new pod requests, and drops none.

    https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/pod_readiness_gate/
    """

    id = "readiness-gate-missing"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """Servers behind a load balancer are in namespaces that are made, and labelled, here."""
        layout = context.layout
        own = own_namespaces(layout)
        for path, _ in balancers(context):
            namespace = layout.workloads.serving[str(path[2])].namespace
            if namespace not in own:
                problem = f"the namespace {namespace} is not made here, and without a label there rollouts drop requests"
                remedy = f"Leave out namespace for one of its own, or label it: kubectl label namespace {namespace} {_READINESS_GATE}"
                yield Finding((*path[:-1], "namespace"), problem, remedy)
