"""EKS add-ons, in the order in which a cluster needs them, with the IAM roles of those that call AWS."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.data_aws_eks_addon_version import DataAwsEksAddonVersion
from cdktf_cdktf_provider_aws.eks_addon import EksAddon
from cdktf_cdktf_provider_aws.eks_pod_identity_association import EksPodIdentityAssociation
from constructs import Construct

from .expressions import literals
from .iam import ServiceRole, managed_policy, partition_of, pod_role
from .layout.models import Addon, Taint
from .layout.pods import tolerations
from .layout.releases import ADDON_IDENTITIES, ADDON_PODS, ADDONS_BEFORE_NODES
from .merge import merged


class Addons(Construct):
    """The add-ons of a cluster: `before_nodes` at once, the rest by `install_rest` when there are nodes.

    `before_nodes` is what every node group has to wait for.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster_name: str,
        kubernetes_version: str,
        addons: Mapping[str, Addon],
        cluster_reference: str | None = None,
        partition: str | None = None,
        accelerator_taints: Sequence[Taint] = (),
        gpu_operator: bool = False,
    ) -> None:
        """Install what every node waits for.

        Args:
            cluster_name: as text, for the names of the roles.
            kubernetes_version: of the cluster, for which the versions of the add-ons are looked up.
            addons: the sections by name: `layout.addons` has the project's choice, with the VPC CNI and CoreDNS.
            cluster_reference: the name as a reference, so that the cluster comes first; the name without it.
            partition: the ARN partition; looked up without it.
            accelerator_taints: taints of the GPU groups, which add-ons on those nodes have to tolerate.
            gpu_operator: whether the NVIDIA GPU operator exports GPU metrics already.
        """
        super().__init__(scope, id)
        self._cluster_name, self._cluster = cluster_name, cluster_reference or cluster_name
        self._partition = partition or partition_of(self)
        self._kubernetes_version = kubernetes_version
        self._defaults = default_configuration(accelerator_taints, gpu_operator)
        enabled = {name: addon for name, addon in addons.items() if addon.enabled}
        self._rest = {name: addon for name, addon in enabled.items() if name not in ADDONS_BEFORE_NODES}
        self.addons: dict[str, EksAddon] = {}
        self.versions: dict[str, DataAwsEksAddonVersion] = {}
        self.roles: dict[str, ServiceRole] = {}
        self.identities: dict[str, EksPodIdentityAssociation] = {}
        self.before_nodes: list[ITerraformDependable] = []
        for name in ADDONS_BEFORE_NODES:
            if name in enabled:
                # The agent is the first of them: without it the CNI starts with no credentials.
                self.before_nodes.append(self._install(name, enabled[name], self.before_nodes[:1]))

    def install_rest(
        self,
        after: Iterable[ITerraformDependable],
        associations: Mapping[str, Sequence[ITerraformDependable]],
    ) -> None:
        """Installs the add-ons whose pods need nodes, after the node groups in `after`.

        Args:
            after: the node groups.
            associations: pod identity associations by namespace. A pod that starts before its association gets no
                credentials.
        """
        nodes = list(after)
        for name, addon in sorted(self._rest.items()):
            pods = ADDON_PODS.get(name)
            # Where the pods of other add-ons are is not known here.
            places = associations if pods is None else [pods.namespace]
            first = [one for place in places for one in associations.get(place, ())]
            self._install(name, addon, [*nodes, *first])

    def _install(self, name: str, addon: Addon, after: Sequence[ITerraformDependable]) -> EksAddon:
        configuration = merged(self._defaults.get(name, {}), addon.configuration)
        made = self.addons[name] = EksAddon(
            self,
            name,
            cluster_name=self._cluster,
            addon_name=name,
            addon_version=self._version(name, addon),
            configuration_values=json.dumps(literals(configuration)) if configuration else None,
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            depends_on=[*self._identity(name, addon), *after] or None,
        )
        return made

    def _version(self, name: str, addon: Addon) -> str:
        if addon.version is not None:
            return addon.version
        found = self.versions[name] = DataAwsEksAddonVersion(
            self,
            f"{name}-version",
            addon_name=name,
            kubernetes_version=self._kubernetes_version,
            most_recent=addon.most_recent,
        )
        return str(found.version)

    def _identity(self, name: str, addon: Addon) -> list[ITerraformDependable]:
        """The role of the add-on's pods, associated before they start, and there until they have stopped.

        A resource of its own and not the add-on's argument, which EKS refuses for some add-ons and versions
        (terraform-aws-eks #3520).
        """
        identity = ADDON_IDENTITIES.get(name)
        if identity is None or (addon.role_arn is None and not identity.policies):
            return []
        before: list[ITerraformDependable] = []
        role_arn: str | None = addon.role_arn
        if role_arn is None:
            arns = {
                policy.rpartition("/")[2]: managed_policy(self._partition, policy)
                for policy in identity.policies
            }
            role = self.roles[name] = pod_role(
                self, f"{name}-role", cluster_name=self._cluster_name, pods=name, policy_arns=arns
            )
            role_arn, before = role.arn, list(role.policies)
        association = self.identities[name] = EksPodIdentityAssociation(
            self,
            f"{name}-identity",
            cluster_name=self._cluster,
            namespace=identity.namespace,
            service_account=identity.service_account,
            role_arn=role_arn,
        )
        return [*before, association]


def default_configuration(taints: Sequence[Taint], gpu_operator: bool) -> dict[str, dict[str, Any]]:
    """Configuration that clusters with GPUs need, by add-on; the layout's own goes over it."""
    configuration: dict[str, dict[str, Any]] = {
        "aws-mountpoint-s3-csi-driver": {"node": {"tolerateAllTaints": True}},
    }
    if taints:
        # Its DCGM server tolerates nothing by default: tainted GPU nodes are then found unhealthy, and node repair
        # replaces them (containers-roadmap #2555, #2567).
        configuration["eks-node-monitoring-agent"] = {"dcgmAgent": {"tolerations": tolerations(taints)}}
    if gpu_operator:
        # Two exporters on one GPU compete; the operator's stays.
        configuration["amazon-cloudwatch-observability"] = {"dcgmExporter": {"enabled": False}}
    return configuration
