"""Service accounts of workloads, and what their pods may do in AWS."""

from __future__ import annotations

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.eks_pod_identity_association import EksPodIdentityAssociation
from constructs import Construct

from ..expressions import policy
from ..iam import by_label, pod_role
from ..layout import Layout
from ..layout.models import Workload
from ..layout.stores import bucket_arn, bucket_statements
from .objects import add_object
from .pod import Names


class Identity(Construct):
    """The service account of one workload, with an IAM role if it has permissions; `ready` is what pods wait for."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        workload: Workload,
        layout: Layout,
        names: Names,
        partition: str,
        depends_on: list[ITerraformDependable],
    ) -> None:
        """Make it; the service account only where the layout names none."""
        super().__init__(scope, id)
        self.ready: list[ITerraformDependable] = list(depends_on)
        account = workload.service_account or name
        if workload.service_account is None:
            manifest = {
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": {"name": name, "namespace": workload.namespace},
                # Pods that ask Kubernetes nothing need no token for it. That of pod identity comes by another way.
                "automountServiceAccountToken": False,
            }
            self.ready.append(add_object(self, "account", manifest, depends_on=depends_on))
        if not workload.has_identity:
            return
        statements = [
            statement
            for bucket, access in workload.buckets.items()
            for statement in bucket_statements(
                access,
                bucket_arn(partition, names.buckets[bucket]),
                layout.storage.buckets[bucket].kms_key_arn,
            )
        ]
        role = pod_role(
            self,
            "role",
            cluster_name=layout.name,
            pods=name,
            policy_arns=by_label(workload.policy_arns),
            inline={"buckets": policy(*statements)} if statements else None,
        )
        # Pods that start before their association get no credentials.
        self.ready.append(
            EksPodIdentityAssociation(
                self,
                "identity",
                cluster_name=layout.name,
                namespace=workload.namespace,
                service_account=account,
                role_arn=role.arn,
                depends_on=[*role.policies],
            )
        )
