"""The cluster and its nodes: EKS, launch templates, Auto Scaling, IAM, KMS and logs.

The files named here are those of hashicorp/terraform-provider-aws.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .compare import at, set_anew, taken_away
from .model import Network, OnlyWith, Overlay, Recomputed, Validation, Values
from .validations import ANY_NETWORK, ARN, NULLABLE_BOOL, name

# internal/service/eks/validate.go
_CLUSTER_NAME = Validation(
    pattern="[0-9A-Za-z][0-9A-Za-z_-]{0,99}",
    hint="has to have 1 to 100 letters, digits, - and _, a letter or digit first",
)
# internal/verify/validate.go
_TEMPLATE_ID = Validation(pattern="lt-[0-9a-z]{1,252}", hint="has to be lt- and letters or digits")
_TEMPLATE_NAME = name(125, shortest=3, pattern=r"[0-9A-Za-z()./_-]+")
_TEMPLATE_PREFIX = name(99, shortest=3, pattern=r"[0-9A-Za-z()./_-]+")
# internal/service/iam/validate.go
_IAM_NAME = r"[\w+=,.@-]*"
# internal/service/logs/validate.go
_LOG_GROUP_NAME = r"[0-9A-Za-z_./#-]+"
# internal/service/kms/validate.go
_ALIAS = Validation(
    pattern="alias/(?!aws/)[0-9A-Za-z_/-]+",
    hint="has to be alias/ (and not alias/aws/) and letters, digits, /, _ and -",
)
_PERCENTAGE = Validation(at_least=1, at_most=100)
_COUNT = Validation(at_least=1)


def _auto_mode_role(prior: Values, planned: Values) -> tuple[str, ...]:
    """The role of Auto Mode's nodes can be set later, and unset with Auto Mode or its node pools; not exchanged."""
    path = "compute_config.0.node_role_arn"
    before, after = at(prior, path), at(planned, path)
    if not before or before == after or not at(planned, "compute_config"):
        return ()
    in_use = at(planned, "compute_config.0.enabled") and at(planned, "compute_config.0.node_pools")
    return (path,) if after or in_use else ()


EKS: Final[Mapping[str, Overlay]] = {
    # internal/service/eks/access_entry.go
    "aws_eks_access_entry": Overlay(
        force_new=("cluster_name", "principal_arn", "type"),
        defaults={"type": "STANDARD"},
        validations={"cluster_name": _CLUSTER_NAME, "principal_arn": ARN},
    ),
    # internal/service/eks/access_policy_association.go: it has no update at all
    "aws_eks_access_policy_association": Overlay(
        force_new=("access_scope", "cluster_name", "policy_arn", "principal_arn"),
        validations={"cluster_name": _CLUSTER_NAME, "policy_arn": ARN, "principal_arn": ARN},
    ),
    # internal/service/eks/addon.go: version, configuration, role and the ways to resolve conflicts change in place
    "aws_eks_addon": Overlay(
        force_new=("addon_name", "cluster_name"),
        validations={
            "addon_name": Validation(min_length=1),
            # https://semver.org/#is-there-a-suggested-regular-expression-regex-to-check-a-semver-string
            "addon_version": Validation(
                pattern=r"v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
                r"(-((0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?"
                r"(\+([0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*))?",
                hint="has to be a version like v1.19.2-eksbuild.1",
            ),
            "cluster_name": _CLUSTER_NAME,
            "pod_identity_association.0.role_arn": ARN,
            "resolve_conflicts_on_create": Validation(one_of=("NONE", "OVERWRITE")),
            "service_account_role_arn": ARN,
        },
    ),
    # internal/service/eks/cluster.go: Kubernetes version, vpc_config, authentication mode, logging, upgrade policy, zonal
    # shift, deletion protection and remote_network_config (since 6.11.0, pull request 42928) change in place.
    # bootstrap_cluster_creator_admin_permissions has no default any more (issue 43404).
    "aws_eks_cluster": Overlay(
        force_new=(
            "access_config.0.bootstrap_cluster_creator_admin_permissions",
            "bootstrap_self_managed_addons",
            "kubernetes_network_config.0.ip_family",
            "kubernetes_network_config.0.service_ipv4_cidr",
            "name",
            "outpost_config.0.control_plane_instance_type",
            "outpost_config.0.control_plane_placement.0.group_name",
            "role_arn",
        ),
        # Envelope encryption can be turned on, but not off.
        force_new_if=(taken_away("encryption_config"), _auto_mode_role),
        computed_blocks=frozenset(
            {
                "access_config",
                "compute_config",
                "control_plane_scaling_config",
                "kubernetes_network_config",
                "kubernetes_network_config.0.elastic_load_balancing",
                "storage_config",
                "upgrade_policy",
            }
        ),
        defaults={
            "bootstrap_self_managed_addons": True,
            "vpc_config.0.endpoint_private_access": False,
            "vpc_config.0.endpoint_public_access": True,
        },
        at_most_one=(
            ("encryption_config", "outpost_config"),
            ("kubernetes_network_config", "outpost_config"),
            ("remote_network_config", "outpost_config"),
        ),
        validations={
            "compute_config.0.node_pools": Validation(one_of=("general-purpose", "system")),
            "compute_config.0.node_role_arn": ARN,
            "encryption_config.0.resources": Validation(one_of=("secrets",)),
            "kubernetes_network_config.0.service_ipv4_cidr": Validation(
                network=Network(4, shortest=12, longest=24, private=True)
            ),
            "name": _CLUSTER_NAME,
            "remote_network_config.0.remote_node_networks.0.cidrs": Validation(
                network=Network(4, private=True)
            ),
            "remote_network_config.0.remote_pod_networks.0.cidrs": Validation(
                network=Network(4, private=True)
            ),
            "role_arn": ARN,
            "vpc_config.0.public_access_cidrs": ANY_NETWORK,
        },
    ),
    # internal/service/eks/node_group.go: labels, taints, sizes, update and repair configuration, Kubernetes and release
    # version, and the version of the launch template change in place. What node_repair_config asks: pull request 44894.
    "aws_eks_node_group": Overlay(
        force_new=(
            "ami_type",
            "capacity_type",
            "cluster_name",
            "disk_size",
            "instance_types",
            "node_group_name",
            "node_group_name_prefix",
            "node_role_arn",
            "remote_access",
            "subnet_ids",
        ),
        force_new_if=(set_anew("launch_template.0.id"), set_anew("launch_template.0.name")),
        ordered=frozenset({"instance_types"}),
        computed_blocks=frozenset({"node_repair_config", "update_config"}),
        defaults={"node_repair_config.0.enabled": False},
        at_most_one=(
            ("launch_template.0.id", "launch_template.0.name"),
            ("node_group_name", "node_group_name_prefix"),
            (
                "node_repair_config.0.max_parallel_nodes_repaired_count",
                "node_repair_config.0.max_parallel_nodes_repaired_percentage",
            ),
            (
                "node_repair_config.0.max_unhealthy_node_threshold_count",
                "node_repair_config.0.max_unhealthy_node_threshold_percentage",
            ),
        ),
        exactly_one=(("update_config.0.max_unavailable", "update_config.0.max_unavailable_percentage"),),
        validations={
            "cluster_name": _CLUSTER_NAME,
            "launch_template.0.id": _TEMPLATE_ID,
            "launch_template.0.name": _TEMPLATE_NAME,
            "launch_template.0.version": name(255, shortest=1),
            "node_group_name": name(63),
            "node_group_name_prefix": name(63, prefix=True),
            "node_repair_config.0.max_parallel_nodes_repaired_count": _COUNT,
            "node_repair_config.0.max_parallel_nodes_repaired_percentage": _PERCENTAGE,
            "node_repair_config.0.max_unhealthy_node_threshold_count": _COUNT,
            "node_repair_config.0.max_unhealthy_node_threshold_percentage": _PERCENTAGE,
            "node_repair_config.0.node_repair_config_overrides.0.min_repair_wait_time_mins": _COUNT,
            "node_role_arn": Validation(min_length=1),
            "update_config.0.max_unavailable": _PERCENTAGE,
        },
    ),
    # internal/service/eks/pod_identity_association.go
    "aws_eks_pod_identity_association": Overlay(
        force_new=("cluster_name", "namespace", "service_account"),
        defaults={"disable_session_tags": False},
        recomputed=(Recomputed(("external_id",)),),
        validations={"role_arn": ARN, "target_role_arn": ARN},
    ),
}

_NO_NEW_VERSION = frozenset({"description", "name", "name_prefix"})

COMPUTE: Final[Mapping[str, Overlay]] = {
    # internal/service/autoscaling/group_tag.go
    "aws_autoscaling_group_tag": Overlay(force_new=("autoscaling_group_name", "tag.0.key")),
    # internal/service/autoscaling/schedule.go
    "aws_autoscaling_schedule": Overlay(
        force_new=("autoscaling_group_name", "scheduled_action_name"),
        validations=dict.fromkeys(
            ("end_time", "start_time"),
            Validation(
                pattern=r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z",
                hint="has to be a time like 2026-01-31T08:00:00Z",
            ),
        ),
    ),
    # internal/service/ec2/ec2_launch_template.go: everything but the name makes a new version in place, so that its number
    # is unknown until then; a change of tags counts, one of the description does not.
    "aws_launch_template": Overlay(
        force_new=("name", "name_prefix"),
        computed_blocks=frozenset({"metadata_options"}),
        recomputed=(
            Recomputed(
                ("latest_version",),
                ignoring=_NO_NEW_VERSION | {"default_version", "update_default_version", "latest_version"},
            ),
            Recomputed(
                ("default_version",),
                ignoring=_NO_NEW_VERSION | {"latest_version"},
                only_if="update_default_version",
            ),
        ),
        at_most_one=(
            (
                "capacity_reservation_specification.0.capacity_reservation_target.0.capacity_reservation_id",
                "capacity_reservation_specification.0.capacity_reservation_target.0"
                ".capacity_reservation_resource_group_arn",
            ),
            ("default_version", "update_default_version"),
            ("iam_instance_profile.0.arn", "iam_instance_profile.0.name"),
            ("instance_requirements", "instance_type"),
            (
                "instance_requirements.0.allowed_instance_types",
                "instance_requirements.0.excluded_instance_types",
            ),
            ("name", "name_prefix"),
            ("placement.0.host_id", "placement.0.host_resource_group_arn"),
            ("security_group_names", "vpc_security_group_ids"),
        ),
        validations={
            "block_device_mappings.0.ebs.0.delete_on_termination": NULLABLE_BOOL,
            "block_device_mappings.0.ebs.0.encrypted": NULLABLE_BOOL,
            "block_device_mappings.0.ebs.0.kms_key_id": ARN,
            "capacity_reservation_specification.0.capacity_reservation_target.0"
            ".capacity_reservation_resource_group_arn": ARN,
            "default_version": _COUNT,
            "ebs_optimized": NULLABLE_BOOL,
            "iam_instance_profile.0.arn": ARN,
            "metadata_options.0.http_put_response_hop_limit": Validation(at_least=1, at_most=64),
            "name": _TEMPLATE_NAME,
            "name_prefix": _TEMPLATE_PREFIX,
            "network_interfaces.0.associate_carrier_ip_address": NULLABLE_BOOL,
            "network_interfaces.0.associate_public_ip_address": NULLABLE_BOOL,
            "network_interfaces.0.delete_on_termination": NULLABLE_BOOL,
            # The documentation of 6.25: the source that was read is of a version before efa-only.
            "network_interfaces.0.interface_type": Validation(one_of=("efa", "efa-only", "interface")),
            "network_interfaces.0.primary_ipv6": NULLABLE_BOOL,
        },
    ),
    # internal/service/ec2/ec2_placement_group.go: only tags change in place
    "aws_placement_group": Overlay(
        force_new=("name", "partition_count", "spread_level", "strategy"),
        only_with=(
            OnlyWith("partition_count", "strategy", ("partition",)),
            OnlyWith("spread_level", "strategy", ("spread",)),
        ),
        validations={"partition_count": Validation(at_least=0, at_most=7)},
    ),
}


IDENTITY: Final[Mapping[str, Overlay]] = {
    # internal/service/iam/openid_connect_provider.go
    "aws_iam_openid_connect_provider": Overlay(
        force_new=("url",),
        validations={
            "client_id_list": name(255, shortest=1),
            "thumbprint_list": name(40, shortest=40),
            "url": Validation(pattern="https://[^?]+", hint="has to be an https URL without a query"),
        },
    ),
    # internal/service/iam/policy.go: the document and the tags change in place
    "aws_iam_policy": Overlay(
        force_new=("description", "name", "name_prefix", "path"),
        defaults={"path": "/"},
        at_most_one=(("name", "name_prefix"),),
        validations={
            "description": Validation(max_length=1000),
            "name": name(128, shortest=1, pattern=_IAM_NAME),
            "name_prefix": name(128, prefix=True, shortest=1, pattern=_IAM_NAME),
        },
    ),
    # internal/service/iam/role.go
    "aws_iam_role": Overlay(
        force_new=("name", "name_prefix", "path"),
        computed_blocks=frozenset({"inline_policy"}),
        defaults={"force_detach_policies": False, "max_session_duration": 3600, "path": "/"},
        at_most_one=(("name", "name_prefix"),),
        validations={
            "description": Validation(
                refused=r"[^\u201c\u2018]*[\u201c\u2018]", hint="must not have curly quotes", max_length=1000
            ),
            "inline_policy.0.name": name(128, shortest=1, pattern=_IAM_NAME),
            "managed_policy_arns": ARN,
            "max_session_duration": Validation(at_least=3600, at_most=43200),
            "name": name(64, shortest=1, pattern=_IAM_NAME),
            "name_prefix": name(64, prefix=True, shortest=1, pattern=_IAM_NAME),
            "path": name(512),
            "permissions_boundary": ARN,
        },
    ),
    # internal/service/iam/role_policy.go: the policy changes in place
    "aws_iam_role_policy": Overlay(
        force_new=("name", "name_prefix", "role"),
        at_most_one=(("name", "name_prefix"),),
        validations={
            "name": name(128, shortest=1, pattern=_IAM_NAME),
            "name_prefix": name(128, prefix=True, shortest=1, pattern=_IAM_NAME),
            "role": Validation(refused="arn:", hint="has to be the name of the role, not its ARN"),
        },
    ),
    # internal/service/iam/role_policy_attachment.go
    "aws_iam_role_policy_attachment": Overlay(
        force_new=("policy_arn", "role"), validations={"policy_arn": ARN}
    ),
    # internal/service/kms/alias.go
    "aws_kms_alias": Overlay(
        force_new=("name", "name_prefix"),
        at_most_one=(("name", "name_prefix"),),
        validations={"name": _ALIAS, "name_prefix": _ALIAS},
    ),
    # internal/service/kms/key.go
    "aws_kms_key": Overlay(
        force_new=(
            "custom_key_store_id",
            "customer_master_key_spec",
            "key_usage",
            "multi_region",
            "xks_key_id",
        ),
        defaults={
            "bypass_policy_lockout_safety_check": False,
            "customer_master_key_spec": "SYMMETRIC_DEFAULT",
            "enable_key_rotation": False,
            "is_enabled": True,
            "key_usage": "ENCRYPT_DECRYPT",
        },
        required_with={
            "rotation_period_in_days": ("enable_key_rotation",),
            "xks_key_id": ("custom_key_store_id",),
        },
        validations={
            "custom_key_store_id": name(22, shortest=1),
            "deletion_window_in_days": Validation(at_least=7, at_most=30),
            "description": name(8192),
            "rotation_period_in_days": Validation(at_least=90, at_most=2560),
            "xks_key_id": name(128, shortest=1),
        },
    ),
    # internal/service/logs/group.go: retention, key and deletion protection change in place
    "aws_cloudwatch_log_group": Overlay(
        force_new=("log_group_class", "name", "name_prefix"),
        defaults={"retention_in_days": 0, "skip_destroy": False},
        at_most_one=(("name", "name_prefix"),),
        validations={
            "name": name(512, shortest=1, pattern=_LOG_GROUP_NAME),
            "name_prefix": name(483, shortest=1, pattern=_LOG_GROUP_NAME),
            "retention_in_days": Validation(
                one_of=(
                    *(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
                    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
                )
            ),
        },
    ),
}
