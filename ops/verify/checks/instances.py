"""The nodes' EC2 instances: where they run, which costs as much as whether they run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from modules.layout import is_known
from modules.layout.models import ExistingPlacementGroup, NodeGroup

from ...aws.reservation_groups import reservations_in
from ...checking.check import Finding, Level, UnaskedError
from ..cluster import Object
from ..subject import Subject, instance_of, name_of
from .telling import OfNode, by_cause, ready_nodes

Instance: TypeAlias = "dict[str, Any]"


def asked_instances(subject: Subject) -> dict[str, Instance]:
    """The cluster's instances as EC2 describes them, by id; none without an account.

    EKS tags those of managed node groups: https://docs.aws.amazon.com/eks/latest/userguide/eks-using-tags.html

    Raises:
        UnaskedError: the account does not answer.
    """
    if subject.account is None:
        return {}
    reservations = subject.account.pages(
        "ec2",
        "describe_instances",
        "Reservations",
        Filters=[{"Name": "tag:eks:cluster-name", "Values": [subject.layout.name]}],
    )
    return {str(one["InstanceId"]): one for found in reservations for one in found.get("Instances") or ()}


def instances(subject: Subject) -> dict[str, Instance]:
    """The same where they only explain: none where the account does not answer."""
    try:
        return asked_instances(subject)
    except UnaskedError:
        return {}


def replace(subject: Subject, node: Object) -> str:
    """The commands that put another instance in the place of a node's."""
    drain = f"kubectl drain {name_of(node)} --ignore-daemonsets --delete-emptydir-data"
    id = instance_of(node)
    if id is None:
        return drain
    return (
        f"where it stays so, replace it: {drain}; aws autoscaling terminate-instance-in-auto-scaling-group "
        f"--region {subject.layout.region} --instance-id {id} --no-should-decrement-desired-capacity"
    )


def all_known(unknown: list[Object]) -> None:
    """A node that runs has an instance: where EC2 knows none, another account was asked, and nothing is proven.

    Raises:
        UnaskedError: some node has none.
    """
    if unknown:
        raise UnaskedError(
            f"EC2 does not know the instances of {len(unknown)} node{'' if len(unknown) == 1 else 's'}, as "
            f"{name_of(unknown[0])}, by the cluster's tag: are your AWS credentials those of the cluster's account (--profile)?"
        )


class ReservationUse:
    """Nodes of reserved groups have to run in the reservation: outside of it they cost as much again."""

    id = "reservation-use"
    level: Level = "error"
    remedy = (
        "compare the reservation's type, zone, platform and placement group with the node's (ops preflight does), "
        "apply, and replace the node"
    )

    def applies(self, subject: Subject) -> bool:
        """There is an account to ask, and a reserved group."""
        return subject.account is not None and any(
            group.capacity.is_reserved for _, _, group in subject.groups()
        )

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each node of a reserved group runs in its reservation."""
        found, unknown = [], []
        known = asked_instances(subject)
        for node, _, group in ready_nodes(subject):
            if not group.capacity.is_reserved:
                continue
            instance = known.get(instance_of(node) or "")
            if instance is None:
                unknown.append(node)
                continue
            wanted = self._reservations(subject, group)
            has = instance.get("CapacityReservationId")
            if has is None:
                where = group.capacity.reservation_id or group.capacity.reservation_group_arn
                named = f" {where}" if is_known(where) else ""
                problem = f"runs in no reservation: it is paid for on demand, beside the layout's reservation{named}"
                found.append(OfNode(node, problem, replace(subject, node)))
            elif wanted and has not in wanted:
                problem = f"runs in the reservation {has}, and the layout's is {' or '.join(wanted)}"
                found.append(OfNode(node, problem, replace(subject, node)))
        yield from by_cause(found)
        all_known(unknown)

    def _reservations(self, subject: Subject, group: NodeGroup) -> list[str]:
        """The ids that are right; none where they are not known, so that any is."""
        capacity = group.capacity
        if capacity.reservation_id is not None:
            return [capacity.reservation_id] if is_known(capacity.reservation_id) else []
        arn = capacity.reservation_group_arn
        if arn is None or not is_known(arn) or subject.account is None:
            return []
        return reservations_in(subject.account, arn)


class PlacementGroups:
    """Nodes have to run in their group's placement group: beside each other, EFA has its full bandwidth and its latency."""

    id = "placement-groups"
    level: Level = "warning"
    remedy = "an instance never changes its placement group: replace the nodes"

    def applies(self, subject: Subject) -> bool:
        """There is an account to ask, and a group with a placement group."""
        groups = (group for _, _, group in subject.groups())
        return subject.account is not None and any(group.placement_group != "none" for group in groups)

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each node of a group with a placement group runs in it."""
        found, unknown = [], []
        known = asked_instances(subject)
        for node, name, group in ready_nodes(subject):
            wanted = self._wanted(subject, name, group)
            if wanted is None:
                continue
            instance = known.get(instance_of(node) or "")
            if instance is None:
                unknown.append(node)
                continue
            has = (instance.get("Placement") or {}).get("GroupName")
            if has != wanted:
                there = f"in {has}" if has else "in none"
                problem = f"does not run in the placement group {wanted}, but {there}"
                found.append(OfNode(node, problem, replace(subject, node)))
        yield from by_cause(found)
        all_known(unknown)

    def _wanted(self, subject: Subject, name: str, group: NodeGroup) -> str | None:
        """modules/node_group.py gives a new one the node group's full name."""
        placement = group.placement_group
        if isinstance(placement, ExistingPlacementGroup):
            return placement.name if is_known(placement.name) else None
        return f"{subject.layout.name}-{name}" if placement == "create" else None
