"""The `node_groups` section: managed node groups."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ... import catalog
from ..forms import AmiReleaseVersion
from ..values import (
    AmiId,
    AvailabilityZone,
    Bool,
    Int,
    KmsKeyArn,
    LabelKey,
    LabelValue,
    PolicyArn,
    RoleArn,
    SecurityGroupId,
    Subnets,
    Tags,
)
from .base import Section, about
from .node_capacity import Capacity, ExistingPlacementGroup, Size
from .node_config import NodeConfig
from .node_update import Update

# EKS API, AMITypes: https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html
AmiType = Literal[
    "AL2023_x86_64_STANDARD",
    "AL2023_ARM_64_STANDARD",
    "AL2023_x86_64_NVIDIA",
    "AL2023_ARM_64_NVIDIA",
    "AL2023_x86_64_NEURON",
    "BOTTLEROCKET_x86_64",
    "BOTTLEROCKET_ARM_64",
    "BOTTLEROCKET_x86_64_NVIDIA",
    "BOTTLEROCKET_ARM_64_NVIDIA",
    "BOTTLEROCKET_x86_64_FIPS",
    "BOTTLEROCKET_ARM_64_FIPS",
    "BOTTLEROCKET_x86_64_NVIDIA_FIPS",
    "BOTTLEROCKET_ARM_64_NVIDIA_FIPS",
]

# EKS CreateNodegroup beside a launch template:
# https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html#launch-template-basics
MOST_INSTANCE_TYPES = 20


class RootVolume(Section):
    """The node's volume, always encrypted: the root volume, or with Bottlerocket the data volume."""

    size_gib: Annotated[Int, Field(ge=20, le=16384)] = Field(
        default=100,
        description="Size in GiB.",
        examples=[500],
        json_schema_extra=about(
            unit="GiB", source="https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html"
        ),
    )
    type: Literal["gp3", "io2"] = Field(
        default="gp3",
        description="EBS volume type.",
        examples=["io2"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html"
        ),
    )
    iops: Annotated[Int, Field(ge=100, le=256000)] | None = Field(
        default=None,
        description="IOPS: 3,000 to 80,000 for gp3 (3,000 are included); required for io2.",
        examples=[6000],
        json_schema_extra=about(
            unit="IOPS", source="https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html"
        ),
    )
    throughput: Annotated[Int, Field(ge=125, le=2000)] | None = Field(
        default=None,
        description="Throughput in MiB/s, gp3 only: 125 (included) to 2,000.",
        examples=[500],
        json_schema_extra=about(
            unit="MiB/s",
            source="https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html#gp3-ebs-volume-type",
        ),
    )
    kms_key_arn: KmsKeyArn | None = Field(
        default=None,
        description="Your KMS key, in place of aws/ebs.",
        examples=[
            "arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555",
            "var.kms_key_arn",
        ],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html"
        ),
    )


class Taint(Section):
    """A taint of every node of the group."""

    key: LabelKey = Field(
        description="Key, e.g. nvidia.com/gpu.",
        examples=["nvidia.com/gpu"],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/"
        ),
    )
    value: LabelValue = Field(
        default="",
        description="Value. May be empty.",
        examples=["true"],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/"
        ),
    )
    effect: Literal["NoSchedule", "NoExecute", "PreferNoSchedule"] = Field(
        default="NoSchedule",
        description="Effect.",
        examples=["NoExecute"],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/"
        ),
    )


class NodeGroup(Section):
    """A managed node group of one instance type.

    What is not given comes from the catalogue's entry for `instance_type`: AMI type, EFA, labels, taints, RAID0.
    """

    instance_type: str = Field(
        description="EC2 instance type.",
        examples=["p5.48xlarge"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html"
        ),
    )
    fallback_instance_types: Annotated[tuple[str, ...], Field(max_length=MOST_INSTANCE_TYPES - 1)] = Field(
        default=(),
        description="More instance types (on_demand and spot only), of the same architecture and as many accelerators, with EFA of the same accelerators and interfaces: on demand taken in this order where those before have no capacity, as spot where the most capacity is. A change replaces the node group.",
        examples=[["g6.8xlarge", "g6.16xlarge"]],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html#managed-node-group-capacity-types"
        ),
    )
    ami_type: AmiType = Field(
        description="EKS AMI type. Those with NVIDIA_FIPS need CDK Terrain: docs/flavours.md.",
        examples=["BOTTLEROCKET_x86_64_NVIDIA"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html"
        ),
    )
    ami_id: AmiId | None = Field(
        default=None,
        description="Your own AMI, made from one of the `ami_type` here. EKS neither updates it nor brings its user data, so that the nodes join by what is written here. Setting or removing it replaces the node group.",
        examples=["ami-0123456789abcdef0", "var.ami_id"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html#launch-template-custom-ami"
        ),
    )
    release_version: AmiReleaseVersion | None = Field(
        default=None,
        description="Release of the AMI. Without it, the newest at creation, kept until the version changes.",
        examples=["1.35.0-20260120"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html"
        ),
    )
    size: Size = Field(
        description="Number of nodes.",
        examples=[{"min": 0, "desired": 2, "max": 10}],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupScalingConfig.html"
        ),
    )
    scaling_owner: Literal["terraform", "autoscaler"] = Field(
        default="terraform",
        description="Who owns the desired size: terraform sets it on every apply; autoscaler only at creation.",
        examples=["autoscaler"],
    )
    capacity: Capacity = Field(
        default_factory=Capacity,
        description="Where the instances come from.",
        examples=[{"type": "odcr", "reservation_id": "var.capacity_reservation_id"}],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html"
        ),
    )
    availability_zone: AvailabilityZone | None = Field(
        default=None,
        description="Zone of all nodes; for reserved capacity, the reservation's.",
        examples=["us-west-2a", "var.availability_zone"],
    )
    subnet_ids: Subnets | None = Field(
        default=None,
        description="Existing subnets of the nodes (existing VPC only).",
        examples=[["subnet-0123456789abcdef0"], ["var.gpu_subnet_id"]],
        json_schema_extra=about(source="https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html"),
    )
    security_group_ids: Annotated[tuple[SecurityGroupId, ...], Field(max_length=14)] = Field(
        default=(),
        description="More security groups of the nodes, in the VPC of the cluster, beside the cluster's own (and that of EFA).",
        examples=[["sg-0123456789abcdef0"]],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html#launch-template-security-groups"
        ),
    )
    efa: Bool = Field(
        description="Whether the nodes get all EFA interfaces of the type.",
        examples=[False],
        json_schema_extra=about(source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa.html"),
    )
    placement_group: Literal["create", "none"] | ExistingPlacementGroup = Field(
        description="Cluster placement group: a new one, none, or the one that the reservation was made in.",
        examples=["create", {"name": "var.placement_group_name"}],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/placement-strategies.html#placement-groups-cluster"
        ),
    )
    root_volume: RootVolume = Field(
        default_factory=RootVolume, description="The root volume.", examples=[{"size_gib": 500}]
    )
    local_storage: Literal["raid0", "none"] = Field(
        description="raid0: containerd and kubelet use the instance's NVMe drives as one RAID0 volume. The default where all types of the group have drives.",
        examples=["none"],
        json_schema_extra=about(
            source="https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/#localstorageoptions"
        ),
    )
    node_config: NodeConfig | None = Field(
        default=None,
        description="Settings of nodeadm, the kubelet and containerd, over those of the group's other keys (Amazon Linux 2023 only).",
        examples=[{"kubelet": {"config": {"shutdownGracePeriod": "30s"}}}],
        json_schema_extra=about(source="https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/"),
    )
    labels: dict[LabelKey, LabelValue] = Field(
        description="Kubernetes labels, beside the catalogue's.",
        examples=[{"example.com/team": "research"}],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/"
        ),
    )
    taints: tuple[Taint, ...] = Field(
        description="Kubernetes taints, in place of the catalogue's.",
        examples=[[{"key": "nvidia.com/gpu", "value": "true"}]],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/"
        ),
    )
    tags: Tags = Field(
        default_factory=dict,
        description="Tags of the group's instances, volumes and interfaces.",
        examples=[{"cost-center": "research"}],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html"
        ),
    )
    role_arn: RoleArn | None = Field(
        default=None,
        description="Your node role. Without it, one is made.",
        examples=["arn:aws:iam::123456789012:role/node", "var.node_role_arn"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html"
        ),
    )
    policy_arns: tuple[PolicyArn, ...] = Field(
        default=(),
        description="More policies for the node role made here.",
        examples=[["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html"
        ),
    )
    imds_hop_limit: Annotated[Int, Field(ge=1, le=2)] = Field(
        default=1,
        description="IMDSv2 hop limit: 2 lets pods without host network read instance metadata.",
        examples=[2],
        json_schema_extra=about(
            unit="hops",
            source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html",
        ),
    )
    node_repair: Bool = Field(
        default=False,
        description="Whether EKS replaces or reboots nodes that it finds unhealthy.",
        examples=[True],
        json_schema_extra=about(source="https://docs.aws.amazon.com/eks/latest/userguide/node-health.html"),
    )
    update: Update = Field(
        default_factory=Update,
        description="How updates exchange the nodes: at what pace, and which first.",
        examples=[{"max_unavailable": 2}],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupUpdateConfig.html"
        ),
    )

    @property
    def type(self) -> catalog.InstanceType:
        """The catalogue's entry for the instance type; the rules have checked that there is one."""
        found = catalog.find(self.instance_type)
        if found is None:
            raise LookupError(f"{self.instance_type} is not in the catalogue")
        return found

    @property
    def instance_types(self) -> tuple[str, ...]:
        """All instance types: the first and its fallbacks."""
        return (self.instance_type, *self.fallback_instance_types)

    @property
    def drive_strategy(self) -> str | None:
        """What `node_config` says of the NVMe drives."""
        return self.node_config.instance.localStorage.strategy if self.node_config is not None else None

    @property
    def is_bottlerocket(self) -> bool:
        """Whether the AMI is Bottlerocket's."""
        return self.ami_type.startswith("BOTTLEROCKET")

    @property
    def starts_later(self) -> bool:
        """Whether a scheduled action brings the nodes up when the capacity block starts."""
        return self.capacity.type == "capacity_block" and self.capacity.start is not None
