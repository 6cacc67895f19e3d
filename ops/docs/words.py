"""Addresses and tables as the pages show them."""

from __future__ import annotations

from urllib.parse import urlsplit

_OWNERS = {
    "docs.aws.amazon.com": "AWS",
    "aws.amazon.com": "AWS",
    "kubernetes.io": "Kubernetes",
    "helm.sh": "Helm",
    "developer.hashicorp.com": "Terraform",
    "awslabs.github.io": "nodeadm",
    "github.com": "GitHub",
}


def link(address: str) -> str:
    """A link that says whose page it is."""
    host = urlsplit(address).netloc
    return f"[{_OWNERS.get(host, host)}]({address})"


def row(*cells: str) -> str:
    """A row of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
