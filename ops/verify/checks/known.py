"""What add-ons and charts bring to a cluster: names that the objects themselves do not tell."""

from __future__ import annotations

from collections.abc import Mapping

from modules.layout.releases import ADDON_PODS

from ...aws.account import Account
from ...checking.check import UnaskedError
from ..cluster import Object
from ..subject import Subject, name_of

# The DaemonSets of add-ons, each of which makes a pod on every node:
# https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html and the manifests of the add-ons:
# github.com/aws/amazon-vpc-cni-k8s, charts eks-pod-identity-agent and eks-node-monitoring-agent, github.com/kubernetes-sigs
# aws-ebs-csi-driver, aws-fsx-csi-driver and aws-efs-csi-driver, github.com/awslabs/mountpoint-s3-csi-driver
ADDON_DAEMON_SETS: Mapping[str, tuple[str, ...]] = {
    "vpc-cni": ("aws-node",),
    "kube-proxy": ("kube-proxy",),
    "eks-pod-identity-agent": ("eks-pod-identity-agent",),
    "aws-ebs-csi-driver": ("ebs-csi-node",),
    "aws-fsx-csi-driver": ("fsx-csi-node",),
    "aws-efs-csi-driver": ("efs-csi-node",),
    "aws-mountpoint-s3-csi-driver": ("s3-csi-node",),
    "eks-node-monitoring-agent": ("eks-node-monitoring-agent",),
}
# Without these no pod of a node works. Others may be kept off some nodes by an add-on's configuration.
ON_EVERY_NODE = ("aws-node", "kube-proxy", "eks-pod-identity-agent")
# More that the same add-ons bring, to nodes with GPUs only or where there are metrics and logs to gather.
MORE_OF_ADDONS = (
    "dcgm-server",
    "cloudwatch-agent",
    "fluent-bit",
    "dcgm-exporter",
    "neuron-monitor",
    "prometheus-node-exporter",
)
ADDON_DEPLOYMENTS: Mapping[str, tuple[str, ...]] = {
    "coredns": ("coredns",),
    "aws-ebs-csi-driver": ("ebs-csi-controller",),
    "aws-fsx-csi-driver": ("fsx-csi-controller",),
    "aws-efs-csi-driver": ("efs-csi-controller",),
    "metrics-server": ("metrics-server",),
    "snapshot-controller": ("snapshot-controller",),
    "cert-manager": ("cert-manager", "cert-manager-cainjector", "cert-manager-webhook"),
    "external-dns": ("external-dns",),
    "kube-state-metrics": ("kube-state-metrics",),
    "amazon-cloudwatch-observability": ("amazon-cloudwatch-observability-controller-manager",),
}
# Helm writes it on all that a release makes: https://helm.sh/docs/helm/helm_install/, --take-ownership
RELEASE_ANNOTATION = "meta.helm.sh/release-name"
# The kinds of the GPU operator's own objects, by which it makes its DaemonSets: chart gpu-operator, crds/
_OPERATOR_KINDS = ("ClusterPolicy", "NVIDIADriver")


def is_ours(subject: Subject, thing: Object) -> bool:
    """Whether a DaemonSet or a Deployment comes from the layout's add-ons, releases and servers."""
    metadata = thing["metadata"]
    release = (metadata.get("annotations") or {}).get(RELEASE_ANNOTATION)
    if release is not None:
        return subject.layout.has_release(str(release))
    if any(one.get("kind") in _OPERATOR_KINDS for one in metadata.get("ownerReferences") or ()):
        return True
    served = subject.layout.workloads.serving.get(name_of(thing))
    if served is not None and served.namespace == metadata.get("namespace"):
        return True
    of_addons = {*MORE_OF_ADDONS}
    for names in (*ADDON_DAEMON_SETS.values(), *ADDON_DEPLOYMENTS.values()):
        of_addons |= {*names}
    return name_of(thing) in of_addons


def concerns(subject: Subject, thing: Object) -> bool:
    """Whether it is the layout's, or beside what is: in other namespaces are other people's programs."""
    layout = subject.layout
    beside = {"kube-system", *(one.namespace for one in layout.helm_releases.values() if one.enabled)}
    beside |= {pods.namespace for name, pods in ADDON_PODS.items() if layout.has_addon(name)}
    return thing["metadata"].get("namespace") in beside or is_ours(subject, thing)


def addon(subject: Subject, name: str) -> Object | None:
    """What EKS says of an add-on; None where it has none of that name.

    Raises:
        UnaskedError: there is no account to ask, or it does not answer.
    """
    if subject.account is None:
        raise UnaskedError("there is no account to ask")
    answer = subject.account.find(
        "eks",
        "describe_addon",
        ("ResourceNotFoundException",),
        clusterName=subject.layout.name,
        addonName=name,
    )
    if answer is None:
        has_cluster(subject, subject.account)
        return None
    return dict(answer["addon"])


def has_cluster(subject: Subject, account: Account) -> None:
    """Makes sure that what EKS does not know is not in the cluster, and that it is not another account's EKS.

    A context with --role-arn, or of another session, is asked as somebody else than the account.

    Raises:
        UnaskedError: the account has no such cluster.
    """
    name, region = subject.layout.name, subject.layout.region
    try:
        found = account.find("eks", "describe_cluster", ("ResourceNotFoundException",), name=name)
    except UnaskedError:
        return  # who may not ask that believes the first answer
    if found is None:
        raise UnaskedError(
            f"EKS in {region} has no cluster {name} in the account of your AWS credentials: --profile NAME takes those of the "
            "cluster's account"
        )


def is_missing_in_eks(subject: Subject, name: str) -> bool:
    """Whether EKS says that an add-on is not installed, which the check `addons` tells."""
    try:
        return addon(subject, name) is None
    except UnaskedError:
        return False
