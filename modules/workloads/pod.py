"""Parts of a workload's pod, as plain manifests: image, environment, mounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..layout.claims import claim_of
from ..layout.models.workloads import Mount, RepositoryImage, Workload
from ..layout.pods import SCRIPT_FOLDER, memory_quantity
from ..layout.stores import STORAGE_CLASS

Manifest = dict[str, Any]
_SHARED_MEMORY = "/dev/shm"  # where libraries expect it


class Expression(str):
    """A Terraform expression in a manifest: `${...}` that is not the user's text."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Names:
    """What the account and the other stacks call things: buckets by their name in S3, repositories by their URL."""

    buckets: Mapping[str, str]
    repositories: Mapping[str, str]


def image(workload: Workload, names: Names) -> str:
    """The image as the kubelet pulls it."""
    given = workload.image
    if isinstance(given, RepositoryImage):
        return Expression(f"{names.repositories[given.repository]}:{given.tag}")
    return given


def environment(
    workload: Workload, names: Names, computed: Mapping[str, str | Manifest] | None = None
) -> list[Manifest]:
    """The environment: what is computed, the names of buckets, then what the layout says, which wins.

    A value of `computed` that is no text is where Kubernetes finds it (`valueFrom`).
    """
    buckets = {bucket_variable(name): Expression(names.buckets[name]) for name in workload.buckets}
    given: dict[str, str | Manifest] = {**(computed or {}), **buckets, **workload.environment}
    for name, secret in workload.secrets.items():
        given[name] = {"secretKeyRef": {"name": secret.name, "key": secret.key}}
    return [
        {"name": name, "value": value} if isinstance(value, str) else {"name": name, "valueFrom": value}
        for name, value in given.items()
    ]


def bucket_variable(name: str) -> str:
    """The environment variable with a bucket's name in S3."""
    return f"BUCKET_{name.upper().replace('-', '_')}"


def mounts(
    workload: Workload, *, shared_memory_mib: int = 0, script: str | None = None
) -> tuple[list[Manifest], list[Manifest]]:
    """The pod's volumes and the container's mounts.

    Args:
        shared_memory_mib: most that /dev/shm may hold, in memory; without it, containerd's 64 MiB.
        script: the ConfigMap of the job's script.
    """
    volumes: list[Manifest] = []
    mounted: list[Manifest] = []
    sources: dict[str, str] = {}
    for path, mount in workload.volumes.items():
        source = _source(mount)
        # One volume for one source, however often it is mounted: a pod may not have a claim twice.
        key = repr(source) if mount.ephemeral_gib is None else path
        if key not in sources:
            sources[key] = f"volume-{len(sources)}"
            volumes.append({"name": sources[key], **source})
        one: Manifest = {"name": sources[key], "mountPath": path}
        if mount.sub_path:
            one["subPath"] = mount.sub_path
        if mount.read_only:
            one["readOnly"] = True
        mounted.append(one)
    if shared_memory_mib and _SHARED_MEMORY not in workload.volumes:
        limit = memory_quantity(shared_memory_mib)
        volumes.append({"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": limit}})
        mounted.append({"name": "shared-memory", "mountPath": _SHARED_MEMORY})
    if script is not None:
        volumes.append({"name": "script", "configMap": {"name": script}})
        mounted.append({"name": "script", "mountPath": SCRIPT_FOLDER, "readOnly": True})
    return volumes, mounted


def _source(mount: Mount) -> Manifest:
    claim = claim_of(mount) or mount.claim
    if claim is not None:
        return {"persistentVolumeClaim": {"claimName": claim}}
    if mount.host_path is not None:
        return {"hostPath": {"path": mount.host_path, "type": "DirectoryOrCreate"}}
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": STORAGE_CLASS,
        "resources": {"requests": {"storage": f"{mount.ephemeral_gib}Gi"}},
    }
    return {"ephemeral": {"volumeClaimTemplate": {"spec": spec}}}


def container(workload: Workload, names: Names, *, name: str, command: tuple[str, ...] = ()) -> Manifest:
    """The start of a container: image, command and arguments; `command` where the layout has none."""
    found: Manifest = {"name": name, "image": image(workload, names)}
    if workload.command or command:
        found["command"] = list(workload.command or command)
    if workload.args:
        found["args"] = list(workload.args)
    return found
