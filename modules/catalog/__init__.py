"""Facts about EC2 instance types and EKS Kubernetes versions, as data plus a typed reader.

The facts live in `instance_types.json` and `kubernetes_versions.json`; `python -m modules.catalog.refresh`
rewrites both from AWS. Nothing here asks the network, and nothing but the standard library is imported.
"""

from .autoscaler import autoscaler_tag
from .cni import cni_addresses
from .efa import Interface, efa_interfaces, efa_rdma, huge_pages_mib
from .instance_types import Accelerator, InstanceType, find, names, near
from .kubernetes import KubernetesVersion, kubernetes_version, kubernetes_versions
from .neuron import neuron_cores
from .regions import regions
from .registries import eks_registry

__all__ = [
    "Accelerator",
    "InstanceType",
    "Interface",
    "KubernetesVersion",
    "autoscaler_tag",
    "cni_addresses",
    "efa_interfaces",
    "efa_rdma",
    "eks_registry",
    "find",
    "huge_pages_mib",
    "kubernetes_version",
    "kubernetes_versions",
    "names",
    "near",
    "neuron_cores",
    "regions",
]
