"""Rules about `cluster.efa_driver`: where EFA devices can be claimed, and that one driver alone hands them out.

The facts are AWS's: https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ..document import parse
from ..efa_drivers import DEVICE_CLASS, DRA_RELEASE, DRA_SINCE, PLUGIN_RELEASE, QUOTA, is_older
from ..faults import KeyPath, LayoutError, Level
from .base import Context, Finding, listed
from .training_nodes import workers

_DRIVER: KeyPath = ("cluster", "efa_driver")
_PLUGIN = "efa_driver: device_plugin"


class EfaDriverVersion:
    """Before Kubernetes 1.34 the API server has no resource.k8s.io/v1, and AWS's DRA driver does not run.

    https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html#eks-efa-dra-vs-device-plugin
    """

    id = "efa-driver-version"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`dra` goes with Kubernetes 1.34 or later."""
        version = context.layout.kubernetes_version
        if context.layout.claims_efa and is_older(version, DRA_SINCE):
            problem = f"dra needs Kubernetes {DRA_SINCE}, and this is {version}"
            remedy = f'Write kubernetes_version: "{DRA_SINCE}" or later, or {_PLUGIN}.'
            yield Finding(_DRIVER, problem, remedy, (("kubernetes_version",),))


class EfaDriverAutoscaler:
    """The cluster autoscaler knows no devices of a node that is not there yet: from an empty group it brings none for a claim.

    AWS names managed node groups and Karpenter's static pools for the DRA driver. Devices are read from a running node:
    https://github.com/kubernetes/autoscaler/issues/10277
    """

    id = "efa-driver-autoscaler"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """With `dra`, Terraform owns the size of the groups with EFA."""
        if not context.layout.claims_efa:
            return
        for path, group in context.groups():
            if group.efa and group.scaling_owner == "autoscaler":
                problem = "the cluster autoscaler brings no node for pods that claim EFA devices (cluster.efa_driver: dra)"
                remedy = f"Write scaling_owner: terraform, or cluster.{_PLUGIN}."
                yield Finding((*path, "scaling_owner"), problem, remedy, (_DRIVER,))


class EfaDriverKarpenter:
    """Karpenter 1.14 makes nodes for pods with claims in static pools alone; 1.15 does it with feature gates.

    https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html#eks-efa-dra-vs-device-plugin
    """

    id = "efa-driver-karpenter"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """`dra` and the release karpenter are not together."""
        layout = context.layout
        if layout.claims_efa and layout.has_release("karpenter"):
            problem = "with karpenter, nodes for pods that claim EFA devices come from static pools alone"
            remedy = (
                f"Keep EFA to the node groups here, or to static pools whose types you add to helm_releases.{DRA_RELEASE}.values."
                f"supportedInstanceLabels.values; or write {_PLUGIN}."
            )
            yield Finding(_DRIVER, problem, remedy, (("helm_releases", "karpenter"),))


class EfaTwoDrivers:
    """Each of the two drivers gives away all devices of a node, so that two pods get the same one, and nothing says so.

    https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html#efa-dra-driver
    """

    id = "efa-two-drivers"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Only one of the two is installed, by whatever name its release has."""
        layout = context.layout
        mine, other = (DRA_RELEASE, PLUGIN_RELEASE) if layout.claims_efa else (PLUGIN_RELEASE, DRA_RELEASE)
        driver = "device_plugin" if layout.claims_efa else "dra"
        for name, release in layout.helm_releases.items():
            if layout.has_release(mine) and release.enabled and other in (name, release.chart):
                problem = (
                    f"{mine} hands out the same EFA devices (cluster.efa_driver: {layout.cluster.efa_driver})"
                )
                remedy = f"Remove this release, or write cluster.efa_driver: {driver}."
                yield Finding(("helm_releases", name), problem, remedy, (_DRIVER,))


class EfaDriverUnused:
    """The driver comes with node groups that have EFA, and without them nothing does."""

    id = "efa-driver-unused"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """`dra` goes with a group that has EFA, or with the release for nodes that the layout does not have."""
        layout = context.layout
        if layout.claims_efa and not (layout.has_efa or layout.has_release(DRA_RELEASE)):
            yield Finding(
                _DRIVER, "no node group has EFA, so dra does nothing", "Remove it.", (("node_groups",),)
            )


class EfaDriverOwnAmi:
    """The driver hands devices to containers by NRI of the container runtime, which EKS's AMIs have on.

    https://github.com/kubernetes-sigs/dranet#how-it-works; containerd has it on by default since 2.0:
    https://github.com/containerd/containerd/pull/9744
    """

    id = "efa-driver-own-ami"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """With `dra`, groups with EFA have an AMI of EKS."""
        if not context.layout.claims_efa:
            return
        for path, group in context.groups():
            if group.efa and group.ami_id is not None:
                problem = (
                    "with cluster.efa_driver: dra, the AMI needs EFA's software, and containerd with NRI on"
                )
                remedy = "Build it from an EKS AMI with containerd 2.0 or later, and check one node by `ops verify`."
                yield Finding((*path, "ami_id"), problem, remedy, (_DRIVER,))


class EfaDeviceClass:
    """Jobs claim devices of the class that the chart makes; with another name, or without it, they stay pending."""

    id = "efa-device-class"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The release's values leave the device class its name."""
        layout = context.layout
        if not (layout.claims_efa and layout.has_release(DRA_RELEASE)):
            return
        release = layout.helm_releases[DRA_RELEASE]
        given = release.values.get("deviceClass")
        by_values = dict(given) if isinstance(given, dict) else {}
        for key, right in (("name", DEVICE_CLASS), ("create", True)):
            for path, value in (
                (("values", "deviceClass", key), by_values.get(key, right)),
                (("set", f"deviceClass.{key}"), release.set.get(f"deviceClass.{key}", right)),
            ):
                if value != right and str(value).lower() != str(right).lower():
                    problem = f"the jobs here claim devices of the class {DEVICE_CLASS}, which the chart then does not make"
                    yield Finding(("helm_releases", DRA_RELEASE, *path), problem, "Remove it.", (_DRIVER,))


class EfaClaimsUncounted:
    """kueue admits no job with a claim of a device class that its configuration does not name.

    https://kueue.sigs.k8s.io/docs/tasks/manage/setup_dra/
    """

    id = "efa-claims-uncounted"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """A configuration of one's own for kueue maps the device class of EFA, to the name that the queues have."""
        layout = context.layout
        if not (layout.claims_efa and layout.has_release("kueue")):
            return
        queued = [
            str(pods.path[-1])
            for pods in workers(context)
            if pods.share.efa and pods.job.kind != "worker_set"
        ]
        manager = layout.helm_releases["kueue"].values.get("managerConfig")
        config = manager.get("controllerManagerConfigYaml") if isinstance(manager, dict) else None
        if queued and not _counts_claims(config):
            problem = f"it does not count the device class {DEVICE_CLASS} as {QUOTA}: kueue never admits {listed(queued)}"
            remedy = "Add resources.deviceClassMappings as in helm-values/kueue-dra.yaml."
            path = ("helm_releases", "kueue", "values", "managerConfig", "controllerManagerConfigYaml")
            yield Finding(path, problem, remedy, (_DRIVER,))


def _counts_claims(config: object) -> bool:
    """Whether kueue's configuration, as text, maps the device class to what the queues have of it."""
    try:
        mappings = parse(str(config), "kueue").tree.get(("resources", "deviceClassMappings"))
    except LayoutError:
        return False
    return isinstance(found := mappings.plain() if mappings else None, list) and any(
        isinstance(one, dict)
        and one.get("name") == QUOTA
        and isinstance(classes := one.get("deviceClassNames"), list)
        and DEVICE_CLASS in classes
        for one in found
    )
