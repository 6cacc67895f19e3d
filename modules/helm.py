"""Helm releases of the platform stack, with the values that follow from the layout."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_helm.release import Release, ReleaseSet
from constructs import Construct

from .autoscaler import SERVICE_ACCOUNT
from .catalog import autoscaler_tag, eks_registry
from .expressions import literal, literals
from .karpenter import SERVICE_ACCOUNT as KARPENTER_SERVICE_ACCOUNT
from .layout.efa_drivers import DRA_RELEASE, PLUGIN_RELEASE
from .layout.models import HelmRelease, Taint
from .layout.pods import tolerations
from .layout.releases import RELEASE_SERVICE_ACCOUNTS, karpenter_queue
from .merge import merged
from .pod_identity import Namespaces

# One release waits for all of the stages before its own; a destroy goes the other way. The load balancer controller is
# first: only while it runs can a load balancer of another release be deleted, and its webhook refuses Ingresses while it
# does not. kueue is last of the charts known here: its webhook refuses the hook Jobs of other charts while it is not ready,
# and has to go before what it manages. Behind it are the releases in namespaces for jobs, which have to be gone while kueue
# still runs.
_STAGES: Sequence[frozenset[str]] = (
    frozenset({"aws-load-balancer-controller"}),
    frozenset({"kube-prometheus-stack"}),
    frozenset(
        {
            "gpu-operator",
            "neuron",
            "aws-efa-k8s-device-plugin",
            "aws-dranet",
            "cluster-autoscaler",
            "karpenter",
            "metrics-server",
        }
    ),
    frozenset({"jobset"}),
    frozenset({"lws"}),
    frozenset(),  # all others
    frozenset({"kueue"}),
    frozenset(),  # others in namespaces that are made here
)
_OTHERS, _IN_MADE = 5, 7


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What releases have to know of the cluster.

    `gpu_taints` and `neuron_taints` are those of the nodes with that kind of accelerator, `efa_taints` of the nodes
    with EFA and `efa_types` their instance types; `internet` says that pods surely reach it, `isolated` that they surely do not; `system_nodes` is the number
    of nodes without taints that the cluster starts with; `vpc_id` is a reference to what EKS says of the cluster.
    `efa_taints` of None, and no `vpc_id`, are refused by the releases that need to know.
    """

    cluster_name: str
    region: str
    kubernetes_version: str
    gpu_taints: Sequence[Taint] = ()
    neuron_taints: Sequence[Taint] = ()
    efa_taints: Sequence[Taint] | None = None
    efa_types: Sequence[str] = ()
    node_monitoring: bool = False
    internet: bool = False
    own_jobset: bool = False
    isolated: bool = False
    zonal_shift: bool = False
    system_nodes: int = 1
    vpc_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


class HelmReleases(Construct):
    """Every enabled release of a layout; `releases` by name."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        releases: Mapping[str, HelmRelease],
        surroundings: Surroundings,
        namespaces: Namespaces | None = None,
    ) -> None:
        """Install them.

        Args:
            releases: the sections, by name: those of a loaded layout, whose values are the charts' own and the project's.
            surroundings: what they have to know of the cluster: `surroundings_of(layout)`.
            namespaces: those that no release makes; Helm makes each release's own without it.

        Raises:
            ValueError: a release needs to know more of the cluster, or would run on no node with EFA.
        """
        _refuse_unknown(releases, surroundings)
        super().__init__(scope, id)
        namespaces = namespaces or Namespaces(self, "namespaces", associations={})
        self.releases: dict[str, Release] = {}
        self._namespaces = namespaces
        enabled = {name: release for name, release in releases.items() if release.enabled}
        before: list[ITerraformDependable] = []
        for stage in range(len(_STAGES)):
            here = sorted(name for name in enabled if self._stage(name, enabled[name]) == stage)
            # In this order nothing waits in a circle: a namespace only for the stages before its first release.
            namespaces.make((enabled[name].namespace for name in here), before)
            for name in here:
                self.releases[name] = self._release(name, enabled[name], surroundings, before)
            before = [self.releases[name] for name in here] or before
        namespaces.make(namespaces.names, before)

    def _stage(self, name: str, release: HelmRelease) -> int:
        other = _IN_MADE if release.namespace in self._namespaces.names else _OTHERS
        return next((index for index, names in enumerate(_STAGES) if name in names), other)

    def _release(
        self,
        name: str,
        release: HelmRelease,
        surroundings: Surroundings,
        before: Sequence[ITerraformDependable],
    ) -> Release:
        values = merged(computed_values(name, surroundings), release.values)
        if name == DRA_RELEASE:
            values = _with_types(values, surroundings.efa_types)
        # Helm lays each document over the ones before it.
        documents = [one for one in (references(name, surroundings), literals(values)) if one]
        namespace = self._namespaces.made.get(release.namespace)
        return Release(
            self,
            name,
            name=name,
            repository=release.repository,
            chart=release.chart,
            version=release.version,
            namespace=release.namespace,
            create_namespace=namespace is None and release.namespace != "kube-system",
            values=[as_document(one) for one in documents] or None,
            set=[_set(key, value) for key, value in release.set.items()] or None,
            wait=release.wait,
            timeout=release.timeout_minutes * 60,
            # Not atomic: a slow image pull would uninstall a release that works.
            atomic=False,
            cleanup_on_fail=True,
            max_history=5,
            # The chart's values.yaml asks for it: its CRDs are newer than the cluster's idea of them.
            disable_openapi_validation=True if name == "gpu-operator" else None,
            depends_on=[*before, *([namespace] if namespace else ())] or None,
        )


def _refuse_unknown(releases: Mapping[str, HelmRelease], around: Surroundings) -> None:
    enabled = {name for name, release in releases.items() if release.enabled}
    efa = sorted(enabled & {PLUGIN_RELEASE, DRA_RELEASE})
    if efa and around.efa_taints is None:
        raise ValueError(
            f"{efa[0]}: without the taints of the nodes with EFA it runs on none that has any, and NCCL falls back to TCP in "
            "silence. Give `surroundings_of(layout)`, or `efa_taints`: () where they have none."
        )
    if "aws-load-balancer-controller" in enabled and not around.vpc_id:
        raise ValueError(
            "aws-load-balancer-controller: it does not find out the VPC by itself. Give `surroundings_of(layout, vpc_id)`."
        )


def _set(key: str, value: str | bool | int) -> ReleaseSet:
    if isinstance(value, bool):
        return ReleaseSet(name=literal(key), value="true" if value else "false")
    return ReleaseSet(
        name=literal(key), value=literal(str(value)), type="string" if isinstance(value, str) else None
    )


def computed_values(name: str, around: Surroundings) -> dict[str, Any]:
    """The values of a release that follow from the layout. Lists replace the chart's, so they hold its own too."""
    if name == "gpu-operator":
        return _gpu_operator(around)
    if name == "aws-efa-k8s-device-plugin":
        return _efa_plugin(around)
    if name == "aws-dranet":
        return _efa_dra(around)
    if name == "neuron":
        return _neuron(around)
    if name == "cluster-autoscaler":
        return _autoscaler(around)
    if name == "karpenter":
        return _karpenter(around)
    if name == "aws-load-balancer-controller":
        return _load_balancers(around)
    if name == "training-operator":
        # TrainJobs are made of JobSets; the chart brings the controller unless the layout has it as a release. The
        # runtime for torch is installed by a Job that downloads kubectl: without internet it would fail the release.
        return {
            "jobset": {"install": not around.own_jobset},
            "runtimes": {"torchDistributed": {"enabled": around.internet}},
        }
    return {}


def references(name: str, around: Surroundings) -> dict[str, str]:
    """The values of a release that Terraform looks up."""
    # It would ask the metadata service of the node, which pods do not reach by a hop limit of 1.
    return {"vpcId": around.vpc_id} if name == "aws-load-balancer-controller" else {}


def _gpu_operator(around: Surroundings) -> dict[str, Any]:
    on_nodes = _with(
        around.gpu_taints, {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
    )
    discovery = {
        "key": "node-role.kubernetes.io/control-plane",
        "operator": "Equal",
        "value": "",
        "effect": "NoSchedule",
    }
    return {
        "daemonsets": {"tolerations": on_nodes},
        "node-feature-discovery": {"worker": {"tolerations": [discovery, *on_nodes]}},
    }


def _efa_plugin(around: Surroundings) -> dict[str, Any]:
    return _efa_driver(around, "aws-efa-k8s-device-plugin", {})


def _efa_dra(around: Surroundings) -> dict[str, Any]:
    """On the layout's own types: the chart's list lacks some, such as g7.48xlarge, and would leave them without EFA."""
    types = {"supportedInstanceLabels": {"values": list(around.efa_types)}} if around.efa_types else {}
    return _efa_driver(around, "dranet", types)


def _efa_driver(around: Surroundings, image: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """Without the toleration no pod of the driver runs on a tainted node, and NCCL falls back to TCP in silence."""
    values: dict[str, Any] = {"tolerations": tolerations(around.efa_taints or ()), **own}
    registry = eks_registry(around.region)
    if registry is not None:
        values["image"] = {"repository": f"{registry}/eks/{image}"}
    return values


def _with_types(values: dict[str, Any], types: Sequence[str]) -> dict[str, Any]:
    """The user's types beside those of the layout's groups, whose nodes would publish no EFA if the list took their place."""
    labels = values.get("supportedInstanceLabels")
    given = labels.get("values") if isinstance(labels, Mapping) else None
    if not isinstance(given, list):
        return values
    both = [*types, *(one for one in given if one not in types)]
    return merged(values, {"supportedInstanceLabels": {"values": both}})


def _neuron(around: Surroundings) -> dict[str, Any]:
    own = [
        {"key": "CriticalAddonsOnly", "operator": "Exists"},
        {"key": "aws.amazon.com/neuron", "operator": "Exists", "effect": "NoSchedule"},
        {
            "key": "sagemaker.amazonaws.com/node-health-status",
            "operator": "Equal",
            "value": "Unschedulable",
            "effect": "NoSchedule",
        },
    ]
    return {
        "devicePlugin": {"tolerations": _with(around.neuron_taints, *own)},
        # EKS's node monitoring agent reports the same conditions.
        "npd": {"enabled": not around.node_monitoring},
    }


def _autoscaler(around: Surroundings) -> dict[str, Any]:
    return {
        "autoDiscovery": {"clusterName": around.cluster_name},
        "awsRegion": around.region,
        "image": {"tag": autoscaler_tag(around.kubernetes_version)},
        "rbac": {"serviceAccount": {"name": SERVICE_ACCOUNT}},
    }


def _karpenter(around: Surroundings) -> dict[str, Any]:
    return {
        # No two of them run on one node: the second would stay pending, and have the autoscaler add a node for it.
        "replicas": 2 if around.system_nodes > 1 else 1,
        "serviceAccount": {"name": KARPENTER_SERVICE_ACCOUNT},
        "settings": {
            "clusterName": around.cluster_name,
            "interruptionQueue": karpenter_queue(around.cluster_name),
            "enableZonalShift": around.zonal_shift,
            "isolatedVPC": around.isolated,
        },
    }


def _load_balancers(around: Surroundings) -> dict[str, Any]:
    values: dict[str, Any] = {
        "clusterName": around.cluster_name,
        "region": around.region,
        "replicaCount": 2 if around.system_nodes > 1 else 1,
        "serviceAccount": {"name": RELEASE_SERVICE_ACCOUNTS["aws-load-balancer-controller"]},
    }
    tags = {key: tag for key, tag in around.tags.items() if _fits_a_flag(key) and _fits_a_flag(tag)}
    if tags:
        values["defaultTags"] = tags
    if around.isolated:
        # It asks both about every application load balancer, and gives up where there is no answer.
        # https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html
        values |= {"enableShield": False, "enableWafv2": False}
    return values


def _fits_a_flag(text: str) -> bool:
    """Whether the chart can hand on a tag's text: it writes all tags into one argument, without quotes."""
    return re.fullmatch(r"[\w./+@-]+([ :][\w./+@-]+)*", text) is not None


def _with(taints: Sequence[Taint], *own: dict[str, str]) -> list[dict[str, str]]:
    """A chart's own tolerations and those of the taints, each once."""
    return [*own, *(one for one in tolerations(taints) if one not in own)]


def as_document(values: Mapping[str, Any]) -> str:
    """Values as indented JSON, which is YAML: no string in it can be taken for a boolean or a number.

    Helm reads YAML 1.1, where `on`, `yes` and `0o14` are no strings.
    """
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"
