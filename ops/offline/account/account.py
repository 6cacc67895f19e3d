"""The AWS account that the stand-in providers pretend to work in: what is there, and what was made meanwhile."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Any

from .zones import zones as zones_of

State = Mapping[str, Any]


class NotFoundError(Exception):
    """A data source finds nothing; the message is as the provider words it."""


class RefusedError(Exception):
    """AWS refuses a request; the message is as it words it."""


@dataclass(frozen=True, slots=True)
class Vpc:
    """A VPC that nobody made here."""

    cidr: str = "10.0.0.0/16"
    dns_support: bool = True
    dns_hostnames: bool = True


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet that nobody made here."""

    vpc_id: str
    zone: str
    cidr: str


@dataclass(frozen=True, slots=True)
class Image:
    """An AMI."""

    architecture: str = "x86_64"
    root_device_name: str = "/dev/xvda"


@dataclass(frozen=True, slots=True)
class Cluster:
    """An EKS cluster that nobody made here."""

    version: str = "1.34"
    vpc_id: str = "vpc-0123456789abcdef0"
    subnet_ids: tuple[str, ...] = ()
    role_arn: str = ""


def _lies_in(key: tuple[str, str], namespace: str) -> bool:
    """Whether a namespace takes this with it when it goes; a manifest's id has the version and the kind first."""
    type_name, id = key
    if type_name == "kubernetes_manifest":
        return f"/{namespace}/" in id
    return type_name.startswith("kubernetes_") and id.startswith(f"{namespace}/")


@dataclass
class Account:
    """An account in one region.

    Attributes:
        zones: availability zones, name to id.
        local_zones: local zones that the account has opted into, name to id.
        vpcs: VPCs that are there from the start, by id; subnets and clusters likewise (clusters by name).
        security_groups: VPCs of the security groups that are there from the start, by the group's id.
        images: the AMIs that the account may use, by id.
        offerings: instance type to the zones that have it; None means every type of the catalogue in every zone.
        clusters_assumed: whether a cluster that a data source asks for exists although nobody made it, as in a plan of
            one stack before the other is deployed.
        assumed_version: Kubernetes version of such a cluster.
        resources: what was made, by type and id.
        made: how often each was made, gone ones included: AWS gives no id twice.
        lock: held by whoever chooses an id and records it, so that no two threads choose the same.
    """

    region: str = "us-west-2"
    id: str = "123456789012"
    zones: dict[str, str] = field(default_factory=dict)
    local_zones: dict[str, str] = field(default_factory=dict)
    vpcs: dict[str, Vpc] = field(default_factory=dict)
    subnets: dict[str, Subnet] = field(default_factory=dict)
    clusters: dict[str, Cluster] = field(default_factory=dict)
    security_groups: dict[str, str] = field(default_factory=dict)
    images: dict[str, Image] = field(default_factory=dict)
    offerings: Mapping[str, Sequence[str]] | None = None
    clusters_assumed: bool = True
    assumed_version: str = "1.34"
    resources: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    made: Counter[tuple[str, str]] = field(default_factory=Counter)
    lock: AbstractContextManager[bool] = field(default_factory=threading.RLock, repr=False, compare=False)
    _assumed: set[str] = field(default_factory=set, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.zones = self.zones or zones_of(self.region)

    @classmethod
    def with_network(cls, region: str, vpc_id: str, subnets: Mapping[str, str]) -> Account:
        """An account with one VPC and its subnets.

        Args:
            subnets: subnet id to availability zone. Each gets a /20 of the VPC's /16, in this order; with more than 16,
                the ranges are smaller.
        """
        vpc = Vpc()
        network = IPv4Network(vpc.cidr)
        bits = max(4, (len(subnets) - 1).bit_length())
        ranges = network.subnets(prefixlen_diff=bits)
        made = {
            subnet: Subnet(vpc_id, zone, str(cidr))
            for (subnet, zone), cidr in zip(subnets.items(), ranges, strict=False)
        }
        return cls(region=region, vpcs={vpc_id: vpc}, subnets=made)

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`."""
        area = self.region.split("-")[0]
        if area == "cn":
            return "aws-cn"
        return "aws-us-gov" if self.region.startswith("us-gov-") else "aws"

    @property
    def dns_suffix(self) -> str:
        """End of the names of the services."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    def arn(self, service: str, resource: str, *, regional: bool = True, owned: bool = True) -> str:
        """ARN of a resource, like `vpc/vpc-1`, of a service."""
        region, owner = self.region if regional else "", self.id if owned else ""
        return f"arn:{self.partition}:{service}:{region}:{owner}:{resource}"

    # What was made

    def created(self, type_name: str, state: State, id: str | None = None) -> None:
        """Records a resource that was made; `id` is for types whose state has none."""
        with self.lock:
            key = type_name, id or str(state["id"])
            self.resources[key] = deepcopy(dict(state))
            self.made[key] += 1

    def changed(self, type_name: str, state: State, id: str | None = None) -> None:
        """Records a resource as it is now."""
        with self.lock:
            self.resources[type_name, id or str(state["id"])] = deepcopy(dict(state))

    def deleted(self, type_name: str, id: str) -> None:
        """Forgets a resource; one that is not there is no error, as in AWS's providers."""
        with self.lock:
            self.resources.pop((type_name, id), None)
            if type_name == "kubernetes_namespace_v1":
                for key in [key for key in self.resources if _lies_in(key, id)]:
                    del self.resources[key]

    def all(self, type_name: str) -> list[dict[str, Any]]:
        """The resources of a type, by id."""
        with self.lock:
            found = [(key, state) for key, state in self.resources.items() if key[0] == type_name]
        return [state for _, state in sorted(found, key=lambda item: item[0])]

    def get(self, type_name: str, id: str) -> dict[str, Any] | None:
        """The resource of an id, if it was made."""
        with self.lock:
            return self.resources.get((type_name, id))

    # What is there, made or not

    def vpc_cidr(self, vpc_id: str) -> str | None:
        """Range of a VPC; None if there is no such VPC."""
        state = self.get("aws_vpc", vpc_id)
        if state is not None:
            return str(state["cidr_block"])
        vpc = self.vpcs.get(vpc_id)
        return None if vpc is None else vpc.cidr

    def subnet(self, subnet_id: str) -> Subnet | None:
        """A subnet; None if there is no such subnet."""
        state = self.get("aws_subnet", subnet_id)
        if state is None:
            return self.subnets.get(subnet_id)
        return Subnet(str(state["vpc_id"]), str(state["availability_zone"]), str(state["cidr_block"]))

    def subnet_ids(self) -> Iterator[str]:
        """All subnets, made or not."""
        yield from sorted({*self.subnets, *(state["id"] for state in self.all("aws_subnet"))})

    def assume_cluster(self, name: str) -> None:
        """Takes a cluster for granted from now on."""
        self._assumed.add(name)

    def has_cluster(self, name: str) -> bool:
        """Whether there is a cluster: made here, there from the start, or assumed when a data source asked for it."""
        return name in self.clusters or name in self._assumed or self.get("aws_eks_cluster", name) is not None

    @property
    def has_clusters(self) -> bool:
        """Whether there is any cluster."""
        return bool(self.clusters or self._assumed or self.all("aws_eks_cluster"))

    def cluster_version(self, name: str) -> str:
        """Kubernetes version of a cluster."""
        state = self.get("aws_eks_cluster", name)
        if state is not None:
            return str(state["version"])
        cluster = self.clusters.get(name)
        return self.assumed_version if cluster is None else cluster.version

    def read(self, type_name: str, config: State) -> dict[str, Any]:
        """Attributes of a data source.

        Raises:
            NotFoundError: there is nothing of that description, or the account has no answer for such a data source.
        """
        # The data sources read the account: imported here, or each would need the other first.
        from .lookups import LOOKUPS, Question

        lookup = LOOKUPS.get(type_name)
        if lookup is None:
            raise NotFoundError(
                f"The offline account has no answer for the data source {type_name}. A plan with the real providers "
                "asks AWS."
            )
        with self.lock:
            return lookup(Question(self, config))
