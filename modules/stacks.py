"""The stacks of a cluster, put together from the constructs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from cdktf import (
    App,
    ITerraformDependable,
    LocalBackend,
    S3Backend,
    TerraformElement,
    TerraformOutput,
    TerraformStack,
    TerraformVariable,
    TerraformVariableValidationConfig,
)
from cdktf_cdktf_provider_aws.data_aws_eks_cluster import DataAwsEksCluster
from cdktf_cdktf_provider_aws.data_aws_partition import DataAwsPartition
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from cdktf_cdktf_provider_helm.provider import (
    HelmProvider,
    HelmProviderKubernetes,
    HelmProviderKubernetesExec,
)
from cdktf_cdktf_provider_kubernetes.provider import KubernetesProvider, KubernetesProviderExec
from constructs import Construct, Node

from .addons import Addons
from .autoscaler import AutoscalerIdentity
from .cluster import Cluster
from .efa import EfaSecurityGroup
from .expressions import RESOURCE
from .helm import HelmReleases, Surroundings
from .layout import Layout, Variable
from .layout.models import NodeGroup as NodeGroupSection
from .layout.models import Taint
from .network import Network
from .node_group import NodeGroup
from .outputs import cluster_outputs, token_command
from .storage import DefaultStorageClass
from .vpc_endpoints import endpoint_services


class AddressedStack(TerraformStack):
    """A stack whose resource addresses are its construct paths: `aws_subnet.network_private`.

    CDKTF appends a hash of the path, which says nothing to a reader of a plan. Addresses are an interface: a changed
    one replaces the resource. tests/unit/goldens pins those of every preset.
    """

    def __init__(
        self, scope: Construct, id: str, *, layout: Layout, variables: Sequence[Variable] = ()
    ) -> None:
        super().__init__(scope, id)
        self._known: dict[TerraformElement | Node, str] = {}  # CDKTF asks for each several times
        self._taken: dict[tuple[str, str], str] = {}
        # For S3 locks without a table, `check` blocks and what the time of a plan is compared with.
        self.add_override("terraform.required_version", ">= 1.10")
        _backend(self, id, layout)
        for variable in variables:
            _declare(self, variable)

    def _allocate_logical_id(self, tf_element: TerraformElement | Node) -> str:
        known = self._known.get(tf_element)
        if known is not None:
            return known
        path = tf_element.node.path if isinstance(tf_element, TerraformElement) else tf_element.path
        steps = [step for step in path.split("/")[1:] if step != RESOURCE]
        address = re.sub(r"\W|-", "_", "_".join(steps), flags=re.ASCII)
        # Two paths may give one address ("a-b/c" and "a/b-c"): of the same type, the second would silently replace the
        # first.
        taken = self._taken.setdefault((type(tf_element).__name__, address), path)
        if taken != path:
            raise ValueError(f"{path} and {taken} have the same resource address {address}")
        self._known[tf_element] = address
        return address


class ClusterStack(AddressedStack):
    """`NAME`: network, control plane, add-ons and node groups."""

    def __init__(self, scope: Construct, layout: Layout, variables: Sequence[Variable] = ()) -> None:
        super().__init__(scope, layout.name, layout=layout, variables=variables)
        _aws_provider(self, layout)
        partition = str(DataAwsPartition(self, "partition").partition)
        self.network = Network(
            self,
            "network",
            name=layout.name,
            region=layout.region,
            network=layout.network,
            zones=[
                group.availability_zone for group in layout.node_groups.values() if group.availability_zone
            ],
            endpoint_services=endpoint_services(layout),
        )
        self.cluster = Cluster(
            self,
            "cluster",
            name=layout.name,
            kubernetes_version=layout.kubernetes_version,
            cluster=layout.cluster,
            subnet_ids=self.network.private_subnet_ids,
            partition=partition,
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
        self.addons.install_rest(self._system_nodes(layout))
        if layout.has_autoscaler:
            AutoscalerIdentity(
                self,
                "autoscaler",
                cluster_name=layout.name,
                cluster_reference=self.cluster.name,
                partition=partition,
            )
        for name, (value, description) in cluster_outputs(
            layout, self.network, self.cluster, self.node_groups
        ).items():
            TerraformOutput(self, name, value=value, description=description)

    def _node_groups(self, layout: Layout, partition: str) -> dict[str, NodeGroup]:
        security_groups: list[str] = []
        rules: list[ITerraformDependable] = []
        if layout.has_efa:
            efa = EfaSecurityGroup(self, "efa", name=layout.name, vpc_id=self.network.vpc_id)
            security_groups, rules = [self.cluster.security_group_id, efa.group_id], efa.rules
        before = [*self.addons.before_nodes, *self.network.ready]
        groups = {}
        for name, group in layout.node_groups.items():
            place = self.network.place(name, group)
            groups[name] = NodeGroup(
                self,
                f"nodes-{name}",
                name=name,
                group=group,
                cluster_name=layout.name,
                cluster_reference=self.cluster.name,
                kubernetes_version=layout.kubernetes_version,
                partition=partition,
                subnet_ids=place.subnet_ids,
                zone=place.zone,
                efa_security_groups=security_groups if group.efa else (),
                tags=layout.tags,
                depends_on=[*before, *rules] if group.efa else before,
            )
        return groups

    def _system_nodes(self, layout: Layout) -> list[ITerraformDependable]:
        """The groups whose nodes take any pod: what is left of the add-ons waits for these, not for GPU capacity."""
        open_to_all = [name for name, group in layout.node_groups.items() if not group.taints]
        return [self.node_groups[name].resource for name in open_to_all or self.node_groups]


class PlatformStack(AddressedStack):
    """`NAME-platform`: Helm releases and cluster-wide Kubernetes objects.

    It finds the cluster by name and gets a token by `aws eks get-token`. Providers that are configured from a cluster
    made in the same state fail on refresh and destroy (terraform-aws-eks #2007, #2501).
    """

    def __init__(self, scope: Construct, layout: Layout) -> None:
        super().__init__(scope, layout.platform_stack, layout=layout)
        _aws_provider(self, layout)
        found = DataAwsEksCluster(self, "cluster", name=layout.name)
        host = str(found.endpoint)
        certificate = f"${{base64decode({found.fqn}.certificate_authority[0].data)}}"
        command, arguments = token_command(layout.name, layout.region)
        api_version = "client.authentication.k8s.io/v1"
        KubernetesProvider(
            self,
            "kubernetes",
            host=host,
            cluster_ca_certificate=certificate,
            exec=[KubernetesProviderExec(api_version=api_version, command=command, args=arguments)],
        )
        HelmProvider(
            self,
            "helm",
            kubernetes=HelmProviderKubernetes(
                host=host,
                cluster_ca_certificate=certificate,
                exec=HelmProviderKubernetesExec(api_version=api_version, command=command, args=arguments),
            ),
        )
        if layout.storage.default_storage_class == "gp3" and layout.has_addon("aws-ebs-csi-driver"):
            DefaultStorageClass(self, "storage")
        self.releases = HelmReleases(
            self, "releases", releases=layout.helm_releases, surroundings=_surroundings(layout)
        )


def add_stacks(app: App, layout: Layout, variables: Sequence[Variable] = ()) -> tuple[TerraformStack, ...]:
    """Adds the stacks of one cluster to an app, in the order in which they are deployed."""
    cluster = ClusterStack(app, layout, variables)
    platform = PlatformStack(app, layout)
    platform.add_dependency(cluster)
    return cluster, platform


def taints_of(layout: Layout, wanted: Callable[[NodeGroupSection], bool]) -> list[Taint]:
    """Taints of the node groups that are wanted, each once."""
    groups = [group for group in layout.node_groups.values() if wanted(group)]
    return list(dict.fromkeys(taint for group in groups for taint in group.taints))


def _has_gpus(group: NodeGroupSection) -> bool:
    return group.type.gpus > 0


def _surroundings(layout: Layout) -> Surroundings:
    return Surroundings(
        cluster_name=layout.name,
        region=layout.region,
        kubernetes_version=layout.kubernetes_version,
        gpu_taints=taints_of(layout, _has_gpus),
        neuron_taints=taints_of(layout, lambda group: group.type.neuron_devices > 0),
        efa_taints=taints_of(layout, lambda group: group.efa),
        node_monitoring=layout.has_addon("eks-node-monitoring-agent"),
        own_jobset=layout.has_release("jobset"),
        internet=layout.network.has_nat,
    )


def _aws_provider(stack: TerraformStack, layout: Layout) -> None:
    tags = [AwsProviderDefaultTags(tags=layout.tags)] if layout.tags else None
    AwsProvider(stack, "aws", region=layout.region, default_tags=tags)


def _backend(stack: TerraformStack, name: str, layout: Layout) -> None:
    backend = layout.backend
    if backend.type == "s3":
        S3Backend(
            stack,
            bucket=backend.bucket or "",
            key=f"{backend.key_prefix}/{name}.tfstate",
            region=backend.region or layout.region,
            encrypt=True,
            kms_key_id=backend.kms_key_arn,
        )
        # Locks by a file beside the state (Terraform 1.10 and newer); CDKTF knows DynamoDB tables only.
        stack.add_override("terraform.backend.s3.use_lockfile", True)
    else:
        # Beside the output folder, from OUT/stacks/NAME; CDKTF's own default is an absolute path of this machine.
        LocalBackend(stack, path=f"../../../terraform.{name}.tfstate")


def _declare(stack: TerraformStack, variable: Variable) -> None:
    made = TerraformVariable(
        stack,
        f"variable-{variable.name}",
        type=variable.kind.terraform_type,
        description=variable.description,
        nullable=False,
        validation=[
            TerraformVariableValidationConfig(
                condition=f"${{{variable.condition}}}",
                error_message=f"{variable.name}: {variable.kind.remedy}",
            )
        ],
    )
    made.override_logical_id(variable.name)
