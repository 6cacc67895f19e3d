"""What is in the cluster: its releases, and what these bring with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .account import Account, State

# The charts that bring the kinds of an API group, one or another.
_CHARTS_OF_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "jobset.x-k8s.io": ("jobset", "kubeflow-trainer"),
    "karpenter.k8s.aws": ("karpenter",),
    "karpenter.sh": ("karpenter",),
    "kubeflow.org": ("mpi-operator", "training-operator"),
    "kueue.x-k8s.io": ("kueue",),
    "trainer.kubeflow.org": ("kubeflow-trainer",),
}
_LOAD_BALANCER_CHART: Final = "aws-load-balancer-controller"
# https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/nlb/
_LOAD_BALANCER_CLASS: Final = "service.k8s.aws/nlb"


def has_chart(account: Account, *names: str) -> bool:
    """Whether a release of one of these charts is installed; what is in a cluster that was not made here is not known.

    Nor is what stacks that are deployed before this one will have installed by then, where that is taken for granted.
    """
    if account.clusters_assumed or not account.all("aws_eks_cluster"):
        return True
    installed = {str(one.get("chart")).rstrip("/").rpartition("/")[2] for one in account.all("helm_release")}
    return not installed.isdisjoint(names)


def unknown_kind(manifest: Any, account: Account) -> str | None:
    """Why Kubernetes has no such kind, as the provider says it when it plans; None where it has, or nobody knows."""
    if not isinstance(manifest, Mapping):
        return None
    version, kind = manifest.get("apiVersion"), manifest.get("kind")
    if not isinstance(version, str) or not isinstance(kind, str):
        return None
    group = version.rpartition("/")[0]
    charts = _CHARTS_OF_GROUPS.get(group)
    if charts is None or has_chart(account, *charts):
        return None
    return f'no matches for kind "{kind}" in group "{group}": a release of the chart {" or ".join(charts)} brings it'


def has_host(state: State, account: Account) -> bool:
    """Whether a Service or an Ingress gets the address of a load balancer.

    A Service without a class gets one of EKS's own controller for services, the older one.
    """
    spec = state.get("spec")
    spec = spec[0] if isinstance(spec, list) and spec and isinstance(spec[0], Mapping) else {}
    of_class = spec.get("load_balancer_class")
    if "type" in spec and of_class in (None, ""):
        return True
    served = of_class == _LOAD_BALANCER_CLASS if "type" in spec else True
    return served and has_chart(account, _LOAD_BALANCER_CHART)
