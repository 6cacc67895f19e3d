"""Flow logs of a VPC."""

from __future__ import annotations

from dataclasses import dataclass

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.flow_log import FlowLog
from cdktf_cdktf_provider_aws.vpc import Vpc
from constructs import Construct

from .expressions import allow, policy
from .iam import ServiceRole
from .layout.models.network import FlowLogs

# https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams")


@dataclass(frozen=True, slots=True)
class VpcFlowLogs:
    """The flow logs of a VPC: `resource`, the log group that they go to, and the role by which they are written."""

    resource: FlowLog
    group: CloudwatchLogGroup
    role: ServiceRole


def flow_logs(scope: Construct, *, name: str, vpc: Vpc, logs: FlowLogs) -> VpcFlowLogs:
    """Sends a VPC's flow logs to CloudWatch Logs, by a role that can write to that log group alone."""
    group = CloudwatchLogGroup(
        scope,
        "flow-logs-group",
        name=f"/aws/vpc/{name}/flow-logs",
        retention_in_days=logs.retention_days,
    )
    role = ServiceRole(
        scope,
        "flow-logs-role",
        name=f"{name}-flow-logs",
        service="vpc-flow-logs.amazonaws.com",
        description=f"Flow logs of the VPC of EKS cluster {name}",
        inline={"write": policy(allow(_ACTIONS, [group.arn, f"{group.arn}:*"]))},
    )
    made = FlowLog(
        scope,
        "flow-logs",
        vpc_id=vpc.id,
        traffic_type=logs.traffic_type,
        log_destination=group.arn,
        iam_role_arn=role.arn,
        max_aggregation_interval=600,
        tags={"Name": name},
    )
    return VpcFlowLogs(made, group, role)
