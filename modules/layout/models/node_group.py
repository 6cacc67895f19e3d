"""The `node_groups` section: managed node groups."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

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
    PlacementGroupName,
    PolicyArn,
    ReservationId,
    ResourceGroupArn,
    RoleArn,
    SecurityGroupId,
    Subnets,
    Tags,
    Timestamp,
)
from .base import Section, about
from .node_config import NodeConfig

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
]
CapacityType = Literal["on_demand", "spot", "odcr", "capacity_block"]

# EKS CreateNodegroup beside a launch template:
# https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html#launch-template-basics
MOST_INSTANCE_TYPES = 20


class Size(Section):
    """Number of nodes."""

    min: Annotated[Int, Field(ge=0, le=1000)] = Field(
        default=0,
        description="Fewest nodes.",
        examples=[0],
        json_schema_extra=about(
            unit="nodes",
            source="https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupScalingConfig.html",
        ),
    )
    desired: Annotated[Int, Field(ge=0, le=1000)] = Field(
        description="Nodes now (or at first: `scaling_owner`).",
        examples=[2],
        json_schema_extra=about(
            unit="nodes",
            source="https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupScalingConfig.html",
        ),
    )
    max: Annotated[Int, Field(ge=1, le=1000)] = Field(
        description="Most nodes.",
        examples=[10],
        json_schema_extra=about(
            unit="nodes",
            source="https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupScalingConfig.html",
        ),
    )

    @model_validator(mode="before")
    @classmethod
    def _max_is_desired(cls, data: Any) -> Any:
        if isinstance(data, dict) and "max" not in data:
            desired = data.get("desired")  # of any kind: what is wrong with it is said of it alone
            return {**data, "max": max(desired, 1) if type(desired) is int else 1}
        return data


class Capacity(Section):
    """Where the instances come from."""

    type: CapacityType = Field(
        default="on_demand",
        description="On demand, spot, an on-demand capacity reservation (odcr) or a capacity block.",
        examples=["capacity_block"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html"
        ),
    )
    reservation_id: ReservationId | None = Field(
        default=None,
        description="The reservation or the capacity block.",
        examples=["cr-0123456789abcdef0", "var.capacity_reservation_id"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CapacityReservationTarget.html"
        ),
    )
    reservation_group_arn: ResourceGroupArn | None = Field(
        default=None,
        description="A resource group of reservations, in place of one (odcr only).",
        examples=[
            "arn:aws:resource-groups:us-west-2:123456789012:group/gpus",
            "var.capacity_reservation_group_arn",
        ],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CapacityReservationTarget.html"
        ),
    )
    start: Timestamp | None = Field(
        default=None,
        description="StartDate of the capacity block: the group is empty until then, and scales up by itself. Afterwards its size is changed with `aws eks update-nodegroup-config`.",
        examples=["2030-01-01T11:30:00Z", "var.capacity_block_start"],
        json_schema_extra=about(
            unit="RFC 3339 time",
            source="https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html",
        ),
    )
    end: Timestamp | None = Field(
        default=None,
        description="EndDate of the capacity block. EKS drains the group 40 minutes before.",
        examples=["2030-01-08T11:30:00Z", "var.capacity_block_end"],
        json_schema_extra=about(
            unit="RFC 3339 time",
            source="https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html",
        ),
    )
    reservation_preference: Literal["open", "none"] | None = Field(
        default=None,
        description="Whether on-demand instances may run in a matching open reservation of the account (on_demand only). Without it EC2 decides, as if open.",
        examples=["none"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CapacityReservationSpecification.html"
        ),
    )

    @property
    def is_reserved(self) -> bool:
        """Whether the instances come from a reservation."""
        return self.type in ("odcr", "capacity_block")


class ExistingPlacementGroup(Section):
    """A placement group that exists."""

    name: PlacementGroupName = Field(
        description="Its name.",
        examples=["gpus", "var.placement_group_name"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/placement-strategies.html"
        ),
    )


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


class Update(Section):
    """How many nodes an update may take away at once. EKS starts new nodes first, which a full reservation has no room for."""

    max_unavailable: Annotated[Int, Field(ge=1, le=100)] | None = Field(
        default=None,
        description="Nodes, where there is no percentage.",
        examples=[2],
        json_schema_extra=about(
            unit="nodes",
            source="https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupUpdateConfig.html",
        ),
    )
    max_unavailable_percentage: Annotated[Int, Field(ge=1, le=100)] | None = Field(
        default=None,
        description="Percent of the group, in place of a number.",
        examples=[10],
        json_schema_extra=about(
            unit="% of the group",
            source="https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupUpdateConfig.html",
        ),
    )

    @model_validator(mode="before")
    @classmethod
    def _one_at_once(cls, data: Any) -> Any:
        # EKS's own default: https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
        given = ("max_unavailable", "max_unavailable_percentage")
        if isinstance(data, dict) and all(data.get(key) is None for key in given):
            return {**data, "max_unavailable": 1}
        return data


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
        description="EKS AMI type.",
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
        description="Pace of updates.",
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
