"""Rules about EKS add-ons and Helm releases: that the cluster has what its nodes need, once."""

from __future__ import annotations

from collections.abc import Iterator

from ..efa_drivers import RELEASES
from ..faults import KeyPath, Level
from ..models import Layout
from ..releases import ADDONS_KNOWN, CHARTS, RELEASE_ENDPOINTS
from ..words import nearest
from .base import Context, Finding

ESSENTIAL = {
    "vpc-cni": "no pod gets an address",
    "kube-proxy": "no service is reachable",
    "coredns": "no name of a service is resolved",
    "eks-pod-identity-agent": "add-ons that call AWS (the CNI, the CSI drivers) get no credentials",
}
OPERATORS = {"gpu-operator": ("gpus", "NVIDIA GPUs"), "neuron": ("neuron_devices", "Neuron devices")}


class UnknownAddon:
    """A name that EKS does not know fails when its version is looked up.

    Add-ons of the marketplace are many, so that this is a warning.
    https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html
    """

    id = "unknown-addon"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """The name is among those that are known here."""
        for name in context.layout.addons:
            if name not in ADDONS_KNOWN:
                near = nearest(name, ADDONS_KNOWN)
                remedy = (
                    f"Did you mean {near}?" if near else "Check it with `aws eks describe-addon-versions`."
                )
                yield Finding(("addons", name), f"no add-on {name!r} is known here", remedy)


class EssentialAddonOff:
    """A cluster without these works only where something else takes their place."""

    id = "essential-addon-off"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """The CNI, kube-proxy, CoreDNS and the pod identity agent are on."""
        for name, then in ESSENTIAL.items():
            if not context.layout.has_addon(name):
                problem = f"is off: {then}, unless you install something in its place"
                remedy = f"Remove what turns it off: `enabled: false`, or `{name}:` without a value."
                yield Finding(("addons", name), problem, remedy)


class AddonVersionTwice:
    """A pinned version is not the most recent one for long."""

    id = "addon-version-twice"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`version` and `most_recent` exclude each other."""
        for name, addon in context.layout.addons.items():
            if addon.version and addon.most_recent:
                problem = f"version pins {addon.version}, and this asks for the newest"
                yield Finding(("addons", name, "most_recent"), problem, "Keep version or most_recent.")


class MetricsServerTwice:
    """Both serve the same API, metrics.k8s.io: the second is refused, or takes it from the first."""

    id = "metrics-server-twice"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """metrics-server is an add-on or a release."""
        if context.layout.has_addon("metrics-server") and context.layout.has_release("metrics-server"):
            problem = "metrics-server is an add-on of the layout too"
            remedy = "Keep addons.metrics-server, and remove this release."
            yield Finding(
                ("helm_releases", "metrics-server"), problem, remedy, (("addons", "metrics-server"),)
            )


class EfaPluginOff:
    """Without its driver no pod gets an EFA device: NCCL falls back to TCP without a word, or the pods stay pending.

    https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html
    """

    id = "efa-plugin-off"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """EFA groups go with the release of `cluster.efa_driver`."""
        groups = [path[1] for path, group in context.groups() if group.efa]
        release = RELEASES[context.layout.cluster.efa_driver]
        if groups and not context.layout.has_release(release):
            problem = (
                f"is off, and the group(s) {_list(groups)} have EFA: pods would get none, and NCCL use TCP"
            )
            remedy = "Remove what turns it off, or write efa: false in the groups."
            yield Finding(("helm_releases", release), problem, remedy, (("node_groups",),))


class DeviceOperatorOff:
    """GPUs and Neuron devices become resources that a pod can ask for by a device plugin."""

    id = "device-operator-off"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """Groups with GPUs go with gpu-operator, groups with Neuron devices with neuron."""
        for name, (count, what) in OPERATORS.items():
            groups = [path[1] for path, _, found in context.typed_groups() if getattr(found, count)]
            if groups and not context.layout.has_release(name):
                problem = f"is off, and the group(s) {_list(groups)} have {what}: pods cannot ask for them"
                remedy = "Remove what turns it off, unless you install a device plugin yourself."
                yield Finding(("helm_releases", name), problem, remedy)


class AutoscalerOff:
    """A group that the autoscaler owns keeps its first size for ever if there is no autoscaler."""

    id = "autoscaler-off"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """`scaling_owner: autoscaler` goes with the release cluster-autoscaler."""
        groups = [path[1] for path, group in context.groups() if group.scaling_owner == "autoscaler"]
        if groups and not context.layout.has_release("cluster-autoscaler"):
            problem = f"is off, and owns the size of {_list(groups)}: nobody would scale"
            remedy = "Remove what turns it off, or write scaling_owner: terraform."
            yield Finding(("helm_releases", "cluster-autoscaler"), problem, remedy)


class SameChartTwice:
    """The charts that the project knows bring CRDs and cluster roles, which one release owns.

    Helm: "exists and cannot be imported into the current release".
    """

    id = "same-chart-twice"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """A chart that is known here is installed under its own name only."""
        for name, release in context.layout.helm_releases.items():
            for known, chart in CHARTS.items():
                same = (release.repository, release.chart) == (chart.repository, chart.chart)
                if same and name != known and release.enabled and context.layout.has_release(known):
                    problem = f"installs the chart {release.chart} a second time: the release {known!r} does already"
                    remedy = f"Put the settings under helm_releases.{known}, and remove this one."
                    yield Finding(
                        ("helm_releases", name, "chart"), problem, remedy, (("helm_releases", known),)
                    )


# Where the images of the charts come from, by their values files (docs/releases.md names the versions).
IMAGES = {
    "training-operator": "ghcr.io, registry.k8s.io",
    "gpu-operator": "nvcr.io, registry.k8s.io",
    "neuron": "public.ecr.aws",
    "cluster-autoscaler": "registry.k8s.io",
    "karpenter": "public.ecr.aws",
    "aws-load-balancer-controller": "public.ecr.aws",
    "kueue": "registry.k8s.io",
    "jobset": "registry.k8s.io",
    "lws": "registry.k8s.io",
    "kube-prometheus-stack": "docker.io, ghcr.io, quay.io, registry.k8s.io",
    "metrics-server": "registry.k8s.io",
}


def foreign_images(layout: Layout) -> dict[str, str]:
    """The registries of the releases' images by release, of those that name none in ECR by their values."""
    return {
        name: registries
        for name, registries in IMAGES.items()
        if layout.has_release(name)
        and "amazonaws.com" not in str([layout.helm_releases[name].values, layout.helm_releases[name].set])
    }


class ImagesOutOfReach:
    """Without NAT, nodes pull from ECR of their own region alone: a release with other images never becomes ready.

    https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html
    """

    id = "images-out-of-reach"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """In a new VPC without NAT, releases bring images of their own by their values."""
        network = context.layout.network
        if not network.is_new or network.has_nat:
            return
        for name, registries in foreign_images(context.layout).items():
            problem = f"pulls its images from {registries}, and nodes without NAT reach ECR alone"
            remedy = "Mirror the images in ECR and name them in `values`, or switch the release off: enabled: false."
            yield Finding(("helm_releases", name), problem, remedy, (("network",),))


class EndpointOfRelease:
    """Pods of these releases call a service of AWS, and without NAT they reach it by an endpoint alone.

    The release becomes ready all the same, and what it is to make never comes.
    https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html
    """

    id = "endpoint-of-release"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """In a new VPC without NAT that is not fully private, the endpoints that are listed have the release's."""
        network = context.layout.network
        if not network.is_isolated or network.fully_private:  # which brings them by itself
            return
        for name, service in RELEASE_ENDPOINTS.items():
            if context.layout.has_release(name) and service not in (network.interface_endpoints or ()):
                problem = f"calls {service}, and without NAT its pods reach no endpoint of that"
                remedy = f"Add {service} to network.interface_endpoints, or write fully_private: true."
                yield Finding(("helm_releases", name), problem, remedy, (("network",),))


class StorageClassWithoutDriver:
    """The default StorageClass is served by the EBS CSI driver: without it, claims stay pending."""

    id = "storage-class-without-driver"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """gp3 as the default class goes with the add-on aws-ebs-csi-driver."""
        gp3 = context.layout.storage.default_storage_class == "gp3"
        if gp3 and not context.layout.has_addon("aws-ebs-csi-driver"):
            problem = (
                "gp3 is the default StorageClass, and the add-on aws-ebs-csi-driver, which serves it, is off"
            )
            remedy = "Write storage.default_storage_class: none, or leave the add-on on."
            because: tuple[KeyPath, ...] = (("addons", "aws-ebs-csi-driver"),)
            yield Finding(("storage", "default_storage_class"), problem, remedy, because)


def _list(names: list[str | int]) -> str:
    return ", ".join(str(name) for name in names)
