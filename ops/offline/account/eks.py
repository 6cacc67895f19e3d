"""What EKS makes up for a cluster: the same whether it was made here or is assumed."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import IPv4Network
from typing import Any

from .account import Account, State
from .invented import certificate, digest, hex17

# Builds of add-ons, as EKS names them. Not all of them ever existed: they only have to look and compare like it.
# https://docs.aws.amazon.com/eks/latest/userguide/eks-add-ons.html
_ADDONS: dict[str, str] = {
    "adot": "v0.141.0",
    "amazon-cloudwatch-observability": "v4.7.0",
    "amazon-sagemaker-hyperpod-inference": "v1.0.0",
    "amazon-sagemaker-hyperpod-observability": "v1.0.4",
    "amazon-sagemaker-hyperpod-taskgovernance": "v1.3.0",
    "amazon-sagemaker-hyperpod-training-operator": "v1.0.0",
    "amazon-sagemaker-spaces": "v0.1.0",
    "aws-ebs-csi-driver": "v1.53.0",
    "aws-efs-csi-driver": "v2.1.15",
    "aws-fsx-csi-driver": "v1.7.0",
    "aws-guardduty-agent": "v1.12.1",
    "aws-mountpoint-s3-csi-driver": "v2.2.0",
    "aws-network-flow-monitoring-agent": "v1.1.0",
    "aws-privateca-connector-for-kubernetes": "v1.6.0",
    "aws-secrets-store-csi-driver-provider": "v2.1.1",
    "cert-manager": "v1.19.1",
    "coredns": "v1.12.4",
    "eks-node-monitoring-agent": "v1.4.1",
    "eks-pod-identity-agent": "v1.3.9",
    "external-dns": "v0.19.0",
    "fluent-bit": "v4.1.1",
    "kube-state-metrics": "v2.17.0",
    "metrics-server": "v0.8.0",
    "prometheus-node-exporter": "v1.10.2",
    "snapshot-controller": "v8.3.0",
    "vpc-cni": "v1.20.4",
}


_KUBE_PROXY = "kube-proxy"
# core-dns is as much like coredns; a driver for other volumes is less like any of those above.
_ALIKE = 0.92


def addon_version(name: str, kubernetes_version: str, *, most_recent: bool) -> str | None:
    """Version of an add-on for a Kubernetes version: the newest, or EKS's default; None if there is no such add-on.

    EKS gets new ones all the time, and those of the AWS Marketplace are many: what is not known here is taken to exist,
    unless it is but a letter or two from a name that is.
    """
    build = 2 if most_recent else 1
    if name == _KUBE_PROXY:
        return f"v{kubernetes_version}.{1 if most_recent else 0}-eksbuild.{build}"
    if name not in _ADDONS and get_close_matches(name.lower(), (_KUBE_PROXY, *_ADDONS), 1, _ALIKE):
        return None
    # EKS builds most of them anew for each minor version of Kubernetes.
    return f"{_ADDONS.get(name, 'v1.0.0')}-eksbuild.{10 * int(kubernetes_version.partition('.')[2]) + build}"


@dataclass(frozen=True, slots=True)
class Invented:
    """What EKS says of a cluster after it was made."""

    endpoint: str
    issuer: str
    certificate: str
    security_group_id: str


def invented(account: Account, name: str) -> Invented:
    """What EKS makes up for a cluster of this name: other things each time that it is made again."""
    made = account.made["aws_eks_cluster", name]
    if account.get("aws_eks_cluster", name) is not None:
        made -= 1  # the one that is there
    key = account.region, account.id, name, made
    suffix = account.dns_suffix
    return Invented(
        endpoint=f"https://{digest('endpoint', key)[:32].upper()}.{_POOL}.{account.region}.eks.{suffix}",
        issuer=f"https://oidc.eks.{account.region}.{suffix}/id/{digest('issuer', key)[:32].upper()}",
        certificate=certificate("eks", key),
        security_group_id=f"sg-{hex17('eks', key)}",
    )


# The second label of an endpoint's name; EKS has others too.
_POOL = "gr7"


def service_cidr(vpc_cidr: str | None) -> str:
    """Range of service addresses that EKS takes by itself: the one that the VPC does not overlap.

    https://docs.aws.amazon.com/eks/latest/APIReference/API_KubernetesNetworkConfigRequest.html
    """
    usual = IPv4Network("10.100.0.0/16")
    if vpc_cidr is not None and IPv4Network(vpc_cidr).overlaps(usual):
        return "172.20.0.0/16"
    return str(usual)


def platform_version(kubernetes_version: str) -> str:
    """Platform version; its number grows with EKS's own patches."""
    return f"eks.{1 + int(digest('platform', kubernetes_version)[:2], 16) % 20}"


def cluster_facts(state: State, account: Account) -> dict[str, Any]:
    """Computed attributes of the resource `aws_eks_cluster`."""
    name = str(state["name"])
    made_up = invented(account, name)
    vpc_config = (state.get("vpc_config") or [{}])[0]
    vpc_id = next(
        (found.vpc_id for one in vpc_config.get("subnet_ids") or () if (found := account.subnet(str(one)))),
        "",
    )
    version = state.get("version")
    version = version if isinstance(version, str) else account.assumed_version
    return {
        "arn": account.arn("eks", f"cluster/{name}"),
        "endpoint": made_up.endpoint,
        "certificate_authority": [{"data": made_up.certificate}],
        "identity": [{"oidc": [{"issuer": made_up.issuer}]}],
        "status": "ACTIVE",
        "version": version,
        "platform_version": platform_version(version),
        "cluster_id": "",
        "vpc_config": [
            {
                "cluster_security_group_id": made_up.security_group_id,
                "public_access_cidrs": ["0.0.0.0/0"],
                "vpc_id": vpc_id,
            }
        ],
        "access_config": [
            {"authentication_mode": "CONFIG_MAP", "bootstrap_cluster_creator_admin_permissions": True}
        ],
        "kubernetes_network_config": [
            {
                "ip_family": "ipv4",
                "service_ipv4_cidr": service_cidr(account.vpc_cidr(vpc_id)),
                "service_ipv6_cidr": "",
                "elastic_load_balancing": [{"enabled": False}],
            }
        ],
        "upgrade_policy": [{"support_type": "EXTENDED"}],
    }


def release_version(ami_type: str, kubernetes_version: str) -> str:
    """Version of the AMI of a node group: Bottlerocket has its own numbers, Amazon Linux those of Kubernetes and a day.

    https://docs.aws.amazon.com/eks/latest/userguide/eks-linux-ami-versions.html
    """
    if ami_type.startswith("BOTTLEROCKET"):
        return f"1.52.0-{digest('bottlerocket', kubernetes_version)[:8]}"
    return f"{kubernetes_version}.1-20260101"
