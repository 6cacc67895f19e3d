"""Who is in the cluster: nodes that EKS runs itself, and who is on its old list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..rule import Finding, Level
from ..subject import Subject
from ..values import at, shown
from .cluster import CLUSTER
from .parts import listed, texts, turned_off
from .workloads import MANIFESTS

_MAPS = (
    "kubernetes_config_map_v1", "kubernetes_config_map", "kubernetes_config_map_v1_data", "kubernetes_config_map_v1_data_wo",
)  # fmt: skip
_ARN = re.compile(r"arn:[\w-]+:iam::[^\s\"',\]}]+")


class AutoModeOff:
    """EKS Auto Mode, or a node pool of it, that is switched off: EKS terminates all nodes that it runs for it."""

    # https://docs.aws.amazon.com/eks/latest/userguide/auto-disable.html
    id = "auto-mode-off"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Clusters that stay, with Auto Mode off or fewer of its pools afterwards."""
        for one in subject.of(CLUSTER):
            if one.verb != "update":
                continue
            was, becomes = one.was("compute_config", 0), one.becomes("compute_config", 0)
            off = turned_off(one, "compute_config", 0, "enabled")
            pools = at(becomes, "node_pools")
            less = texts(at(was, "node_pools")) - texts(pools)
            if off or (less and at(was, "enabled") is True and (pools is None or isinstance(pools, list))):
                yield Finding(
                    one,
                    "EKS terminates "
                    + ("all nodes of Auto Mode, and deletes its load balancers" if off else f"the nodes of {listed(less)}")
                    + ": the jobs on them end.",
                    "Make node groups that take the pods first, move the jobs when they have checkpointed, and then switch it off.",
                    f"on, {listed(texts(at(was, 'node_pools'))) or 'no built-in pools'}",
                    "off" if off else listed(texts(pools)) or "no built-in pools",
                )  # fmt: skip


class AuthMapChanged:
    """The aws-auth ConfigMap that goes or names fewer: nodes, people and pipelines that are only there are locked out at once."""

    # https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html
    id = "aws-auth-changed"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Roles and users that the map no longer names; a warning where they have an access entry."""
        entries = {one.becomes("principal_arn") for one in subject.of("aws_eks_access_entry") if one.after}
        lost_clusters = subject.losing(CLUSTER)
        for one in subject.of(*_MAPS, *MANIFESTS):
            if one.verb not in ("update", "replace", "delete") or one.stack in lost_clusters:
                continue
            if "aws-auth" not in (
                at(_object(one.before), "metadata", "name"),
                one.was("metadata", 0, "name"),
            ):
                continue
            data = at(_object(one.after), "data") if one.verb != "delete" else None
            if data is not None and not isinstance(data, dict):
                continue
            maps = [(data or {}).get(key) for key in ("mapRoles", "mapUsers")]
            if any(part is not None and not isinstance(part, str) for part in maps):
                continue
            lost = _named(at(_object(one.before), "data")) - _named(data)
            if lost:
                yield Finding(
                    one,
                    f"{listed(lost)} can no longer reach the cluster by it. Nodes whose role is no longer named become NotReady, and their pods are evicted.",
                    "Keep what is named, or make an access entry for each first.",
                    f"{len(_named(at(_object(one.before), 'data')))} named",
                    f"{len(_named(data))} named",
                    level="warn" if lost <= {shown(entry) for entry in entries} else None,
                )  # fmt: skip


def _object(side: dict[str, Any]) -> Any:
    return side.get("manifest") or side


def _named(data: Any) -> frozenset[str]:
    """The roles and users in the map, by their ARNs."""
    values = data.values() if isinstance(data, dict) else ()
    return frozenset(arn for text in values if isinstance(text, str) for arn in _ARN.findall(text))


RULES = (AutoModeOff(), AuthMapChanged())
