"""Values and addresses as the pages show them."""

from __future__ import annotations

from urllib.parse import urlsplit

from modules.layout.scalar_text import scalar

_OWNERS = {
    "docs.aws.amazon.com": "AWS",
    "aws.amazon.com": "AWS",
    "kubernetes.io": "Kubernetes",
    "helm.sh": "Helm",
    "developer.hashicorp.com": "Terraform",
    "awslabs.github.io": "nodeadm",
    "github.com": "GitHub",
}


def flow(value: object) -> str:
    """A value as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {flow(child)}" for key, child in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(child) for child in value) + "]"
    if not isinstance(value, str | int | float | bool | None):
        raise TypeError(f"{value!r} is no value of YAML")
    return scalar(value)


def link(address: str) -> str:
    """A link that says whose page it is."""
    host = urlsplit(address).netloc
    return f"[{_OWNERS.get(host, host)}]({address})"


def row(*cells: str) -> str:
    """A row of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
