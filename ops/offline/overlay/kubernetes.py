"""What is in the cluster: Helm releases and Kubernetes objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .compare import added_or_taken_away, at, same
from .model import Overlay, Recomputed, Validation, Values
from .validations import name

_SET_TYPES = Validation(one_of=("auto", "literal", "string"))

# helm/resource_helm_release.go of hashicorp/terraform-provider-helm
HELM: Final[Mapping[str, Overlay]] = {
    "helm_release": Overlay(
        force_new=("name", "namespace"),
        sensitive=frozenset({"repository_password", "set_sensitive.0.value"}),
        write_only=frozenset({"set_wo", "set_wo.0.name", "set_wo.0.type", "set_wo.0.value"}),
        defaults={
            **dict.fromkeys(
                (
                    "atomic",
                    "cleanup_on_fail",
                    "create_namespace",
                    "dependency_update",
                    "disable_crd_hooks",
                    "disable_openapi_validation",
                    "disable_webhooks",
                    "force_update",
                    "lint",
                    "pass_credentials",
                    "recreate_pods",
                    "replace",
                    "reset_values",
                    "reuse_values",
                    "skip_crds",
                    "take_ownership",
                    "upgrade_install",
                    "verify",
                    "wait_for_jobs",
                ),
                False,
            ),
            # Planned as nothing without the experiment that renders the manifest.
            "description": None,
            "manifest": None,
            "max_history": 0,
            "namespace": "default",
            "render_subchart_notes": True,
            "resources": None,
            "set.0.type": "",
            "status": "deployed",
            "timeout": 300,
            "wait": True,
        },
        # The framework makes what is only computed unknown with any change.
        recomputed=(Recomputed(("id", "metadata")),),
        validations={
            "name": name(53, shortest=1),
            "set.0.type": _SET_TYPES,
            "set_sensitive.0.type": _SET_TYPES,
            "set_wo.0.type": Validation(one_of=("auto", "string")),
            "set_wo_revision": Validation(at_least=1),
        },
    ),
}


def _immutable(prior: Values, planned: Values) -> tuple[str, ...]:
    """Data that was made immutable is replaced with its object."""
    if not prior.get("immutable"):
        return ()
    names = ("binary_data", "data", "immutable")
    return tuple(one for one in names if not same(prior.get(one), planned.get(one)))


def _manifest_identity(prior: Values, planned: Values) -> tuple[str, ...]:
    """A manifest of another kind, name or namespace is another object."""
    paths = (
        "manifest.apiVersion",
        "manifest.kind",
        "manifest.metadata.name",
        "manifest.metadata.namespace",
    )
    return tuple(path for path in paths if not same(at(prior, path), at(planned, path)))


_IDENTITY = ("metadata.0.generate_name", "metadata.0.name")
_NAMESPACED = (*_IDENTITY, "metadata.0.namespace")
_NAMESPACE: Mapping[str, Any] = {"metadata.0.namespace": "default"}
# The provider has this rule for namespaced types too, but there it names a path that does not exist.
_ONE_NAME = (_IDENTITY,)

# The files are those of hashicorp/terraform-provider-kubernetes; metadata is in kubernetes/schema_metadata.go.
KUBERNETES: Final[Mapping[str, Overlay]] = {
    # kubernetes/resource_kubernetes_config_map_v1.go
    "kubernetes_config_map_v1": Overlay(
        force_new=_NAMESPACED, force_new_if=(_immutable,), defaults=_NAMESPACE
    ),
    # manifest/provider/plan.go; `object` is planned in manifests.py
    "kubernetes_manifest": Overlay(force_new_if=(_manifest_identity,)),
    # kubernetes/resource_kubernetes_namespace_v1.go
    "kubernetes_namespace_v1": Overlay(
        force_new=_IDENTITY, defaults={"wait_for_default_service_account": False}, at_most_one=_ONE_NAME
    ),
    # kubernetes/resource_kubernetes_secret_v1.go
    "kubernetes_secret_v1": Overlay(
        force_new=(*_NAMESPACED, "type"),
        force_new_if=(_immutable,),
        sensitive=frozenset({"binary_data", "data"}),
        write_only=frozenset({"binary_data_wo", "data_wo"}),
        defaults={**_NAMESPACE, "type": "Opaque", "wait_for_service_account_token": True},
        at_most_one=(("binary_data", "binary_data_wo"), ("data", "data_wo")),
        required_with={"binary_data_wo_revision": ("binary_data_wo",), "data_wo_revision": ("data_wo",)},
        validations=dict.fromkeys(("binary_data_wo_revision", "data_wo_revision"), Validation(at_least=1)),
    ),
    # kubernetes/resource_kubernetes_service_account_v1.go
    "kubernetes_service_account_v1": Overlay(
        force_new=_NAMESPACED, defaults={**_NAMESPACE, "automount_service_account_token": True}
    ),
    # kubernetes/resource_kubernetes_storage_class_v1.go: another reclaim policy is planned in place, although Kubernetes
    # refuses it (issue 1965); so is what is inside allowed_topologies.
    "kubernetes_storage_class_v1": Overlay(
        force_new=(
            *_IDENTITY,
            "mount_options",
            "parameters",
            "storage_provisioner",
            "volume_binding_mode",
        ),
        force_new_if=(added_or_taken_away("allowed_topologies"),),
        defaults={
            "allow_volume_expansion": True,
            "reclaim_policy": "Delete",
            "volume_binding_mode": "Immediate",
        },
        at_most_one=_ONE_NAME,
        validations={
            "reclaim_policy": Validation(one_of=("Delete", "Recycle", "Retain")),
            "volume_binding_mode": Validation(one_of=("Immediate", "WaitForFirstConsumer")),
        },
    ),
}
