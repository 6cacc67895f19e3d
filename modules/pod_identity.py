"""AWS permissions of the user's own pods: associations by EKS Pod Identity, and the service accounts that they name."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.eks_pod_identity_association import EksPodIdentityAssociation
from cdktf_cdktf_provider_kubernetes.namespace_v1 import NamespaceV1
from cdktf_cdktf_provider_kubernetes.service_account_v1 import ServiceAccountV1, ServiceAccountV1Metadata
from constructs import Construct

from .expressions import literals
from .iam import ServiceRole, by_label, pod_role
from .layout.models import PodIdentityAssociation
from .layout.releases import NAMESPACES_OF_KUBERNETES
from .provider_versions import namespace_metadata


class PodIdentities(Construct):
    """The associations of a layout, each with the role that it names or with one of its own.

    `by_namespace` has them by the namespace of their service account, `associations` by name; `roles` are their own ones.
    """

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
        self.by_namespace: dict[str, list[ITerraformDependable]] = {}
        self.associations: dict[str, EksPodIdentityAssociation] = {}
        self.roles: dict[str, ServiceRole] = {}
        for name, association in associations.items():
            role_arn, policies = self._role(name, association)
            made = self.associations[name] = EksPodIdentityAssociation(
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
            self.by_namespace.setdefault(association.namespace, []).append(made)

    def _role(
        self, name: str, association: PodIdentityAssociation
    ) -> tuple[str, Sequence[ITerraformDependable]]:
        if association.role_arn is not None:
            return association.role_arn, []
        document = association.policy
        role = self.roles[name] = pod_role(
            self,
            # No name of an association has an underscore, so `a` and `a-role` can stand side by side.
            f"{name}_role",
            cluster_name=self._cluster_name,
            pods=name,
            policy_arns=by_label(association.policy_arns),
            # Policies have variables of their own, ${aws:username}, that Terraform has to leave alone.
            inline=None if document is None else {"own": json.dumps(literals(document))},
            tags=association.tags,
        )
        return role.arn, role.policies


class Namespaces(Construct):
    """The namespaces of the service accounts that associations ask for: `names`, and `made` by name, once they are.

    Each is made here whatever releases are in it. If it were a release's to make, adding a release would delete the
    namespace with all in it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        associations: Mapping[str, PodIdentityAssociation],
        there: Collection[str] = (),
    ) -> None:
        """Find them; `there` are more namespaces than Kubernetes' own that are there without them."""
        super().__init__(scope, id)
        wanted = dict.fromkeys(one.namespace for one in associations.values() if one.create_service_account)
        self.names = [name for name in wanted if name not in {*there, *NAMESPACES_OF_KUBERNETES}]
        self.made: dict[str, NamespaceV1] = {}

    def make(self, names: Iterable[str], after: Sequence[ITerraformDependable]) -> None:
        """Makes those of `names` that are wanted and not made yet, after some releases.

        A destroy then deletes them first, while the controllers of what is in them still run: workloads have finalizers
        that nobody else removes. https://github.com/kubernetes-sigs/kueue/issues/1339
        """
        for name in names:
            if name in self.names and name not in self.made:
                metadata = namespace_metadata(name)
                self.made[name] = NamespaceV1(self, name, metadata=metadata, depends_on=list(after) or None)


class ServiceAccounts(Construct):
    """The service accounts that associations ask for, `made` by the associations' names."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        associations: Mapping[str, PodIdentityAssociation],
        namespaces: Mapping[str, NamespaceV1],
    ) -> None:
        """Make the accounts, each after its namespace where that is one of `namespaces`."""
        super().__init__(scope, id)
        self.made: dict[str, ServiceAccountV1] = {}
        for name, one in associations.items():
            if one.create_service_account:
                namespace = namespaces.get(one.namespace)
                self.made[name] = ServiceAccountV1(
                    self,
                    name,
                    metadata=ServiceAccountV1Metadata(name=one.service_account, namespace=one.namespace),
                    depends_on=[namespace] if namespace else None,
                )
