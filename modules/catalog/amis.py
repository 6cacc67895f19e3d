"""Which EKS AMI types fit an instance type, under the names of the EKS API (enum AMITypes).

Source: the table of AMI variants and instance families in the EKS user guide
(https://docs.aws.amazon.com/eks/latest/userguide/ml-eks-optimized-ami.html). Amazon Linux 2 is not offered:
EKS publishes no AMIs of it since 2025-11-26. Windows is not either: the charts here are for Linux nodes.
"""

from __future__ import annotations

_STANDARD = {
    "x86_64": ("AL2023_x86_64_STANDARD", "BOTTLEROCKET_x86_64", "BOTTLEROCKET_x86_64_FIPS"),
    "arm64": ("AL2023_ARM_64_STANDARD", "BOTTLEROCKET_ARM_64", "BOTTLEROCKET_ARM_64_FIPS"),
}
_NVIDIA_X86 = ("AL2023_x86_64_NVIDIA", "BOTTLEROCKET_x86_64_NVIDIA", "BOTTLEROCKET_x86_64_NVIDIA_FIPS")
_NVIDIA_G5G = ("AL2023_ARM_64_NVIDIA", "BOTTLEROCKET_ARM_64_NVIDIA", "BOTTLEROCKET_ARM_64_NVIDIA_FIPS")
_NVIDIA_ARM = ("AL2023_ARM_64_NVIDIA",)
# The table has no g7; Amazon Linux got its driver with release v20260917 (awslabs/amazon-eks-ami #2768).
_NVIDIA_G7 = ("AL2023_x86_64_NVIDIA",)
# Bottlerocket needs no variant of its own: the ordinary one loads the Neuron driver where it finds a device.
_NEURON = ("AL2023_x86_64_NEURON", "BOTTLEROCKET_x86_64")


def fitting(name: str, architecture: str, kind: str | None) -> tuple[str, ...]:
    """The AMI types for an instance type, the default first; empty where EKS has none.

    `kind` is the accelerator's kind. An AMI without the accelerator's driver is not called fitting: its nodes
    would join, and no pod would ever see a device.
    """
    if kind is None:
        return _STANDARD[architecture]
    if kind == "nvidia" and architecture == "x86_64":
        return _NVIDIA_G7 if name.startswith("g7.") else _NVIDIA_X86
    if kind == "nvidia":
        # Of the Arm families the table lists only g5g for Bottlerocket; p6e-gb200 has Amazon Linux alone.
        return _NVIDIA_G5G if name.startswith("g5g.") else _NVIDIA_ARM
    if kind == "neuron" and architecture == "x86_64":
        return _NEURON
    return ()
