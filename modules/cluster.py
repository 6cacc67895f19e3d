"""The EKS control plane."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf import ITerraformDependable, Precondition, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.eks_access_entry import EksAccessEntry
from cdktf_cdktf_provider_aws.eks_access_policy_association import (
    EksAccessPolicyAssociation,
    EksAccessPolicyAssociationAccessScope,
)
from cdktf_cdktf_provider_aws.eks_cluster import (
    EksCluster,
    EksClusterAccessConfig,
    EksClusterEncryptionConfig,
    EksClusterEncryptionConfigProvider,
    EksClusterKubernetesNetworkConfig,
    EksClusterUpgradePolicy,
    EksClusterVpcConfig,
    EksClusterZonalShiftConfig,
)
from cdktf_cdktf_provider_aws.iam_openid_connect_provider import IamOpenidConnectProvider
from cdktf_cdktf_provider_aws.kms_alias import KmsAlias
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from constructs import Construct

from .expressions import RESOURCE, string_list, text
from .iam import ServiceRole, managed_policy
from .layout.models import AccessEntry
from .layout.models import Cluster as ClusterSection


class Cluster(Construct):
    """IAM role, KMS key, log group, control plane, OIDC provider and access entries.

    `partition` is the ARN partition, as text or token; `replaced_by` are references whose change means another cluster.
    `name` is a reference to the cluster's name, `security_group_id` one to the group that EKS makes.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        kubernetes_version: str,
        cluster: ClusterSection,
        subnet_ids: Sequence[str],
        partition: str,
        security_group_ids: Sequence[str] = (),
        preconditions: Sequence[Precondition] = (),
        replaced_by: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, id)
        self._partition = partition
        role_arn, before = self._role(name, cluster)
        logs = self._logs(name, cluster)
        self.resource = EksCluster(
            self,
            RESOURCE,
            name=name,
            version=kubernetes_version,
            role_arn=role_arn,
            vpc_config=EksClusterVpcConfig(
                subnet_ids=list(subnet_ids),
                security_group_ids=list(security_group_ids) or None,
                endpoint_private_access=cluster.endpoint.private,
                endpoint_public_access=cluster.endpoint.public,
                public_access_cidrs=string_list(cluster.endpoint.public_access_cidrs)
                if cluster.endpoint.public
                else None,
            ),
            access_config=EksClusterAccessConfig(
                authentication_mode="API",
                bootstrap_cluster_creator_admin_permissions=cluster.creator_admin,
            ),
            # The add-ons of the layout are all that there are: EKS installs none by itself.
            bootstrap_self_managed_addons=False,
            deletion_protection=cluster.deletion_protection,
            enabled_cluster_log_types=list(cluster.logs.types),
            encryption_config=self._encryption(name, cluster),
            kubernetes_network_config=_service_range(cluster),
            upgrade_policy=EksClusterUpgradePolicy(support_type=cluster.support_type),
            zonal_shift_config=EksClusterZonalShiftConfig(enabled=cluster.zonal_shift),
            depends_on=[*before, logs],
            lifecycle=TerraformResourceLifecycle(
                # Fixed at creation: another value would replace the cluster, and only means access entries anyway.
                # EKS keeps a control plane to its zones, and would refuse another one in the middle of an apply.
                ignore_changes=[
                    "access_config[0].bootstrap_cluster_creator_admin_permissions",
                    "vpc_config[0].subnet_ids",
                ],
                precondition=list(preconditions) or None,
                replace_triggered_by=list(replaced_by) or None,
            ),
        )
        # The id is the name, but not known before the cluster is: where the cluster is replaced, so is what is in it.
        self.name = self.resource.id
        self.security_group_id = self.resource.vpc_config.cluster_security_group_id
        if cluster.oidc_provider:
            self.oidc_provider = IamOpenidConnectProvider(
                self,
                "oidc",
                url=self.resource.identity.get(0).oidc.get(0).issuer,
                client_id_list=["sts.amazonaws.com"],
            )
        for entry_name, entry in cluster.access_entries.items():
            self._access(entry_name, entry)

    def _role(self, name: str, cluster: ClusterSection) -> tuple[str, list[ITerraformDependable]]:
        if cluster.role_arn is not None:
            return cluster.role_arn, []
        role = ServiceRole(
            self,
            "role",
            name=f"{name}-cluster",
            service="eks.amazonaws.com",
            description=f"Control plane of EKS cluster {name}",
            actions=("sts:AssumeRole", "sts:TagSession"),
            policy_arns={"cluster": managed_policy(self._partition, "AmazonEKSClusterPolicy")},
        )
        return role.arn, list(role.policies)

    def _logs(self, name: str, cluster: ClusterSection) -> CloudwatchLogGroup:
        """EKS would make the group by itself, without an end to its retention and left behind by a destroy."""
        return CloudwatchLogGroup(
            self, "logs", name=f"/aws/eks/{name}/cluster", retention_in_days=cluster.logs.retention_days
        )

    def _encryption(self, name: str, cluster: ClusterSection) -> EksClusterEncryptionConfig | None:
        secrets = cluster.secrets_encryption
        if not secrets.enabled:
            return None
        arn: str | None = secrets.kms_key_arn
        if arn is None:
            key = KmsKey(
                self,
                "key",
                description=f"Secrets of EKS cluster {name}",
                enable_key_rotation=True,
                deletion_window_in_days=30,
            )
            KmsAlias(self, "key-alias", name=f"alias/eks/{name}", target_key_id=key.key_id)
            arn = key.arn
        return EksClusterEncryptionConfig(
            provider=EksClusterEncryptionConfigProvider(key_arn=arn), resources=["secrets"]
        )

    def _access(self, name: str, entry: AccessEntry) -> None:
        made = EksAccessEntry(
            self,
            f"access-{name}",
            cluster_name=self.name,
            principal_arn=entry.principal_arn,
            user_name=None if entry.user_name is None else text(entry.user_name),
            kubernetes_groups=[text(group) for group in entry.kubernetes_groups] or None,
        )
        for access in entry.scoped_policies:
            scope = EksAccessPolicyAssociationAccessScope(
                type="namespace" if access.namespaces else "cluster",
                namespaces=list(access.namespaces) or None,
            )
            EksAccessPolicyAssociation(
                self,
                f"access-{name}-{access.name}",
                cluster_name=self.name,
                principal_arn=made.principal_arn,
                policy_arn=f"arn:{self._partition}:eks::aws:cluster-access-policy/{access.name}",
                access_scope=scope,
            )


def _service_range(cluster: ClusterSection) -> EksClusterKubernetesNetworkConfig | None:
    if cluster.service_ipv4_cidr is None:
        return None
    return EksClusterKubernetesNetworkConfig(service_ipv4_cidr=cluster.service_ipv4_cidr)
