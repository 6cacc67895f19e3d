"""User data of the nodes: NodeConfig for Amazon Linux 2023, TOML for Bottlerocket."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from .expressions import literals
from .layout.models import NodeGroup
from .layout.node_spec import NODE_CONFIG_VERSION, node_spec, taint_text

_BOUNDARY = "node-config"


@dataclass(frozen=True, slots=True)
class ClusterAddress:
    """The address of the cluster's resource, and what of it a node has to know to join, as references."""

    address: str

    @property
    def name(self) -> str:
        """Name of the cluster: the resource's id."""
        return f"${{{self.address}.id}}"

    @property
    def endpoint(self) -> str:
        """URL of the Kubernetes API."""
        return f"${{{self.address}.endpoint}}"

    @property
    def certificate(self) -> str:
        """The API's certificate authority, in base64."""
        return f"${{{self.address}.certificate_authority[0].data}}"

    @property
    def service_cidr(self) -> str:
        """Range of the services' addresses."""
        return f"${{{self._service_cidr}}}"

    @property
    def dns(self) -> str:
        """The cluster's DNS server: the tenth address of the services.

        https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html#launch-template-custom-ami
        """
        return f"${{cidrhost({self._service_cidr}, 10)}}"

    @property
    def _service_cidr(self) -> str:
        return f"{self.address}.kubernetes_network_config[0].service_ipv4_cidr"


def user_data(group: NodeGroup, cluster: ClusterAddress) -> str | None:
    """User data in base64, or None where the AMI needs none.

    A node of EKS' own AMI joins by itself; what is left to say are its drives and what the layout says of nodeadm. One of
    another AMI is told the cluster too, which Terraform knows after it is made: the encoding is Terraform's then.
    """
    if group.ami_id is not None:
        text = _bottlerocket_joining(group, cluster) if group.is_bottlerocket else _joining(group, cluster)
        # JSON quotes text as Terraform does; references in it stay what they are.
        return f"${{base64encode({json.dumps(text)})}}"
    if group.is_bottlerocket:
        text = _bottlerocket_storage(group)
    else:
        spec = node_spec(group)
        text = _node_config(spec) if spec else ""
    return base64.b64encode(text.encode()).decode() if text else None


def _joining(group: NodeGroup, cluster: ClusterAddress) -> str:
    """https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html#launch-template-user-data ."""
    details = {
        "name": cluster.name,
        "apiServerEndpoint": cluster.endpoint,
        "certificateAuthority": cluster.certificate,
        "cidr": cluster.service_cidr,
    }
    return _node_config({"cluster": details, **literals(node_spec(group))})


def _node_config(spec: dict[str, Any]) -> str:
    """A MIME multipart with one NodeConfig, which EKS adds the `cluster` to where the AMI is its own.

    https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/
    """
    config = {"apiVersion": NODE_CONFIG_VERSION, "kind": "NodeConfig", "spec": spec}
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


def _bottlerocket_joining(group: NodeGroup, cluster: ClusterAddress) -> str:
    """https://bottlerocket.dev/en/os/latest/#/api/settings/kubernetes/ ."""
    lines = [
        "[settings.kubernetes]",
        f'cluster-name = "{cluster.name}"',
        f'api-server = "{cluster.endpoint}"',
        f'cluster-certificate = "{cluster.certificate}"',
        f'cluster-dns-ip = "{cluster.dns}"',
        "",
    ]
    if group.labels:
        labels = [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in group.labels.items()]
        lines += ["[settings.kubernetes.node-labels]", *labels, ""]
    if group.taints:
        taints: dict[str, list[str]] = {}
        for taint in group.taints:
            taints.setdefault(taint.key, []).append(taint_text(taint))
        lines.append("[settings.kubernetes.node-taints]")
        lines += [f"{json.dumps(key)} = {json.dumps(effects)}" for key, effects in taints.items()]
        lines.append("")
    return "\n".join(lines) + _bottlerocket_storage(group)


def _bottlerocket_storage(group: NodeGroup) -> str:
    """A bootstrap command that formats the NVMe drives as one array and binds the container directories to it.

    https://bottlerocket.dev/en/os/latest/#/api/settings/bootstrap-commands/
    """
    if group.local_storage != "raid0":
        return ""
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
