"""What a cluster's stack tells: names, ids, and how kubectl and the providers get in."""

from __future__ import annotations

import json
from collections.abc import Mapping

from .cluster import Cluster
from .file_systems import FileSystems
from .karpenter import Karpenter
from .layout import Layout
from .network import Network
from .node_group import NodeGroup


def token_command(cluster_name: str, region: str) -> tuple[str, list[str]]:
    """The command that prints a token for the Kubernetes API, and its arguments."""
    return "aws", ["eks", "get-token", "--cluster-name", cluster_name, "--region", region, "--output", "json"]


def kubeconfig(cluster_name: str, region: str, endpoint: str, certificate_authority: str) -> str:
    """A kubeconfig with exec authentication, as JSON, which is YAML too.

    Args:
        endpoint: URL of the API, as text or reference.
        certificate_authority: the CA certificate in base64, as text or reference.
    """
    command, arguments = token_command(cluster_name, region)
    exec_ = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": command,
        "args": arguments,
        "interactiveMode": "Never",
    }
    cluster = {"server": endpoint, "certificate-authority-data": certificate_authority}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster_name, "cluster": cluster}],
        "contexts": [{"name": cluster_name, "context": {"cluster": cluster_name, "user": cluster_name}}],
        "current-context": cluster_name,
        "users": [{"name": cluster_name, "user": {"exec": exec_}}],
    }
    return json.dumps(config, indent=2) + "\n"


def cluster_outputs(
    layout: Layout, network: Network, cluster: Cluster, node_groups: Mapping[str, NodeGroup]
) -> dict[str, tuple[object, str]]:
    """Value and description of each output of the cluster's stack, by name."""
    endpoint = cluster.resource.endpoint
    certificate = cluster.resource.certificate_authority.get(0).data
    return {
        "cluster_name": (cluster.name, "Name of the cluster"),
        "cluster_endpoint": (endpoint, "URL of the Kubernetes API"),
        "cluster_certificate_authority": (certificate, "CA certificate of the Kubernetes API, in base64"),
        "region": (layout.region, "AWS region"),
        "vpc_id": (network.vpc_id, "Id of the VPC"),
        "private_subnet_ids": (network.private_subnet_ids, "Private subnets in the control plane's zones"),
        "public_subnet_ids": (network.public_subnet_ids, "Subnets of public load balancers"),
        "node_groups": (
            {name: group.resource.node_group_name for name, group in node_groups.items()},
            "Names of the node groups",
        ),
        "autoscaling_groups": (
            {name: group.autoscaling_group for name, group in node_groups.items()},
            "Names of the Auto Scaling groups, by node group",
        ),
        "configure_kubectl": (
            f"aws eks update-kubeconfig --region {layout.region} --name {layout.name}",
            "Command that makes kubectl use the cluster",
        ),
        "kubeconfig": (
            kubeconfig(layout.name, layout.region, str(endpoint), str(certificate)),
            "A kubeconfig that asks the AWS CLI for a token: nothing in it is secret",
        ),
    }


def karpenter_outputs(karpenter: Karpenter) -> dict[str, tuple[object, str]]:
    """What an EC2NodeClass has to name: value and description of each output, by name."""
    outputs: dict[str, tuple[object, str]] = {
        "karpenter_node_role": (karpenter.node_role, "Name of the role of Karpenter's nodes, for spec.role")
    }
    if karpenter.instance_profile is not None:
        outputs["karpenter_instance_profile"] = (
            karpenter.instance_profile,
            "Name of their instance profile, for spec.instanceProfile: without internet it takes the place of spec.role",
        )
    return outputs


def file_system_outputs(layout: Layout, file_systems: FileSystems) -> dict[str, tuple[object, str]]:
    """Value and description of what the cluster's stack tells of file systems, by name."""
    addresses = {name: one.address for name, one in file_systems.made.items()}
    retained = [f"FSx file system {name}" for name, one in layout.storage.file_systems.items() if one.retain]
    outputs: dict[str, tuple[object, str]] = {
        "file_systems": (addresses, "FSx for Lustre file systems, and what it takes to mount them")
    }
    if retained:
        outputs["retained_data"] = (retained, "What a destroy refuses to delete: retain is true")
    return outputs
