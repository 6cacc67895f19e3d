"""What this cluster has besides its layout: an alarm, and where it is for those who look in another account."""

from cdktf import TerraformResource
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderAssumeRole
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from eks_training import ClusterStack


def extend(stack, layout):
    """Called for each stack of the layout."""
    if not isinstance(stack, ClusterStack):
        return
    topic = SnsTopic(stack, "nodes-failed", name=f"{layout.name}-nodes-failed")
    CloudwatchMetricAlarm(
        stack,
        "nodes-failed-alarm",
        alarm_name=f"{layout.name}-nodes-failed",
        namespace="ContainerInsights",
        metric_name="cluster_failed_node_count",
        dimensions={"ClusterName": stack.cluster.name},
        statistic="Maximum",
        period=60,
        comparison_operator="GreaterThanThreshold",
        threshold=0,
        evaluation_periods=1,
        alarm_actions=[topic.arn],
    )
    # Another configuration of a provider, or another provider.
    role = AwsProviderAssumeRole(role_arn="arn:aws:iam::210987654321:role/clusters")
    shared = AwsProvider(stack, "shared", alias="shared", region=layout.region, assume_role=[role])
    SsmParameter(
        stack,
        "endpoint",
        name=f"/clusters/{layout.name}/endpoint",
        type="String",
        insecure_value=stack.cluster.resource.endpoint,
        provider=shared,
    )
    # A type without bindings.
    marker = TerraformResource(stack, "marker", terraform_resource_type="terraform_data")
    marker.add_override("input", stack.node_groups["p5"].launch_template.id)
    # And an argument of what the layout makes.
    stack.node_groups["p5"].launch_template.add_override("metadata_options.instance_metadata_tags", "enabled")
