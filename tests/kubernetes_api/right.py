"""A cluster that is right for a layout: what EKS, the add-ons and the releases of it make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modules.layout import Layout, is_known
from modules.layout.models import NodeGroup
from modules.layout.pods import tolerations
from modules.layout.releases import ADDON_IDENTITIES, ADDON_PODS, RELEASE_SERVICE_ACCOUNTS
from modules.layout.stores import RETAINING_STORAGE_CLASS, STORAGE_CLASS, storage_classes
from tests.kubernetes_api.objects import (
    POD_IDENTITY,
    App,
    daemon_set,
    deployment,
    device_class,
    devices,
    efa_slice,
    endpoint_slice,
    helm_secret,
    metadata,
    node,
    owner_reference,
    service_account,
    storage_class,
)
from tests.kubernetes_api.world import Object, World

# What an add-on brings: DaemonSets on all nodes, and Deployments with their number of pods; each with its service account.
# The manifests of the add-ons, e.g. https://github.com/aws/amazon-vpc-cni-k8s/blob/master/config/master/aws-k8s-cni.yaml and
# https://github.com/kubernetes-sigs/aws-ebs-csi-driver/tree/master/deploy/kubernetes/base
_ADDON_DAEMON_SETS: Mapping[str, Mapping[str, str]] = {
    "eks-pod-identity-agent": {"eks-pod-identity-agent": "default"},
    "vpc-cni": {"aws-node": "aws-node"},
    "kube-proxy": {"kube-proxy": "kube-proxy"},
    "aws-ebs-csi-driver": {"ebs-csi-node": "ebs-csi-node-sa"},
    "aws-efs-csi-driver": {"efs-csi-node": "efs-csi-node-sa"},
    "aws-fsx-csi-driver": {"fsx-csi-node": "fsx-csi-node-sa"},
    "aws-mountpoint-s3-csi-driver": {"s3-csi-node": "s3-csi-driver-sa"},
    "eks-node-monitoring-agent": {"eks-node-monitoring-agent": "eks-node-monitoring-agent"},
    "amazon-cloudwatch-observability": {
        "cloudwatch-agent": "cloudwatch-agent",
        "fluent-bit": "cloudwatch-agent",
    },
}
_ADDON_DEPLOYMENTS: Mapping[str, Mapping[str, tuple[str, int]]] = {
    "coredns": {"coredns": ("coredns", 2)},
    "aws-ebs-csi-driver": {"ebs-csi-controller": ("ebs-csi-controller-sa", 2)},
    "aws-efs-csi-driver": {"efs-csi-controller": ("efs-csi-controller-sa", 2)},
    "aws-fsx-csi-driver": {"fsx-csi-controller": ("fsx-csi-controller-sa", 2)},
    "metrics-server": {"metrics-server": ("metrics-server", 2)},
    "amazon-cloudwatch-observability": {
        "amazon-cloudwatch-observability-controller-manager": (
            "amazon-cloudwatch-observability-controller-manager",
            1,
        )
    },
}
# What a release brings: DaemonSets by the kind of node that they are for, and Deployments. The charts of
# modules/layout/releases.py, and for the operator's own DaemonSets
# https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/getting-started.html
_RELEASE_DAEMON_SETS: Mapping[str, Mapping[str, str]] = {
    "gpu-operator": {
        "gpu-feature-discovery": "nvidia",
        "gpu-operator-node-feature-discovery-worker": "all",
        "nvidia-dcgm-exporter": "nvidia",
        "nvidia-device-plugin-daemonset": "nvidia",
        "nvidia-operator-validator": "nvidia",
    },
    "aws-efa-k8s-device-plugin": {"aws-efa-k8s-device-plugin": "efa"},
    "aws-dranet": {"aws-dranet": "efa"},
    "neuron": {"neuron-device-plugin": "neuron"},
    "kube-prometheus-stack": {"kube-prometheus-stack-prometheus-node-exporter": "all"},
}
_RELEASE_DEPLOYMENTS: Mapping[str, Sequence[str]] = {
    "gpu-operator": ("gpu-operator", "gpu-operator-node-feature-discovery-master"),
    "training-operator": ("kubeflow-trainer-controller-manager",),
    "cluster-autoscaler": ("cluster-autoscaler-aws-cluster-autoscaler",),
    "aws-load-balancer-controller": ("aws-load-balancer-controller",),
    "karpenter": ("karpenter",),
    "kueue": ("kueue-controller-manager",),
    "jobset": ("jobset-controller",),
    "lws": ("lws-controller-manager",),
    "metrics-server": ("metrics-server",),
    "kube-prometheus-stack": ("kube-prometheus-stack-operator",),
}
# Made by the operator and not by Helm, each for the nodes with this label, which the operator sets.
# https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/getting-started.html#preventing-installation-of-operands-on-some-nodes
_BY_OPERATOR: Mapping[str, str] = {
    "gpu-feature-discovery": "nvidia.com/gpu.deploy.gpu-feature-discovery",
    "nvidia-dcgm-exporter": "nvidia.com/gpu.deploy.dcgm-exporter",
    "nvidia-device-plugin-daemonset": "nvidia.com/gpu.deploy.device-plugin",
    "nvidia-operator-validator": "nvidia.com/gpu.deploy.operator-validator",
}
_CLUSTER_POLICY = owner_reference(
    {"apiVersion": "nvidia.com/v1", "kind": "ClusterPolicy", "metadata": metadata("cluster-policy")}
)
EVERYWHERE: Object = {"tolerations": [{"operator": "Exists"}]}


def right(layout: Layout, sizes: Mapping[str, int] | None = None) -> World:
    """A cluster with nothing to find.

    Args:
        layout: what it was made of.
        sizes: how many nodes a group has, where that is not its desired size.
    """
    return _Builder(layout, sizes or {}).world


class _Builder:
    def __init__(self, layout: Layout, sizes: Mapping[str, int]) -> None:
        self.layout = layout
        self.world = World(version=f"v{layout.kubernetes_version}.2-eks-0123456")
        for name, group in layout.node_groups.items():
            for _ in range(sizes.get(name, group.size.desired)):
                self.world.nodes.append(self._node(name, group))
        self._addons()
        self._releases()
        self._accounts()
        names = storage_classes(layout)
        default = STORAGE_CLASS if layout.storage.default_storage_class == "gp3" else None
        self.world.storage_classes.extend(
            storage_class(
                name,
                default=name == default,
                reclaim="Retain" if name == RETAINING_STORAGE_CLASS else "Delete",
            )
            for name in names
        )
        if layout.has_addon("coredns"):
            dns = [one for one in self.world.pods if one["metadata"]["labels"]["app"] == "coredns"]
            self.world.endpoint_slices.append(endpoint_slice("kube-dns", "kube-system", dns))

    def _node(self, name: str, group: NodeGroup) -> Object:
        layout = self.layout
        own = group.availability_zone
        zone = own if own is not None and is_known(own) else f"{layout.region}a"
        plugins = [
            kind
            for kind, there in {
                # Bottlerocket brings its own plugin for GPUs, and helm-values/gpu-operator-bottlerocket.yaml leaves it that.
                "nvidia": layout.has_release("gpu-operator") or group.is_bottlerocket,
                "efa": layout.has_release("aws-efa-k8s-device-plugin"),
                "neuron": layout.has_release("neuron"),
            }.items()
            if there
        ]
        accelerator = group.type.accelerator
        labels = {}
        if layout.has_release("gpu-operator"):
            labels["feature.node.kubernetes.io/cpu-cpuid.AVX2"] = "true"
            if accelerator is not None and accelerator.kind == "nvidia":
                # https://github.com/NVIDIA/k8s-device-plugin/tree/main/docs/gpu-feature-discovery
                labels |= {
                    "nvidia.com/gpu.count": str(accelerator.count),
                    "nvidia.com/gpu.memory": str(accelerator.memory_mib),
                    "nvidia.com/gpu.product": f"NVIDIA-{accelerator.name}",
                    "nvidia.com/gpu.present": "true",
                    **dict.fromkeys(_BY_OPERATOR.values(), "true"),
                }
        return node(
            layout.region,
            name,
            group,
            len(self.world.nodes),
            zone,
            resources=devices(group, plugins),
            labels=labels,
            kubernetes_version=layout.kubernetes_version,
            monitored=layout.has_addon("eks-node-monitoring-agent"),
        )

    def _addons(self) -> None:
        for addon, places in ADDON_PODS.items():
            if not self.layout.has_addon(addon):
                continue
            identity = ADDON_IDENTITIES.get(addon)
            section = self.layout.addons[addon]
            has_role = identity is not None and bool(identity.policies or section.role_arn is not None)
            associated = identity.service_account if identity is not None and has_role else None
            for name, account in _ADDON_DAEMON_SETS.get(addon, {}).items():
                own = POD_IDENTITY if account == associated else {}
                nodes = self.world.nodes
                self._daemon_set(
                    App(name, places.namespace, nodes, account, environment=own, placement=EVERYWHERE)
                )
            for name, (account, count) in _ADDON_DEPLOYMENTS.get(addon, {}).items():
                own = POD_IDENTITY if account == associated else {}
                self._deployment(App(name, places.namespace, self._free(count), account, environment=own))

    def _releases(self) -> None:
        for release, chart in self.layout.helm_releases.items():
            if not chart.enabled:
                continue
            self.world.secrets.append(helm_secret(release, chart.namespace, chart.chart, chart.version))
            helm = {
                "meta.helm.sh/release-name": release,
                "meta.helm.sh/release-namespace": chart.namespace,
            }
            for name, kind in _RELEASE_DAEMON_SETS.get(release, {}).items():
                nodes = [one for one in self.world.nodes if kind == "all" or self._is(one, kind)]
                made_by_operator = name in _BY_OPERATOR
                if name == "nvidia-device-plugin-daemonset":
                    nodes = [one for one in nodes if not self._group(one).is_bottlerocket]
                app = App(
                    name,
                    chart.namespace,
                    nodes,
                    release,
                    annotations={} if made_by_operator else helm,
                    placement=self._placement(name, kind),
                    owner=_CLUSTER_POLICY if made_by_operator else None,
                )
                self._daemon_set(app)
                if release == "aws-dranet":
                    self.world.device_classes.append(device_class())
                    self.world.resource_slices.extend(efa_slice(one, self._group(one)) for one in nodes)
            own = POD_IDENTITY if release in RELEASE_SERVICE_ACCOUNTS else {}
            for name in _RELEASE_DEPLOYMENTS.get(release, ()):
                account = RELEASE_SERVICE_ACCOUNTS.get(release, release)
                self._deployment(App(name, chart.namespace, self._free(1), account, helm, own))

    def _placement(self, name: str, kind: str) -> Object:
        """Which nodes a release's DaemonSet asks for, and which taints it tolerates."""
        if kind == "all":
            return EVERYWHERE
        groups = [one for one in self.layout.node_groups.values() if _is(one, kind)]
        taints = {one.key: one for group in groups for one in group.taints}
        placement: Object = {"tolerations": tolerations(list(taints.values()))}
        if name in _BY_OPERATOR:
            return {**placement, "nodeSelector": {_BY_OPERATOR[name]: "true"}}
        # https://github.com/aws/eks-charts/blob/master/stable/aws-efa-k8s-device-plugin/values.yaml: supportedInstanceLabels
        types = sorted({one for group in groups for one in group.instance_types})
        term = {
            "matchExpressions": [
                {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": types}
            ]
        }
        required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
        return {**placement, "affinity": {"nodeAffinity": required}} if types else placement

    def _accounts(self) -> None:
        used = {(one["metadata"]["namespace"], one["spec"]["serviceAccountName"]) for one in self.world.pods}
        made = {
            (one.namespace, one.service_account)
            for one in self.layout.cluster.pod_identity_associations.values()
            if one.create_service_account
        }
        self.world.service_accounts.extend(
            service_account(name, place) for place, name in sorted(used | made)
        )

    def _daemon_set(self, app: App) -> None:
        made, pods = daemon_set(app)
        self.world.daemon_sets.append(made)
        self.world.pods.extend(pods)

    def _deployment(self, app: App) -> None:
        made, pods = deployment(app)
        self.world.deployments.append(made)
        self.world.pods.extend(pods)

    def _free(self, count: int) -> list[Object]:
        """Nodes for the pods of a Deployment: those without taints, in turns."""
        free = [one for one in self.world.nodes if "taints" not in one["spec"]] or self.world.nodes
        return [free[index % len(free)] for index in range(count)] if free else []

    def _group(self, one: Object) -> NodeGroup:
        return self.layout.node_groups[one["metadata"]["labels"]["eks.amazonaws.com/nodegroup"]]

    def _is(self, one: Object, kind: str) -> bool:
        return _is(self._group(one), kind)


def _is(group: NodeGroup, kind: str) -> bool:
    if kind == "efa":
        return group.efa
    return group.type.accelerator is not None and group.type.accelerator.kind == kind
