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
from .iam import ServiceRole, managed_policy, partition_of
from .layout.models import AccessEntry
from .layout.models import Cluster as ClusterSection
from .provider_versions import scheduler_config, write_newer


class Cluster(Construct):
    """IAM role, KMS key, log group, control plane, OIDC provider and access entries.

    EKS installs no add-on by itself in such a cluster, not even the VPC CNI without which no node becomes ready: `Addons`
    brings them, and node groups wait for its `before_nodes`.

    Attributes:
        resource: the control plane.
        name: a reference to the cluster's name, known once the cluster is there.
        security_group_id: a reference to the security group that EKS makes, of the control plane and of every node.
        oidc_provider: for roles of service accounts (IRSA), where the section asks for one.
        role: the control plane's; None where the section names one.
        logs: the log group.
        key: of Kubernetes secrets, where it is the cluster's own; `key_alias` is its alias.
        access_entries: by the names of the section; `access_policies` by those and the policy's, with a slash between.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        kubernetes_version: str,
        subnet_ids: Sequence[str],
        cluster: ClusterSection | None = None,
        partition: str | None = None,
        security_group_ids: Sequence[str] = (),
        preconditions: Sequence[Precondition] = (),
        replaced_by: Sequence[str] = (),
    ) -> None:
        """Make the control plane.

        Args:
            name: of the cluster, as text.
            kubernetes_version: minor version, like `1.35`.
            subnet_ids: of the control plane's interfaces, in two or more zones.
            cluster: the section; its defaults without it.
            partition: the ARN partition, as text or token; looked up without it.
            security_group_ids: more groups of the control plane's interfaces; the section's own say nothing here.
            preconditions: what Terraform has to check before it makes the cluster.
            replaced_by: references whose change means another cluster.
        """
        super().__init__(scope, id)
        cluster = cluster or ClusterSection()
        self._partition = partition or partition_of(self)
        self.role: ServiceRole | None = None
        self.key: KmsKey | None = None
        self.key_alias: KmsAlias | None = None
        self.oidc_provider: IamOpenidConnectProvider | None = None
        self.access_entries: dict[str, EksAccessEntry] = {}
        self.access_policies: dict[str, EksAccessPolicyAssociation] = {}
        role_arn, before = self._role(name, cluster)
        self.logs = self._logs(name, cluster)
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
            depends_on=[*before, self.logs],
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
        if cluster.scheduler is not None:
            scheduler = cluster.scheduler
            block = scheduler_config(scheduler.scoring_strategy, scheduler.resources)
            write_newer(self.resource, "kube_scheduler_config", block)
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
        role = self.role = ServiceRole(
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
            key = self.key = KmsKey(
                self,
                "key",
                description=f"Secrets of EKS cluster {name}",
                enable_key_rotation=True,
                deletion_window_in_days=30,
            )
            self.key_alias = KmsAlias(self, "key-alias", name=f"alias/eks/{name}", target_key_id=key.key_id)
            arn = key.arn
        return EksClusterEncryptionConfig(
            provider=EksClusterEncryptionConfigProvider(key_arn=arn), resources=["secrets"]
        )

    def _access(self, name: str, entry: AccessEntry) -> None:
        made = self.access_entries[name] = EksAccessEntry(
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
            self.access_policies[f"{name}/{access.name}"] = EksAccessPolicyAssociation(
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
