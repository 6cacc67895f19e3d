"""The layout as frozen, typed models."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..forms import BucketName, KeyPrefix
from ..values import ClusterName, GroupName, KubernetesVersion, LiteralKmsKeyArn, Region, ReleaseName, Tags
from .addons import Addon, HelmRelease
from .base import Section
from .cluster import AccessEntry, Cluster, Endpoint
from .network import Network
from .node_group import Capacity, ExistingPlacementGroup, NodeGroup, RootVolume, Size, Taint, Update

__all__ = [
    "AccessEntry",
    "Addon",
    "Backend",
    "Capacity",
    "Cluster",
    "Endpoint",
    "ExistingPlacementGroup",
    "HelmRelease",
    "Layout",
    "Network",
    "NodeGroup",
    "RootVolume",
    "Section",
    "Size",
    "Storage",
    "Taint",
    "Update",
]


class Backend(Section):
    """Where Terraform keeps the state of the layout's stacks."""

    type: Literal["local", "s3"] = Field(
        default="local", description="A file beside the project, or an S3 bucket."
    )
    bucket: BucketName | None = Field(
        default=None, description="The bucket, versioned and encrypted. s3 only."
    )
    key_prefix: KeyPrefix = Field(
        default="cdktf-eks-training",
        description="Folder in the bucket; each stack has a file of its own in it. s3 only.",
    )
    region: Region | None = Field(
        default=None, description="The bucket's region. Default: the layout's. s3 only."
    )
    # A backend takes no Terraform variables, so this is not KmsKeyArn.
    kms_key_arn: LiteralKmsKeyArn | None = Field(
        default=None, description="ARN of the KMS key of the state objects. s3 only."
    )


class Storage(Section):
    """Storage of the cluster."""

    default_storage_class: Literal["gp3", "none"] = Field(
        default="gp3",
        description="The default StorageClass: encrypted gp3 volumes of the EBS CSI driver, or none.",
    )


class Layout(Section):
    """One cluster, whole."""

    name: ClusterName = Field(description="Name of the cluster and of its stacks.")
    region: Region = Field(description="AWS region.")
    kubernetes_version: KubernetesVersion = Field(description="Kubernetes minor version, in quotes.")
    tags: Tags = Field(
        default_factory=dict,
        description="Tags of every AWS resource. A change rolls all nodes, whose launch templates carry the tags.",
    )
    backend: Backend = Field(default_factory=Backend, description="Where the state is kept.")
    network: Network = Field(default_factory=Network, description="The VPC.")
    cluster: Cluster = Field(default_factory=Cluster, description="The control plane.")
    addons: dict[str, Addon] = Field(default_factory=dict, description="EKS add-ons, by name.")
    node_groups: dict[GroupName, NodeGroup] = Field(description="Managed node groups, by name.")
    helm_releases: dict[ReleaseName, HelmRelease] = Field(
        default_factory=dict, description="Helm releases of the platform stack, by name."
    )
    storage: Storage = Field(default_factory=Storage, description="Storage of the cluster.")

    @property
    def platform_stack(self) -> str:
        """Name of the stack of Helm releases and cluster-wide Kubernetes objects."""
        return f"{self.name}-platform"

    @property
    def stacks(self) -> tuple[str, ...]:
        """Names of the stacks, in the order in which they are deployed."""
        return self.name, self.platform_stack

    @property
    def has_efa(self) -> bool:
        """Whether any node group has EFA interfaces."""
        return any(group.efa for group in self.node_groups.values())

    def has_addon(self, name: str) -> bool:
        """Whether an EKS add-on will be installed."""
        return name in self.addons and self.addons[name].enabled

    def has_release(self, name: str) -> bool:
        """Whether a Helm release will be installed."""
        return name in self.helm_releases and self.helm_releases[name].enabled

    @property
    def has_autoscaler(self) -> bool:
        """Whether the cluster autoscaler owns the size of any node group."""
        return any(group.scaling_owner == "autoscaler" for group in self.node_groups.values())
