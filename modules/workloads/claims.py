"""EFA devices that pods claim, with the DRA driver: the template of the claims, and what a pod says of it.

https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html#efa-dra-driver
"""

from __future__ import annotations

from dataclasses import replace

from ..layout.efa_drivers import DEVICE_CLASS
from ..layout.pods import Share
from .pod import Manifest

# The claim's name within a pod.
_CLAIM = "efa"
# Kept by kueue's accounting, which knows neither `allocationMode: All` nor constraints:
# https://kueue.sigs.k8s.io/docs/concepts/dynamic_resource_allocation/
_MODE = "ExactCount"


def template_name(owner: str, count: int) -> str:
    """The template's name; the number is in it since a template cannot be changed."""
    return f"{owner}-efa-{count}"


def claim_template(metadata: Manifest, count: int) -> Manifest:
    """What each pod claims: so many EFA devices of its node."""
    request = {
        "name": _CLAIM,
        "exactly": {"deviceClassName": DEVICE_CLASS, "allocationMode": _MODE, "count": count},
    }
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaimTemplate",
        "metadata": metadata,
        "spec": {"spec": {"devices": {"requests": [request]}}},
    }


def resources(taken: Share, *, claimed: bool) -> Manifest:
    """A container's resources: EFA devices as a claim of its pod, or as a number like all others.

    Huge pages stay: the kubelet gives a container none that it does not ask for, whoever hands it the device (inferred:
    AWS's examples with claims leave them out). https://kubernetes.io/docs/tasks/manage-hugepages/scheduling-hugepages/
    """
    plain = replace(taken, efa=0) if claimed else taken
    found: Manifest = {"requests": plain.requests}
    if plain.devices:
        found["limits"] = plain.devices
    if claimed and taken.efa:
        found["claims"] = [{"name": _CLAIM}]
    return found


def pod_claims(template: str) -> Manifest:
    """The part of a pod's spec that has each pod make a claim of its own, which goes with it."""
    return {"resourceClaims": [{"name": _CLAIM, "resourceClaimTemplateName": template}]}


def has_claims(manifest: Manifest) -> bool:
    """Whether the pods of a Job, StatefulSet or Deployment have claims."""
    template = (manifest.get("spec") or {}).get("template") or {}
    return bool((template.get("spec") or {}).get("resourceClaims"))
