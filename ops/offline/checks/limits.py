"""Limits that AWS documents or the Terraform provider enforces, and the service models leave out or state wider.

Where both know an argument, this table counts. The texts are those of the operations' own documentation, unless a
line says otherwise.
"""

from __future__ import annotations

from typing import Final

from .constraint import Constraint

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html; 0 is the provider's
# word for "never": https://github.com/hashicorp/terraform-provider-aws/blob/main/website/docs/r/cloudwatch_log_group.html.markdown
_RETENTION_DAYS = (
    0,
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
_GROUP_TEXT = r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]*"
# https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
_CLUSTER_NAME = Constraint("EKS CreateCluster name", pattern=r"[0-9A-Za-z][A-Za-z0-9\-_]*", least=1, most=100)
_KUBERNETES_VERSION = Constraint("EKS version (like 1.35)", pattern=r"1\.[0-9]{2}")
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html
_TEMPLATE_NAME = r"[A-Za-z0-9().\-/_]*"
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html: -1 where there is no port or type
_PORT = Constraint("EC2 IpPermission", kind="integer", least=-1, most=65535)
_PROTOCOL = Constraint(
    "EC2 IpPermission IpProtocol (a name, a number, or -1 for all)",
    pattern=r"(?i:tcp|udp|icmp|icmpv6|all)|-1|[0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5]",
)
_RULES: Final = {
    f"{type_name} {side}{name}": constraint
    for type_name, sides in {
        "aws_security_group": ("ingress.", "egress."),
        "aws_default_security_group": ("ingress.", "egress."),
        "aws_vpc_security_group_ingress_rule": ("",),
        "aws_vpc_security_group_egress_rule": ("",),
    }.items()
    for side in sides
    for name, constraint in {
        "from_port": _PORT,
        "to_port": _PORT,
        "protocol" if side else "ip_protocol": _PROTOCOL,
        "description": Constraint("EC2 IpRange Description", pattern=_GROUP_TEXT, least=0, most=255),
    }.items()
}

LIMITS: Final[dict[str, Constraint]] = {
    **_RULES,
    "aws_cloudwatch_log_group retention_in_days": Constraint(
        "CloudWatch Logs PutRetentionPolicy retentionInDays",
        kind="integer",
        enum=tuple(map(str, _RETENTION_DAYS)),
    ),
    "aws_eks_access_entry cluster_name": _CLUSTER_NAME,
    "aws_eks_access_entry type": Constraint(
        "EKS CreateAccessEntry type",
        enum=(
            "STANDARD",
            "FARGATE_LINUX",
            "EC2_LINUX",
            "EC2_WINDOWS",
            "EC2",
            "HYBRID_LINUX",
            "HYPERPOD_LINUX",
        ),
    ),
    "aws_eks_access_policy_association cluster_name": _CLUSTER_NAME,
    "aws_eks_addon cluster_name": _CLUSTER_NAME,
    # PRESERVE is for updates. https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAddon.html
    "aws_eks_addon resolve_conflicts_on_create": Constraint(
        "EKS CreateAddon resolveConflicts", enum=("NONE", "OVERWRITE")
    ),
    "aws_eks_addon resolve_conflicts_on_update": Constraint(
        "EKS UpdateAddon resolveConflicts", enum=("NONE", "OVERWRITE", "PRESERVE")
    ),
    "aws_eks_cluster encryption_config.resources": Constraint(
        "EKS EncryptionConfig resources",
        kind="list",
        items=Constraint("EKS EncryptionConfig resources", enum=("secrets",)),
    ),
    "aws_eks_cluster name": _CLUSTER_NAME,
    "aws_eks_cluster version": _KUBERNETES_VERSION,
    "aws_eks_node_group cluster_name": _CLUSTER_NAME,
    "aws_eks_node_group instance_types": Constraint(
        "EKS CreateNodegroup instanceTypes", kind="list", least=0, most=20
    ),
    # The lengths of values, up to 63, are among the rules of Kubernetes.
    "aws_eks_node_group labels": Constraint(
        "EKS CreateNodegroup labels",
        kind="map",
        keys=Constraint("EKS CreateNodegroup labels", least=1, most=63),
        items=Constraint("EKS CreateNodegroup labels", least=1),
    ),
    # https://github.com/hashicorp/terraform-provider-aws/blob/main/website/docs/r/eks_node_group.html.markdown
    "aws_eks_node_group launch_template.version": Constraint(
        "EKS LaunchTemplateSpecification version", pattern=r"[1-9][0-9]*|\$(Default|Latest)"
    ),
    # https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/eks/node_group.go
    "aws_eks_node_group node_group_name": Constraint(
        "EKS CreateNodegroup nodegroupName", pattern=r"[0-9A-Za-z][A-Za-z0-9\-_]*", least=1, most=63
    ),
    "aws_eks_node_group node_group_name_prefix": Constraint(
        "EKS CreateNodegroup nodegroupName, which gets 26 characters more,",
        pattern=r"[0-9A-Za-z][A-Za-z0-9\-_]*",
        most=37,
    ),
    "aws_eks_node_group update_config.max_unavailable": Constraint(
        "EKS NodegroupUpdateConfig maxUnavailable", kind="integer", least=1, most=100
    ),
    "aws_eks_node_group version": _KUBERNETES_VERSION,
    "aws_eks_pod_identity_association cluster_name": _CLUSTER_NAME,
    "aws_flow_log max_aggregation_interval": Constraint(
        "EC2 CreateFlowLogs MaxAggregationInterval (seconds)", kind="integer", enum=("60", "600")
    ),
    "aws_iam_openid_connect_provider url": Constraint(
        "IAM CreateOpenIDConnectProvider Url (https, no port, no query)",
        pattern=r"https://[^/?#:]+(/[^?#]*)?",
        least=1,
        most=255,
    ),
    "aws_kms_alias name": Constraint(
        "KMS CreateAlias AliasName (alias/..., not alias/aws/...)",
        pattern=r"alias/(?!aws/)[a-zA-Z0-9/_-]+",
        least=1,
        most=256,
    ),
    "aws_kms_key deletion_window_in_days": Constraint(
        "KMS ScheduleKeyDeletion PendingWindowInDays", kind="integer", least=7, most=30
    ),
    "aws_launch_template block_device_mappings.ebs.throughput": Constraint(
        "EC2 LaunchTemplateEbsBlockDevice Throughput (MiB/s)", kind="integer", least=125, most=2000
    ),
    "aws_launch_template block_device_mappings.ebs.volume_size": Constraint(
        "EC2 LaunchTemplateEbsBlockDevice VolumeSize (GiB)", kind="integer", least=1, most=65536
    ),
    "aws_launch_template credit_specification.cpu_credits": Constraint(
        "EC2 CreditSpecification CpuCredits", enum=("standard", "unlimited")
    ),
    "aws_launch_template metadata_options.http_put_response_hop_limit": Constraint(
        "EC2 LaunchTemplateInstanceMetadataOptions HttpPutResponseHopLimit", kind="integer", least=1, most=64
    ),
    "aws_launch_template name": Constraint(
        "EC2 CreateLaunchTemplate LaunchTemplateName", pattern=_TEMPLATE_NAME, least=3, most=125
    ),
    # https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/verify/validate.go
    "aws_launch_template name_prefix": Constraint(
        "EC2 CreateLaunchTemplate LaunchTemplateName, which gets 26 characters more,",
        pattern=_TEMPLATE_NAME,
        most=99,
    ),
    "aws_launch_template network_interfaces.connection_tracking_specification.tcp_established_timeout": Constraint(
        "EC2 ConnectionTrackingSpecification TcpEstablishedTimeout (seconds)",
        kind="integer",
        least=60,
        most=432000,
    ),
    "aws_launch_template network_interfaces.connection_tracking_specification.udp_stream_timeout": Constraint(
        "EC2 ConnectionTrackingSpecification UdpStreamTimeout (seconds)", kind="integer", least=60, most=180
    ),
    "aws_launch_template network_interfaces.connection_tracking_specification.udp_timeout": Constraint(
        "EC2 ConnectionTrackingSpecification UdpTimeout (seconds)", kind="integer", least=30, most=60
    ),
    "aws_launch_template network_interfaces.device_index": Constraint(
        "EC2 LaunchTemplateInstanceNetworkInterface DeviceIndex", kind="integer", least=0
    ),
    "aws_launch_template network_interfaces.interface_type": Constraint(
        "EC2 LaunchTemplateInstanceNetworkInterface InterfaceType", enum=("interface", "efa", "efa-only")
    ),
    "aws_launch_template network_interfaces.network_card_index": Constraint(
        "EC2 LaunchTemplateInstanceNetworkInterface NetworkCardIndex", kind="integer", least=0
    ),
    "aws_launch_template tag_specifications.resource_type": Constraint(
        "EC2 CreateLaunchTemplate ResourceType",
        enum=("instance", "volume", "network-interface", "spot-instances-request"),
    ),
    # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/placement-strategies.html: seven partitions a zone
    "aws_placement_group partition_count": Constraint(
        "EC2 CreatePlacementGroup PartitionCount", kind="integer", least=1, most=7
    ),
    "aws_placement_group name": Constraint(
        "EC2 CreatePlacementGroup GroupName", pattern=r"[ -~]+", least=1, most=255
    ),
    "aws_security_group description": Constraint(
        "EC2 CreateSecurityGroup Description", pattern=_GROUP_TEXT, least=0, most=255
    ),
    "aws_security_group name": Constraint(
        "EC2 CreateSecurityGroup GroupName (not sg-...)", pattern=rf"(?!sg-){_GROUP_TEXT}", least=1, most=255
    ),
    "aws_security_group name_prefix": Constraint(
        "EC2 CreateSecurityGroup GroupName (not sg-...)", pattern=rf"(?!sg-){_GROUP_TEXT}", most=229
    ),
    "aws_vpc instance_tenancy": Constraint("EC2 CreateVpc InstanceTenancy", enum=("default", "dedicated")),
}
