"""The objects that a cluster of the tests has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

Object: TypeAlias = "dict[str, Any]"

_KINDS = (
    "v1/nodes",
    "v1/pods",
    "v1/secrets",
    "v1/serviceaccounts",
    "v1/persistentvolumeclaims",
    "v1/events",
    "apps/v1/daemonsets",
    "apps/v1/deployments",
    "storage.k8s.io/v1/storageclasses",
    "discovery.k8s.io/v1/endpointslices",
    "resource.k8s.io/v1/deviceclasses",
    "resource.k8s.io/v1/resourceslices",
)


@dataclass
class World:
    """Objects by `GROUP/VERSION/PLURAL`; a kind that is missing is unknown to the cluster."""

    kinds: dict[str, list[Object]] = field(default_factory=lambda: {kind: [] for kind in _KINDS})
    version: str = "v1.35.2-eks-0123456"

    @property
    def nodes(self) -> list[Object]:
        return self.kinds["v1/nodes"]

    @property
    def pods(self) -> list[Object]:
        return self.kinds["v1/pods"]

    @property
    def secrets(self) -> list[Object]:
        return self.kinds["v1/secrets"]

    @property
    def service_accounts(self) -> list[Object]:
        return self.kinds["v1/serviceaccounts"]

    @property
    def claims(self) -> list[Object]:
        return self.kinds["v1/persistentvolumeclaims"]

    @property
    def daemon_sets(self) -> list[Object]:
        return self.kinds["apps/v1/daemonsets"]

    @property
    def deployments(self) -> list[Object]:
        return self.kinds["apps/v1/deployments"]

    @property
    def storage_classes(self) -> list[Object]:
        return self.kinds["storage.k8s.io/v1/storageclasses"]

    @property
    def endpoint_slices(self) -> list[Object]:
        return self.kinds["discovery.k8s.io/v1/endpointslices"]

    @property
    def device_classes(self) -> list[Object]:
        return self.kinds["resource.k8s.io/v1/deviceclasses"]

    @property
    def resource_slices(self) -> list[Object]:
        return self.kinds["resource.k8s.io/v1/resourceslices"]

    def node(self, group: str, number: int = 0) -> Object:
        """A node of a group."""
        found = [
            one for one in self.nodes if one["metadata"]["labels"].get("eks.amazonaws.com/nodegroup") == group
        ]
        return found[number]

    def pods_of(self, app: str) -> list[Object]:
        """The pods of a DaemonSet or Deployment, by its name."""
        return [one for one in self.pods if one["metadata"]["labels"].get("app") == app]

    def daemon_set(self, name: str) -> Object:
        return next(one for one in self.daemon_sets if one["metadata"]["name"] == name)

    def deployment(self, name: str) -> Object:
        return next(one for one in self.deployments if one["metadata"]["name"] == name)
