"""Typed Kubernetes resources as the objects that they become: blocks and snake case back to keys and camel case.

What the provider does on its way to Kubernetes (`expand...` in kubernetes/structure*.go of
hashicorp/terraform-provider-kubernetes), read off its schema. Names are turned by rule; the tables have what no rule tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from .schema import Body

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a resource type is in Kubernetes."""

    api_version: str
    kind: str
    namespaced: bool = True


KINDS: Final[Mapping[str, Kind]] = {
    "kubernetes_config_map_v1": Kind("v1", "ConfigMap"),
    "kubernetes_deployment_v1": Kind("apps/v1", "Deployment"),
    "kubernetes_horizontal_pod_autoscaler_v2": Kind("autoscaling/v2", "HorizontalPodAutoscaler"),
    "kubernetes_ingress_v1": Kind("networking.k8s.io/v1", "Ingress"),
    "kubernetes_job_v1": Kind("batch/v1", "Job"),
    "kubernetes_namespace_v1": Kind("v1", "Namespace", namespaced=False),
    "kubernetes_persistent_volume_claim_v1": Kind("v1", "PersistentVolumeClaim"),
    "kubernetes_persistent_volume_v1": Kind("v1", "PersistentVolume", namespaced=False),
    "kubernetes_pod_disruption_budget_v1": Kind("policy/v1", "PodDisruptionBudget"),
    "kubernetes_priority_class_v1": Kind("scheduling.k8s.io/v1", "PriorityClass", namespaced=False),
    "kubernetes_role_binding_v1": Kind("rbac.authorization.k8s.io/v1", "RoleBinding"),
    "kubernetes_role_v1": Kind("rbac.authorization.k8s.io/v1", "Role"),
    "kubernetes_secret_v1": Kind("v1", "Secret"),
    "kubernetes_service_account_v1": Kind("v1", "ServiceAccount"),
    "kubernetes_service_v1": Kind("v1", "Service"),
    "kubernetes_stateful_set_v1": Kind("apps/v1", "StatefulSet"),
    "kubernetes_storage_class_v1": Kind("storage.k8s.io/v1", "StorageClass", namespaced=False),
}

# What the provider keeps for itself; `timeouts` is a block.
_NOT_SENT: Final = frozenset(
    {
        "binary_data_wo",
        "binary_data_wo_revision",
        "data_wo",
        "data_wo_revision",
        "default_secret_name",
        "id",
        "status",
        "wait_for_completion",
        "wait_for_default_service_account",
        "wait_for_load_balancer",
        "wait_for_rollout",
        "wait_for_service_account_token",
        "wait_until_bound",
    }
)
# Of Terraform's language, not of the provider's.
_OF_TERRAFORM: Final = frozenset(
    {
        "//",
        "connection",
        "count",
        "depends_on",
        "for_each",
        "lifecycle",
        "provider",
        "provisioner",
        "timeouts",
    }
)
# Blocks that are lists, by name; all others are one object, however many of them the schema allows.
_LISTS: Final[Mapping[str, str]] = {
    "allowed_topologies": "allowedTopologies",
    "container": "containers",
    "env": "env",
    "env_from": "envFrom",
    "host_aliases": "hostAliases",
    "http_header": "httpHeaders",
    "image_pull_secret": "imagePullSecrets",
    "image_pull_secrets": "imagePullSecrets",
    "init_container": "initContainers",
    "items": "items",
    "match_expressions": "matchExpressions",
    "match_fields": "matchFields",
    "match_label_expressions": "matchLabelExpressions",
    "node_selector_term": "nodeSelectorTerms",
    "on_pod_condition": "onPodConditions",
    "option": "options",
    "policy": "policies",
    "port": "ports",
    "readiness_gate": "readinessGates",
    "rule": "rules",
    "sources": "sources",
    "subject": "subjects",
    "sysctl": "sysctls",
    "tls": "tls",
    "toleration": "tolerations",
    "topology_spread_constraint": "topologySpreadConstraints",
    "volume": "volumes",
    "volume_device": "volumeDevices",
    "volume_mount": "volumeMounts",
}
# The same with what they lie in, where that decides.
_LISTS_IN: Final[Mapping[tuple[str, str], str | None]] = {
    ("http", "path"): "paths",
    ("kubernetes_service_account_v1", "secret"): "secrets",
    ("pod_affinity", "preferred_during_scheduling_ignored_during_execution"): (
        "preferredDuringSchedulingIgnoredDuringExecution"
    ),
    ("pod_affinity", "required_during_scheduling_ignored_during_execution"): (
        "requiredDuringSchedulingIgnoredDuringExecution"
    ),
    ("pod_anti_affinity", "preferred_during_scheduling_ignored_during_execution"): (
        "preferredDuringSchedulingIgnoredDuringExecution"
    ),
    ("pod_anti_affinity", "required_during_scheduling_ignored_during_execution"): (
        "requiredDuringSchedulingIgnoredDuringExecution"
    ),
    ("node_affinity", "preferred_during_scheduling_ignored_during_execution"): (
        "preferredDuringSchedulingIgnoredDuringExecution"
    ),
    ("service", "port"): None,
    ("spec", "metric"): "metrics",
    ("spec", "volume_claim_template"): "volumeClaimTemplates",
}
# Words of a name that are not merely capitalized, and whole names that are others.
_WORDS: Final[Mapping[str, str]] = {
    "api": "API", "fqdn": "FQDN", "id": "ID", "ip": "IP", "ipc": "IPC", "ips": "IPs", "pid": "PID",
    "tls": "TLS", "uri": "URI", "url": "URL",
}  # fmt: skip
_NAMES: Final[Mapping[str, str]] = {
    "api_groups": "apiGroups",
    "api_group": "apiGroup",
    "api_version": "apiVersion",
    "aws_elastic_block_store": "awsElasticBlockStore",
    "ceph_fs": "cephfs",
    "run_as_username": "runAsUserName",
    "se_linux_options": "seLinuxOptions",
    "storage_provisioner": "provisioner",
}
# The provider encodes the one and not the other.
_NAMES_IN: Final[Mapping[tuple[str, str], str]] = {
    ("kubernetes_secret_v1", "binary_data"): "data",
    ("kubernetes_secret_v1", "data"): "stringData",
}
# Text in Terraform, so that "not set" is another value than 0; a number in Kubernetes.
_NUMBERS: Final = frozenset(
    {
        "fs_group",
        "replicas",
        "run_as_group",
        "run_as_user",
        "toleration_seconds",
        "ttl_seconds_after_finished",
    }
)
_OCTAL: Final = frozenset({"default_mode", "mode"})
# A number or a name, a number or a percentage.
_NUMBER_OR_TEXT: Final = frozenset({"max_surge", "max_unavailable", "min_available", "target_port"})
_PORT_OR_NAME: Final = frozenset({"http_get", "tcp_socket"})


def object_of(type_name: str, body: Body, config: Mapping[str, Any]) -> Object:
    """The object that a typed resource's arguments make, as a manifest; what is null or empty is left out.

    Args:
        type_name: one of KINDS.
        body: the schema of the type.
        config: the arguments, blocks as lists of mappings or, as Terraform JSON may have them, as one mapping.

    Raises:
        KeyError: the type, or one of the arguments, is not known.
    """
    kind = KINDS[type_name]
    arguments = {name: value for name, value in config.items() if name not in _OF_TERRAFORM}
    members = _members(body, arguments, type_name)
    if type_name == "kubernetes_persistent_volume_v1" and isinstance(members.get("spec"), dict):
        # Where it comes from stands among the rest.
        members["spec"] |= members["spec"].pop("persistentVolumeSource", {})
    return {"apiVersion": kind.api_version, "kind": kind.kind, **members}


def _members(body: Body, config: Mapping[str, Any], inside: str) -> Object:
    result: Object = {}
    for name, value in config.items():
        if name in body.blocks:
            given = value if isinstance(value, list) else [value]
            blocks = [
                _members(body.blocks[name].body, one, name) if isinstance(one, Mapping) else one
                for one in given
                if one is not None
            ]
            listed = _LISTS_IN.get((inside, name), _LISTS.get(name))
            if blocks:
                result[listed or _name(name)] = blocks if listed else blocks[0]
        elif name not in body.attributes:
            raise KeyError(f"{inside} has no argument {name}")
        elif value is not None and value != [] and name not in _NOT_SENT:
            result[_NAMES_IN.get((inside, name)) or _name(name)] = _attribute(name, value, inside)
    return result


def _attribute(name: str, value: Any, inside: str) -> Any:
    if not isinstance(value, str):
        return value
    if name in _OCTAL and value.isdigit():
        return int(value, 8)
    either = name in _NUMBER_OR_TEXT or (name == "port" and inside in _PORT_OR_NAME)
    return int(value) if (either or name in _NUMBERS) and value.lstrip("-").isdigit() else value


def _name(name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    first, *rest = name.split("_")
    return first + "".join(_WORDS.get(word, word.capitalize()) for word in rest)
