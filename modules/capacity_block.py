"""What happens when a capacity block starts."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import cast

from cdktf import TerraformStack, Token
from cdktf_cdktf_provider_aws.autoscaling_schedule import AutoscalingSchedule
from cdktf_cdktf_provider_aws.eks_node_group import EksNodeGroup
from constructs import Construct

from .expressions import reference
from .layout.models import NodeGroup
from .layout.values import Var


def until_start(group: NodeGroup, size: int) -> int:
    """A size that is 0 until the capacity block starts: before, there is nothing to launch."""
    if not group.starts_later or size == 0:
        return size
    return cast(int, Token.as_number(f"${{{_lies_ahead(group)} ? 0 : {size}}}"))


def scale_up_at_start(
    scope: Construct,
    *,
    cluster_name: str,
    name: str,
    group: NodeGroup,
    node_group: EksNodeGroup,
    autoscaling_group: str,
) -> AutoscalingSchedule:
    """EKS never scales a group up when its capacity block begins: a scheduled action does.

    Auto Scaling forgets a one-time action once it has run and refuses one in the past, so it exists only while the
    start lies ahead: a plan after the start would otherwise try to make it again, and fail.

    https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html

    Args:
        name: the node group's, as `group` is in the layout.
        autoscaling_group: reference to the name of the node group's Auto Scaling group.
    """
    action = AutoscalingSchedule(
        scope,
        "start",
        scheduled_action_name="capacity-block-start",
        autoscaling_group_name=autoscaling_group,
        start_time=_utc(group.capacity.start or ""),
        min_size=group.size.min,
        max_size=group.size.max,
        desired_capacity=group.size.desired,
    )
    action.add_override("count", f"${{{_lies_ahead(group)} ? 1 : 0}}")
    # Where the start passed in the middle of an apply, there is no action and, the size being ignored, no change
    # either: say so, rather than leave a block that is paid for empty.
    filled = f"{node_group.fqn}.scaling_config[0].desired_size > 0"
    TerraformStack.of(scope).add_override(
        f"check.{node_group.friendly_unique_id}_started.assert",
        [
            {
                "condition": f"${{{_lies_ahead(group)} || {filled}}}",
                "error_message": f"The capacity block of the node group {name} has started, and the group is empty. "
                f"Scale it up: aws eks update-nodegroup-config --cluster-name {cluster_name} --nodegroup-name {name} "
                f"--scaling-config desiredSize={group.size.desired}",
            }
        ],
    )
    return action


def _lies_ahead(group: NodeGroup) -> str:
    """Whether the capacity block starts after the plan is made, as an expression."""
    return f"timecmp({reference(group.capacity.start or '')}, plantimestamp()) > 0"


def _utc(time: str) -> str:
    """A time as Auto Scaling takes it, YYYY-MM-DDThh:mm:ssZ; the validation of a variable asks for that form."""
    if isinstance(time, Var):
        return time
    moment = datetime.fromisoformat(time.replace("Z", "+00:00"))
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
