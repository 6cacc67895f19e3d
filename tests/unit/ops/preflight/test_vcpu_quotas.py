"""Quotas of vCPUs: what runs, what is reserved, what is ours already, and the boundaries."""

from __future__ import annotations

import pytest

from ops.checking.runner import run
from ops.preflight.checks.vcpu_quotas import OnDemandQuota
from tests.account.server import AccountServer
from tests.terraform_json import Load
from tests.unit.ops.preflight.capacity_account import OTHER_ACCOUNT, ZONE, Capacity

P = ("ec2", "L-417A185B")
VCPUS = 192  # of a p5.48xlarge
FINDING = ("on-demand-quota", "error", "node_groups.p5")
WARNING = ("on-demand-quota", "warning", "node_groups.p5")


@pytest.fixture
def capacity(aws: AccountServer) -> Capacity:
    return Capacity(aws)


def text(more: str = "", size: str = "{desired: 2, max: 4}", capacity: str = "{type: on_demand}") -> str:
    return f"""
node_groups:
  p5:
    instance_type: p5.48xlarge
    availability_zone: {ZONE}
    size: {size}
    capacity: {capacity}
{more}
"""


def quota(aws: AccountServer, nodes: float) -> None:
    aws.extras.quotas[P] = nodes * VCPUS


@pytest.mark.parametrize(
    "nodes, findings",
    [(4, []), (4 - 1 / VCPUS, [WARNING]), (2, [WARNING]), (2 - 1 / VCPUS, [FINDING]), (0, [FINDING])],
)
def test_the_boundaries(
    capacity: Capacity,
    aws: AccountServer,
    layout: Load,
    nodes: float,
    findings: list[tuple[str, str, str]],
) -> None:
    quota(aws, nodes)
    capacity.loaded = layout(text())
    assert capacity.findings() == findings


def test_the_finding_has_the_numbers_and_the_command(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    quota(aws, 2)
    capacity.run_instances(1, "p5.48xlarge", "other", "p5")
    capacity.loaded = layout(text())
    problem, remedy = capacity.only("on-demand-quota")
    assert problem == (
        "the quota quota L-417A185B (L-417A185B) is 384 vCPUs; 192 in use besides, and the layout needs 384 for size.desired"
    )
    assert remedy == (
        "aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-417A185B --desired-value 576 "
        "--region us-west-2"
    )


def test_what_runs_of_another_family_or_market_does_not_count(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    quota(aws, 4)
    capacity.run_instances(9, "g6.48xlarge")
    capacity.run_instances(9, "p5.48xlarge", InstanceLifecycle="spot")
    capacity.run_instances(9, "p5.48xlarge", InstanceLifecycle="capacity-block")
    capacity.run_instances(9, "p5.48xlarge", Placement={"Tenancy": "host"})
    capacity.loaded = layout(text())
    assert capacity.findings() == []
    capacity.run_instances(1, "p4d.24xlarge")  # another generation, and the same quota
    assert capacity.findings() == [WARNING]


def test_a_type_that_the_catalogue_does_not_know_counts_with_its_own_vcpus(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    quota(aws, 4)
    capacity.run_instances(1, "p2.xlarge", CpuOptions={"CoreCount": 2, "ThreadsPerCore": 2})
    capacity.loaded = layout(text())
    assert capacity.findings() == [WARNING]
    assert "768 vCPUs; 4 in use besides" in capacity.only("on-demand-quota")[0]


def test_nodes_of_this_cluster_are_not_counted_twice(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    quota(aws, 4)
    capacity.run_instances(3, "p5.48xlarge", "demo", "p5")
    capacity.loaded = layout(text())
    assert capacity.findings() == []
    capacity.run_instances(1, "p5.48xlarge", "demo", "of-somebody-else")
    assert capacity.findings() == [WARNING]


def test_groups_of_one_family_count_together(capacity: Capacity, aws: AccountServer, layout: Load) -> None:
    more = f"""
  old:
    instance_type: p4d.24xlarge
    availability_zone: {ZONE}
    size: {{desired: 2, max: 2}}
"""
    quota(aws, 3)  # 2 x 192 + 2 x 96
    capacity.loaded = layout(text(more, "{desired: 2, max: 2}"))
    assert capacity.findings() == []
    quota(aws, 2.9)
    assert capacity.findings() == [("on-demand-quota", "error", "node_groups.p5, node_groups.old")]


# Reservations


def odcr(id: str) -> str:
    return f"{{type: odcr, reservation_id: {id}}}"


def test_reserved_capacity_counts_already(capacity: Capacity, aws: AccountServer, layout: Load) -> None:
    quota(aws, 4)
    id = capacity.reserve(4)["CapacityReservationId"]
    capacity.loaded = layout(text(capacity=odcr(id)))
    assert capacity.findings() == []


@pytest.mark.parametrize("state, counts", [("active", True), ("scheduled", True), ("expired", False)])
def test_a_reservation_of_this_account_counts_whole_used_or_not(
    capacity: Capacity, aws: AccountServer, layout: Load, state: str, counts: bool
) -> None:
    quota(aws, 5)
    id = capacity.reserve(2, State=state)["CapacityReservationId"]
    capacity.run_instances(1, "p5.48xlarge", "other", "p5", CapacityReservationId=id)
    capacity.loaded = layout(text())
    # 2 reserved, of which one runs, and 4: one too many. Without the reservation, the one that runs and 4.
    assert capacity.findings() == ([WARNING] if counts else [])


def test_a_shared_reservation_counts_for_its_owner(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    quota(aws, 4)
    id = capacity.reserve(8, OwnerId=OTHER_ACCOUNT)["CapacityReservationId"]
    capacity.run_instances(5, "p5.48xlarge", "other", "p5", CapacityReservationId=id)
    capacity.loaded = layout(text())
    assert capacity.findings() == []


def test_capacity_blocks_do_not_count(capacity: Capacity, aws: AccountServer, layout: Load) -> None:
    quota(aws, 4)
    capacity.reserve(8, ReservationType="capacity-block")
    capacity.loaded = layout(text())
    assert capacity.findings() == []


def test_nodes_that_start_in_an_open_reservation_count_with_it(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    quota(aws, 4)
    made = capacity.reserve(4, InstanceMatchCriteria="open")
    capacity.loaded = layout(text())
    assert capacity.findings() == []
    capacity.loaded = layout(text(capacity="{type: on_demand, reservation_preference: none}"))
    assert capacity.findings() == [FINDING]
    capacity.loaded = layout(text())
    made["AvailabilityZone"] = "us-west-2c"
    assert capacity.findings() == [FINDING]


def test_an_open_reservation_is_not_taken_twice(capacity: Capacity, aws: AccountServer, layout: Load) -> None:
    second = f"""
  second:
    instance_type: p5.48xlarge
    availability_zone: {ZONE}
    size: {{desired: 2, max: 2}}
"""
    capacity.reserve(2, InstanceMatchCriteria="open")
    quota(aws, 4)
    capacity.loaded = layout(text(second, "{desired: 2, max: 2}"))
    assert capacity.findings() == []
    quota(aws, 3)
    assert capacity.findings() == [("on-demand-quota", "error", "node_groups.p5, node_groups.second")]


# Spot


def test_spot_has_a_quota_of_its_own(capacity: Capacity, aws: AccountServer, layout: Load) -> None:
    aws.extras.quotas["ec2", "L-3819A6DF"] = 3 * 32
    spot = """
node_groups:
  gpu:
    instance_type: g6.8xlarge
    availability_zone: us-west-2b
    capacity: {type: spot}
    efa: false
    size: {desired: 2, max: 3}
"""
    capacity.loaded = layout(spot)
    capacity.run_instances(9, "g6.8xlarge")
    capacity.run_instances(2, "g6.8xlarge", "demo", "gpu", InstanceLifecycle="spot")
    assert capacity.findings() == []
    capacity.run_instances(1, "g5.8xlarge", InstanceLifecycle="spot")
    assert capacity.findings() == [("spot-quota", "warning", "node_groups.gpu")]
    capacity.run_instances(1, "g5.8xlarge", InstanceLifecycle="spot")
    assert capacity.findings() == [("spot-quota", "error", "node_groups.gpu")]


def test_spot_instances_whose_quota_is_not_documented_are_told_of(capacity: Capacity, layout: Load) -> None:
    capacity.loaded = layout(
        """
node_groups:
  gpu:
    instance_type: p6-b200.48xlarge
    availability_zone: us-west-2b
    capacity: {type: spot}
    size: {desired: 2}
"""
    )
    assert capacity.findings() == [("spot-quota", "info", "node_groups.gpu")]


# What cannot be asked


def test_the_default_is_taken_where_the_account_has_no_value(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    del aws.extras.quotas[P]
    aws.extras.default_quotas[P] = 0
    capacity.loaded = layout(text())
    assert capacity.findings() == [FINDING]


def test_a_quota_that_nobody_knows_is_not_passed(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    del aws.extras.quotas[P]
    capacity.loaded = layout(text())
    (outcome,) = run([OnDemandQuota()], capacity.subject)
    assert outcome.status == "unasked"
    assert outcome.unasked is not None
    assert "L-417A185B of ec2 in us-west-2" in outcome.unasked.reason
