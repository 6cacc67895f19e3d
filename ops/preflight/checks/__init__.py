"""The checks, in the order in which they are told."""

from __future__ import annotations

from .addresses import FreeAddresses, ServiceRange, VpcRange
from .amis import OwnAmis
from .base import AccountCheck
from .capacity_blocks import CapacityBlockSchedule, CapacityBlockTimes
from .certificates import Certificates
from .data import DataRepositories
from .endpoints import EndpointAccess, Endpoints
from .instance_types import InstanceTypeFacts, InstanceTypeOffered
from .keys import KmsKeys, NodeVolumeKey
from .names import ClusterName, NamesTaken
from .networks import ControlPlaneZones, GroupZone, SecurityGroupsExist, SubnetsExist, VpcDns, VpcExists
from .placement_groups import PlacementGroups
from .quotas import (
    ClusterQuota,
    ElasticIpQuota,
    LustreQuota,
    NatGatewayQuota,
    NodeGroupQuota,
    SecurityGroupQuota,
    VpcQuota,
)
from .registries import ImagesExist, ImagesWithinReach, Registries
from .reservation_room import ReservationRoom
from .reservations import (
    ReservationEnd,
    ReservationExists,
    ReservationKind,
    ReservationMatching,
    ReservationPlacementGroup,
    ReservationPlatform,
    ReservationState,
    ReservationTenancy,
    ReservationType,
    ReservationZone,
)
from .roles import PolicyArns, Principals, RolePolicies, RoleTrust
from .routes import ApiWithinReach, NetworkAcls, NodeRoutes
from .service_roles import KarpenterSpotRole, ServiceLinkedRoles
from .state_backend import StateBucket, StateLock
from .subnet_tags import BalancerSubnets, KarpenterSubnets
from .vcpu_quotas import OnDemandQuota, SpotQuota
from .versions import AddonVersions, RunningCluster, SupportedVersion

CHECKS: tuple[AccountCheck, ...] = (
    ReservationExists(),
    ReservationState(),
    ReservationKind(),
    ReservationType(),
    ReservationPlatform(),
    ReservationTenancy(),
    ReservationZone(),
    ReservationPlacementGroup(),
    PlacementGroups(),
    ReservationRoom(),
    ReservationEnd(),
    ReservationMatching(),
    CapacityBlockTimes(),
    CapacityBlockSchedule(),
    InstanceTypeOffered(),
    InstanceTypeFacts(),
    OnDemandQuota(),
    SpotQuota(),
    VpcQuota(),
    ElasticIpQuota(),
    NatGatewayQuota(),
    ClusterQuota(),
    NodeGroupQuota(),
    SecurityGroupQuota(),
    LustreQuota(),
    VpcExists(),
    SubnetsExist(),
    ControlPlaneZones(),
    GroupZone(),
    VpcDns(),
    SecurityGroupsExist(),
    FreeAddresses(),
    ServiceRange(),
    VpcRange(),
    NodeRoutes(),
    ApiWithinReach(),
    NetworkAcls(),
    Endpoints(),
    EndpointAccess(),
    BalancerSubnets(),
    KarpenterSubnets(),
    SupportedVersion(),
    AddonVersions(),
    RunningCluster(),
    ClusterName(),
    NamesTaken(),
    RoleTrust(),
    RolePolicies(),
    Principals(),
    PolicyArns(),
    ServiceLinkedRoles(),
    KarpenterSpotRole(),
    KmsKeys(),
    NodeVolumeKey(),
    OwnAmis(),
    Certificates(),
    DataRepositories(),
    Registries(),
    ImagesWithinReach(),
    ImagesExist(),
    StateBucket(),
    StateLock(),
)
