"""How stacks other than the cluster's get into it: found by name, with a token of the AWS CLI."""

from __future__ import annotations

from dataclasses import dataclass

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.data_aws_eks_cluster import DataAwsEksCluster
from cdktf_cdktf_provider_kubernetes.provider import KubernetesProvider, KubernetesProviderExec

from .layout import Layout
from .outputs import token_command

API_VERSION = "client.authentication.k8s.io/v1"


@dataclass(frozen=True, slots=True)
class ClusterAccess:
    """Where the Kubernetes API is, and the command that gives a token for it."""

    host: str
    certificate: str
    command: str
    arguments: list[str]


def cluster_access(stack: TerraformStack, layout: Layout) -> tuple[DataAwsEksCluster, ClusterAccess]:
    """Looks the cluster up.

    Providers that are configured from a cluster made in the same state fail on refresh and destroy (terraform-aws-eks
    #2007, #2501).
    """
    found = DataAwsEksCluster(stack, "cluster", name=layout.name)
    certificate = f"${{base64decode({found.fqn}.certificate_authority[0].data)}}"
    command, arguments = token_command(layout.name, layout.region)
    return found, ClusterAccess(str(found.endpoint), certificate, command, arguments)


def kubernetes_provider(stack: TerraformStack, access: ClusterAccess) -> KubernetesProvider:
    """The provider of Kubernetes objects."""
    return KubernetesProvider(
        stack,
        "kubernetes",
        host=access.host,
        cluster_ca_certificate=access.certificate,
        exec=[KubernetesProviderExec(api_version=API_VERSION, command=access.command, args=access.arguments)],
    )
