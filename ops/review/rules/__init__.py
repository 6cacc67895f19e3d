"""Every rule of the review, in the order in which findings of one level are told."""

from __future__ import annotations

from ..rule import Rule
from . import (
    access,
    cluster,
    data,
    drift,
    encryption,
    endpoint,
    iam,
    iam_less,
    interruptions,
    membership,
    network,
    network_settings,
    releases,
    rest,
    retention,
    security_groups,
    servers,
    state,
    versions,
    vpc_endpoints,
    workloads,
)
from .capacity import (
    BlockStartLost,
    CapacityBought,
    MarketChanged,
    ReservationCancelled,
    ReservationChanged,
    ReservationPreference,
)
from .efa import EfaDriverChanged, EfaLost, EfaSecurityGroup
from .images import AmiChanged, AmiTypeChanged, InstanceTypeChanged, NodeVersion
from .node_groups import GpuGroupDestroyed, GpuGroupReplaced, NodeGroupForgotten, NodeGroupLost
from .other_nodes import GpuInstanceLost, KarpenterNodes
from .placement import PlacementGroupChanged, PlacementGroupReplaced, ZoneChanged
from .rolls import ForcedUpdate, MoreAtOnce, NodesRoll, StrategyLost
from .settings import LabelsRemoved, NodeRepairSwitched, NodeRole, RemoteAccessChanged, TaintsChanged
from .sizes import NodesAdded, NodesTaken, SizeAgainstOwner, SizeOwnerSwitched, SizeRefused

# About the nodes: what ends a run first.
NODE_RULES: tuple[Rule, ...] = (
    GpuGroupReplaced(),
    GpuGroupDestroyed(),
    GpuInstanceLost(),
    NodeGroupLost(),
    NodesRoll(),
    NodesTaken(),
    SizeAgainstOwner(),
    EfaLost(),
    EfaDriverChanged(),
    EfaSecurityGroup(),
    ReservationCancelled(),
    ReservationChanged(),
    ReservationPreference(),
    MarketChanged(),
    BlockStartLost(),
    CapacityBought(),
    ZoneChanged(),
    PlacementGroupChanged(),
    PlacementGroupReplaced(),
    InstanceTypeChanged(),
    AmiTypeChanged(),
    AmiChanged(),
    NodeVersion(),
    NodeRole(),
    LabelsRemoved(),
    TaintsChanged(),
    NodeRepairSwitched(),
    ForcedUpdate(),
    MoreAtOnce(),
    StrategyLost(),
    RemoteAccessChanged(),
    SizeRefused(),
    SizeOwnerSwitched(),
    NodesAdded(),
    NodeGroupForgotten(),
    KarpenterNodes(),
)
# With these everything else ends.
CLUSTER_RULES: tuple[Rule, ...] = (
    *cluster.RULES,
    *membership.RULES,
    *network.RULES,
    *network_settings.RULES,
    *vpc_endpoints.RULES,
)
# About all else; what no rule knows comes last.
OTHER_RULES: tuple[Rule, ...] = (
    *data.RULES,
    *retention.RULES,
    *versions.RULES,
    *releases.RULES,
    *workloads.RULES,
    *interruptions.RULES,
    *servers.RULES,
    *endpoint.RULES,
    *security_groups.RULES,
    *iam.RULES,
    *iam_less.RULES,
    *access.RULES,
    *encryption.RULES,
    *state.RULES,
    *drift.RULES,
    *rest.RULES,
)
CONTROL_RULES = (*CLUSTER_RULES, *OTHER_RULES)
RULES: tuple[Rule, ...] = (*CLUSTER_RULES, *NODE_RULES, *OTHER_RULES)
