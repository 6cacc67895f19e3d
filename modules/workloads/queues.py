"""kueue's objects: a queue for each node group, so that a job starts when all of its pods fit, and not before.

https://kueue.sigs.k8s.io/docs/concepts/
"""

from __future__ import annotations

from collections.abc import Iterable

from ..layout.efa_drivers import QUOTA
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


def cluster_queue(
    name: str, group: NodeGroup, taken: Iterable[tuple[int, Share]] = (), *, claimed: bool = False
) -> list[Manifest]:
    """Flavor and ClusterQueue of a node group, with all that its nodes have but for what is `taken` by other pods.

    Those are as many as Terraform keeps, or as the autoscaler may bring: a job that is admitted for nodes which nobody
    brings would hold the others while it waits.

    EFA devices that are claimed count as what the release's configuration calls them, helm-values/kueue-dra.yaml.

    The flavor's label is one that the pods ask for by themselves: kueue writes the flavor's labels and tolerations into
    what it admits, and this one changes nothing there.
    """
    flavor = {
        "apiVersion": _API,
        "kind": "ResourceFlavor",
        "metadata": {"name": name},
        "spec": {"nodeLabels": {GROUP_LABEL: name}},
    }
    quotas = _capacity(group, taken, QUOTA if claimed else EFA)
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


def _capacity(group: NodeGroup, taken: Iterable[tuple[int, Share]], efa: str) -> dict[str, str]:
    """What is left of the group. All that a pod may ask for has to be here: kueue admits nothing else."""
    node, count = group.type, nodes(group)
    pages = node_huge_pages_mib(group)
    # In the order of Share.amounts.
    has = (
        node.gpus,
        node.neuron_devices,
        node_efa(group),
        node.vcpus * 1000,
        node.memory_mib - pages,
        pages,
    )
    left = [each * count for each in has]
    for pods, one in taken:
        left = [max(0, room - pods * takes) for room, takes in zip(left, one.amounts, strict=True)]
    quotas = {
        name: _quantity(name, amount)
        for name, each, amount in zip((GPU, NEURON, efa, "cpu", "memory", HUGE_PAGES), has, left, strict=True)
        if each
    }
    return {"cpu": quotas.pop("cpu"), "memory": quotas.pop("memory"), **quotas}


def _quantity(name: str, amount: int) -> str:
    if name == "cpu":
        return cpu_quantity(amount / 1000)
    return memory_quantity(amount) if name in ("memory", HUGE_PAGES) else count_quantity(amount)
