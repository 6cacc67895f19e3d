"""What is looked at: a layout, and the cluster that was made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from modules.layout import Layout, is_known
from modules.layout.models import NodeGroup

from ..aws.account import Account
from .cluster import Cluster, Object

# https://docs.aws.amazon.com/eks/latest/userguide/worker.html: EKS labels the nodes of a managed node group.
GROUP_LABEL = "eks.amazonaws.com/nodegroup"
TYPE_LABEL = "node.kubernetes.io/instance-type"
ZONE_LABEL = "topology.kubernetes.io/zone"
# EKS scales a group down so long before its capacity block's end:
# https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html
BEFORE_END = timedelta(minutes=40)


@dataclass(frozen=True)
class Subject:
    """A layout and its cluster.

    Args:
        layout: with variables in the places of the values that nobody gave: those are not compared.
        cluster: the cluster.
        account: in the layout's region, for what only AWS knows; None where it is not to be asked.
        now: the time that schedules are compared with, in UTC.
    """

    layout: Layout
    cluster: Cluster
    account: Account | None = None
    now: datetime = field(default_factory=lambda: datetime.now(tz=timezone.utc))

    def groups(self) -> list[tuple[str, str, NodeGroup]]:
        """Node groups: the path of the layout like `node_groups.p5`, the name, and what the layout says."""
        return [(f"node_groups.{name}", name, group) for name, group in self.layout.node_groups.items()]

    def nodes(self, group: str) -> list[Object]:
        """The nodes of a group, by name."""
        found = [node for node in self.cluster.nodes() if group_of(node) == group]
        return sorted(found, key=name_of)

    def known_nodes(self) -> list[tuple[Object, str, NodeGroup]]:
        """Each node of the layout's groups, with the name of its group and what the layout says of that."""
        return [
            (node, name, group)
            for name, group in self.layout.node_groups.items()
            for node in self.nodes(name)
        ]

    def pods_on(self, node: Object) -> list[Object]:
        """The pods of a node."""
        name = name_of(node)
        return [pod for pod in self.cluster.pods() if (pod.get("spec") or {}).get("nodeName") == name]

    def size(self, group: NodeGroup) -> range:
        """How many nodes the group may have now; `n in size` tells whether it has them.

        The autoscaler may have any number from min to max. Once its capacity block has begun, the size of a group is
        not Terraform's either; but fewer nodes than the layout's leave some of it empty that is paid for. Where nobody
        says when it begins, there may be none as well.
        """
        size = group.size
        if self.waits(group) or self.is_over(group):
            return range(1)
        if group.scaling_owner == "autoscaler":
            return range(size.min, size.max + 1)
        if not group.starts_later:
            return range(size.desired, size.desired + 1)
        return range(size.desired if is_known(group.capacity.start) else 0, size.max + 1)

    def waits(self, group: NodeGroup) -> bool:
        """Whether the group's capacity block has not begun, so that it has no nodes yet."""
        start = group.capacity.start
        return group.starts_later and start is not None and is_known(start) and self.now < moment(start)

    def is_over(self, group: NodeGroup) -> bool:
        """Whether EKS has taken the group's nodes away before the end of its capacity block."""
        end = group.capacity.end
        return end is not None and is_known(end) and self.now >= moment(end) - BEFORE_END


def name_of(thing: Object) -> str:
    """`metadata.name`."""
    return str(thing["metadata"]["name"])


def labels_of(thing: Object) -> Mapping[str, str]:
    """`metadata.labels`."""
    found: Mapping[str, str] = thing["metadata"].get("labels") or {}
    return found


def group_of(node: Object) -> str | None:
    """The managed node group that a node belongs to; None for one of Karpenter, or somebody else's."""
    return labels_of(node).get(GROUP_LABEL)


def called(node: Object) -> str:
    """A node for people: its name, as kubectl takes it, and its group. It is the `where` of what is found about it."""
    group = group_of(node)
    return f"{name_of(node)} ({group})" if group else name_of(node)


def instance_of(node: Object) -> str | None:
    """The id of a node's EC2 instance, from `aws:///us-west-2b/i-0123456789abcdef0`."""
    id = str((node.get("spec") or {}).get("providerID") or "").rpartition("/")[2]
    return id if id.startswith("i-") else None


def condition(thing: Object, type: str) -> Mapping[str, Any]:
    """The condition of that type, or nothing."""
    conditions = (thing.get("status") or {}).get("conditions") or ()
    return next((one for one in conditions if one.get("type") == type), {})


def is_ready(node: Object) -> bool:
    """Whether the kubelet says that the node is ready; a node that is cordoned is, too."""
    return condition(node, "Ready").get("status") == "True"


def moment(time: str | datetime) -> datetime:
    """A time of the layout."""
    if isinstance(time, datetime):
        return time
    return datetime.fromisoformat(time.replace("Z", "+00:00"))
