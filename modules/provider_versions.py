"""Where the newer providers, those of CDK Terrain, take something else than those of CDKTF: all of it is here.

| | CDKTF 0.21 | CDK Terrain 0.24 |
|---|---|---|
| hashicorp/aws | 6.25.0 | 6.69.1 |
| hashicorp/kubernetes | 2.38.0 | 3.4.0 |
| hashicorp/helm | 3.1.1 | 3.3.0 |

Constructs write the arguments that both take as ever, and come here for the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from cdktf_cdktf_provider_kubernetes.namespace_v1 import NamespaceV1Metadata

from .bindings import active_flavor
from .bindings.flavor import CDKTN


def namespace_metadata(name: str, labels: Mapping[str, str] | None = None) -> NamespaceV1Metadata:
    """The `metadata` of a namespace: one block to kubernetes 2, a list of blocks to kubernetes 3.

    https://github.com/hashicorp/terraform-provider-kubernetes/blob/main/CHANGELOG.md
    """
    block = NamespaceV1Metadata(name=name, labels=dict(labels or {}) or None)
    return cast("NamespaceV1Metadata", [block]) if active_flavor() is CDKTN else block
