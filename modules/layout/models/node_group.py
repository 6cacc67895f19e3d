"""The `node_groups` section: managed node groups."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ... import catalog
from ..forms import AmiReleaseVersion
from ..values import (
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
    Subnets,
    Tags,
    Timestamp,
)
from .base import Section

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


class Size(Section):
    """Number of nodes."""

    min: Annotated[Int, Field(ge=0, le=1000)] = Field(default=0, description="Fewest nodes.")
    desired: Annotated[Int, Field(ge=0, le=1000)] = Field(
        description="Nodes now (or at first: `scaling_owner`)."
    )
    max: Annotated[Int, Field(ge=1, le=1000)] = Field(description="Most nodes. Default: desired, at least 1.")

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
    )
    reservation_id: ReservationId | None = Field(
        default=None, description="The reservation or the capacity block."
    )
    reservation_group_arn: ResourceGroupArn | None = Field(
        default=None, description="A resource group of reservations, in place of one (odcr only)."
    )
    start: Timestamp | None = Field(
        default=None,
        description="StartDate of the capacity block: the group is empty until then, and scales up by itself. Afterwards its size is changed with `aws eks update-nodegroup-config`.",
    )
    end: Timestamp | None = Field(
        default=None, description="EndDate of the capacity block. EKS drains the group 40 minutes before."
    )

    @property
    def is_reserved(self) -> bool:
        """Whether the instances come from a reservation."""
        return self.type in ("odcr", "capacity_block")


class ExistingPlacementGroup(Section):
    """A placement group that exists."""

    name: PlacementGroupName = Field(description="Its name.")


class RootVolume(Section):
    """The node's volume, always encrypted: the root volume, or with Bottlerocket the data volume."""

    size_gib: Annotated[Int, Field(ge=20, le=16384)] = Field(default=100, description="Size in GiB.")
    type: Literal["gp3", "io2"] = Field(default="gp3", description="EBS volume type.")
    iops: Annotated[Int, Field(ge=100, le=256000)] | None = Field(
        default=None, description="IOPS: 3,000 to 80,000 for gp3 (3,000 are included); required for io2."
    )
    throughput: Annotated[Int, Field(ge=125, le=2000)] | None = Field(
        default=None, description="Throughput in MiB/s, gp3 only: 125 (included) to 2,000."
    )
    kms_key_arn: KmsKeyArn | None = Field(default=None, description="Your KMS key, in place of aws/ebs.")


class Taint(Section):
    """A taint of every node of the group."""

    key: LabelKey = Field(description="Key, e.g. nvidia.com/gpu.")
    value: LabelValue = Field(default="", description="Value. May be empty.")
    effect: Literal["NoSchedule", "NoExecute", "PreferNoSchedule"] = Field(
        default="NoSchedule", description="Effect."
    )


class Update(Section):
    """How many nodes an update may take away at once. EKS starts new nodes first, which a full reservation has no room for."""

    max_unavailable: Annotated[Int, Field(ge=1, le=100)] | None = Field(
        default=None, description="Nodes. Default 1."
    )
    max_unavailable_percentage: Annotated[Int, Field(ge=1, le=100)] | None = Field(
        default=None, description="Percent of the group, in place of a number."
    )


class NodeGroup(Section):
    """A managed node group of one instance type.

    What is not given comes from the catalogue's entry for `instance_type`: AMI type, EFA, labels, taints, RAID0.
    """

    instance_type: str = Field(description="EC2 instance type.")
    ami_type: AmiType = Field(description="EKS AMI type.")
    release_version: AmiReleaseVersion | None = Field(
        default=None,
        description="Release of the AMI. Without it, the newest at creation, kept until the version changes.",
    )
    size: Size = Field(description="Number of nodes.")
    scaling_owner: Literal["terraform", "autoscaler"] = Field(
        default="terraform",
        description="Who owns the desired size: terraform sets it on every apply; autoscaler only at creation.",
    )
    capacity: Capacity = Field(default_factory=Capacity, description="Where the instances come from.")
    availability_zone: AvailabilityZone | None = Field(
        default=None, description="Zone of all nodes; for reserved capacity, the reservation's."
    )
    subnet_ids: Subnets | None = Field(
        default=None, description="Existing subnets of the nodes (existing VPC only)."
    )
    efa: Bool = Field(description="Whether the nodes get all EFA interfaces of the type.")
    placement_group: Literal["create", "none"] | ExistingPlacementGroup = Field(
        description="Cluster placement group: a new one, none, or the one that the reservation was made in."
    )
    root_volume: RootVolume = Field(default_factory=RootVolume, description="The root volume.")
    local_storage: Literal["raid0", "none"] = Field(
        description="raid0: containerd and kubelet use the instance's NVMe drives as one RAID0 volume."
    )
    labels: dict[LabelKey, LabelValue] = Field(description="Kubernetes labels, beside the catalogue's.")
    taints: tuple[Taint, ...] = Field(description="Kubernetes taints, in place of the catalogue's.")
    tags: Tags = Field(
        default_factory=dict, description="Tags of the group's instances, volumes and interfaces."
    )
    role_arn: RoleArn | None = Field(default=None, description="Your node role. Without it, one is made.")
    policy_arns: tuple[PolicyArn, ...] = Field(
        default=(), description="More policies for the node role made here."
    )
    imds_hop_limit: Annotated[Int, Field(ge=1, le=2)] = Field(
        default=1, description="IMDSv2 hop limit: 2 lets pods without host network read instance metadata."
    )
    node_repair: Bool = Field(
        default=False, description="Whether EKS replaces or reboots nodes that it finds unhealthy."
    )
    update: Update = Field(default_factory=Update, description="Pace of updates.")

    @property
    def type(self) -> catalog.InstanceType:
        """The catalogue's entry for the instance type; the rules have checked that there is one."""
        found = catalog.find(self.instance_type)
        if found is None:
            raise LookupError(f"{self.instance_type} is not in the catalogue")
        return found

    @property
    def is_bottlerocket(self) -> bool:
        """Whether the AMI is Bottlerocket's."""
        return self.ami_type.startswith("BOTTLEROCKET")

    @property
    def starts_later(self) -> bool:
        """Whether a scheduled action brings the nodes up when the capacity block starts."""
        return self.capacity.type == "capacity_block" and self.capacity.start is not None
