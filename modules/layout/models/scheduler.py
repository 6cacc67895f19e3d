"""`cluster.scheduler`: how the Kubernetes scheduler chooses among the nodes that can run a pod."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..names import ResourceName
from ..values import Int
from .base import Section, about

CONTROL_PLANE = "https://docs.aws.amazon.com/eks/latest/userguide/control-plane-configuration.html"


class Scheduler(Section):
    """How the scheduler scores the nodes that can run a pod, for the whole cluster."""

    scoring_strategy: Literal["LeastAllocated", "MostAllocated"] = Field(
        description="MostAllocated fills nodes that are in use already, so that pods with few GPUs leave whole nodes free "
        "for jobs; LeastAllocated spreads pods, as EKS does by itself. Pods that run stay where they are.",
        examples=["MostAllocated"],
        json_schema_extra=about(source=CONTROL_PLANE),
    )
    resources: (
        Annotated[
            dict[ResourceName, Annotated[Int, Field(ge=1, le=100)]], Field(min_length=1, max_length=100)
        ]
        | None
    ) = Field(
        default=None,
        description="What counts, with its weight, 1 to 100. A device that is not named here does not count. "
        "Without it, cpu and memory, 1 each.",
        examples=[{"nvidia.com/gpu": 10, "cpu": 1, "memory": 1}],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/APIReference/API_ResourceWeight.html"
        ),
    )
