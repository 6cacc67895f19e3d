"""An account with capacity for small layouts, and what the checks of capacity find in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from modules.layout import Loaded
from ops.checking.runner import run
from ops.preflight.checks import (
    CHECKS,
    capacity_blocks,
    instance_types,
    placement_groups,
    quotas,
    reservation_room,
    reservations,
    vcpu_quotas,
)
from ops.preflight.subject import Subject
from ops.states import Deployed
from tests.account.server import AccountServer
from tests.account.wire import Answer, Call
from tests.unit.ops.preflight.subjects import SharedAccount

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
REGION, ZONE, OTHER_ZONE = "us-west-2", "us-west-2b", "us-west-2a"
OTHER_ACCOUNT = "210987654321"

_MODULES = (
    capacity_blocks,
    instance_types,
    placement_groups,
    quotas,
    reservation_room,
    reservations,
    vcpu_quotas,
)
MINE = [one for one in CHECKS if type(one).__module__ in {module.__name__ for module in _MODULES}]

# The quotas of the layouts of these tests: far above what they need.
ROOM = 100_000.0
QUOTAS = {
    ("ec2", "L-1216C47A"): ROOM,  # standard
    ("ec2", "L-DB2E81BA"): ROOM,  # G and VT
    ("ec2", "L-417A185B"): ROOM,  # P
    ("ec2", "L-3819A6DF"): ROOM,  # G and VT, spot
    ("ec2", "L-0263D0A3"): ROOM,
    ("vpc", "L-F678F1CE"): ROOM,
    ("vpc", "L-A4707A72"): ROOM,
    ("vpc", "L-FE5A380F"): ROOM,
    ("eks", "L-1194D53C"): ROOM,
    ("eks", "L-6D54EA21"): ROOM,
    ("eks", "L-BD136A63"): ROOM,
    ("fsx", "L-FD6F2F22"): ROOM,
    ("fsx", "L-8F1B9C74"): ROOM,
    ("fsx", "L-C48231E5"): ROOM,
    ("fsx", "L-AD2FC696"): ROOM,
}


@dataclass
class Capacity:
    """The account, and the layout that is checked in it."""

    server: AccountServer
    loaded: Loaded | None = None
    states: dict[str, Sequence[Deployed]] = field(default_factory=dict)
    instances: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server.extras.quotas.update(QUOTAS)
        self.server.answer("ec2:DescribeInstances", self._described)

    def _described(self, call: Call) -> Answer:
        assert call.parameters["Filters"] == [
            {"Name": "instance-state-name", "Values": ["pending", "running"]}
        ]
        return {"Reservations": [{"ReservationId": "r-1", "Instances": self.instances}]}

    def reserve(self, count: int = 4, type: str = "p5.48xlarge", zone: str = ZONE, **more: Any) -> Answer:
        """A reservation that is right for GROUP."""
        return self.server.extras.add_reservation(zone, type, count, **more)

    def run_instances(
        self, count: int, type: str, cluster: str | None = None, group: str | None = None, **more: Any
    ) -> None:
        """Running instances, nodes of a managed node group with `cluster` and `group`."""
        tags = {"eks:cluster-name": cluster, "eks:nodegroup-name": group}
        for _ in range(count):
            self.instances.append(
                {
                    "InstanceId": f"i-{len(self.instances):017x}",
                    "InstanceType": type,
                    "Tags": [{"Key": key, "Value": value} for key, value in tags.items() if value],
                    **more,
                }
            )

    def deploy(self, type: str, **attributes: Any) -> None:
        """Puts a resource into the state of the cluster's stack."""
        assert self.loaded is not None
        name = self.loaded.layout.name
        self.states[name] = [*self.states.get(name, ()), Deployed(type, "one", attributes)]

    @property
    def subject(self) -> Subject:
        assert self.loaded is not None
        return Subject(self.loaded.layout, SharedAccount(self.server.url, REGION), {}, self.states, NOW)

    def findings(self) -> list[tuple[str, str, str]]:
        """The check, the level and the place of each finding; and each action that was asked is one that is told."""
        subject = self.subject
        # One after the other, which takes half the time of all at once: the server is in this process.
        outcomes = [outcome for one in MINE for outcome in run([one], subject)]
        assert [one.unasked.reason for one in outcomes if one.unasked] == []
        told = {action for one in MINE for action in one.actions}
        assert subject.account.asked <= told
        return [
            (one.check.id, one.level_of(finding), finding.where)
            for one in outcomes
            for finding in one.findings
        ]

    def only(self, id: str) -> tuple[str, str]:
        """The problem and the remedy of the one finding of a check."""
        outcomes = run([one for one in MINE if one.id == id], self.subject)
        (outcome,) = outcomes
        (finding,) = outcome.findings
        return finding.problem, outcome.remedy_of(finding)


def reserved_group(reservation: str, more: str = "", size: str = "{min: 0, desired: 2, max: 4}") -> str:
    """The text of a layout with a group of reserved p5 in ZONE."""
    return f"""
node_groups:
  p5:
    instance_type: p5.48xlarge
    availability_zone: {ZONE}
    size: {size}
    capacity: {{type: odcr, reservation_id: {reservation}}}
{more}
"""


def hours(count: float) -> timedelta:
    return timedelta(hours=count)
