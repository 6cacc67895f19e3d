"""Which PersistentVolumeClaims the workloads of a layout need, by namespace, and what they are called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .models import Layout, Workload
from .models.workloads import Mount
from .releases import ADDON_PODS, NAMESPACES_OF_KUBERNETES

ClaimKind = Literal["file_system", "bucket", "volume"]
_PREFIX = {"file_system": "fsx", "bucket": "s3", "volume": "ebs"}


def claim_name(kind: str, name: str) -> str:
    """The claim of a file system, bucket or volume of the layout: the same in every namespace."""
    return f"{_PREFIX[kind]}-{name}"


def claim_of(mount: Mount) -> str | None:
    """The claim that a mount stands for; None for one that is not of the layout's storage."""
    return next(
        (claim_name(kind, name) for kind in _PREFIX if (name := getattr(mount, kind)) is not None), None
    )


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of a namespace for something in `storage`."""

    namespace: str
    kind: ClaimKind
    name: str

    @property
    def claim(self) -> str:
        """Name of the PersistentVolumeClaim."""
        return claim_name(self.kind, self.name)

    @property
    def volume(self) -> str:
        """Name of the PersistentVolume, which has no namespace: a name with a dot, which no namespace has."""
        return f"{self.claim}.{self.namespace}"


def workloads(layout: Layout) -> Iterator[tuple[tuple[str, str, str], Workload]]:
    """Every workload with its path in the layout."""
    for name, job in layout.workloads.training.items():
        yield ("workloads", "training", name), job
    for name, serving in layout.workloads.serving.items():
        yield ("workloads", "serving", name), serving


def claims(layout: Layout) -> tuple[Claim, ...]:
    """Every claim, each once: of what workloads mount, of the namespaces that a file system names, and of volumes."""
    found: dict[Claim, None] = {}
    for name, file_system in layout.storage.file_systems.items():
        for namespace in file_system.namespaces:
            found[Claim(namespace, "file_system", name)] = None
    for name, volume in layout.storage.volumes.items():
        found[Claim(volume.namespace, "volume", name)] = None
    for _, workload in workloads(layout):
        for mount in workload.volumes.values():
            if mount.file_system is not None:
                found[Claim(workload.namespace, "file_system", mount.file_system)] = None
            if mount.bucket is not None:
                found[Claim(workload.namespace, "bucket", mount.bucket)] = None
    return tuple(sorted(found, key=lambda claim: (claim.namespace, claim.kind, claim.name)))


def own_namespaces(layout: Layout) -> tuple[str, ...]:
    """The namespaces of workloads and claims that are not there without them, sorted.

    There are those of Kubernetes, of add-ons and releases, and those of pod identity associations that make a service
    account.
    """
    wanted = {claim.namespace for claim in claims(layout)} | {one.namespace for _, one in workloads(layout)}
    there = {
        *NAMESPACES_OF_KUBERNETES,
        *(pods.namespace for addon, pods in ADDON_PODS.items() if layout.has_addon(addon)),
        *(release.namespace for release in layout.helm_releases.values() if release.enabled),
        *(
            one.namespace
            for one in layout.cluster.pod_identity_associations.values()
            if one.create_service_account
        ),
    }
    return tuple(sorted(wanted - there))
