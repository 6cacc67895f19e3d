"""Whose a resource is: by its tags, and by nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from modules.layout.stores import CLUSTER_TAG

# Tags whose value is the name of the cluster that a resource belongs to.
NAMED_BY: tuple[str, ...] = (
    CLUSTER_TAG,
    # https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/main/pkg/deploy/tracking/provider.go
    "elbv2.k8s.aws/cluster",
    # EKS sets it itself on nodes and on the cluster security group; nobody else can: the prefix `aws:` is reserved.
    # https://docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html
    "aws:eks:cluster-name",
    # https://docs.aws.amazon.com/eks/latest/userguide/eks-using-tags.html#tag-resources-for-billing
    "eks:cluster-name",
    # Karpenter: https://github.com/aws/karpenter-provider-aws/blob/main/pkg/apis/v1/labels.go
    "eks:eks-cluster-name",
    # Its launch templates: https://karpenter.sh/docs/upgrading/upgrade-guide/
    "karpenter.k8s.aws/cluster",
    # The VPC CNI: https://github.com/aws/amazon-vpc-cni-k8s/blob/master/README.md#cluster_name
    "cluster.k8s.amazonaws.com/name",
    # The EBS CSI driver: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEBSCSIDriverEKSClusterScopedPolicy.html
    "ebs.csi.aws.com/cluster-name",
    # https://github.com/kubernetes/cloud-provider-aws/blob/master/pkg/providers/v1/tags.go
    "KubernetesCluster",
)
# With a cluster's name behind it, and `owned` or `shared` for a value. Who owns a resource deletes it with the cluster:
# https://github.com/kubernetes/cloud-provider-aws/blob/master/pkg/providers/v1/tags.go
CLUSTER_PREFIX = "kubernetes.io/cluster/"
# Tags that do not say whose a resource is, but that another cluster has to do with it.
_USED_BY = (
    # https://docs.aws.amazon.com/eks/latest/eksctl/index.html
    "alpha.eksctl.io/cluster-name",
    # https://karpenter.sh/docs/concepts/nodeclasses/
    "karpenter.sh/discovery",
    # https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/main/docs/deploy/upgrade/migrate_v1_v2.md
    "ingress.k8s.aws/cluster",
)
# IAM has no regions, and two regions may have clusters of one name:
# https://github.com/aws/karpenter-provider-aws/pull/5834
REGION_TAG = "topology.kubernetes.io/region"


def tag_keys(cluster: str) -> list[str]:
    """The keys of the tags by which a cluster's resources are looked for."""
    return [*NAMED_BY, f"{CLUSTER_PREFIX}{cluster}"]


def is_owned(tags: Mapping[str, str], cluster: str) -> bool:
    """Whether one of the tags says that the resource belongs to the cluster, and to it alone."""
    named = any(tags.get(key) == cluster for key in NAMED_BY)
    return named or tags.get(f"{CLUSTER_PREFIX}{cluster}") == "owned"


def is_shared(tags: Mapping[str, str], cluster: str) -> bool:
    """Whether a tag says that the cluster uses the resource, but does not own it."""
    return tags.get(f"{CLUSTER_PREFIX}{cluster}", "owned") != "owned"


def others(tags: Mapping[str, str], cluster: str) -> list[str]:
    """Other clusters that the tags name, as owners or as users, sorted."""
    return sorted(set(_named(tags)) - {cluster})


def _named(tags: Mapping[str, str]) -> Iterator[str]:
    for key, value in tags.items():
        if key in NAMED_BY or key in _USED_BY:
            yield value
        elif key.startswith(CLUSTER_PREFIX):
            yield key[len(CLUSTER_PREFIX) :]
