"""What runs pods: jobs, deployments and stateful sets.

The files are those of hashicorp/terraform-provider-kubernetes. In the SDK a list of blocks that forces a replacement does so
by the number of its blocks; what is inside has flags of its own. So of a Job only some changes replace it, and the others are
planned in place, where the provider sends little of them (`account/facts/served.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .compare import changed_anywhere, counted
from .model import Overlay, Validation

_TEMPLATE: Final = "spec.0.template.0"
_POD: Final = f"{_TEMPLATE}.spec.0"
_CONTAINERS: Final = (f"{_POD}.container.0", f"{_POD}.init_container.0")

IDENTITY: Final = ("metadata.0.generate_name", "metadata.0.name", "metadata.0.namespace")
NAMESPACE: Final[Mapping[str, Any]] = {"metadata.0.namespace": "default"}
_WHOLE: Final = Validation(pattern=r"-?[0-9]*", hint="has to be a whole number, as text")

# kubernetes/schema_pod_spec.go, with isUpdatable false
_FIXED_IN_POD: Final = (
    "automount_service_account_token",
    "dns_config.0.nameservers",
    "dns_config.0.option.0.name",
    "dns_config.0.option.0.value",
    "dns_policy",
    "enable_service_links",
    "host_aliases.0.hostnames",
    "host_aliases.0.ip",
    "host_ipc",
    "host_network",
    "host_pid",
    "hostname",
    "image_pull_secrets.0.name",
    "node_name",
    "node_selector",
    "priority_class_name",
    "readiness_gate.0.condition_type",
    "restart_policy",
    "runtime_class_name",
    "scheduler_name",
    "security_context.0.fs_group",
    "security_context.0.fs_group_change_policy",
    "security_context.0.run_as_group",
    "security_context.0.run_as_non_root",
    "security_context.0.run_as_user",
    "security_context.0.supplemental_groups",
    "security_context.0.sysctl.0.name",
    "security_context.0.sysctl.0.value",
    "service_account_name",
    "share_process_namespace",
    "subdomain",
    "termination_grace_period_seconds",
    "toleration.0.effect",
    "toleration.0.key",
    "toleration.0.operator",
    "toleration.0.toleration_seconds",
    "toleration.0.value",
    "volume.0.empty_dir.0.medium",
    "volume.0.empty_dir.0.size_limit",
)
# kubernetes/schema_container.go, with isUpdatable false
_FIXED_IN_CONTAINER: Final = (
    "args",
    "command",
    "env.0.name",
    "env.0.value",
    "env.0.value_from.0.config_map_key_ref.0.key",
    "env.0.value_from.0.config_map_key_ref.0.name",
    "env.0.value_from.0.field_ref.0.field_path",
    "env.0.value_from.0.secret_key_ref.0.key",
    "env.0.value_from.0.secret_key_ref.0.name",
    "env_from.0.config_map_ref.0.name",
    "env_from.0.prefix",
    "env_from.0.secret_ref.0.name",
    "image",
    "image_pull_policy",
    "name",
    "port.0.container_port",
    "port.0.host_port",
    "port.0.name",
    "port.0.protocol",
    "security_context.0.allow_privilege_escalation",
    "security_context.0.capabilities.0.add",
    "security_context.0.capabilities.0.drop",
    "security_context.0.privileged",
    "security_context.0.read_only_root_filesystem",
    "security_context.0.run_as_group",
    "security_context.0.run_as_non_root",
    "security_context.0.run_as_user",
    "stdin",
    "stdin_once",
    "termination_message_path",
    "termination_message_policy",
    "tty",
    "working_dir",
)
_COUNTED_IN_CONTAINER: Final = (
    "liveness_probe",
    "readiness_probe",
    "security_context",
    "startup_probe",
    "volume_mount",
)
_PROBES: Final = ("liveness_probe.0", "readiness_probe.0", "startup_probe.0")


def _of_pods(restart_policy: str) -> dict[str, Any]:
    """The defaults of a pod and its containers."""
    pod = {
        "automount_service_account_token": True,
        "dns_policy": "ClusterFirst",
        "enable_service_links": True,
        "host_ipc": False,
        "host_network": False,
        "host_pid": False,
        "restart_policy": restart_policy,
        "share_process_namespace": False,
        "termination_grace_period_seconds": 30,
        "toleration.0.operator": "Equal",
        "topology_spread_constraint.0.max_skew": 1,
        "topology_spread_constraint.0.when_unsatisfiable": "DoNotSchedule",
        "volume.0.config_map.0.default_mode": "0644",
        "volume.0.downward_api.0.default_mode": "0644",
        "volume.0.empty_dir.0.medium": "",
        "volume.0.persistent_volume_claim.0.read_only": False,
        "volume.0.projected.0.default_mode": "0644",
        "volume.0.secret.0.default_mode": "0644",
    }
    probe = {
        "failure_threshold": 3,
        "http_get.0.scheme": "HTTP",
        "period_seconds": 10,
        "success_threshold": 1,
        "timeout_seconds": 1,
    }
    container = {
        "env.0.value_from.0.field_ref.0.api_version": "v1",
        "env.0.value_from.0.resource_field_ref.0.divisor": "1",
        "lifecycle.0.post_start.0.http_get.0.scheme": "HTTP",
        "lifecycle.0.pre_stop.0.http_get.0.scheme": "HTTP",
        "port.0.protocol": "TCP",
        "security_context.0.allow_privilege_escalation": True,
        "security_context.0.privileged": False,
        "security_context.0.read_only_root_filesystem": False,
        "stdin": False,
        "stdin_once": False,
        "termination_message_path": "/dev/termination-log",
        "tty": False,
        "volume_mount.0.mount_propagation": "None",
        "volume_mount.0.read_only": False,
        **{f"{one}.{name}": value for one in _PROBES for name, value in probe.items()},
    }
    return {
        **{f"{_POD}.{name}": value for name, value in pod.items()},
        **{f"{one}.{name}": value for one in _CONTAINERS for name, value in container.items()},
    }


_COMPUTED_IN_PODS: Final = frozenset(
    {
        f"{_POD}.image_pull_secrets",
        f"{_POD}.readiness_gate",
        *(f"{one}.resources" for one in _CONTAINERS),
    }
)


def _one_of(*values: str) -> Validation:
    return Validation(one_of=values)


_VALIDATIONS: Final[Mapping[str, Validation]] = {
    f"{_POD}.dns_policy": _one_of("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    f"{_POD}.restart_policy": _one_of("Always", "OnFailure", "Never"),
    f"{_POD}.toleration.0.effect": _one_of("NoSchedule", "PreferNoSchedule", "NoExecute"),
    f"{_POD}.toleration.0.operator": _one_of("Exists", "Equal"),
    f"{_POD}.toleration.0.toleration_seconds": _WHOLE,
    f"{_POD}.topology_spread_constraint.0.max_skew": Validation(at_least=1),
    f"{_POD}.topology_spread_constraint.0.when_unsatisfiable": _one_of("DoNotSchedule", "ScheduleAnyway"),
    f"{_POD}.volume.0.empty_dir.0.medium": _one_of(
        "", "Memory", "HugePages", "HugePages-2Mi", "HugePages-1Gi"
    ),
    **{
        f"{_POD}.volume.0.{one}.0.default_mode": Validation(
            pattern="0[0-7]{3}", hint="has to be mode bits of four octal digits, such as 0644"
        )
        for one in ("config_map", "downward_api", "projected", "secret")
    },
    **{f"{_POD}.security_context.0.{one}": _WHOLE for one in ("fs_group", "run_as_group", "run_as_user")},
    **{
        f"{container}.{probe}.{name}": Validation(at_least=1)
        for container in _CONTAINERS
        for probe in _PROBES
        for name in ("failure_threshold", "period_seconds", "success_threshold", "timeout_seconds")
    },
}
_SELECTOR: Final = (
    "match_expressions.0.key",
    "match_expressions.0.operator",
    "match_expressions.0.values",
    "match_labels",
)

PODS: Final[Mapping[str, Overlay]] = {
    # kubernetes/resource_kubernetes_deployment_v1.go
    "kubernetes_deployment_v1": Overlay(
        force_new=IDENTITY,
        force_new_if=(
            counted("spec.0.selector"),
            changed_anywhere(*(f"spec.0.selector.0.{one}" for one in _SELECTOR)),
        ),
        computed_blocks=_COMPUTED_IN_PODS | {"spec.0.strategy", "spec.0.strategy.0.rolling_update"},
        defaults={
            **NAMESPACE,
            **_of_pods("Always"),
            "spec.0.min_ready_seconds": 0,
            "spec.0.paused": False,
            "spec.0.progress_deadline_seconds": 600,
            "spec.0.revision_history_limit": 10,
            "spec.0.strategy.0.rolling_update.0.max_surge": "25%",
            "spec.0.strategy.0.rolling_update.0.max_unavailable": "25%",
            "spec.0.strategy.0.type": "RollingUpdate",
            "wait_for_rollout": True,
        },
        validations={
            **_VALIDATIONS,
            "spec.0.replicas": _WHOLE,
            "spec.0.strategy.0.rolling_update.0.max_surge": Validation(pattern="([0-9]+%?)?"),
            "spec.0.strategy.0.rolling_update.0.max_unavailable": Validation(pattern="([0-9]+%?)?"),
            "spec.0.strategy.0.type": _one_of("RollingUpdate", "Recreate"),
        },
    ),
    # kubernetes/resource_kubernetes_job_v1.go, kubernetes/schema_job_spec.go
    "kubernetes_job_v1": Overlay(
        force_new=(*IDENTITY, "spec.0.completion_mode", "spec.0.completions"),
        force_new_if=(
            counted("spec.0.selector", "spec.0.template", f"{_POD}.init_container"),
            counted(*(f"{one}.{name}" for one in _CONTAINERS for name in _COUNTED_IN_CONTAINER)),
            changed_anywhere(*(f"spec.0.selector.0.{one}" for one in _SELECTOR)),
            changed_anywhere(
                *(f"{_TEMPLATE}.metadata.0.{one}" for one in ("generate_name", "name")),
                *(f"{_POD}.{one}" for one in _FIXED_IN_POD),
                *(f"{one}.{name}" for one in _CONTAINERS for name in _FIXED_IN_CONTAINER),
            ),
        ),
        computed_blocks=_COMPUTED_IN_PODS | {"spec.0.selector"},
        defaults={
            **NAMESPACE,
            **_of_pods("Never"),
            "spec.0.backoff_limit": 6,
            "spec.0.completions": 1,
            "spec.0.parallelism": 1,
            "wait_for_completion": True,
        },
        validations={
            **_VALIDATIONS,
            "spec.0.active_deadline_seconds": Validation(at_least=1),
            "spec.0.backoff_limit": Validation(at_least=0),
            "spec.0.completion_mode": _one_of("Indexed", "NonIndexed"),
            "spec.0.completions": Validation(at_least=1),
            "spec.0.parallelism": Validation(at_least=0),
            "spec.0.pod_failure_policy.0.rule.0.action": _one_of("FailJob", "FailIndex", "Ignore", "Count"),
            "spec.0.ttl_seconds_after_finished": _WHOLE,
        },
    ),
    # kubernetes/resource_kubernetes_stateful_set_v1.go, kubernetes/schema_stateful_set_spec.go
    "kubernetes_stateful_set_v1": Overlay(
        force_new=(
            *IDENTITY,
            "spec.0.pod_management_policy",
            "spec.0.revision_history_limit",
            "spec.0.service_name",
        ),
        force_new_if=(
            counted("spec.0.selector", "spec.0.volume_claim_template"),
            changed_anywhere(*(f"spec.0.selector.0.{one}" for one in _SELECTOR)),
            changed_anywhere(
                *(
                    f"spec.0.volume_claim_template.0.{one}"
                    for one in (
                        "metadata.0.name",
                        "spec.0.access_modes",
                        "spec.0.resources.0.limits",
                        "spec.0.storage_class_name",
                        "spec.0.volume_name",
                    )
                )
            ),
        ),
        computed_blocks=_COMPUTED_IN_PODS | {"spec.0.persistent_volume_claim_retention_policy"},
        defaults={
            **NAMESPACE,
            **_of_pods("Always"),
            "spec.0.min_ready_seconds": 0,
            "spec.0.persistent_volume_claim_retention_policy.0.when_deleted": "Retain",
            "spec.0.persistent_volume_claim_retention_policy.0.when_scaled": "Retain",
            "spec.0.update_strategy.0.rolling_update.0.partition": 0,
            "spec.0.update_strategy.0.type": "RollingUpdate",
            "spec.0.volume_claim_template.0.metadata.0.namespace": "default",
            "wait_for_rollout": True,
        },
        validations={
            **_VALIDATIONS,
            "spec.0.pod_management_policy": _one_of("OrderedReady", "Parallel"),
            "spec.0.replicas": _WHOLE,
            "spec.0.revision_history_limit": Validation(at_least=1),
            "spec.0.update_strategy.0.type": _one_of("RollingUpdate", "OnDelete"),
        },
    ),
}
