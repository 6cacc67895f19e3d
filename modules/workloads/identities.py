"""What the pods of workloads may do in AWS: roles and associations, which the cluster's stack makes.

There, and not beside the pods: an association takes effect seconds after EKS has confirmed it, and a pod that starts before
gets no credentials for as long as it lives.
https://docs.aws.amazon.com/eks/latest/APIReference/API_CreatePodIdentityAssociation.html
"""

from __future__ import annotations

from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from cdktf_cdktf_provider_aws.eks_pod_identity_association import EksPodIdentityAssociation
from constructs import Construct

from ..expressions import policy
from ..iam import ServiceRole, by_label, pod_role
from ..layout import Layout
from ..layout.claims import workloads
from ..layout.models import Workload
from ..layout.stores import bucket_arn, bucket_name, bucket_statements
from .objects import id_of


class WorkloadIdentities(Construct):
    """A role for the pods of every workload that has permissions, for exactly the buckets that it names.

    `roles` and `associations` have them by the workloads' ids, `account` says whose the buckets are.
    """

    def __init__(
        self, scope: Construct, id: str, *, layout: Layout, cluster_reference: str, partition: str
    ) -> None:
        super().__init__(scope, id)
        self._layout, self._partition = layout, partition
        self.account: DataAwsCallerIdentity | None = None
        self.roles: dict[str, ServiceRole] = {}
        self.associations: dict[str, EksPodIdentityAssociation] = {}
        for (_, kind, name), workload in workloads(layout):
            if workload.has_identity:
                self._add(id_of(kind, name), name, workload, cluster_reference)

    def _add(self, id: str, name: str, workload: Workload, cluster_reference: str) -> None:
        statements = [
            statement for bucket in workload.buckets for statement in self._statements(workload, bucket)
        ]
        role = self.roles[id] = pod_role(
            self,
            f"{id}_role",
            cluster_name=self._layout.name,
            pods=name,
            policy_arns=by_label(workload.policy_arns),
            inline={"buckets": policy(*statements)} if statements else None,
        )
        self.associations[id] = EksPodIdentityAssociation(
            self,
            id,
            cluster_name=cluster_reference,
            namespace=workload.namespace,
            service_account=workload.service_account or name,
            role_arn=role.arn,
            depends_on=[*role.policies],
        )

    def _statements(self, workload: Workload, name: str) -> list[dict[str, object]]:
        bucket = self._layout.storage.buckets[name]
        if bucket.name is None and self.account is None:
            self.account = DataAwsCallerIdentity(self, "account_id")
        account = self.account.account_id if self.account is not None else ""
        full = bucket_name(self._layout.name, self._layout.region, name, bucket, account)
        return bucket_statements(
            workload.buckets[name], bucket_arn(self._partition, full), bucket.kms_key_arn
        )
