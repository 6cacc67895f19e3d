"""What Kubernetes refuses, or never gets done, for what is in the cluster or is not there.

What is in a cluster that was not made here is not known: it is taken to have what is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from modules.layout.releases import ADDON_PODS, NAMESPACES_OF_KUBERNETES

from ...values import UNKNOWN, Dynamic
from ..account import Account
from ..in_cluster import has_host
from .common import Rule, State, Unready, block, unreachable

# EKS makes this class, but no default of it: https://docs.aws.amazon.com/eks/latest/userguide/ebs-csi.html
_CLASSES_OF_EKS: Final = ("gp2",)
_LATE: Final = "WaitForFirstConsumer"
# What runs pods, and where their spec lies.
_WORKLOADS: Final = ("kubernetes_deployment_v1", "kubernetes_job_v1", "kubernetes_stateful_set_v1")


def _is_known(account: Account) -> bool:
    return bool(account.all("aws_eks_cluster"))


def namespaces(account: Account) -> set[str]:
    """The namespaces that there are: those of every cluster, of releases, of add-ons, and those made by themselves."""
    found = {*NAMESPACES_OF_KUBERNETES}
    found |= {one["namespace"] for one in account.all("helm_release") if one.get("create_namespace") is True}
    addons = {one["addon_name"] for one in account.all("aws_eks_addon")}
    found |= {pods.namespace for name, pods in ADDON_PODS.items() if name in addons}
    return found | {str(one["id"]) for one in account.all("kubernetes_namespace_v1")}


def _namespace(values: State, account: Account) -> str | None:
    name = block(values, "metadata").get("name")
    if name in namespaces(account):
        return f'namespaces "{name}" already exists'
    return unreachable("kubernetes_namespace_v1", account)


def _no_namespace(namespace: Any, account: Account) -> str | None:
    if _is_known(account) and isinstance(namespace, str) and namespace not in namespaces(account):
        return f'namespaces "{namespace}" not found'
    return unreachable("kubernetes_namespace_v1", account)


def _in_namespace(type_name: str, plural: str) -> Rule:
    """An object has to have a namespace, and a name that no other object of its type has there."""

    def rule(values: State, account: Account) -> str | None:
        metadata = block(values, "metadata")
        name, namespace = metadata.get("name"), metadata.get("namespace")
        if isinstance(name, str) and account.get(type_name, f"{namespace}/{name}"):
            return f'{plural} "{name}" already exists'
        return _no_namespace(namespace, account)

    return rule


def _job(values: State, account: Account) -> str | None:
    refused = _in_namespace("kubernetes_job_v1", "jobs.batch")(values, account)
    if refused or values.get("wait_for_completion") is not True:
        return refused
    name = "/".join(str(block(values, "metadata").get(one)) for one in ("namespace", "name"))
    # No training is over in the minute that the provider waits by itself.
    return Unready(f"job: {name} is not in complete state")


def _service(values: State, account: Account) -> str | None:
    refused = _in_namespace("kubernetes_service_v1", "services")(values, account)
    waits = (
        values.get("wait_for_load_balancer") is True and block(values, "spec").get("type") == "LoadBalancer"
    )
    if refused or not waits or has_host(values, account):
        return refused
    name = "/".join(str(block(values, "metadata").get(one)) for one in ("namespace", "name"))
    return Unready(f'Waiting for service "{name}" to assign IP/hostname for a load balancer')


def _ingress(values: State, account: Account) -> str | None:
    refused = _in_namespace("kubernetes_ingress_v1", "ingresses.networking.k8s.io")(values, account)
    if refused or values.get("wait_for_load_balancer") is not True or has_host(values, account):
        return refused
    return Unready("Load Balancer is not ready yet")


def _claim(values: State, account: Account) -> str | None:
    """A claim of no class waits for ever, and one of a class that binds late waits for a pod."""
    refused = _in_namespace("kubernetes_persistent_volume_claim_v1", "persistentvolumeclaims")(
        values, account
    )
    if refused or not _is_known(account):
        return refused
    spec = block(values, "spec")
    name = spec.get("storage_class_name")
    classes = {one["id"]: one for one in account.all("kubernetes_storage_class_v1")}
    volumes = [block(one, "spec") for one in account.all("kubernetes_persistent_volume_v1")]
    given = [one for one in volumes if one.get("storage_class_name") == name]
    if isinstance(name, str) and name and name not in classes and name not in _CLASSES_OF_EKS:
        if not given:
            return Unready(f'storageclass.storage.k8s.io "{name}" not found')
    elif values.get("wait_until_bound") is True and not given:
        late = classes.get(str(name), {}).get("volume_binding_mode", _LATE)
        if late == _LATE:
            return Unready(
                "timeout while waiting for state to become 'Bound' (last state: 'Pending', timeout: 5m0s) * "
                "waiting for first consumer to be created before binding"
            )
    return None


def _manifest(values: State, account: Account) -> str | None:
    manifest = values.get("manifest")
    manifest = manifest.value if isinstance(manifest, Dynamic) else manifest
    metadata = manifest.get("metadata") if isinstance(manifest, Mapping) else None
    namespace = metadata.get("namespace") if isinstance(metadata, Mapping) else None
    return _no_namespace(namespace, account)


def _delete_claim(values: State, account: Account) -> str | None:
    """A claim stays until no pod uses it: whoever uses it has to go first."""
    metadata = block(values, "metadata")
    name, namespace = metadata.get("name"), metadata.get("namespace")
    if any(claim == name for claim in _claims_used(account, namespace)):
        return f"Persistent volume claim {name} still exists with finalizers: [kubernetes.io/pvc-protection]"
    return None


def _claims_used(account: Account, namespace: Any) -> Iterator[Any]:
    for type_name in _WORKLOADS:
        for workload in account.all(type_name):
            if block(workload, "metadata").get("namespace") == namespace:
                pod = block(block(block(workload, "spec"), "template"), "spec")
                for volume in pod.get("volume") or ():
                    yield block(volume, "persistent_volume_claim").get("claim_name")
    for one in account.all("kubernetes_manifest"):
        manifest = one.get("manifest")
        value = manifest.value if isinstance(manifest, Dynamic) else {}
        if isinstance(value, Mapping) and (value.get("metadata") or {}).get("namespace") == namespace:
            yield from _claim_names(value)


def _claim_names(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        claim = value.get("persistentVolumeClaim")
        if isinstance(claim, Mapping) and claim.get("claimName") is not UNKNOWN:
            yield claim.get("claimName")
        for child in value.values():
            yield from _claim_names(child)
    elif isinstance(value, list):
        for child in value:
            yield from _claim_names(child)


def _delete_volume(values: State, account: Account) -> str | None:
    name = block(values, "metadata").get("name")
    for claim in account.all("kubernetes_persistent_volume_claim_v1"):
        if block(claim, "spec").get("volume_name") == name:
            return f"Persistent volume {name} still exists (Bound)"
    return None


CREATE: Mapping[str, Rule] = {
    "kubernetes_config_map_v1": _in_namespace("kubernetes_config_map_v1", "configmaps"),
    "kubernetes_deployment_v1": _in_namespace("kubernetes_deployment_v1", "deployments.apps"),
    "kubernetes_horizontal_pod_autoscaler_v2": _in_namespace(
        "kubernetes_horizontal_pod_autoscaler_v2", "horizontalpodautoscalers.autoscaling"
    ),
    "kubernetes_ingress_v1": _ingress,
    "kubernetes_job_v1": _job,
    "kubernetes_manifest": _manifest,
    "kubernetes_namespace_v1": _namespace,
    "kubernetes_persistent_volume_claim_v1": _claim,
    "kubernetes_pod_disruption_budget_v1": _in_namespace(
        "kubernetes_pod_disruption_budget_v1", "poddisruptionbudgets.policy"
    ),
    "kubernetes_role_binding_v1": _in_namespace(
        "kubernetes_role_binding_v1", "rolebindings.rbac.authorization.k8s.io"
    ),
    "kubernetes_role_v1": _in_namespace("kubernetes_role_v1", "roles.rbac.authorization.k8s.io"),
    "kubernetes_secret_v1": _in_namespace("kubernetes_secret_v1", "secrets"),
    "kubernetes_service_account_v1": _in_namespace("kubernetes_service_account_v1", "serviceaccounts"),
    "kubernetes_service_v1": _service,
    "kubernetes_stateful_set_v1": _in_namespace("kubernetes_stateful_set_v1", "statefulsets.apps"),
}
DELETE: Mapping[str, Rule] = {
    "kubernetes_persistent_volume_claim_v1": _delete_claim,
    "kubernetes_persistent_volume_v1": _delete_volume,
}
