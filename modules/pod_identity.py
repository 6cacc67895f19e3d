"""AWS permissions of the user's own pods: associations by EKS Pod Identity, and the service accounts that they name."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.eks_pod_identity_association import EksPodIdentityAssociation
from cdktf_cdktf_provider_kubernetes.namespace_v1 import NamespaceV1, NamespaceV1Metadata
from cdktf_cdktf_provider_kubernetes.service_account_v1 import ServiceAccountV1, ServiceAccountV1Metadata
from constructs import Construct

from .expressions import literals
from .iam import by_label, pod_role
from .layout.models import PodIdentityAssociation
from .layout.releases import NAMESPACES_OF_KUBERNETES


class PodIdentities(Construct):
    """The associations of a layout, each with the role that it names or with one of its own."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster_name: str,
        cluster_reference: str,
        associations: Mapping[str, PodIdentityAssociation],
    ) -> None:
        super().__init__(scope, id)
        self._cluster_name = cluster_name
        for name, association in associations.items():
            role_arn, policies = self._role(name, association)
            EksPodIdentityAssociation(
                self,
                name,
                cluster_name=cluster_reference,
                namespace=association.namespace,
                service_account=association.service_account,
                role_arn=role_arn,
                tags=association.tags or None,
                # Pods that start with the association find all their permissions.
                depends_on=policies or None,
            )

    def _role(
        self, name: str, association: PodIdentityAssociation
    ) -> tuple[str, Sequence[ITerraformDependable]]:
        if association.role_arn is not None:
            return association.role_arn, []
        document = association.policy
        role = pod_role(
            self,
            f"{name}-role",
            cluster_name=self._cluster_name,
            pods=name,
            policy_arns=by_label(association.policy_arns),
            # Policies have variables of their own, ${aws:username}, that Terraform has to leave alone.
            inline=None if document is None else {"own": json.dumps(literals(document))},
            tags=association.tags,
        )
        return role.arn, role.policies


class ServiceAccounts(Construct):
    """The service accounts that associations ask for, and their namespaces where nothing else makes them."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        associations: Mapping[str, PodIdentityAssociation],
        made_by: Mapping[str, Sequence[ITerraformDependable]],
        there: Collection[str] = (),
    ) -> None:
        """Make the accounts.

        Args:
            made_by: the Helm releases of a namespace, which make it: an account there comes after them.
            there: more namespaces that are there without them, like those of add-ons.
        """
        super().__init__(scope, id)
        wanted = {name: one for name, one in associations.items() if one.create_service_account}
        before: dict[str, Sequence[ITerraformDependable]] = dict(made_by)
        for namespace in dict.fromkeys(one.namespace for one in wanted.values()):
            if namespace not in {*made_by, *there, *NAMESPACES_OF_KUBERNETES}:
                metadata = NamespaceV1Metadata(name=namespace)
                before[namespace] = [NamespaceV1(self, f"namespace-{namespace}", metadata=metadata)]
        for name, one in wanted.items():
            ServiceAccountV1(
                self,
                name,
                metadata=ServiceAccountV1Metadata(name=one.service_account, namespace=one.namespace),
                depends_on=list(before.get(one.namespace, ())) or None,
            )
