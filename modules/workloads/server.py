"""A server of the layout, as its manifests see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..layout.models import NodeGroup, ServingDeployment
from ..layout.serving import Needs, drain_seconds, groups_of, needs, rollout, rollout_waves
from .pod import Manifest

PORT_NAME = "http"
# To bring a node and pull an image of many gigabytes, before the server itself starts.
NODE_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Server:
    """A server of the layout, with the node groups that its pods may run on."""

    name: str
    serving: ServingDeployment
    groups: Mapping[str, NodeGroup]

    @classmethod
    def of(cls, name: str, serving: ServingDeployment, groups: Mapping[str, NodeGroup]) -> Server:
        """The server, with its groups out of all that the layout has."""
        return cls(name, serving, groups_of(serving, groups))

    @property
    def needs(self) -> Needs:
        """What each pod asks for."""
        return needs(self.serving, self.groups.values())

    @property
    def drain_seconds(self) -> int:
        """How long a pod that has to go still answers."""
        return drain_seconds(self.serving, self.groups.values())

    @property
    def termination_seconds(self) -> int:
        """How long a pod may take to go."""
        return self.drain_seconds + self.serving.shutdown_seconds

    @property
    def labels(self) -> dict[str, str]:
        """By these the Service and the Deployment know the pods; a Deployment keeps them for ever."""
        return {"app.kubernetes.io/name": self.name, "app.kubernetes.io/component": "serving"}

    @property
    def rollout_seconds(self) -> int:
        """How long it takes at most until all pods are new and ready."""
        waves = rollout_waves(self.serving, self.groups.values())
        return NODE_SECONDS + waves * (self.serving.health.startup_seconds + self.termination_seconds)

    @property
    def surges(self) -> bool:
        """Whether a new version starts a pod before it stops an old one."""
        return rollout(self.serving, self.groups.values()) == "surge"


def manifest(
    api_version: str, kind: str, server: Server, spec: Manifest, annotations: Mapping[str, str] | None = None
) -> Manifest:
    """An object with the server's name, namespace and labels."""
    metadata: Manifest = {
        "name": server.name,
        "namespace": server.serving.namespace,
        "labels": server.labels,
    }
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}
