"""How many addresses of its subnet a node of a group takes, by the layout's configuration of the VPC CNI."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import catalog
from .models import Layout, NodeGroup

# EKS puts the control plane's interfaces into its subnets: it asks for 6 free addresses in each, and advises 16.
# https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
CONTROL_PLANE_LEAST = 6
CONTROL_PLANE_ADDRESSES = 16
# What lets nodes hold fewer addresses, for messages.
FEWER = "addons.vpc-cni.configuration.env: {WARM_IP_TARGET: '4', MINIMUM_IP_TARGET: '16'}"


@dataclass(frozen=True, slots=True)
class Demand:
    """Addresses that a node group takes in one subnet: nodes, and addresses that each of them holds."""

    group: str
    nodes: int
    each: int

    @property
    def total(self) -> int:
        """Addresses of all nodes together."""
        return self.nodes * self.each

    def __str__(self) -> str:
        return f"{self.group} {self.nodes} x {self.each}"


def node_addresses(layout: Layout, group: NodeGroup) -> int | None:
    """Addresses of one node: the most that any of the group's types takes, or None where the catalogue has not the first."""
    found = [catalog.find(kind) for kind in group.instance_types]
    if found[0] is None:
        return None
    return max(_addresses(kind, group, layout) for kind in found if kind is not None)


def _addresses(found: catalog.InstanceType, group: NodeGroup, layout: Layout) -> int:
    given = layout.addons["vpc-cni"].configuration.get("env") if layout.has_addon("vpc-cni") else None
    env: dict[str, Any] = given if isinstance(given, dict) else {}
    # A launch template with more than one card puts an EFA-only interface beside the node's own on card 0.
    beside = group.efa and len(found.network_cards) > 1 and 0 in found.efa_cards
    return found.cni_addresses(
        warm_eni_target=_target(env, "WARM_ENI_TARGET", 1),
        warm_ip_target=_target(env, "WARM_IP_TARGET", 0),
        minimum_ip_target=_target(env, "MINIMUM_IP_TARGET", 0),
        prefix_delegation=str(env.get("ENABLE_PREFIX_DELEGATION", "")).lower() == "true",
        warm_prefix_target=max(_target(env, "WARM_PREFIX_TARGET", 1), 1),
        card0_efa_only=beside and found.network_cards[0] > 1,
    )


def _target(env: Mapping[str, Any], name: str, default: int) -> int:
    text = str(env.get(name, default))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else default
