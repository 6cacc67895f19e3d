"""The stack of what runs on the cluster: namespaces, claims, training jobs, servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdktf import ITerraformDependable, TerraformOutput
from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from cdktf_cdktf_provider_aws.data_aws_partition import DataAwsPartition
from cdktf_cdktf_provider_kubernetes.namespace_v1 import (
    NamespaceV1,
    NamespaceV1Timeouts,
)
from constructs import Construct

from .addressed_stack import AddressedStack
from .cluster_access import cluster_access, kubernetes_provider
from .layout import Layout, Variable, variables_of
from .layout.claims import own_namespaces, workloads
from .layout.models import Workload
from .layout.models.workloads import RepositoryImage
from .layout.stores import bucket_name, repository_name
from .provider_versions import namespace_metadata
from .workloads.objects import add_object, id_of
from .workloads.pod import Names
from .workloads.service_manifests import namespace_labels
from .workloads.serving import Serving
from .workloads.training import Training
from .workloads.volumes import Claims

# A namespace goes once its last pod has: servers may drain for minutes, and the provider gives up after five.
_EMPTIED = "30m"


class WorkloadsStack(AddressedStack):
    """`NAME-workloads`: the last to be deployed and the first to go, while the controllers of all that is in it run.

    Custom resources are planned against the API server, which has to know their kinds: those come with the platform stack.

    Attributes:
        cluster: the control plane, as it is found.
        kubernetes: the provider.
        namespaces: those that are made here, by name.
        claims: of what is stored.
        service_accounts: by kind (`training`, `serving`) and name of the workload.
        training, serving: the workloads.
        account, partition: what AWS says of itself, where a name needs it.
    """

    def __init__(self, scope: Construct, layout: Layout, variables: Sequence[Variable] | None = None) -> None:
        """Make it; `variables` to declare are those that the layout's workloads use, where they are not given."""
        if variables is None:
            variables = [one for one in variables_of(layout) if one.is_used_in("workloads")]
        super().__init__(scope, layout.workloads_stack, layout=layout, variables=variables)
        self.cluster, access = cluster_access(self, layout)
        self.kubernetes = kubernetes_provider(self, access)
        self.account: DataAwsCallerIdentity | None = None
        self.partition: DataAwsPartition | None = None
        self._layout = layout
        names = self._names()
        self.namespaces = self._namespaces()
        self.claims = Claims(self, "claims", layout=layout, names=names, namespaces=self.namespaces)
        above = Construct(self, "service-accounts")
        self.service_accounts = {
            (kind, name): self._account(above, kind, name, workload)
            for (_, kind, name), workload in workloads(layout)
            if workload.service_account is None
        }
        self.training = Training(
            self,
            "training",
            layout=layout,
            names=names,
            ready=lambda name, job: self._ready("training", name, job),
            replaced_with=self.claims.replacing,
            namespaces=self.namespaces,
        )
        serving = layout.workloads.serving
        self.serving = Serving(
            self,
            "serving",
            serving=serving,
            node_groups=layout.node_groups,
            names=names,
            service_accounts={name: one.service_account or name for name, one in serving.items()},
            depends_on={name: self._ready("serving", name, one) for name, one in serving.items()},
            replaced_with={name: self.claims.replacing(one) for name, one in serving.items()},
        )
        for name, (value, description) in (self._outputs() | self.serving.outputs).items():
            TerraformOutput(self, name, value=value, description=description)

    def _names(self) -> Names:
        layout = self._layout
        # References as text: CDKTF's tokens are numbers that differ with all that was made before, and a job is replaced
        # when its text changes.
        account = suffix = ""
        if _buckets(layout) or _has_own_images(layout):
            identity = self.account = DataAwsCallerIdentity(self, "account")
            account = f"${{data.aws_caller_identity.{identity.friendly_unique_id}.account_id}}"
        if _has_own_images(layout):
            partition = self.partition = DataAwsPartition(self, "partition")
            suffix = f"${{data.aws_partition.{partition.friendly_unique_id}.dns_suffix}}"
        registry = f"{account}.dkr.ecr.{layout.region}.{suffix}"
        return Names(
            buckets={
                name: bucket_name(layout.name, layout.region, name, layout.storage.buckets[name], account)
                for name in _buckets(layout)
            },
            repositories={
                name: f"{registry}/{repository_name(layout.name, name, repository)}"
                for name, repository in layout.storage.repositories.items()
            },
        )

    def _namespaces(self) -> Mapping[str, ITerraformDependable]:
        above = Construct(self, "namespace")
        labels: dict[str, dict[str, str]] = {}
        for one in self._layout.workloads.serving.values():
            labels.setdefault(one.namespace, {}).update(namespace_labels(one))
        return {
            name: NamespaceV1(
                above,
                name,
                metadata=namespace_metadata(name, labels.get(name)),
                timeouts=NamespaceV1Timeouts(delete=_EMPTIED),
            )
            for name in own_namespaces(self._layout)
        }

    def _namespace(self, workload: Workload) -> list[ITerraformDependable]:
        made = self.namespaces.get(workload.namespace)
        return [made] if made is not None else []

    def _account(self, scope: Construct, kind: str, name: str, workload: Workload) -> ITerraformDependable:
        manifest = {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": workload.namespace},
            # Pods that ask Kubernetes nothing need no token for it. That of pod identity comes by another way.
            "automountServiceAccountToken": False,
        }
        return add_object(scope, id_of(kind, name), manifest, depends_on=self._namespace(workload))

    def _ready(self, kind: str, name: str, workload: Workload) -> list[ITerraformDependable]:
        return [
            *self._namespace(workload),
            *self.claims.of(workload),
            *([self.service_accounts[kind, name]] if (kind, name) in self.service_accounts else ()),
        ]

    def _outputs(self) -> dict[str, tuple[object, str]]:
        jobs = self._layout.workloads.training
        outputs: dict[str, tuple[object, str]] = {
            "namespaces": (
                sorted({one.namespace for _, one in workloads(self._layout)}),
                "Namespaces of the workloads",
            ),
            "services": (
                {
                    name: f"{name}.{job.namespace}.svc"
                    for name, job in jobs.items()
                    if job.kind in ("indexed_job", "worker_set")
                },
                "Services by which the pods of a job find each other, as DNS names in the cluster",
            ),
        }
        return {name: output for name, output in outputs.items() if output[0]}


def _has_own_images(layout: Layout) -> bool:
    return any(isinstance(one.image, RepositoryImage) for _, one in workloads(layout))


def _buckets(layout: Layout) -> list[str]:
    """The buckets that workloads use."""
    used = {bucket for _, one in workloads(layout) for bucket in one.buckets}
    mounted = {mount.bucket for _, one in workloads(layout) for mount in one.volumes.values() if mount.bucket}
    return sorted(used | mounted)
