"""The charts and add-ons that the project knows: where they come from, which version, and when they are needed.

Versions and keys: docs/releases.md. A release that stands here needs no repository in a layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

EKS_CHARTS = "https://aws.github.io/eks-charts"


@dataclass(frozen=True, slots=True)
class Chart:
    """A Helm chart with its pinned version."""

    repository: str
    chart: str
    version: str
    namespace: str


CHARTS: dict[str, Chart] = {
    "training-operator": Chart(
        "oci://ghcr.io/kubeflow/charts", "kubeflow-trainer", "2.3.0", "kubeflow-system"
    ),
    "gpu-operator": Chart("https://helm.ngc.nvidia.com/nvidia", "gpu-operator", "v26.7.0", "gpu-operator"),
    "aws-efa-k8s-device-plugin": Chart(EKS_CHARTS, "aws-efa-k8s-device-plugin", "v0.5.30", "kube-system"),
    "aws-dranet": Chart(EKS_CHARTS, "aws-dranet", "1.0.0", "kube-system"),
    "neuron": Chart("oci://public.ecr.aws/neuron", "neuron-helm-chart", "1.10.0", "kube-system"),
    "cluster-autoscaler": Chart(
        "https://kubernetes.github.io/autoscaler", "cluster-autoscaler", "9.59.0", "kube-system"
    ),
    "karpenter": Chart("oci://public.ecr.aws/karpenter", "karpenter", "1.14.1", "kube-system"),
    "aws-load-balancer-controller": Chart(EKS_CHARTS, "aws-load-balancer-controller", "3.5.0", "kube-system"),
    "kueue": Chart("oci://registry.k8s.io/kueue/charts", "kueue", "0.19.2", "kueue-system"),
    "jobset": Chart("oci://registry.k8s.io/jobset/charts", "jobset", "0.12.0", "jobset-system"),
    "lws": Chart("oci://registry.k8s.io/lws/charts", "lws", "0.10.0", "lws-system"),
    "kube-prometheus-stack": Chart(
        "https://prometheus-community.github.io/helm-charts", "kube-prometheus-stack", "88.5.3", "monitoring"
    ),
    "metrics-server": Chart(
        "https://kubernetes-sigs.github.io/metrics-server", "metrics-server", "3.13.1", "kube-system"
    ),
}


@dataclass(frozen=True, slots=True)
class Identity:
    """The service account of an add-on that calls AWS, and the managed policies that it needs."""

    namespace: str
    service_account: str
    policies: tuple[str, ...] = ()


# Those with no policy of ours get a role by the add-on's role_arn alone.
# https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html
# https://docs.aws.amazon.com/eks/latest/userguide/community-addons.html
ADDON_IDENTITIES: Mapping[str, Identity] = {
    "vpc-cni": Identity("kube-system", "aws-node", ("AmazonEKS_CNI_Policy",)),
    "aws-ebs-csi-driver": Identity(
        "kube-system", "ebs-csi-controller-sa", ("service-role/AmazonEBSCSIDriverPolicy",)
    ),
    "aws-efs-csi-driver": Identity(
        "kube-system", "efs-csi-controller-sa", ("service-role/AmazonEFSCSIDriverPolicy",)
    ),
    "aws-fsx-csi-driver": Identity("kube-system", "fsx-csi-controller-sa", ("AmazonFSxFullAccess",)),
    # No policy of ours: which buckets may be read is the user's to say, by the add-on's role_arn.
    "aws-mountpoint-s3-csi-driver": Identity("kube-system", "s3-csi-driver-sa"),
    "amazon-cloudwatch-observability": Identity(
        "amazon-cloudwatch", "cloudwatch-agent", ("CloudWatchAgentServerPolicy", "AWSXrayWriteOnlyAccess")
    ),
    # Which zones it may change is the user's to say, and so is where logs go.
    "external-dns": Identity("external-dns", "external-dns"),
    "fluent-bit": Identity("fluent-bit", "fluent-bit"),
    # For challenges by Route 53: https://cert-manager.io/docs/configuration/acme/dns01/route53/
    "cert-manager": Identity("cert-manager", "cert-manager"),
}


@dataclass(frozen=True, slots=True)
class AddonPods:
    """Where the pods of an add-on are, and the service accounts that it makes for them."""

    accounts: tuple[str, ...] = ()
    namespace: str = "kube-system"


# The pages above, and the manifests of the add-ons.
ADDON_PODS: Mapping[str, AddonPods] = {
    "eks-pod-identity-agent": AddonPods(),
    "vpc-cni": AddonPods(("aws-node",)),
    "kube-proxy": AddonPods(("kube-proxy",)),
    "coredns": AddonPods(("coredns",)),
    "aws-ebs-csi-driver": AddonPods(("ebs-csi-controller-sa", "ebs-csi-node-sa")),
    "aws-efs-csi-driver": AddonPods(("efs-csi-controller-sa", "efs-csi-node-sa")),
    "aws-fsx-csi-driver": AddonPods(("fsx-csi-controller-sa", "fsx-csi-node-sa")),
    "aws-mountpoint-s3-csi-driver": AddonPods(("s3-csi-driver-sa",)),
    "amazon-cloudwatch-observability": AddonPods(("cloudwatch-agent",), "amazon-cloudwatch"),
    "eks-node-monitoring-agent": AddonPods(("eks-node-monitoring-agent",)),
    "metrics-server": AddonPods(("metrics-server",)),
    "snapshot-controller": AddonPods(("snapshot-controller",)),
    "cert-manager": AddonPods(
        ("cert-manager", "cert-manager-cainjector", "cert-manager-webhook"), "cert-manager"
    ),
    "external-dns": AddonPods(("external-dns",), "external-dns"),
    "fluent-bit": AddonPods(("fluent-bit",), "fluent-bit"),
    "kube-state-metrics": AddonPods(("kube-state-metrics",), "kube-state-metrics"),
    "prometheus-node-exporter": AddonPods(("prometheus-node-exporter",), "prometheus-node-exporter"),
}
# Service accounts of the releases that get a role here. The release's chart makes them, in the release's namespace.
RELEASE_SERVICE_ACCOUNTS: Mapping[str, str] = {
    "aws-load-balancer-controller": "aws-load-balancer-controller",
    "cluster-autoscaler": "cluster-autoscaler",
    "karpenter": "karpenter",
}
# Services of AWS that a release's pods call, besides those of every node, by the end of their endpoint's name.
# https://karpenter.sh/v1.14/getting-started/getting-started-with-karpenter/#private-clusters
# https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html
RELEASE_ENDPOINTS: Mapping[str, str] = {
    "aws-load-balancer-controller": "elasticloadbalancing",
    "cluster-autoscaler": "autoscaling",
    "karpenter": "sqs",
}


# By this tag a node class finds the subnets and the security group of its nodes.
# https://karpenter.sh/v1.14/concepts/nodeclasses/
DISCOVERY_TAG = "karpenter.sh/discovery"


def karpenter_queue(cluster_name: str) -> str:
    """The interruption queue's name, which the release in the other stack is told without looking it up."""
    return f"{cluster_name}-karpenter"


# Those that every cluster has: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
NAMESPACES_OF_KUBERNETES = ("default", "kube-node-lease", "kube-public", "kube-system")

# Before any node: pods get no address without the CNI, and the CNI no credentials without the agent
# (terraform-aws-eks #3446, #3559; amazon-vpc-cni-k8s #3840). The order is that of installation.
ADDONS_BEFORE_NODES = ("eks-pod-identity-agent", "vpc-cni", "kube-proxy")
ADDONS_DEFAULT = (*ADDONS_BEFORE_NODES, "coredns", "aws-ebs-csi-driver")
ADDONS_KNOWN = (
    *ADDONS_DEFAULT,
    "aws-fsx-csi-driver",
    "aws-efs-csi-driver",
    "aws-mountpoint-s3-csi-driver",
    "amazon-cloudwatch-observability",
    "eks-node-monitoring-agent",
    "metrics-server",
    "snapshot-controller",
    # https://docs.aws.amazon.com/eks/latest/userguide/community-addons.html
    "cert-manager",
    "external-dns",
    "fluent-bit",
    "kube-state-metrics",
    "prometheus-node-exporter",
)
