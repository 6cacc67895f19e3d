"""Capacity blocks: their times, and the schedule that follows from them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.account.server import AccountServer
from tests.account.wire import Answer
from tests.terraform_json import Load
from tests.unit.ops.preflight.capacity_account import NOW, ZONE, Capacity, hours

WHERE = "node_groups.p5.capacity.reservation_id"
SCHEDULE = ("capacity-block-schedule", "info", WHERE)
START, END = NOW + hours(47.5), NOW + hours(24 * 9 - 0.5)


@pytest.fixture
def capacity(aws: AccountServer) -> Capacity:
    return Capacity(aws)


def block(capacity: Capacity, **more: Any) -> Answer:
    """A block of four instances that starts the day after tomorrow at 11:30, for a week."""
    changed = {
        "ReservationType": "capacity-block",
        "State": "scheduled",
        "AvailableInstanceCount": 0,
        "StartDate": START,
        "EndDate": END,
        "EndDateType": "limited",
    }
    return capacity.reserve(**{**changed, **more})


def text(
    made: Answer, start: datetime | None = START, end: datetime | None = None, size: str = "{desired: 4}"
) -> str:
    times = {"start": start, "end": end}
    said = "".join(f", {key}: '{time:%Y-%m-%dT%H:%M:%SZ}'" for key, time in times.items() if time)
    return f"""
node_groups:
  p5:
    instance_type: p5.48xlarge
    availability_zone: {ZONE}
    size: {size}
    capacity: {{type: capacity_block, reservation_id: {made["CapacityReservationId"]}{said}}}
"""


def test_a_block_that_starts_later_tells_its_schedule(capacity: Capacity, layout: Load) -> None:
    made = block(capacity)
    capacity.loaded = layout(text(made, end=END))
    assert capacity.findings() == [SCHEDULE]
    problem, remedy = capacity.only("capacity-block-schedule")
    assert problem == (
        f"{made['CapacityReservationId']} starts 2026-11-24 11:30 UTC, in 1 day 23 hours; a scheduled action scales p5 up "
        "to 4 then; EKS drains the group from 2026-12-01 10:50 UTC on, and the block ends 2026-12-01 11:30 UTC: 167 hours "
        "for training"
    )
    assert remedy == ""


def test_a_block_that_has_begun_tells_what_is_left(capacity: Capacity, layout: Load) -> None:
    started = {"State": "active", "AvailableInstanceCount": 4, "StartDate": NOW - hours(1)}
    made = block(capacity, EndDate=NOW + hours(10), **started)
    capacity.loaded = layout(text(made, start=NOW - hours(1)))
    assert capacity.findings() == [SCHEDULE]
    assert capacity.only("capacity-block-schedule")[0].endswith("9.3 hours left for training")
    made["EndDate"] = NOW + timedelta(minutes=40)
    assert capacity.findings() == [("capacity-block-schedule", "error", WHERE)]
    made["EndDate"] = NOW + timedelta(minutes=41)
    assert capacity.findings() == [SCHEDULE]


@pytest.mark.parametrize(
    "changed, finding",
    [
        ({"StartDate": START + hours(1)}, ("capacity-block-times", "error", "node_groups.p5.capacity.start")),
        ({"EndDate": END + hours(24)}, ("capacity-block-times", "warning", "node_groups.p5.capacity.end")),
        ({"TotalInstanceCount": 3}, ("reservation-room", "error", WHERE)),
        (
            {"AvailabilityZone": "us-west-2c"},
            ("reservation-zone", "error", "node_groups.p5.availability_zone"),
        ),
    ],
)
def test_one_wrong_thing_about_a_block_is_one_finding(
    capacity: Capacity, layout: Load, changed: dict[str, Any], finding: tuple[str, str, str]
) -> None:
    capacity.loaded = layout(text(block(capacity, **changed), end=END))
    assert [one for one in capacity.findings() if one != SCHEDULE] == [finding]


@pytest.mark.parametrize("state", ["expired", "payment-failed", "payment-pending", "cancelled", "failed"])
def test_a_block_that_cannot_be_used_has_no_schedule(capacity: Capacity, layout: Load, state: str) -> None:
    capacity.loaded = layout(text(block(capacity, State=state)))
    assert capacity.findings() == [("reservation-state", "error", WHERE)]


def test_the_start_to_write_is_the_blocks_own(capacity: Capacity, layout: Load) -> None:
    capacity.loaded = layout(text(block(capacity), start=START - hours(24)))
    problem, remedy = capacity.only("capacity-block-times")
    assert "starts 2026-11-24 11:30 UTC, and the layout says 2026-11-23 11:30 UTC" in problem
    assert remedy == "Write start: 2026-11-24T11:30:00Z."


def test_without_a_start_nodes_would_start_before_their_block(capacity: Capacity, layout: Load) -> None:
    made = block(capacity)
    capacity.loaded = layout(text(made, start=None))
    assert capacity.findings()[0] == ("capacity-block-times", "error", "node_groups.p5.capacity.start")
    capacity.loaded = layout(text(made, start=None, size="{desired: 0, max: 4}"))
    assert capacity.findings() == [SCHEDULE]


def test_a_start_that_has_passed_is_no_fault(capacity: Capacity, layout: Load) -> None:
    made = block(capacity, State="active", AvailableInstanceCount=4, StartDate=NOW - hours(2))
    capacity.loaded = layout(text(made, start=NOW - hours(1)))
    assert capacity.findings() == [SCHEDULE]


def test_an_on_demand_reservation_is_no_block(capacity: Capacity, layout: Load) -> None:
    capacity.loaded = layout(text(capacity.reserve()))
    assert capacity.findings() == [("reservation-kind", "error", "node_groups.p5.capacity.type")]
    assert capacity.only("reservation-kind")[1].startswith("Write type: odcr in place of capacity_block")
