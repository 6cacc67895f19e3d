"""What no other rule names: whatever is destroyed or replaced is worth a line."""

from __future__ import annotations

from collections.abc import Iterator

from modules.catalog import find

from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..values import shown
from . import access, data, encryption, iam, network, servers, versions, workloads
from .cluster import CLUSTER
from .parts import ends_or_anew, gone, name_of, why
from .releases import RELEASE

NODE_GROUP = "aws_eks_node_group"
# Other rules tell of these, those of nodes too.
NAMED = frozenset(
    (
        CLUSTER, versions.ADDON, RELEASE, network.VPC, *network.LOSSES, "aws_route", "aws_vpc_endpoint", "aws_flow_log", "aws_security_group", "aws_security_group_rule",
        "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule", "aws_eip", "aws_iam_openid_connect_provider",
        "aws_kms_key", "aws_kms_replica_key", "aws_kms_external_key", encryption.LOG_GROUP,
        "aws_s3_bucket_public_access_block", "aws_s3_bucket_policy", "aws_s3_bucket_server_side_encryption_configuration",
        "aws_iam_role_policy_attachment", "aws_iam_user_policy_attachment", "aws_iam_group_policy_attachment",
        "aws_iam_policy_attachment", "aws_iam_role_policy", access.ENTRY, access.POLICY, access.IDENTITY,
        *data.STORES, data.LINK, "kubernetes_persistent_volume_claim_v1", "kubernetes_persistent_volume_claim",
        "kubernetes_persistent_volume_v1", "kubernetes_persistent_volume", "kubernetes_job_v1", "kubernetes_job",
        *workloads.NAMESPACES, *workloads.SERVERS, *servers.SERVICES, "kubernetes_ingress_v1", "aws_lb", "aws_alb", "aws_elb",
        *servers.CLASSES, NODE_GROUP, "aws_ec2_capacity_reservation", "aws_ec2_capacity_block_reservation",
    )
)  # fmt: skip
# A rule about nodes tells of those with GPUs or Neuron devices.
_MACHINES = ("aws_instance", "aws_spot_instance_request")
# Nothing in AWS or in the cluster goes with these.
_HARMLESS = frozenset(("terraform_data", "null_resource", "local_file", "local_sensitive_file", "aws_autoscaling_group_tag", "aws_ecr_lifecycle_policy"))  # fmt: skip
_HARMLESS_PROVIDERS = ("random_", "time_", "tls_")
_SERVED = (
    *workloads.SERVERS,
    *servers.SERVICES,
    "kubernetes_job_v1",
    "kubernetes_job",
    *workloads.MANIFESTS,
)
# What goes together with something that another rule tells of: by type, the types one of which goes with it.
_COMPANIONS: dict[str, tuple[str, ...]] = {
    iam.ROLE: (CLUSTER, NODE_GROUP, access.IDENTITY, versions.ADDON, RELEASE, "aws_flow_log"),
    "aws_iam_policy": (iam.ROLE,),
    "aws_iam_instance_profile": (iam.ROLE, NODE_GROUP),
    "aws_launch_template": (NODE_GROUP,),
    "aws_placement_group": (NODE_GROUP,),
    "aws_vpc_endpoint_route_table_association": ("aws_vpc_endpoint", "aws_route_table"),
    "aws_kms_alias": ("aws_kms_key", CLUSTER),
    "aws_ssm_parameter": (data.FSX, CLUSTER),
    "aws_s3_bucket_lifecycle_configuration": ("aws_s3_bucket",),
    "aws_s3_bucket_versioning": ("aws_s3_bucket",),
    "aws_s3_bucket_ownership_controls": ("aws_s3_bucket",),
    "kubernetes_config_map_v1": _SERVED,
    "kubernetes_service_account_v1": _SERVED,
    "kubernetes_pod_disruption_budget_v1": _SERVED,
    "kubernetes_horizontal_pod_autoscaler_v2": _SERVED,
}
_NAMED_KINDS = frozenset(
    ("Namespace", "CustomResourceDefinition", "ClusterTrainingRuntime", "TrainingRuntime", *workloads.RUNS, *workloads.QUEUES)
)  # fmt: skip
# Objects of Karpenter, which a rule about nodes tells of.
_NODE_KINDS = frozenset(("NodePool", "EC2NodeClass", "NodeClaim"))


class ResourceLost:
    """Anything else that is destroyed or replaced: no rule knows what hangs on it, so that somebody has to."""

    id = "resource-lost"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Resources that go, but for those that other rules tell of, and what goes with these."""
        lost = {(one.stack, one.type) for one in gone(subject.happening)}
        for one in gone(subject.happening):
            if _is_told(one, lost):
                continue
            forced = f" {why(one)}" if why(one) else ""
            reason = f" ({one.reason.replace('_', ' ')})" if one.reason.startswith("delete_because") else ""
            kind = workloads.kind_of(one)
            yield Finding(
                one,
                f"The {f'{kind} {name_of(one)}' if kind else one.type} is {ends_or_anew(one)}{forced}{reason}. No rule of this review knows what needs it.",
                "Be sure that nothing that runs needs it.",
                name_of(one) if one.label != one.address else shown(one.was("id")),
                "another one" if one.verb == "replace" else "gone",
            )


def _is_told(change: Change, lost: set[tuple[str, str]]) -> bool:
    kind = change.type
    if kind in NAMED or kind in _HARMLESS or kind.startswith(_HARMLESS_PROVIDERS):
        return True
    if kind in _MACHINES and (machine := find(str(change.was("instance_type")))) is not None:
        return bool(machine.gpus or machine.neuron_devices)
    if kind in workloads.MANIFESTS:
        return workloads.kind_of(change) in _NAMED_KINDS | _NODE_KINDS
    if change.verb == "delete" and any((change.stack, owner) in lost for owner in _COMPANIONS.get(kind, ())):
        return True
    # What is in a cluster or a VPC is replaced with it.
    in_cluster = kind.startswith("aws_eks_") and (change.stack, CLUSTER) in lost
    return in_cluster or (kind in network.INSIDE and (change.stack, network.VPC) in lost)


RULES = (ResourceLost(),)
