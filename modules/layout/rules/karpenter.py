"""Rules about Karpenter."""

from __future__ import annotations

from collections.abc import Iterator

from ..faults import Level
from .base import Context, Finding


class KarpenterAndAutoscaler:
    """Both answer the same pending pod, each with a node of its own, unless labels and taints keep them apart.

    A warning, since they can be kept apart: reserved GPUs that the autoscaler grows, and Karpenter for the rest.
    https://karpenter.sh/v1.14/getting-started/migrating-from-cas/
    """

    id = "karpenter-and-autoscaler"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """Only one of the two is installed."""
        layout = context.layout
        if layout.has_release("karpenter") and layout.has_release("cluster-autoscaler"):
            owned = [path for path, group in context.groups() if group.scaling_owner == "autoscaler"]
            names = ", ".join(str(path[1]) for path in owned)
            whose = f" (for {names})" if names else ""
            problem = (
                f"the cluster autoscaler is installed too{whose}: both bring a node for the same pending pod"
            )
            without = (
                "Write scaling_owner: terraform in the groups"
                if owned
                else "Remove helm_releases.cluster-autoscaler"
            )
            remedy = f"{without}, or give the node pools taints or labels that no pod of these groups fits."
            yield Finding(("helm_releases", "karpenter"), problem, remedy, (("node_groups",),))
