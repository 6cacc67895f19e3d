"""Where the newer providers, those of CDK Terrain, take something else than those of CDKTF: all of it is here.

| | CDKTF 0.21 | CDK Terrain 0.24 |
|---|---|---|
| hashicorp/aws | 6.25.0 | 6.69.1 |
| hashicorp/kubernetes | 2.38.0 | 3.4.0 |
| hashicorp/helm | 3.1.1 | 3.3.0 |

Constructs write the arguments that both take as ever, and come here for the others. Which settings of a layout only the
newer ones have, and that they are refused before it comes to this: `layout/rules/provider.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from cdktf import TerraformResource
from cdktf_cdktf_provider_kubernetes.namespace_v1 import NamespaceV1Metadata

from .bindings import active_flavor
from .bindings.flavor import CDKTN


def namespace_metadata(name: str, labels: Mapping[str, str] | None = None) -> NamespaceV1Metadata:
    """The `metadata` of a namespace: one block to kubernetes 2, a list of blocks to kubernetes 3.

    https://github.com/hashicorp/terraform-provider-kubernetes/blob/main/CHANGELOG.md
    """
    block = NamespaceV1Metadata(name=name, labels=dict(labels or {}) or None)
    return cast("NamespaceV1Metadata", [block]) if active_flavor() is CDKTN else block


def write_newer(resource: TerraformResource, argument: str, value: Any) -> None:
    """Writes an argument that the bindings for CDKTF have no name for.

    Args:
        resource: whose argument it is.
        argument: a dotted path, as in Terraform: `update_config.update_strategy`. What is beside it stays.
        value: as Terraform's JSON has it.

    Raises:
        ValueError: this process writes for a provider that does not have it. Of a layout the rules have said so before.
    """
    if active_flavor() is not CDKTN:
        raise ValueError(
            f"{argument} of {resource.terraform_resource_type}: the AWS provider of {active_flavor().title} does not have it. "
            "Leave it out, or write the stacks with CDK Terrain: docs/flavours.md."
        )
    resource.add_override(argument, value)


def scheduler_config(strategy: str, resources: Mapping[str, int] | None) -> dict[str, Any]:
    """The block `kube_scheduler_config` of a cluster, since aws 6.59.0.

    https://docs.aws.amazon.com/eks/latest/userguide/control-plane-configuration.html
    """
    scoring: dict[str, Any] = {"type": strategy}
    if resources:
        scoring["resource"] = [{"name": name, "weight": weight} for name, weight in resources.items()]
    return {"node_resources_fit": {"scoring_strategy": scoring}}
