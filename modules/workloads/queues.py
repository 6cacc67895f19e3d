"""kueue's objects: a queue for each node group, so that a job starts when all of its pods fit, and not before.

https://kueue.sigs.k8s.io/docs/concepts/
"""

from __future__ import annotations

from collections.abc import Iterable

from ..layout.models import NodeGroup
from ..layout.pods import (
    EFA,
    GPU,
    GROUP_LABEL,
    HUGE_PAGES,
    NEURON,
    Share,
    count_quantity,
    cpu_quantity,
    memory_quantity,
    node_efa,
    node_huge_pages_mib,
)
from ..layout.serving import nodes
from .pod import Manifest

_API = "kueue.x-k8s.io/v1beta2"


def cluster_queue(name: str, group: NodeGroup, taken: Iterable[tuple[int, Share]] = ()) -> list[Manifest]:
    """Flavor and ClusterQueue of a node group, with all that its nodes have but for what is `taken` by other pods.

    Those are as many as Terraform keeps, or as the autoscaler may bring: a job that is admitted for nodes which nobody
    brings would hold the others while it waits.

    The flavor's label is one that the pods ask for by themselves: kueue writes the flavor's labels and tolerations into
    what it admits, and this one changes nothing there.
    """
    flavor = {
        "apiVersion": _API,
        "kind": "ResourceFlavor",
        "metadata": {"name": name},
        "spec": {"nodeLabels": {GROUP_LABEL: name}},
    }
    quotas = _capacity(group, taken)
    resources = [{"name": resource, "nominalQuota": amount} for resource, amount in quotas.items()]
    queue = {
        "apiVersion": _API,
        "kind": "ClusterQueue",
        "metadata": {"name": name},
        "spec": {
            "namespaceSelector": {},
            # A small job that fits does not wait behind a large one that does not.
            "queueingStrategy": "BestEffortFIFO",
            "resourceGroups": [
                {"coveredResources": list(quotas), "flavors": [{"name": name, "resources": resources}]}
            ],
        },
    }
    return [flavor, queue]


def local_queue(name: str, namespace: str) -> Manifest:
    """The queue of a namespace for a node group: what jobs are labelled with."""
    return {
        "apiVersion": _API,
        "kind": "LocalQueue",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"clusterQueue": name},
    }


def _capacity(group: NodeGroup, taken: Iterable[tuple[int, Share]]) -> dict[str, str]:
    """What is left of the group. All that a pod may ask for has to be here: kueue admits nothing else."""
    node, count = group.type, nodes(group)
    pages = node_huge_pages_mib(group)
    left: dict[str, float] = {
        "cpu": node.vcpus * count,
        "memory": (node.memory_mib - pages) * count,
        GPU: node.gpus * count,
        NEURON: node.neuron_devices * count,
        EFA: node_efa(group) * count,
        HUGE_PAGES: pages * count,
    }
    has = {GPU: node.gpus, NEURON: node.neuron_devices, EFA: node_efa(group), HUGE_PAGES: pages}
    for pods, one in taken:
        amounts = {
            "cpu": one.cpu,
            "memory": one.memory_mib,
            GPU: one.gpus,
            NEURON: one.neuron_devices,
            EFA: one.efa,
            HUGE_PAGES: one.huge_pages_mib,
        }
        left = {name: max(0, amount - pods * amounts[name]) for name, amount in left.items()}
    return {name: _quantity(name, amount) for name, amount in left.items() if has.get(name, 1)}


def _quantity(name: str, amount: float) -> str:
    if name == "cpu":
        return cpu_quantity(amount)
    return memory_quantity(int(amount)) if name in ("memory", HUGE_PAGES) else count_quantity(int(amount))
