"""kueue's objects: a queue for each node group, so that a job starts when all of its pods fit, and not before.

https://kueue.sigs.k8s.io/docs/concepts/
"""

from __future__ import annotations

from ..layout.models import NodeGroup
from ..layout.pods import (
    EFA,
    GPU,
    GROUP_LABEL,
    HUGE_PAGES,
    NEURON,
    count_quantity,
    cpu_quantity,
    memory_quantity,
    node_efa,
    node_huge_pages_mib,
)
from .pod import Manifest

_API = "kueue.x-k8s.io/v1beta2"


def cluster_queue(name: str, group: NodeGroup) -> list[Manifest]:
    """Flavor and ClusterQueue of a node group, with all that its nodes have.

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
    quotas = _capacity(group)
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


def _capacity(group: NodeGroup) -> dict[str, str]:
    """What the group has. All that a pod may ask for has to be here: kueue admits nothing else."""
    node = group.type
    nodes = group.size.max if group.scaling_owner == "autoscaler" else group.size.desired
    pages = node_huge_pages_mib(group)
    devices = {GPU: node.gpus, NEURON: node.neuron_devices, EFA: node_efa(group)}
    return {
        "cpu": cpu_quantity(node.vcpus * nodes),
        "memory": memory_quantity((node.memory_mib - pages) * nodes),
        **{name: count_quantity(count * nodes) for name, count in devices.items() if count},
        **({HUGE_PAGES: memory_quantity(pages * nodes)} if pages else {}),
    }
