"""What a picture shows, before anybody thinks of boxes: the things of a layout's stacks and where they are.

`key` is `STACK/ADDRESS` of the resource that a thing is; `addresses` are that and all that belongs to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Document = Mapping[str, Any]
Documents = Mapping[str, Document]


@dataclass(frozen=True, slots=True)
class Item:
    """One resource or data source of a stack."""

    stack: str
    address: str
    type: str
    name: str
    body: Mapping[str, Any]
    data: bool = False

    @property
    def key(self) -> str:
        """What plans, pages and pictures call it."""
        return f"{self.stack}/{self.address}"


@dataclass(frozen=True, slots=True)
class Thing:
    """Something with a name and a few words on it: a gateway, a bucket, a release."""

    key: str
    name: str
    details: tuple[str, ...] = ()
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet, or several that one `for_each` finds; `keys` are its resources, more than one where two look the same up.

    `zone` is what is known of its zone, `cidr` words, `instance` its key in a `for_each`.
    """

    keys: tuple[str, ...]
    public: bool
    zone: str
    cidr: str
    instance: str | None = None


@dataclass(frozen=True, slots=True)
class Zone:
    """A column of the network. `id` is what subnets are found by, `note` what has to be said of the name."""

    id: str
    name: str
    note: str
    subnets: tuple[Subnet, ...]
    of_cluster: bool


@dataclass(frozen=True, slots=True)
class NodeGroup:
    """A managed node group with the zones (by id) that its nodes are in.

    `devices` are accelerators per node, `efa` EFA interfaces per node. `desired` is None where nobody can say.
    """

    key: str
    name: str
    instance_types: tuple[str, ...]
    ami: str
    minimum: int | None
    desired: int | None
    maximum: int | None
    size_note: str
    devices: int
    device_kind: str
    device_name: str
    efa: int
    capacity: str
    reserved: bool
    placement: str
    zones: tuple[str, ...]
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileSystem:
    """An FSx for Lustre file system in its zone."""

    key: str
    name: str
    details: tuple[str, ...]
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Network:
    """The VPC, new or existing."""

    key: str
    name: str
    cidr: str
    existing: bool
    zones: tuple[Zone, ...]
    gateways: tuple[Thing, ...]
    nats: Mapping[str, Thing]
    details: tuple[str, ...]
    loose: tuple[Subnet, ...] = ()


@dataclass(frozen=True, slots=True)
class Cluster:
    """The control plane."""

    key: str
    name: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Workload:
    """A job or server; `balancer` is the load balancer before it, if there is one."""

    key: str
    name: str
    namespace: str
    details: tuple[str, ...]
    balancer: Thing | None = None


@dataclass(frozen=True, slots=True)
class StackScene:
    """One stack. Its lists are empty where it has nothing of the kind; `rest` are addresses that no thing has."""

    name: str
    network: Network | None = None
    cluster: Cluster | None = None
    groups: tuple[NodeGroup, ...] = ()
    file_systems: tuple[FileSystem, ...] = ()
    addons: tuple[Thing, ...] = ()
    others: tuple[Thing, ...] = ()
    stores: tuple[Thing, ...] = ()
    releases: tuple[Thing, ...] = ()
    objects: tuple[Thing, ...] = ()
    namespaces: tuple[Thing, ...] = ()
    workloads: tuple[Workload, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """All stacks, in the order in which they are deployed.

    `owned` has, by key of a thing (or by name of a stack, for what belongs to none), every address of it.
    """

    title: str
    regions: tuple[str, ...]
    stacks: tuple[StackScene, ...]
    owned: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def groups(self) -> tuple[NodeGroup, ...]:
        """Node groups of all stacks."""
        return tuple(group for stack in self.stacks for group in stack.groups)
