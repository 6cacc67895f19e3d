"""The sections of a layout as typed models, with the names that they have in the language.

All are immutable (`model_copy(update=...)` makes a changed copy), refuse keys that they do not know, and check the form of each
value: a wrong one raises `pydantic.ValidationError`. What they do not have are the defaults that follow from the instance
type, and the rules about what makes sense together: `load_dict` and `ExistingCluster.add_node_group` bring both, and take
models as they take dicts. docs/layout.md describes every field with its unit and source.
"""

from __future__ import annotations

from .layout.models import (
    AcceptedFinding,
    AccessEntry,
    AccessPolicy,
    Addon,
    Backend,
    Bucket,
    Capacity,
    Cluster,
    Endpoint,
    ExistingPlacementGroup,
    FileSystem,
    HelmRelease,
    Layout,
    Network,
    NodeConfig,
    NodeGroup,
    PodIdentityAssociation,
    Repository,
    Review,
    RootVolume,
    Section,
    ServingDeployment,
    Size,
    Storage,
    Taint,
    TrainingJob,
    Update,
    Volume,
    Workload,
    Workloads,
)
from .layout.models.cluster import ControlPlaneLogs, SecretsEncryption
from .layout.models.network import FlowLogs
from .layout.models.node_config import Containerd, Instance, Kubelet, LocalStorage
from .layout.models.scheduler import Scheduler
from .layout.models.serving import (
    Amount,
    Autoscaling,
    DisruptionBudget,
    Health,
    LoadBalancer,
    ServingResources,
    Spread,
)
from .layout.models.storage import BucketLifecycle, DataRepository, LifecycleRule
from .layout.models.training import ParameterServers, PodResources
from .layout.models.workloads import Mount, RepositoryImage, Script, SecretReference

__all__ = [
    "AcceptedFinding",
    "AccessEntry",
    "AccessPolicy",
    "Addon",
    "Amount",
    "Autoscaling",
    "Backend",
    "Bucket",
    "BucketLifecycle",
    "Capacity",
    "Cluster",
    "Containerd",
    "ControlPlaneLogs",
    "DataRepository",
    "DisruptionBudget",
    "Endpoint",
    "ExistingPlacementGroup",
    "FileSystem",
    "FlowLogs",
    "Health",
    "HelmRelease",
    "Instance",
    "Kubelet",
    "Layout",
    "LifecycleRule",
    "LoadBalancer",
    "LocalStorage",
    "Mount",
    "Network",
    "NodeConfig",
    "NodeGroup",
    "ParameterServers",
    "PodIdentityAssociation",
    "PodResources",
    "Repository",
    "RepositoryImage",
    "Review",
    "RootVolume",
    "Scheduler",
    "Script",
    "SecretReference",
    "SecretsEncryption",
    "Section",
    "ServingDeployment",
    "ServingResources",
    "Size",
    "Spread",
    "Storage",
    "Taint",
    "TrainingJob",
    "Update",
    "Volume",
    "Workload",
    "Workloads",
]
