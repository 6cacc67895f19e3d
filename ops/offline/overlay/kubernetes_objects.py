"""What pods are reached by and what they use: services, load balancers, volumes, rights.

The files are those of hashicorp/terraform-provider-kubernetes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .compare import at, changed_anywhere, counted, same
from .kubernetes_pods import IDENTITY, NAMESPACE
from .model import Overlay, Validation, Values

_PORT: Final = Validation(at_least=1, at_most=65535)
_ACCESS_MODES: Final = Validation(
    one_of=("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
)
_COUNT_OR_SHARE: Final = Validation(pattern="([0-9]+%?)?", hint="has to be a whole number or a percentage")
_SELECTED: Final = (
    "selector.0.match_expressions.0.key",
    "selector.0.match_expressions.0.operator",
    "selector.0.match_expressions.0.values",
    "selector.0.match_labels",
)
_SIZE: Final = "spec.0.resources.0.requests"


def _smaller(prior: Values, planned: Values) -> tuple[str, ...]:
    """A claim can grow; a smaller one is another."""
    # The checks read quantities, and the overlay is below them.
    from ..checks.quantities import QuantityError, quantity

    sizes = [(at(values, _SIZE) or {}) for values in (prior, planned)]
    if not all(isinstance(one, dict) for one in sizes):
        return ()
    before, after = (one.get("storage") for one in sizes)
    if not isinstance(before, str) or not isinstance(after, str):
        return ()
    try:
        return (_SIZE,) if quantity(after) < quantity(before) else ()
    except QuantityError:
        return ()


def _whole_source(prior: Values, planned: Values) -> tuple[str, ...]:
    path = "spec.0.persistent_volume_source"
    return () if same(at(prior, path), at(planned, path)) else (path,)


OBJECTS: Final[Mapping[str, Overlay]] = {
    # kubernetes/resource_kubernetes_horizontal_pod_autoscaler_v2.go
    "kubernetes_horizontal_pod_autoscaler_v2": Overlay(
        force_new=IDENTITY,
        defaults={
            **NAMESPACE,
            "spec.0.behavior.0.scale_down.0.select_policy": "Max",
            "spec.0.behavior.0.scale_up.0.select_policy": "Max",
            "spec.0.min_replicas": 1,
        },
        validations={
            "spec.0.max_replicas": Validation(at_least=1),
            "spec.0.metric.0.type": Validation(
                one_of=("ContainerResource", "External", "Object", "Pods", "Resource")
            ),
            "spec.0.metric.0.resource.0.target.0.type": Validation(
                one_of=("AverageValue", "Utilization", "Value")
            ),
            "spec.0.min_replicas": Validation(at_least=1),
        },
    ),
    # kubernetes/resource_kubernetes_ingress_v1.go
    "kubernetes_ingress_v1": Overlay(
        force_new=IDENTITY,
        defaults={**NAMESPACE, "spec.0.rule.0.http.0.path.0.path_type": "ImplementationSpecific"},
        validations={
            "spec.0.rule.0.http.0.path.0.path_type": Validation(
                one_of=("Exact", "ImplementationSpecific", "Prefix")
            )
        },
    ),
    # kubernetes/resource_kubernetes_persistent_volume_claim_v1.go, kubernetes/schema_persistent_volume_claim.go
    "kubernetes_persistent_volume_claim_v1": Overlay(
        force_new=(
            *IDENTITY,
            "spec.0.access_modes",
            "spec.0.resources.0.limits",
            "spec.0.storage_class_name",
            "spec.0.volume_mode",
            "spec.0.volume_name",
        ),
        force_new_if=(
            _smaller,
            counted("spec.0.selector"),
            changed_anywhere(*(f"spec.0.{one}" for one in _SELECTED)),
        ),
        defaults={**NAMESPACE, "wait_until_bound": True},
        validations={
            "spec.0.access_modes": _ACCESS_MODES,
            "spec.0.volume_mode": Validation(one_of=("Block", "Filesystem")),
        },
    ),
    # kubernetes/resource_kubernetes_persistent_volume_v1.go
    "kubernetes_persistent_volume_v1": Overlay(
        force_new=("metadata.0.name", "spec.0.volume_mode"),
        force_new_if=(_whole_source,),
        computed_blocks=frozenset({"spec.0.claim_ref", "spec.0.node_affinity"}),
        defaults={
            "spec.0.claim_ref.0.namespace": "default",
            "spec.0.persistent_volume_reclaim_policy": "Retain",
            "spec.0.volume_mode": "Filesystem",
        },
        validations={
            "spec.0.access_modes": _ACCESS_MODES,
            "spec.0.persistent_volume_reclaim_policy": Validation(one_of=("Delete", "Recycle", "Retain")),
            "spec.0.volume_mode": Validation(one_of=("Block", "Filesystem")),
        },
    ),
    # kubernetes/resource_kubernetes_pod_disruption_budget_v1.go: what is in the spec cannot be changed
    "kubernetes_pod_disruption_budget_v1": Overlay(
        force_new=(*IDENTITY, "spec.0.max_unavailable", "spec.0.min_available"),
        force_new_if=(changed_anywhere(*(f"spec.0.{one}" for one in _SELECTED)),),
        defaults=NAMESPACE,
        validations={"spec.0.max_unavailable": _COUNT_OR_SHARE, "spec.0.min_available": _COUNT_OR_SHARE},
    ),
    # kubernetes/resource_kubernetes_priority_class_v1.go
    "kubernetes_priority_class_v1": Overlay(
        force_new=("metadata.0.generate_name", "metadata.0.name", "preemption_policy", "value"),
        defaults={"description": "", "global_default": False, "preemption_policy": "PreemptLowerPriority"},
        validations={"preemption_policy": Validation(one_of=("Never", "PreemptLowerPriority"))},
    ),
    # kubernetes/resource_kubernetes_role_binding_v1.go, kubernetes/schema_rbac.go
    "kubernetes_role_binding_v1": Overlay(
        force_new=(*IDENTITY, "role_ref"),
        defaults={**NAMESPACE, "subject.0.namespace": "default"},
        validations={
            "role_ref.0.api_group": Validation(one_of=("rbac.authorization.k8s.io",)),
            "role_ref.0.kind": Validation(one_of=("ClusterRole", "Role")),
            "subject.0.kind": Validation(one_of=("Group", "ServiceAccount", "User")),
        },
    ),
    # kubernetes/resource_kubernetes_role_v1.go
    "kubernetes_role_v1": Overlay(force_new=IDENTITY, defaults=NAMESPACE),
    # kubernetes/resource_kubernetes_service_v1.go
    "kubernetes_service_v1": Overlay(
        force_new=(
            *IDENTITY,
            "spec.0.cluster_ip",
            "spec.0.cluster_ips",
            "spec.0.health_check_node_port",
            "spec.0.load_balancer_class",
        ),
        computed_blocks=frozenset({"spec.0.session_affinity_config"}),
        defaults={
            **NAMESPACE,
            "spec.0.allocate_load_balancer_node_ports": True,
            "spec.0.port.0.protocol": "TCP",
            "spec.0.publish_not_ready_addresses": False,
            "spec.0.session_affinity": "None",
            "spec.0.type": "ClusterIP",
            "wait_for_load_balancer": True,
        },
        validations={
            "spec.0.cluster_ip": Validation(
                pattern=r"None|[0-9a-fA-F.:]*", hint="has to be an IP address or None"
            ),
            "spec.0.external_traffic_policy": Validation(one_of=("Cluster", "Local")),
            "spec.0.internal_traffic_policy": Validation(one_of=("Cluster", "Local")),
            "spec.0.ip_families": Validation(one_of=("IPv4", "IPv6")),
            "spec.0.ip_family_policy": Validation(
                one_of=("PreferDualStack", "RequireDualStack", "SingleStack")
            ),
            "spec.0.port.0.port": _PORT,
            "spec.0.port.0.protocol": Validation(one_of=("TCP", "UDP", "SCTP")),
            "spec.0.session_affinity": Validation(one_of=("ClientIP", "None")),
            "spec.0.type": Validation(one_of=("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")),
        },
    ),
}
