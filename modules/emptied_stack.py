"""A stack of nothing: what is left of a workloads stack once the layout has no workloads, so that it can be destroyed."""

from __future__ import annotations

from constructs import Construct

from .addressed_stack import AddressedStack
from .cluster_access import cluster_access, kubernetes_provider
from .layout import Layout


class EmptiedStack(AddressedStack):
    """`NAME-workloads` with its providers alone. What the state still has is theirs to delete.

    cdktf destroys only stacks that the app makes.
    """

    def __init__(self, scope: Construct, layout: Layout) -> None:
        super().__init__(scope, layout.workloads_stack, layout=layout)
        self.cluster, access = cluster_access(self, layout)
        self.kubernetes = kubernetes_provider(self, access)
