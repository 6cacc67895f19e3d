"""The `node_config` of a node group: what nodeadm, which sets up a node of Amazon Linux 2023, is told beside our own.

The keys are nodeadm's, in its own spelling, so that the `spec` of a NodeConfig can be copied here as it is.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from ..forms import matching
from ..values import Bool
from .base import Section, about

API = "https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/"
_EXAMPLES = "https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/examples/"

KubeletFlag = Annotated[
    str,
    matching(
        r"--[a-z0-9][a-zA-Z0-9-]*(=[^\r\n]*)?",
        "is no flag of the kubelet",
        "Write one flag with its value: --node-status-update-frequency=5s.",
    ),
]


class Kubelet(Section):
    """The kubelet of the nodes."""

    config: dict[str, Any] = Field(
        default_factory=dict,
        description="Keys of a KubeletConfiguration, over those of the AMI. maxPods counts with an ami_id only: where EKS brings the AMI, its own NodeConfig comes after this one and says it.",
        examples=[{"shutdownGracePeriod": "30s"}],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/"
        ),
    )
    flags: tuple[KubeletFlag, ...] = Field(
        default=(),
        description="Command-line flags, after those of the AMI; labels and taints are keys of the group.",
        examples=[["--node-status-update-frequency=5s"]],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/reference/command-line-tools-reference/kubelet/"
        ),
    )
    maxPodsExpression: str | None = Field(  # noqa: N815  # nodeadm's spelling, as everywhere below
        default=None,
        description="A CEL expression for the number of pods, over default_enis, ips_per_eni and max_pods. Like maxPods, it counts with an ami_id only.",
        examples=["max_pods + 2"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/choosing-instance-type.html#max-pods-precedence"
        ),
    )
    imageCredentialProviderConfig: str | None = Field(  # noqa: N815
        default=None,
        description="The kubelet's CredentialProviderConfig, as JSON text.",
        json_schema_extra=about(source=_EXAMPLES),
        examples=[
            '{"apiVersion": "kubelet.config.k8s.io/v1", "kind": "CredentialProviderConfig", "providers": []}'
        ],
    )


class Containerd(Section):
    """The containerd of the nodes."""

    config: str | None = Field(
        default=None,
        description="TOML text, over containerd's configuration on the AMI.",
        examples=['[plugins."io.containerd.grpc.v1.cri".containerd]\ndiscard_unpacked_layers = false\n'],
        json_schema_extra=about(source=_EXAMPLES),
    )
    baseRuntimeSpec: dict[str, Any] = Field(  # noqa: N815
        default_factory=dict,
        description="Part of an OCI runtime specification, over the one of all containers.",
        examples=[{"process": {"rlimits": [{"type": "RLIMIT_NOFILE", "soft": 1024, "hard": 1024}]}}],
        json_schema_extra=about(source=_EXAMPLES),
    )


class LocalStorage(Section):
    """How the NVMe drives are used, where `local_storage` does not say it."""

    strategy: Literal["RAID0", "RAID10", "Mount"] | None = Field(
        default=None,
        description="RAID0 is what local_storage: raid0 means; RAID10 takes four drives or more; Mount mounts each drive by itself.",
        examples=["RAID10"],
        json_schema_extra=about(source=API),
    )
    mountPath: str | None = Field(  # noqa: N815
        default=None,
        description="Where the drives are mounted. Without it, /mnt/k8s-disks/.",
        examples=["/mnt/k8s-disks/"],
        json_schema_extra=about(source=API),
    )
    disabledMounts: tuple[Literal["Containerd", "PodLogs"], ...] = Field(  # noqa: N815
        default=(),
        description="Folders that stay on the root volume: /var/lib/containerd, /var/log/pods.",
        examples=[["PodLogs"]],
        json_schema_extra=about(source=API),
    )


class Instance(Section):
    """The operating system and the drives of the nodes."""

    localStorage: LocalStorage = Field(  # noqa: N815
        default_factory=LocalStorage,
        description="Use of the NVMe drives.",
        examples=[{"strategy": "RAID0"}],
        json_schema_extra=about(
            source="https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/#localstorageoptions"
        ),
    )
    environment: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="Environment variables by systemd service; `default` is for all of them.",
        examples=[{"default": {"HTTPS_PROXY": "http://proxy.example.com:3128"}}],
        json_schema_extra=about(source=_EXAMPLES),
    )


class NodeConfig(Section):
    """The `spec` of a NodeConfig of nodeadm (node.eks.aws/v1alpha1), over what the group says by its other keys.

    Amazon Linux 2023 only. Mappings merge; flags of the kubelet are added. A change rolls the group's nodes.
    """

    containerd: Containerd = Field(
        default_factory=Containerd, description="containerd.", examples=[{"config": "oom_score = -999\n"}]
    )
    instance: Instance = Field(
        default_factory=Instance,
        description="Operating system and drives.",
        examples=[{"localStorage": {"strategy": "RAID0"}}],
        json_schema_extra=about(
            source="https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/#instanceoptions"
        ),
    )
    kubelet: Kubelet = Field(
        default_factory=Kubelet,
        description="The kubelet.",
        examples=[{"config": {"shutdownGracePeriod": "30s"}}],
        json_schema_extra=about(
            source="https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/#kubeletoptions"
        ),
    )
    featureGates: dict[str, Bool] = Field(  # noqa: N815
        default_factory=dict,
        description="Features of nodeadm to switch, such as FastImagePull.",
        examples=[{"FastImagePull": True}],
        json_schema_extra=about(source=API),
    )

    def spec(self) -> dict[str, Any]:
        """What is given, in the words of nodeadm, and nothing else."""
        return self.model_dump(exclude_unset=True)
