"""How kubectl and the providers get into the cluster."""

from __future__ import annotations

import json


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
