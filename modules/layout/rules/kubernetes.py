"""Rules about Kubernetes: the version, and the labels and taints of the nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from ... import catalog
from ..faults import KeyPath, Level
from .base import Context, Finding

_VERSION: KeyPath = ("kubernetes_version",)
SOON = timedelta(days=60)
# Kubeflow Trainer 2.x: https://www.kubeflow.org/docs/components/trainer/operator-guides/installation/
TRAINER_NEEDS = (1, 31)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _offered(context: Context) -> str:
    known = catalog.kubernetes_versions()
    standard = [one.version for one in known if one.support(context.today) == "standard"]
    extended = [one.version for one in known if one.support(context.today) == "extended"]
    return ", ".join(standard) + (f" (extended support: {', '.join(extended)})" if extended else "")


class UnknownKubernetesVersion:
    """EKS follows a Kubernetes release by weeks; what the catalogue does not know, EKS most likely does not offer.

    https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
    """

    id = "unknown-kubernetes-version"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The version is in the catalogue, and released."""
        version = context.layout.kubernetes_version
        found = catalog.kubernetes_version(version)
        oldest = catalog.kubernetes_versions()[0].version
        if found is None and _numbers(version) < _numbers(oldest):
            return  # ended, says the next rule
        if found is None or found.support(context.today) == "unreleased":
            when = f": EKS releases it on {found.released}" if found else ""
            problem = f"EKS does not offer Kubernetes {version}{when}"
            yield Finding(_VERSION, problem, f"Write one of {_offered(context)}.")


class KubernetesVersionEnded:
    """EKS makes no cluster of a version whose extended support has ended, and upgrades those that are left.

    https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
    """

    id = "kubernetes-version-ended"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Some support is left."""
        version = context.layout.kubernetes_version
        found = catalog.kubernetes_version(version)
        oldest = catalog.kubernetes_versions()[0].version
        ended = found is not None and found.support(context.today) == "ended"
        if ended or (found is None and _numbers(version) < _numbers(oldest)):
            when = f" since {found.end_of_extended_support}" if found else ""
            problem = f"EKS no longer takes Kubernetes {version}{when}"
            yield Finding(_VERSION, problem, f"Write one of {_offered(context)}.")


class ExtendedSupport:
    """A control plane in extended support costs 0.60 USD an hour and not 0.10.

    https://aws.amazon.com/eks/pricing/
    """

    id = "extended-support"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """The version is in standard support."""
        found = catalog.kubernetes_version(context.layout.kubernetes_version)
        if found is not None and found.support(context.today) == "extended":
            problem = (
                f"Kubernetes {found.version} is in extended support since {found.end_of_standard_support}, at six "
                f"times the price (0.60 USD an hour), until {found.end_of_extended_support}"
            )
            yield Finding(_VERSION, problem, f"Write one of {_offered(context)}.")


class SupportEndsSoon:
    """When standard support ends, the price of the control plane rises, or EKS upgrades it by itself."""

    id = "support-ends-soon"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """60 days of standard support are left."""
        found = catalog.kubernetes_version(context.layout.kubernetes_version)
        if found is None or found.support(context.today) != "standard":
            return
        if found.end_of_standard_support - context.today <= SOON:
            then = (
                "EKS upgrades the control plane by itself then"
                if context.layout.cluster.support_type == "STANDARD"
                else "the control plane costs six times as much from then on"
            )
            problem = f"standard support of Kubernetes {found.version} ends on {found.end_of_standard_support}: {then}"
            newer = [
                one.version
                for one in catalog.kubernetes_versions()
                if one.support(context.today) == "standard" and one.released > found.released
            ]
            yield Finding(
                _VERSION, problem, f"Write {' or '.join(newer)}." if newer else "Plan the next upgrade."
            )


class ExtendedVersionStandardSupport:
    """With support type STANDARD, EKS upgrades a control plane that is out of standard support by itself.

    https://docs.aws.amazon.com/eks/latest/userguide/disable-extended-support.html
    """

    id = "extended-version-standard-support"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`support_type: STANDARD` goes with a version in standard support."""
        found = catalog.kubernetes_version(context.layout.kubernetes_version)
        extended = found is not None and found.support(context.today) == "extended"
        if extended and context.layout.cluster.support_type == "STANDARD":
            problem = f"Kubernetes {context.layout.kubernetes_version} has extended support only, which STANDARD forgoes"
            remedy = "Write EXTENDED, or a kubernetes_version in standard support."
            yield Finding(("cluster", "support_type"), problem, remedy, (_VERSION,))


class TrainerNeedsNewer:
    """Kubeflow Trainer 2.x uses JobSet features of Kubernetes 1.31.

    https://www.kubeflow.org/docs/components/trainer/operator-guides/installation/
    """

    id = "trainer-needs-newer"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The training operator runs on Kubernetes 1.31 or later."""
        version = context.layout.kubernetes_version
        found = catalog.kubernetes_version(version)
        if not context.layout.has_release("training-operator"):
            return
        if found is None or found.support(context.today) == "ended":
            return
        if _numbers(version) < TRAINER_NEEDS:
            problem = (
                f"the training operator (Kubeflow Trainer 2) needs Kubernetes 1.31, and this is {version}"
            )
            remedy = 'Write kubernetes_version: "1.31" or later, or helm_releases.training-operator.enabled: false.'
            yield Finding(_VERSION, problem, remedy)


# What a kubelet may say of its own node: k8s.io/kubelet/pkg/apis/well_known_labels.go
_KUBELET_PREFIXES = ("kubelet.kubernetes.io", "node.kubernetes.io")
_KUBELET_LABELS = {
    "kubernetes.io/hostname",
    "kubernetes.io/arch",
    "kubernetes.io/os",
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/instance-type",
    "beta.kubernetes.io/os",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
}
_RESERVED = ("kubernetes.io", "k8s.io", "eks.amazonaws.com")


def _reserved(key: str) -> str | None:
    """The reserved domain that the prefix of a key lies in."""
    prefix, slash, _ = key.rpartition("/")
    return next((d for d in _RESERVED if slash and (prefix == d or prefix.endswith(f".{d}"))), None)


class ReservedLabel:
    """A kubelet that gives itself a label of Kubernetes' own domains is refused: the node never joins.

    https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction;
    aws/containers-roadmap #2465, #1451; terraform-aws-eks #3346
    """

    id = "reserved-label"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Labels outside the reserved domains, but for those that a kubelet may set."""
        for path, group in context.groups():
            for key in group.labels:
                domain = _reserved(key)
                prefix = key.rpartition("/")[0]
                allowed = key in _KUBELET_LABELS or any(
                    prefix == known or prefix.endswith(f".{known}") for known in _KUBELET_PREFIXES
                )
                if domain and not allowed:
                    problem = f"labels under {domain} are reserved: EKS or the kubelet refuses them, and no node joins"
                    remedy = f"Write a domain of your own: example.com/{key.rpartition('/')[2]}."
                    yield Finding((*path, "labels", key), problem, remedy)


class ReservedTaint:
    """EKS refuses taints under its own and Kubernetes' domains when the node group is made.

    aws/containers-roadmap #1451
    """

    id = "reserved-taint"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Taint keys outside the reserved domains."""
        for path, group in context.groups():
            for index, taint in enumerate(group.taints):
                domain = _reserved(taint.key)
                if domain:
                    problem = f"{taint.key}: EKS refuses taints under {domain}"
                    remedy = f"Write a domain of your own: example.com/{taint.key.rpartition('/')[2]}."
                    yield Finding((*path, "taints", index, "key"), problem, remedy)


class LabelLength:
    """Kubernetes takes longer keys and empty values, EKS does not: keys have 1 to 63 characters with their prefix.

    https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateLabelsPayload.html and API_Taint.html;
    aws-controllers-k8s/community #2208
    """

    id = "label-length"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Keys of labels and taints of at most 63 characters, values of labels of at least one."""
        for path, group in context.groups():
            keys: list[tuple[KeyPath, str]] = [((*path, "labels", key), key) for key in group.labels]
            keys += [((*path, "taints", index, "key"), taint.key) for index, taint in enumerate(group.taints)]
            for where, key in keys:
                if len(key) > 63:
                    problem = f"the key has {len(key)} characters with its prefix, and EKS takes 63"
                    yield Finding(where, problem, "Write a shorter key.")
            for key, value in group.labels.items():
                if not value and not _reserved(key):
                    problem = "the value is empty, and EKS takes no label without a value"
                    yield Finding((*path, "labels", key), problem, 'Write a value: "true".')


class DuplicateTaint:
    """Kubernetes refuses a node with two taints of the same key and effect.

    https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
    """

    id = "duplicate-taint"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Key and effect together stand once."""
        for path, group in context.groups():
            pairs = [(taint.key, taint.effect) for taint in group.taints]
            for (key, effect), count in Counter(pairs).items():
                if count > 1:
                    last = len(pairs) - 1 - pairs[::-1].index((key, effect))
                    problem = f"the taint {key} with effect {effect} stands there {count} times"
                    yield Finding((*path, "taints", last), problem, "Keep one of them, or change the effect.")


class TooManyTaints:
    """EKS takes 50 taints a node group.

    https://github.com/hashicorp/terraform-provider-aws/blob/main/website/docs/r/eks_node_group.html.markdown
    """

    id = "too-many-taints"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """At most 50."""
        for path, group in context.groups():
            if len(group.taints) > 50:
                problem = f"{len(group.taints)} taints, and EKS takes 50"
                yield Finding((*path, "taints"), problem, "Keep at most 50.")
