"""The `spec` of the NodeConfig that the nodes of a group get in their user data."""

from __future__ import annotations

from typing import Any

from ..merge import merged
from .models import NodeGroup, Taint

NODE_CONFIG_VERSION = "node.eks.aws/v1alpha1"
# Below a node group.
DRIVE_STRATEGY = ("node_config", "instance", "localStorage", "strategy")


def node_spec(group: NodeGroup) -> dict[str, Any]:
    """What nodeadm is told beside the cluster: the drives, labels and taints, and over them the layout's `node_config`.

    Empty where there is nothing to say. https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/
    """
    base: dict[str, Any] = {}
    if group.local_storage == "raid0":
        base["instance"] = {"localStorage": {"strategy": "RAID0"}}
    flags = join_flags(group) if group.ami_id is not None else []
    given = group.node_config.spec() if group.node_config is not None else {}
    spec = merged(base, given)
    flags += given.get("kubelet", {}).get("flags", ())
    if flags:
        spec["kubelet"] = {**spec.get("kubelet", {}), "flags": flags}
    return spec


def join_flags(group: NodeGroup) -> list[str]:
    """Flags that give a node its labels and taints from the start.

    Where EKS brings the AMI, it passes them on by itself. With one's own it does so by the API, after a node has joined
    and pods have come: https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html#mng-ami-id-conditions
    """
    flags = []
    if group.labels:
        labels = ",".join(f"{key}={value}" for key, value in group.labels.items())
        flags.append(f"--node-labels={labels}")
    if group.taints:
        taints = ",".join(f"{taint.key}={taint_text(taint)}" for taint in group.taints)
        flags.append(f"--register-with-taints={taints}")
    return flags


def taint_text(taint: Taint) -> str:
    """A taint's value and effect, as the kubelet and Bottlerocket write them."""
    return f"{taint.value}:{taint.effect}"
