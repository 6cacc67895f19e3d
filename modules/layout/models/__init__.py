"""The layout as frozen, typed models."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ..extension_file import ExtensionFile
from ..forms import BucketName, KeyPrefix
from ..overrides import OverrideAddress, OverridePath, StackKind
from ..releases import CHARTS
from ..values import (
    ClusterName,
    GroupName,
    KubernetesVersion,
    LiteralKmsKeyArn,
    Region,
    ReleaseName,
    Tags,
    WorkloadName,
)
from .access import AccessEntry, AccessPolicy
from .addons import Addon, HelmRelease
from .base import Section, about
from .cluster import Cluster, Endpoint
from .network import Network
from .node_capacity import Capacity, ExistingPlacementGroup, Size
from .node_config import NodeConfig
from .node_group import NodeGroup, RootVolume, Taint
from .node_update import Update
from .pod_identity import PodIdentityAssociation
from .review import AcceptedFinding, Review
from .serving import ServingDeployment
from .storage import Bucket, FileSystem, Repository, Storage, Volume
from .training import TrainingJob
from .workloads import Workload

__all__ = [
    "AcceptedFinding",
    "AccessEntry",
    "AccessPolicy",
    "Addon",
    "Backend",
    "Bucket",
    "Capacity",
    "Cluster",
    "Endpoint",
    "ExistingPlacementGroup",
    "FileSystem",
    "HelmRelease",
    "Layout",
    "Network",
    "NodeConfig",
    "NodeGroup",
    "PodIdentityAssociation",
    "Repository",
    "Review",
    "RootVolume",
    "Section",
    "ServingDeployment",
    "Size",
    "Storage",
    "Taint",
    "TrainingJob",
    "Update",
    "Volume",
    "Workload",
    "Workloads",
]


class Backend(Section):
    """Where Terraform keeps the state of the layout's stacks."""

    type: Literal["local", "s3"] = Field(
        default="local",
        description="A file beside the project, or an S3 bucket.",
        examples=["s3"],
        json_schema_extra=about(source="https://developer.hashicorp.com/terraform/language/backend"),
    )
    bucket: BucketName | None = Field(
        default=None,
        description="The bucket, versioned and encrypted. s3 only.",
        examples=["my-terraform-state"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"
        ),
    )
    key_prefix: KeyPrefix = Field(
        default="cdktf-eks-training",
        description="Folder in the bucket; each stack has a file of its own in it. s3 only.",
        examples=["clusters"],
        json_schema_extra=about(source="https://developer.hashicorp.com/terraform/language/backend/s3"),
    )
    region: Region | None = Field(
        default=None,
        description="The bucket's region. Default: the layout's. s3 only.",
        examples=["us-east-1"],
        json_schema_extra=about(source="https://developer.hashicorp.com/terraform/language/backend/s3"),
    )
    # A backend takes no Terraform variables, so this is not KmsKeyArn.
    kms_key_arn: LiteralKmsKeyArn | None = Field(
        default=None,
        description="ARN of the KMS key of the state objects. s3 only.",
        examples=["arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555"],
        json_schema_extra=about(source="https://developer.hashicorp.com/terraform/language/backend/s3"),
    )


class Workloads(Section):
    """What runs on the cluster."""

    training: dict[WorkloadName, TrainingJob] = Field(
        default_factory=dict,
        description="Training jobs and sets of workers, by name.",
        examples=[{"llama": {"kind": "indexed_job", "image": "var.image", "node_group": "gpu", "nodes": 2}}],
    )
    serving: dict[WorkloadName, ServingDeployment] = Field(
        default_factory=dict,
        description="Servers, by name: a Deployment and a Service each, behind a load balancer or not.",
        examples=[{"api": {"image": "var.image", "port": 8080, "load_balancer": {"type": "nlb"}}}],
    )


class Layout(Section):
    """One cluster, whole."""

    name: ClusterName = Field(
        description="Name of the cluster and of its stacks.",
        examples=["llm-training"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html"
        ),
    )
    region: Region = Field(
        description="AWS region.",
        examples=["us-west-2"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html"
        ),
    )
    kubernetes_version: KubernetesVersion = Field(
        description="Kubernetes minor version, in quotes.",
        examples=["1.35"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html"
        ),
    )
    tags: Tags = Field(
        default_factory=dict,
        description="Tags of every AWS resource. A change rolls all nodes, whose launch templates carry the tags.",
        examples=[{"team": "research"}],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html"
        ),
    )
    backend: Backend = Field(
        default_factory=Backend,
        description="Where the state is kept.",
        examples=[{"type": "s3", "bucket": "my-terraform-state"}],
    )
    network: Network = Field(
        default_factory=Network, description="The VPC.", examples=[{"cidr": "10.1.0.0/16"}]
    )
    cluster: Cluster = Field(
        default_factory=Cluster, description="The control plane.", examples=[{"deletion_protection": True}]
    )
    addons: dict[str, Addon] = Field(
        default_factory=dict,
        description="EKS add-ons, by name.",
        examples=[{"aws-fsx-csi-driver": {}}],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html"
        ),
    )
    node_groups: dict[GroupName, NodeGroup] = Field(
        description="Managed node groups, by name.",
        examples=[{"sys": {"instance_type": "c5.2xlarge", "size": {"desired": 1, "max": 3}}}],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html"
        ),
    )
    helm_releases: dict[ReleaseName, HelmRelease] = Field(
        default_factory=dict,
        description="Helm releases of the platform stack, by name.",
        examples=[{"kueue": {}}],
    )
    storage: Storage = Field(
        default_factory=Storage,
        description="Storage of the cluster.",
        examples=[{"default_storage_class": "none"}],
    )
    workloads: Workloads = Field(
        default_factory=Workloads,
        description="What runs on the cluster.",
        examples=[{"training": {}}],
    )
    review: Review = Field(
        default_factory=Review,
        description="What the review of a change lets pass.",
        examples=[{"accept": []}],
    )
    overrides: dict[OverrideAddress, dict[OverridePath, Any]] = Field(
        default_factory=dict,
        description="Arguments of any resource, data source or provider, by its address in plans and their paths in it. A value "
        "takes the place of what is there, after all else; `${...}` in it is Terraform's, and `${null}` takes an argument out. "
        "The rules of a layout do not see it: docs/overrides.md.",
        examples=[{"aws_eks_node_group.nodes_p5": {"timeouts.create": "90m"}}],
        json_schema_extra=about(
            source="https://developer.hashicorp.com/terraform/cli/state/resource-addressing"
        ),
    )
    extension: ExtensionFile | None = Field(
        default=None,
        description="A Python file, from this file's folder, whose function `extend(stack, layout)` adds resources and providers "
        "of your own to each stack: docs/overrides.md. It runs whenever the stacks are made, and not when a layout is checked.",
        examples=["./stack.py"],
    )

    @property
    def platform_stack(self) -> str:
        """Name of the stack of Helm releases and cluster-wide Kubernetes objects."""
        return f"{self.name}-platform"

    @property
    def data_stack(self) -> str:
        """Name of the stack of buckets and image repositories: the first to come and the last to go."""
        return f"{self.name}-data"

    @property
    def workloads_stack(self) -> str:
        """Name of the stack of what runs on the cluster: the last to come and the first to go."""
        return f"{self.name}-workloads"

    @property
    def has_workloads(self) -> bool:
        """Whether anything runs on the cluster, or has a claim for what is stored, and so a stack of it."""
        storage = self.storage
        return bool(
            self.workloads.training
            or self.workloads.serving
            or storage.volumes
            or any(one.namespaces for one in storage.file_systems.values())
        )

    @property
    def has_data(self) -> bool:
        """Whether there are buckets or image repositories, and so a stack of them."""
        return bool(self.storage.buckets or self.storage.repositories)

    @property
    def stacks(self) -> tuple[str, ...]:
        """Names of the stacks, in the order in which they are deployed."""
        return (
            *([self.data_stack] if self.has_data else ()),
            self.name,
            self.platform_stack,
            *([self.workloads_stack] if self.has_workloads else ()),
        )

    def kind_of(self, stack: str) -> StackKind:
        """Which of the layout's stacks one is, by its name."""
        kinds: dict[str, StackKind] = {
            self.data_stack: "data",
            self.platform_stack: "platform",
            self.workloads_stack: "workloads",
        }
        return kinds.get(stack, "cluster")

    @property
    def zones(self) -> list[str]:
        """The zones that node groups and file systems ask for."""
        asked = [group.availability_zone for group in self.node_groups.values()]
        asked += [one.availability_zone for one in self.storage.file_systems.values()]
        return [zone for zone in asked if zone]

    @property
    def has_efa(self) -> bool:
        """Whether any node group has EFA interfaces."""
        return any(group.efa for group in self.node_groups.values())

    @property
    def claims_efa(self) -> bool:
        """Whether pods claim EFA devices, rather than ask the device plugin for a number of them."""
        return self.cluster.efa_driver == "dra"

    def has_addon(self, name: str) -> bool:
        """Whether an EKS add-on will be installed."""
        return name in self.addons and self.addons[name].enabled

    def has_release(self, name: str) -> bool:
        """Whether a Helm release will be installed."""
        return name in self.helm_releases and self.helm_releases[name].enabled

    def namespace_of(self, release: str) -> str:
        """The namespace of a Helm release, installed here or by somebody else."""
        found = self.helm_releases.get(release)
        return found.namespace if found else CHARTS[release].namespace

    @property
    def has_autoscaler(self) -> bool:
        """Whether the cluster autoscaler owns the size of any node group."""
        return any(group.scaling_owner == "autoscaler" for group in self.node_groups.values())
