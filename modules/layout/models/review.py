"""What the review of a change (`ops review`) may let pass."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from ..forms import AddressGlob, Day, Reason, RuleId
from .base import Section, about

_SOURCE = "https://developer.hashicorp.com/terraform/cli/state/resource-addressing"


class AcceptedFinding(Section):
    """Findings of one rule of the review that somebody has looked at: they are shown as accepted, and do not count."""

    rule: RuleId = Field(
        description="Id of the rule, as the review names it.",
        examples=["nodes-roll"],
    )
    resources: Annotated[tuple[AddressGlob, ...], Field(min_length=1)] | None = Field(
        default=None,
        description="Terraform addresses of the resources that it is accepted for; * and ? stand for any characters and for "
        "one. Default: all of the layout's stacks.",
        examples=[["aws_eks_node_group.nodes_p5", "aws_launch_template.*"]],
        json_schema_extra=about(source=_SOURCE),
    )
    reason: Reason = Field(
        description="Why it may pass; the review shows it.",
        examples=["The run ends on Friday; nodes are replaced after it."],
    )
    until: Day = Field(
        description="The last day on which it is accepted, in UTC, at most a year ahead. Later, the findings count again.",
        examples=["2026-12-31"],
    )

    @property
    def last_day(self) -> date:
        """`until` as a date."""
        return date.fromisoformat(self.until)


class Review(Section):
    """The review of a change by `ops review`; nothing of it is in the Terraform JSON."""

    accept: tuple[AcceptedFinding, ...] = Field(
        default=(),
        description="Findings that do not count until a day. A rule's findings on other resources still do.",
        examples=[
            [
                {
                    "rule": "nodes-roll",
                    "resources": ["aws_eks_node_group.nodes_p5"],
                    "reason": "The run ends on Friday.",
                    "until": "2026-12-31",
                }
            ]
        ],
    )
