"""Terraform resources of Kubernetes objects: the provider's own types for what Kubernetes has, manifests for the rest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from cdktf import ITerraformDependable, TerraformDataSource, TerraformResource, TerraformResourceLifecycle
from cdktf_cdktf_provider_kubernetes.manifest import Manifest as ManifestResource
from constructs import Construct

from .claims import has_claims
from .pod import Manifest
from .provider_form import arguments, rendered

# The resource types of the kinds that the provider knows by themselves: their plan asks no API server. What they take is
# written as data, since the generated classes of one kind of pod are 5,000 lines; tests/engine checks it against the
# provider's schema.
_TYPES: Mapping[str, str] = {
    "ConfigMap": "kubernetes_config_map_v1",
    "Deployment": "kubernetes_deployment_v1",
    "HorizontalPodAutoscaler": "kubernetes_horizontal_pod_autoscaler_v2",
    "Ingress": "kubernetes_ingress_v1",
    "Job": "kubernetes_job_v1",
    "PersistentVolume": "kubernetes_persistent_volume_v1",
    "PersistentVolumeClaim": "kubernetes_persistent_volume_claim_v1",
    "PodDisruptionBudget": "kubernetes_pod_disruption_budget_v1",
    "Service": "kubernetes_service_v1",
    "ServiceAccount": "kubernetes_service_account_v1",
    "StatefulSet": "kubernetes_stateful_set_v1",
}
# The provider waits for these by default: a Job for all of its training, the others for nodes that may come later. A
# finished apply means that they are made. https://github.com/hashicorp/terraform-provider-kubernetes/issues/2059
_NOT_AWAITED: Mapping[str, dict[str, Any]] = {
    "Deployment": {"wait_for_rollout": False},
    "Job": {"wait_for_completion": False},
    "StatefulSet": {"wait_for_rollout": False},
}
# Pods end within 30 seconds of their own, and those of a lost node when Kubernetes gives it up; a deletion waits for them.
_GONE = "15m"
# Terraform's own type, of no provider: https://developer.hashicorp.com/terraform/language/resources/terraform-data
_DIGEST = "terraform_data"
# What is in a typed job that others write into as well.
_IGNORED = ["spec", "metadata[0].labels", "metadata[0].annotations"]
# kueue, webhooks and controllers write into these; what differs there is no change of ours.
_COMPUTED = ["metadata.labels", "metadata.annotations", "spec"]


def _type_of(manifest: Manifest) -> str | None:
    """The provider's own type, of which none has a place for claims of devices yet.

    https://github.com/hashicorp/terraform-provider-kubernetes/issues/2975
    """
    return None if has_claims(manifest) else _TYPES.get(manifest["kind"])


class Objects(Construct):
    """A construct of objects that are made from manifests."""

    @property
    def objects(self) -> dict[str, TerraformResource | TerraformDataSource]:
        """All that it makes, by id: the part of an address behind the construct's own."""
        children = self.node.children
        return {
            one.node.id: one for one in children if isinstance(one, TerraformResource | TerraformDataSource)
        }


def id_of(kind: str, name: str) -> str:
    """Id of what a workload has once, in each of the stacks.

    No name has two hyphens in a row, so that nothing else has this one.
    """
    return name if kind == "training" else f"{kind}__{name}"


def add_object(
    scope: Construct,
    id: str,
    manifest: Manifest,
    *,
    depends_on: Sequence[ITerraformDependable] = (),
    lifecycle: TerraformResourceLifecycle | None = None,
    timeouts: Mapping[str, str] | None = None,
    **more: Any,
) -> TerraformResource:
    """A resource of a manifest.

    Args:
        timeouts: how long Terraform waits, as in `{"delete": "15m"}`.
        more: arguments that are not in a manifest, of a kind that the provider has a type for.
    """
    found = _type_of(manifest)
    after = list(depends_on) or None
    if found is None:
        return ManifestResource(
            scope,
            id,
            manifest=rendered(manifest),
            computed_fields=_COMPUTED,
            timeouts=dict(timeouts) if timeouts else None,
            lifecycle=lifecycle,
            depends_on=after,
        )
    made = TerraformResource(scope, id, terraform_resource_type=found, lifecycle=lifecycle, depends_on=after)
    given = {**_NOT_AWAITED.get(manifest["kind"], {}), **arguments(manifest), **more}
    for name, value in given.items():
        made.add_override(name, value)
    if timeouts is not None:
        made.add_override("timeouts", dict(timeouts))
    return made


def add_immutable(
    scope: Construct,
    id: str,
    manifest: Manifest,
    *,
    identity: str,
    references: Sequence[str] = (),
    replaced_with: Sequence[str] = (),
    depends_on: Sequence[ITerraformDependable] = (),
) -> TerraformResource:
    """A job or its runtime, whose spec cannot be changed: it is replaced with its identity, and by nothing else.

    Terraform would plan a replacement of a running job for what kueue or a webhook has written into it, and change others
    "in place" that Kubernetes never sees. So it ignores the spec, and goes by what the layout says.

    Args:
        identity: what makes it what it is, as text.
        references: Terraform's variables in it, whose values only Terraform knows.
        replaced_with: attributes of resources with which it is replaced, as `TYPE.NAME.ATTRIBUTE`.

    Raises:
        ValueError: the identity has a token of CDKTF in it.
    """
    if "TfToken[" in identity:
        raise ValueError(
            f"{id}: a token of CDKTF has another number in every synthesis, and would replace the job"
        )
    inputs: dict[str, Any] = {"sha256": hashlib.sha256(identity.encode()).hexdigest()}
    if references:
        inputs["references"] = list(references)
    # Not CDKTF's own class of it, which asks the Terraform on the PATH for its version: a synth needs none.
    digest = TerraformResource(scope, f"{id}__spec", terraform_resource_type=_DIGEST)
    digest.add_override("input", inputs)
    lifecycle = TerraformResourceLifecycle(
        replace_triggered_by=[f"{_DIGEST}.{digest.friendly_unique_id}", *replaced_with],
        ignore_changes=["manifest"] if _type_of(manifest) is None else _IGNORED,
    )
    return add_object(
        scope, id, manifest, depends_on=depends_on, lifecycle=lifecycle, timeouts={"delete": _GONE}
    )
