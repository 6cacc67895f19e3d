"""How EKS exchanges the nodes of a group: the `update` of a node group."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ..values import Int
from .base import Section, about


class Update(Section):
    """How an update exchanges the nodes of a group.

    EKS starts new nodes first, which a full reservation has no room for, unless `strategy` is `minimal`.
    """

    max_unavailable: Annotated[Int, Field(ge=1, le=100)] | None = Field(
        default=None,
        description="Nodes that may be away at once, where there is no percentage.",
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
    strategy: Literal["default", "minimal"] | None = Field(
        default=None,
        description="`minimal` takes old nodes away before it starts new ones: what lets a group roll on a reservation "
        "that it fills. `default` starts new ones first, as EKS does without either: write it to go back. It counts from "
        "the deploy after the one that sets it. CDK Terrain only: docs/flavours.md.",
        examples=["minimal"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html"
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
