"""What an account has of capacity: reservations and running instances, as the checks read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modules import catalog
from modules.layout.models import NodeGroup

from ..aws.account import Account
from ..aws.reservation_groups import reservations_in
from ..aws.tags import tags_of
from .subject import Subject

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
_NO_RESERVATION = (
    "InvalidCapacityReservationId",
    "InvalidCapacityReservationId.Malformed",
    "InvalidCapacityReservationId.NotFound",
)

RESERVATION_ACTIONS = (
    "ec2:DescribeCapacityReservations",
    # The last three are asked by ListGroupResources in the caller's name:
    # https://docs.aws.amazon.com/ARG/latest/APIReference/API_ListGroupResources.html
    "resource-groups:ListGroupResources",
    "cloudformation:DescribeStacks",
    "cloudformation:ListStackResources",
    "tag:GetResources",
)
# Tags that EKS puts on the instances of a managed node group.
# https://docs.aws.amazon.com/eks/latest/userguide/eks-using-tags.html
_CLUSTER, _GROUP = "eks:cluster-name", "eks:nodegroup-name"


@dataclass(frozen=True, slots=True)
class Reservation:
    """A capacity reservation, which may be a capacity block, or be shared by another account.

    `placement_group` is the name of the cluster placement group that it was made in,
    `end` None where it lasts until it is cancelled.
    """

    id: str
    owner: str
    type: str
    platform: str
    tenancy: str
    zone: str
    state: str
    total: int
    available: int
    is_block: bool
    is_open: bool
    placement_group: str | None
    start: datetime | None
    end: datetime | None

    @property
    def kind(self) -> str:
        """What it is, in words."""
        return "capacity block" if self.is_block else "on-demand capacity reservation"

    @property
    def lies_ahead(self) -> bool:
        """Whether it is a capacity block that is paid for and has not begun."""
        return self.is_block and self.state == "scheduled"


@dataclass(frozen=True, slots=True)
class Instance:
    """A running or pending instance.

    `lifecycle` is empty for on demand; `cluster` and `group` are of the managed node group that it belongs to.
    """

    id: str
    type: str
    vcpus: int
    lifecycle: str
    on_dedicated_host: bool
    reservation: str | None
    cluster: str | None
    group: str | None
    subnet: str


@dataclass(frozen=True, slots=True)
class Reserved:
    """A node group of the layout and the reservations that it names; `missing` are ids of those that there are not."""

    path: str
    group: NodeGroup
    reservations: tuple[Reservation, ...]
    missing: tuple[str, ...]

    @property
    def where(self) -> str:
        """The path of the key that names them."""
        key = "reservation_group_arn" if self.names_several else "reservation_id"
        return f"{self.path}.capacity.{key}"

    @property
    def names_several(self) -> bool:
        """Whether they are named by their resource group."""
        return self.group.capacity.reservation_group_arn is not None

    @property
    def named(self) -> str:
        """What the layout writes."""
        return self.group.capacity.reservation_group_arn or self.group.capacity.reservation_id or ""


def reservation(account: Account, id: str) -> Reservation | None:
    """The reservation of an id, or None where the account has none and shares none."""
    found = account.pages(
        "ec2",
        "describe_capacity_reservations",
        "CapacityReservations",
        _NO_RESERVATION,
        CapacityReservationIds=[id],
    )
    return _reservation(found[0]) if found else None


def all_reservations(account: Account) -> list[Reservation]:
    """Every reservation that the account has or shares."""
    found = account.pages("ec2", "describe_capacity_reservations", "CapacityReservations")
    return [_reservation(one) for one in found]


def reserved(subject: Subject) -> Iterator[Reserved]:
    """The node groups with reserved capacity."""
    for path, group in subject.groups():
        if group.capacity.is_reserved:
            ids = _ids(subject.account, group)
            found = {id: reservation(subject.account, id) for id in ids}
            yield Reserved(
                path,
                group,
                tuple(one for one in found.values() if one is not None),
                tuple(id for id, one in found.items() if one is None),
            )


def has_reserved(subject: Subject) -> bool:
    """Whether any node group has reserved capacity."""
    return any(group.capacity.is_reserved for _, group in subject.groups())


def instances(account: Account) -> list[Instance]:
    """All instances of the account in the region that run or are about to.

    In pages, without which EC2 may not answer in time where there are thousands:
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
    """
    found = account.pages(
        "ec2",
        "describe_instances",
        "Reservations",
        Filters=[{"Name": "instance-state-name", "Values": ["pending", "running"]}],
        MaxResults=1000,
    )
    return [_instance(one) for launched in found for one in launched.get("Instances", ())]


def _ids(account: Account, group: NodeGroup) -> list[str]:
    arn = group.capacity.reservation_group_arn
    if arn is None:
        return [group.capacity.reservation_id] if group.capacity.reservation_id else []
    return reservations_in(account, arn)


def _reservation(answer: Mapping[str, Any]) -> Reservation:
    placed = answer.get("PlacementGroupArn")
    return Reservation(
        id=answer["CapacityReservationId"],
        owner=answer.get("OwnerId", ""),
        type=answer["InstanceType"],
        platform=answer.get("InstancePlatform", ""),
        tenancy=answer.get("Tenancy", "default"),
        zone=answer.get("AvailabilityZone", ""),
        state=answer.get("State", ""),
        total=answer.get("TotalInstanceCount", 0),
        available=answer.get("AvailableInstanceCount", 0),
        is_block=answer.get("ReservationType") == "capacity-block",
        is_open=answer.get("InstanceMatchCriteria") == "open",
        placement_group=placed.rpartition("/")[2] if placed else None,
        start=answer.get("StartDate"),
        end=answer.get("EndDate"),
    )


def _instance(answer: Mapping[str, Any]) -> Instance:
    tags = tags_of(answer.get("Tags"))
    name = str(answer["InstanceType"])
    known = catalog.find(name)
    cpu = answer.get("CpuOptions", {})
    return Instance(
        id=answer["InstanceId"],
        type=name,
        vcpus=known.vcpus if known else cpu.get("CoreCount", 0) * cpu.get("ThreadsPerCore", 1),
        lifecycle=answer.get("InstanceLifecycle", ""),
        on_dedicated_host=answer.get("Placement", {}).get("Tenancy") == "host",
        reservation=answer.get("CapacityReservationId"),
        cluster=tags.get(_CLUSTER),
        group=tags.get(_GROUP),
        subnet=answer.get("SubnetId", ""),
    )
