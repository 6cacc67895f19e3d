"""The checks, in the order in which they are told: nodes, devices, what runs on them, and what AWS says."""

from __future__ import annotations

from ...checking.check import Check
from ..subject import Subject
from .addons import Addons
from .conditions import Conditions
from .daemon_sets import DaemonSets
from .deployments import Deployments
from .devices import Efa, Gpus, HugePages, NeuronDevices
from .dns import Dns
from .efa_drivers import EfaDrivers
from .efa_groups import EfaSecurityGroups
from .instances import PlacementGroups, ReservationUse
from .nodes import InstanceTypes, Labels, ReadyNodes, Systems, Taints, Versions, Zones
from .pod_identity import PodIdentity
from .releases import Releases
from .sizes import Sizes
from .storage_classes import StorageClasses

CHECKS: tuple[Check[Subject], ...] = (
    Sizes(),
    ReadyNodes(),
    InstanceTypes(),
    Zones(),
    Labels(),
    Taints(),
    Versions(),
    Systems(),
    Conditions(),
    Gpus(),
    NeuronDevices(),
    Efa(),
    EfaDrivers(),
    HugePages(),
    DaemonSets(),
    Deployments(),
    Dns(),
    StorageClasses(),
    Releases(),
    PodIdentity(),
    Addons(),
    ReservationUse(),
    PlacementGroups(),
    EfaSecurityGroups(),
)
