"""User data of the nodes: NodeConfig for Amazon Linux 2023, TOML for Bottlerocket."""

from __future__ import annotations

import base64
import json

from .layout.models import NodeGroup

_BOUNDARY = "node-config"


def user_data(group: NodeGroup) -> str | None:
    """User data in base64, or None where the AMI needs none.

    A managed node group joins by itself; what is left to say is how the NVMe drives are used.
    """
    if group.local_storage != "raid0":
        return None
    text = _bottlerocket() if group.is_bottlerocket else _amazon_linux()
    return base64.b64encode(text.encode()).decode()


def _amazon_linux() -> str:
    """A MIME multipart with one NodeConfig: containerd and kubelet live on the RAID0 of all NVMe drives.

    Without a `cluster` block, which EKS adds. https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/
    """
    config = {
        "apiVersion": "node.eks.aws/v1alpha1",
        "kind": "NodeConfig",
        "spec": {"instance": {"localStorage": {"strategy": "RAID0"}}},
    }
    lines = [
        "MIME-Version: 1.0",
        f'Content-Type: multipart/mixed; boundary="{_BOUNDARY}"',
        "",
        f"--{_BOUNDARY}",
        "Content-Type: application/node.eks.aws",
        "",
        json.dumps(config, indent=2),  # JSON is YAML
        f"--{_BOUNDARY}--",
        "",
    ]
    return "\n".join(lines)


def _bottlerocket() -> str:
    """A bootstrap command that formats the NVMe drives as one array and binds the container directories to it.

    https://bottlerocket.dev/en/os/latest/#/api/settings/bootstrap-commands/
    """
    folders = ["/var/lib/containerd", "/var/lib/kubelet", "/var/log/pods"]
    commands = [
        ["apiclient", "ephemeral-storage", "init"],
        ["apiclient", "ephemeral-storage", "bind", "--dirs", *folders],
    ]
    lines = [
        "[settings.bootstrap-commands.local-storage]",
        f"commands = {json.dumps(commands)}",
        "essential = true",
        'mode = "always"',
        "",
    ]
    return "\n".join(lines)
