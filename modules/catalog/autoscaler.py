"""Versions of the cluster autoscaler: its minor version has to be the cluster's.

https://github.com/kubernetes/autoscaler/tree/master/cluster-autoscaler#releases; the patch versions are those of
aws-ia/terraform-aws-eks-blueprints-addons #516, kops #18541 and kubernetes/k8s.io #8815, read 2026-11-22.
"""

from __future__ import annotations

_TAGS = {
    "1.31": "v1.31.4",
    "1.32": "v1.32.5",
    "1.33": "v1.33.5",
    "1.34": "v1.34.4",
    "1.35": "v1.35.1",
    "1.36": "v1.36.0",
}


def autoscaler_tag(kubernetes_version: str) -> str:
    """Image tag for a cluster's Kubernetes version; the newest known one for a version newer than all."""
    return _TAGS.get(kubernetes_version, _TAGS[max(_TAGS)])
