"""Where the providers of CDK Terrain plan otherwise than those of CDKTF: aws 6.69.1, kubernetes 3.4.0 and helm 3.3.0.

The schemas of both binding packages were compared for every type that our stacks have. What schemas do not say is from the
files and pull requests named here, and from the guides for kubernetes 3: not every release note in between was read. None of
what was found is about an argument that the stacks give.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from .aws_cluster import EKS
from .aws_network import NETWORK
from .aws_storage import STORAGE
from .compare import at, same
from .kubernetes import KUBERNETES
from .model import Overlay, Recomputed, Validation, Values


def _ipv6_range(prior: Values, planned: Values) -> tuple[str, ...]:
    """Another IPv6 range, while the subnet gives its machines addresses of the one that it has."""
    changed = not same(prior.get("ipv6_cidr_block"), planned.get("ipv6_cidr_block"))
    return ("ipv6_cidr_block",) if changed and prior.get("assign_ipv6_address_on_creation") else ()


def _private_dns(prior: Values, planned: Values) -> tuple[str, ...]:
    """Private DNS is switched in place only where the endpoint is an interface."""
    path = "private_dns_enabled"
    changed = not same(at(prior, path), at(planned, path))
    return (path,) if changed and planned.get("vpc_endpoint_type") != "Interface" else ()


_SUBNET: Final = NETWORK["aws_subnet"]
_ENDPOINT: Final = NETWORK["aws_vpc_endpoint"]
_CLUSTER: Final = EKS["aws_eks_cluster"]
_NODE_GROUP: Final = EKS["aws_eks_node_group"]
_SCORING: Final = "kube_scheduler_config.0.node_resources_fit.0.scoring_strategy"
_WEIGHT: Final = Validation(at_least=1, at_most=100)
# `s3` since 6.31.0: https://github.com/hashicorp/terraform-provider-aws/pull/46262
_BUCKET_OWNER: Final = {
    "expected_bucket_owner": "expected_bucket_owner is deprecated and will be removed in 7.0.0."
}
_OF_BUCKETS: Final = (
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
)
_IPAM: Final = ("ipv4_ipam_pool_id", "ipv4_netmask_length", "ipv6_ipam_pool_id", "ipv6_netmask_length")

NEWER: Final[Mapping[str, Overlay]] = {
    **{one: replace(STORAGE[one], deprecated=_BUCKET_OWNER) for one in _OF_BUCKETS},
    # internal/service/eks/cluster.go: configuration of the control plane since 6.59.0; EKS tells its values for every
    # cluster, and none of them replaces one. Its types and weights: EKS API, ScoringStrategy and ResourceWeight.
    "aws_eks_cluster": replace(
        _CLUSTER,
        computed_blocks=_CLUSTER.computed_blocks
        | {
            "kube_api_server_config",
            "kube_api_server_config.0.service_node_port_range",
            "kube_controller_manager_config",
            "kube_controller_manager_config.0.horizontal_pod_autoscaler_controller_config",
            "kube_controller_manager_config.0.pod_gc_controller_config",
            "kube_scheduler_config",
            "kube_scheduler_config.0.node_resources_fit",
            _SCORING,
            f"{_SCORING}.0.resource",
        },
        validations={
            **_CLUSTER.validations,
            f"{_SCORING}.0.resource.0.weight": _WEIGHT,
            f"{_SCORING}.0.type": Validation(one_of=("LeastAllocated", "MostAllocated")),
        },
    ),
    # internal/service/eks/node_group.go: update_strategy since 6.26.0 (pull request 41487), in place
    "aws_eks_node_group": replace(
        _NODE_GROUP,
        validations={
            **_NODE_GROUP.validations,
            "update_config.0.update_strategy": Validation(one_of=("DEFAULT", "MINIMAL")),
        },
    ),
    # internal/service/ec2/vpc_subnet.go: ranges from IPAM since 6.29.0 (pull requests 44705, 46453), and with them the
    # rule for IPv6 (46043)
    "aws_subnet": replace(
        _SUBNET,
        force_new=(*_SUBNET.force_new, *_IPAM),
        force_new_if=(*_SUBNET.force_new_if, _ipv6_range),
        at_most_one=(
            *_SUBNET.at_most_one,
            ("cidr_block", "ipv4_netmask_length"),
            ("customer_owned_ipv4_pool", "ipv4_ipam_pool_id"),
            ("ipv6_cidr_block", "ipv6_netmask_length"),
        ),
        required_with={
            **_SUBNET.required_with,
            "ipv4_netmask_length": ("ipv4_ipam_pool_id",),
            "ipv6_netmask_length": ("ipv6_ipam_pool_id",),
        },
        validations={**_SUBNET.validations, "ipv4_netmask_length": Validation(at_least=16, at_most=28)},
    ),
    # internal/service/ec2/vpc_endpoint.go: since 6.28.0 (pull request 45679)
    "aws_vpc_endpoint": replace(_ENDPOINT, force_new_if=(*_ENDPOINT.force_new_if, _private_dns)),
    # internal/framework/provider/corev1 and common/metadata_schema.go: on Terraform's plugin framework since 3.3.0, with the
    # schema's version as before. An unset `generate_name` is null there and was "" before: a change in place without a
    # refresh, none with one. https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs/guides/plugin-framework-upgrade-guide
    "kubernetes_namespace_v1": replace(
        KUBERNETES["kubernetes_namespace_v1"],
        one_block=("metadata",),
        recomputed=(Recomputed(("metadata.0.generation", "metadata.0.resource_version")),),
    ),
}

# Types of a provider that is otherwise of the SDK, whose plans and results core holds to the letter.
ON_THE_FRAMEWORK: Final = frozenset({"kubernetes_namespace_v1"})
