"""The stacks of a cluster, put together from the constructs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from pathlib import Path

from cdktf import App, ITerraformDependable, TerraformOutput
from cdktf_cdktf_provider_aws.data_aws_partition import DataAwsPartition
from cdktf_cdktf_provider_helm.provider import (
    HelmProvider,
    HelmProviderKubernetes,
    HelmProviderKubernetesExec,
)
from constructs import Construct

from .addons import Addons
from .addressed_stack import AddressedStack
from .autoscaler import AutoscalerIdentity
from .cluster import Cluster
from .cluster_access import API_VERSION, cluster_access, kubernetes_provider
from .data_stack import DataStack
from .efa import EfaSecurityGroup
from .emptied_stack import EmptiedStack
from .extension import extend_stacks
from .file_systems import FileSystems
from .helm import HelmReleases, Surroundings
from .karpenter import Karpenter, discovery_tags
from .layout import Layout, Loaded, Variable, variables_of
from .layout.endpoints import endpoint_services
from .layout.models import NodeGroup as NodeGroupSection
from .layout.models import Taint
from .layout.releases import ADDON_PODS
from .layout.stores import STORAGE_CLASS, storage_classes
from .load_balancer_policy import Scope
from .load_balancers import LoadBalancerController
from .network import Network
from .node_group import NodeGroup
from .outputs import cluster_outputs, file_system_outputs, karpenter_outputs
from .pod_identity import Namespaces, PodIdentities, ServiceAccounts
from .storage_classes import StorageClasses
from .workloads.identities import WorkloadIdentities
from .workloads_stack import WorkloadsStack


class ClusterStack(AddressedStack):
    """`NAME`: network, control plane, add-ons and node groups.

    Attributes:
        network: where all of it lives.
        cluster: the control plane.
        addons: EKS add-ons.
        node_groups: by name.
        efa: the security group of EFA, where a node group has that.
        pod_identities, workload_identities: the permissions of pods.
        autoscaler, load_balancers, karpenter: the permissions of these releases, where they are installed, and what Karpenter
            has besides.
        file_systems: those of the layout, where it has any.
        partition: what AWS says of its partition.
    """

    def __init__(self, scope: Construct, layout: Layout, variables: Sequence[Variable] | None = None) -> None:
        """Make it; `variables` to declare are those that the layout uses, where they are not given."""
        if variables is None:
            variables = [one for one in variables_of(layout) if one.is_used_outside("workloads")]
        super().__init__(scope, layout.name, layout=layout, variables=variables)
        self.partition = DataAwsPartition(self, "partition")
        partition = str(self.partition.partition)
        self.network = Network(
            self,
            "network",
            name=layout.name,
            region=layout.region,
            network=layout.network,
            zones=layout.zones,
            endpoint_services=endpoint_services(layout),
            private_tags=discovery_tags(layout.name) if layout.has_release("karpenter") else None,
        )
        self.cluster = Cluster(
            self,
            "cluster",
            name=layout.name,
            kubernetes_version=layout.kubernetes_version,
            cluster=layout.cluster,
            subnet_ids=self.network.private_subnet_ids,
            partition=partition,
            security_group_ids=self.network.cluster_security_groups(layout.cluster.security_group_ids),
            preconditions=self.network.preconditions,
            replaced_by=self.network.replaces_cluster,
        )
        self.addons = Addons(
            self,
            "addons",
            cluster_name=layout.name,
            cluster_reference=self.cluster.name,
            kubernetes_version=layout.kubernetes_version,
            partition=partition,
            addons=layout.addons,
            accelerator_taints=taints_of(layout, _has_gpus),
            gpu_operator=layout.has_release("gpu-operator"),
        )
        self.node_groups = self._node_groups(layout, partition)
        pods = self.pod_identities = PodIdentities(
            self,
            "pod-identity",
            cluster_name=layout.name,
            cluster_reference=self.cluster.name,
            associations=layout.cluster.pod_identity_associations,
        )
        self.addons.install_rest(self._system_nodes(layout), pods.by_namespace)
        self.workload_identities = WorkloadIdentities(
            self,
            "workloads",
            layout=layout,
            cluster_reference=self.cluster.name,
            partition=partition,
        )
        self.autoscaler: AutoscalerIdentity | None = None
        self.load_balancers: LoadBalancerController | None = None
        self.file_systems: FileSystems | None = None
        self.karpenter: Karpenter | None = None
        if layout.has_autoscaler:
            self.autoscaler = AutoscalerIdentity(
                self,
                "autoscaler",
                cluster_name=layout.name,
                cluster_reference=self.cluster.name,
                partition=partition,
                namespace=layout.namespace_of("cluster-autoscaler"),
            )
        if layout.has_release("aws-load-balancer-controller"):
            self.load_balancers = LoadBalancerController(
                self,
                "load-balancers",
                cluster_reference=self.cluster.name,
                allowed=Scope(layout.name, layout.region, partition, self.network.vpc_id),
                namespace=layout.namespace_of("aws-load-balancer-controller"),
                isolated=layout.network.is_isolated,
            )
        outputs = cluster_outputs(layout, self.network, self.cluster, self.node_groups)
        if layout.storage.file_systems:
            self.file_systems = self._file_systems(layout)
            outputs |= file_system_outputs(layout, self.file_systems)
        if layout.has_release("karpenter"):
            self.karpenter = self._karpenter(layout, partition)
            outputs |= karpenter_outputs(self.karpenter)
        for name, (value, description) in outputs.items():
            TerraformOutput(self, name, value=value, description=description)

    def _karpenter(self, layout: Layout, partition: str) -> Karpenter:
        return Karpenter(
            self,
            "karpenter",
            cluster_name=layout.name,
            cluster_reference=self.cluster.name,
            cluster_arn=self.cluster.resource.arn,
            security_group_id=self.cluster.security_group_id,
            region=layout.region,
            partition=partition,
            namespace=layout.namespace_of("karpenter"),
            zonal_shift=layout.cluster.zonal_shift,
            isolated=layout.network.is_isolated,
        )

    def _file_systems(self, layout: Layout) -> FileSystems:
        return FileSystems(
            self,
            "file-systems",
            layout=layout,
            network=self.network,
            places=self._places,
            nodes=self.cluster.security_group_id,
            efa=self.efa,
        )

    def _node_groups(self, layout: Layout, partition: str) -> dict[str, NodeGroup]:
        self.efa: EfaSecurityGroup | None = None
        if layout.has_efa:
            self.efa = EfaSecurityGroup(self, "efa", name=layout.name, vpc_id=self.network.vpc_id)
        before = [*self.addons.before_nodes, *self.network.ready]
        groups = {}
        self._places = {name: self.network.place(name, group) for name, group in layout.node_groups.items()}
        for name, group in layout.node_groups.items():
            place = self._places[name]
            groups[name] = NodeGroup(
                self,
                f"nodes-{name}",
                name=name,
                group=group,
                cluster_name=layout.name,
                cluster_reference=self.cluster.name,
                cluster_address=self.cluster.resource.fqn,
                kubernetes_version=layout.kubernetes_version,
                partition=partition,
                subnet_ids=place.subnet_ids,
                zone=place.zone,
                cluster_security_group_id=self.cluster.security_group_id,
                efa_security_group=self.efa if group.efa else None,
                security_groups=self.network.security_groups(name, group),
                tags=layout.tags,
                depends_on=before,
            )
        return groups

    def _system_nodes(self, layout: Layout) -> list[ITerraformDependable]:
        """The groups whose nodes take any pod: what is left of the add-ons waits for these, not for GPU capacity."""
        open_to_all = [name for name, group in layout.node_groups.items() if not group.taints]
        return [self.node_groups[name].resource for name in open_to_all or self.node_groups]


class PlatformStack(AddressedStack):
    """`NAME-platform`: Helm releases and cluster-wide Kubernetes objects.

    It finds the cluster by name and gets a token by `aws eks get-token`.

    Attributes:
        cluster: the control plane, as it is found.
        kubernetes, helm: the providers.
        releases: the Helm releases.
        storage_classes: where the layout has any of its own.
        namespaces, service_accounts: those that pod identity associations ask for.
    """

    def __init__(self, scope: Construct, layout: Layout) -> None:
        super().__init__(scope, layout.platform_stack, layout=layout)
        self.cluster, access = cluster_access(self, layout)
        self.kubernetes = kubernetes_provider(self, access)
        self.helm = HelmProvider(
            self,
            "helm",
            kubernetes=HelmProviderKubernetes(
                host=access.host,
                cluster_ca_certificate=access.certificate,
                exec=HelmProviderKubernetesExec(
                    api_version=API_VERSION, command=access.command, args=access.arguments
                ),
            ),
        )
        classes = storage_classes(layout)
        self.storage_classes: StorageClasses | None = None
        if classes:
            default = STORAGE_CLASS if layout.storage.default_storage_class == "gp3" else None
            self.storage_classes = StorageClasses(self, "storage", names=classes, default=default)
        associations = layout.cluster.pod_identity_associations
        # By this id, addresses begin as those of the accounts do; no account can have the same.
        namespaces = self.namespaces = Namespaces(
            self,
            "service-accounts-namespace",
            associations=associations,
            there=[pods.namespace for addon, pods in ADDON_PODS.items() if layout.has_addon(addon)],
        )
        self.releases = HelmReleases(
            self,
            "releases",
            releases=layout.helm_releases,
            surroundings=surroundings_of(layout, f"${{{self.cluster.fqn}.vpc_config[0].vpc_id}}"),
            namespaces=namespaces,
        )
        self.service_accounts = ServiceAccounts(
            self, "service-accounts", associations=associations, namespaces=namespaces.made
        )


def add_stacks(
    app: App, layout: Layout, variables: Sequence[Variable] | None = None, *, named: Collection[str] = ()
) -> tuple[AddressedStack, ...]:
    """Adds the stacks of one cluster to an app, in the order in which they are deployed.

    Args:
        app: an app of CDKTF, or of CDK Terrain, that may have other stacks.
        layout: the cluster, as `load` and the like make it.
        variables: Terraform variables to declare; those that the layout uses without it.
        named: stacks that are asked for by name. That of the workloads is made for it though the layout has none.

    Raises:
        LayoutError: the extension of the layout fails.
        TypeError: it is no layout, but what `load` returns around it.
    """
    _refuse_loaded(layout)
    variables = variables_of(layout) if variables is None else variables
    of_workloads = [one for one in variables if one.is_used_in("workloads")]
    of_cluster = [one for one in variables if one.is_used_outside("workloads")]
    stacks: list[AddressedStack] = [DataStack(app, layout)] if layout.has_data else []
    stacks += [ClusterStack(app, layout, of_cluster), PlatformStack(app, layout)]
    if layout.has_workloads:
        stacks.append(WorkloadsStack(app, layout, of_workloads))
    elif layout.workloads_stack in named:
        stacks.append(EmptiedStack(app, layout))
    for before, stack in pairwise(stacks):
        stack.add_dependency(before)
    for stack in stacks:
        stack.share_overrides(stacks)
    if layout.extension is not None:
        extend_stacks(Path(layout.extension), layout, stacks)
    return tuple(stacks)


def _refuse_loaded(layout: object) -> None:
    if isinstance(layout, Loaded):
        raise TypeError("layout: what `load` returns has the layout as its `layout`. Give that.")


def taints_of(layout: Layout, wanted: Callable[[NodeGroupSection], bool]) -> list[Taint]:
    """Taints of the node groups that are wanted, each once."""
    groups = [group for group in layout.node_groups.values() if wanted(group)]
    return list(dict.fromkeys(taint for group in groups for taint in group.taints))


def _has_gpus(group: NodeGroupSection) -> bool:
    return group.type.gpus > 0


def surroundings_of(layout: Layout, vpc_id: str = "") -> Surroundings:
    """What Helm releases have to know of the cluster of a layout.

    Args:
        vpc_id: of the cluster, as text or reference; the load balancer controller alone needs it.
    """
    return Surroundings(
        cluster_name=layout.name,
        region=layout.region,
        kubernetes_version=layout.kubernetes_version,
        gpu_taints=taints_of(layout, _has_gpus),
        neuron_taints=taints_of(layout, lambda group: group.type.neuron_devices > 0),
        efa_taints=taints_of(layout, lambda group: group.efa),
        efa_types=sorted(
            {one for group in layout.node_groups.values() if group.efa for one in group.instance_types}
        ),
        node_monitoring=layout.has_addon("eks-node-monitoring-agent"),
        own_jobset=layout.has_release("jobset"),
        internet=layout.network.has_nat,
        isolated=layout.network.is_isolated,
        zonal_shift=layout.cluster.zonal_shift,
        system_nodes=sum(group.size.desired for group in layout.node_groups.values() if not group.taints),
        vpc_id=vpc_id,
        tags=layout.tags,
    )
