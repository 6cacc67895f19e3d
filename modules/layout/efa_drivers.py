"""The two drivers that hand EFA devices to pods, and what each of them calls things.

The device plugin offers a number of `vpc.amazonaws.com/efa` on a node. The DRA driver (DRANET) publishes each device in a
ResourceSlice, and a pod claims some of them. Never both on one node: each would give away the same devices.
https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html
"""

from __future__ import annotations

from typing import Literal

EfaDriver = Literal["device_plugin", "dra"]

PLUGIN_RELEASE = "aws-efa-k8s-device-plugin"
DRA_RELEASE = "aws-dranet"
RELEASES: dict[EfaDriver, str] = {"device_plugin": PLUGIN_RELEASE, "dra": DRA_RELEASE}

# The oldest version that AWS names for it, and that has the API as resource.k8s.io/v1.
# https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html#eks-efa-dra-vs-device-plugin
DRA_SINCE = "1.34"
# Who publishes the devices, and what claims ask for: the chart makes the class by this name.
# https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html#efa-dra-driver
DRIVER = "dra.net"
DEVICE_CLASS = "efa.networking.k8s.aws"
# How an EFA device is told from other network devices. The chart's filter goes by it.
# https://github.com/aws/eks-charts/blob/master/stable/aws-dranet/values.yaml
DEVICE_ATTRIBUTE, EFA_DEVICE = "dra.net/pciDevice", "Elastic Fabric Adapter (EFA)"
# What kueue counts claimed devices as. The name is ours: not that of the device plugin, whose pods have none here.
# https://kueue.sigs.k8s.io/docs/tasks/manage/setup_dra/
QUOTA = f"{DEVICE_CLASS}/device"


def is_older(version: str, than: str) -> bool:
    """Whether a version of Kubernetes like `1.33` is older than another."""
    return _numbers(version) < _numbers(than)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
