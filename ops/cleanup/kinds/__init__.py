"""The kinds of what a cluster leaves behind, in the order in which they are deleted: what holds others comes first."""

from __future__ import annotations

from ..leaving import Kind
from .balancing import ClassicLoadBalancers, LoadBalancers, TargetGroups
from .compute import InstanceProfiles, Instances, LaunchTemplates
from .logs import LogGroups
from .network import Addresses, Endpoints, Interfaces, NatGateways, SecurityGroups
from .storage import ElasticFileSystems, FileSystems, Snapshots, Volumes

KINDS: tuple[Kind, ...] = (
    Instances(),
    LoadBalancers(),
    ClassicLoadBalancers(),
    TargetGroups(),
    FileSystems(),
    ElasticFileSystems(),
    NatGateways(),
    Endpoints(),
    Addresses(),
    Interfaces(),
    SecurityGroups(),
    Volumes(),
    Snapshots(),
    LaunchTemplates(),
    InstanceProfiles(),
    LogGroups(),
)
