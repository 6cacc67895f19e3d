"""How many nodes a node group has, and where its instances come from."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ..values import Int, PlacementGroupName, ReservationId, ResourceGroupArn, Timestamp
from .base import Section, about

CapacityType = Literal["on_demand", "spot", "odcr", "capacity_block"]


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
