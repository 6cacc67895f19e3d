"""Reservations, markets, zones, placement groups."""

from __future__ import annotations

from tests.plans import GROUP, P5, P5_TEMPLATE, SUBNET, TEMPLATE, Json, change, edited, p5

from . import JOB, JOB_TOLD, SYS, SYS_GROUP, Case, note, same, stop, warn

_ODCR = "cr-0123456789abcdef0"
_OTHER = edited(
    P5_TEMPLATE, capacity_reservation_specification__0__capacity_reservation_target__0__capacity_reservation_id="cr-9"
)  # fmt: skip
_ON_DEMAND = edited(P5_TEMPLATE, capacity_reservation_specification=[])
_UNKNOWN = {"latest_version": True, "capacity_reservation_specification": [{"capacity_reservation_target": [{"capacity_reservation_id": True}]}]}  # fmt: skip
_NULL = edited(
    P5_TEMPLATE, capacity_reservation_specification__0__capacity_reservation_target__0__capacity_reservation_id=None
)  # fmt: skip
_ZONE_C = {"id": "subnet-c", "availability_zone": "us-west-2c"}
_SUBNETS = (
    same("aws_subnet.a", SUBNET),
    same("aws_subnet.c", _ZONE_C),
    same("aws_subnet.b2", {"id": "subnet-b2", "availability_zone": "us-west-2b"}),
)
_PLACED = edited(P5_TEMPLATE, placement=[{"group_name": "training-p5"}])
_DEMAND_PLACED = edited(_PLACED, capacity_reservation_specification=[])
_RESERVATION = {"id": _ODCR, "instance_type": "p5.48xlarge", "instance_count": 4, "end_date": ""}
_START = {"autoscaling_group_name": "eks-p5-1", "desired_capacity": 2, "start_time": "2026-12-01T11:30:00Z"}
_MADE = {"timestamp": "2026-11-22T16:27:04Z"}


def in_subnets(*ids: str) -> tuple[Json, ...]:
    """The group of p5 nodes in other subnets, which replaces it, with the zones of the subnets."""
    made = p5(edited(P5, subnet_ids=list(ids)), group_options={"because": [["subnet_ids"]]})
    return (*made[:2], *_SUBNETS)


def templated(before: Json, after: Json) -> tuple[Json, ...]:
    """An empty group of p5 nodes whose launch template changes: all that there is to say is of the template."""
    group = edited(P5, scaling_config__0__desired_size=0)
    return same(GROUP, group), change(TEMPLATE, before, after)


REPLACED = stop("subnet_ids")
CASES = (
    Case(
        "no reservation any more",
        tuple(p5(template=_ON_DEMAND)),
        {"reservation-changed": stop(f"{_ODCR} → no reservation", "p5.48xlarge may not be had", "paid for and stands empty"),
         "nodes-roll": warn("reservation")},
    ),
    Case(
        "another reservation",
        tuple(p5(template=_OTHER)),
        {"reservation-changed": warn(f"{_ODCR} → cr-9", f"{_ODCR} is paid for", "make preflight"),
         "nodes-roll": warn("cr-9 has to have room")},
    ),
    Case("a reservation for an empty group", templated(_ON_DEMAND, P5_TEMPLATE), {"reservation-changed": note("no reservation → " + _ODCR)}),
    Case(
        "a reservation that only the apply tells",
        (same(GROUP, edited(P5, scaling_config__0__desired_size=0)), change(TEMPLATE, P5_TEMPLATE, _NULL, unknown=_UNKNOWN)),
        {"reservation-changed": warn("(known after apply)", "this plan does not show")},
    ),
    Case("a template that is not in the plans", (change(GROUP, P5, {**P5, "launch_template": [{"id": "lt-2"}]}, verb="no-op"),)),
    Case(
        "no open reservation any more",
        templated(_ON_DEMAND, edited(P5_TEMPLATE, capacity_reservation_specification=[{"capacity_reservation_preference": "none"}])),
        {"reservation-preference": warn("open → none", "pass over open reservations")},
    ),
    Case(
        "a preference that was the default",
        templated(_ON_DEMAND, edited(P5_TEMPLATE, capacity_reservation_specification=[{"capacity_reservation_preference": "open"}])),
    ),
    Case(
        "from a reservation to spot",
        tuple(p5(edited(P5, capacity_type="SPOT"), group_options={"because": [["capacity_type"]]})),
        {"gpu-group-replaced": stop("capacity_type (ON_DEMAND → SPOT)"), "market-changed": stop("two minutes")},
    ),
    Case(
        "from spot to on demand",
        (change(SYS_GROUP, {**SYS, "capacity_type": "SPOT"}, SYS, because=[["capacity_type"]]),
         same("aws_eks_node_group.other", {**SYS, "node_group_name": "other"})),
        {"node-group-lost": warn(), "market-changed": warn("SPOT → ON_DEMAND", "quota")},
    ),
    Case(
        "out of a capacity block",
        (*p5()[1:], change(GROUP, {**P5, "capacity_type": "CAPACITY_BLOCK"}, P5, because=[["capacity_type"]])),
        {"gpu-group-replaced": stop("capacity_type (CAPACITY_BLOCK → ON_DEMAND)"), "market-changed": stop("paid for in advance")},
    ),
    Case(
        "a capacity type that only the apply tells",
        (change(SYS_GROUP, SYS, {**SYS, "capacity_type": None}, unknown={"capacity_type": True}),),
    ),
    Case(
        "the reservation itself is cancelled",
        (change("aws_ec2_capacity_reservation.r", _RESERVATION, None),),
        {"reservation-cancelled": stop("4 × p5.48xlarge → cancelled", "`removed` block")},
    ),
    Case(
        "the reservation itself is cut",
        (change("aws_ec2_capacity_reservation.r", _RESERVATION, {**_RESERVATION, "instance_count": 3}),),
        {"reservation-cancelled": stop("1 of 4 instances")},
    ),
    Case(
        "the reservation ends earlier",
        (change("aws_ec2_capacity_reservation.r", _RESERVATION, {**_RESERVATION, "end_date": "2027-01-01T00:00:00Z"}),),
        {"reservation-cancelled": warn("ends never → ends 2027-01-01")},
    ),
    Case("the reservation grows", (change("aws_ec2_capacity_reservation.r", _RESERVATION, {**_RESERVATION, "instance_count": 5}),), {"capacity-bought": note("→ 5 ×")}),
    Case(
        "nobody scales up at the start",
        (change("aws_autoscaling_schedule.start", _START, None),),
        {"block-start-lost": warn("Nobody scales the group to 2 at 2026-12-01T11:30:00Z")},
        _MADE,
    ),
    Case(
        "another start",
        (change("aws_autoscaling_schedule.start", _START, {**_START, "start_time": "2026-12-02T11:30:00Z"}),),
        {"block-start-lost": warn("2026-12-01T11:30:00Z → 2026-12-02T11:30:00Z")},
        _MADE,
    ),
    Case("the start is past", (change("aws_autoscaling_schedule.start", {**_START, "start_time": "2026-11-01T11:30:00Z"}, None),), {}, _MADE),
    Case(
        "another zone than the reservation's",
        (*in_subnets("subnet-c"), *JOB),
        {"gpu-group-replaced": REPLACED,
         "zone-changed": stop("us-west-2b (subnet-0123456789abcdef0) → us-west-2c (subnet-c)", "no node starts elsewhere", JOB_TOLD)},
    ),
    Case(
        "EFA in two zones",
        in_subnets("subnet-0123456789abcdef0", "subnet-c"),
        {"gpu-group-replaced": REPLACED, "zone-changed": stop("EFA traffic does not pass", "any of us-west-2b, us-west-2c")},
    ),
    Case(
        "another subnet of the zone",
        in_subnets("subnet-b2"),
        {"gpu-group-replaced": REPLACED, "zone-changed": note("another subnet of us-west-2b")},
    ),
    Case(
        "a subnet that the plans do not have",
        in_subnets("subnet-x"),
        {"gpu-group-replaced": REPLACED, "zone-changed": warn("whose zone this plan does not tell")},
    ),
    Case(
        "a subnet that is only made",
        (*p5(edited(P5, subnet_ids=[None]), group_options={"because": [["subnet_ids"]], "unknown": {"subnet_ids": [True]}}),
         change('aws_subnet.new["us-west-2d"]', None, {"availability_zone": "us-west-2d"}, unknown={"id": True}),
         change('aws_subnet.new["us-west-2e"]', None, {"availability_zone": "us-west-2e"}, unknown={"id": True})),
        {"gpu-group-replaced": REPLACED, "zone-changed": stop("us-west-2d (new subnets)", "no node starts elsewhere")},
        {"configuration": {"root_module": {"resources": [{"address": GROUP, "expressions": {"subnet_ids": {"references": [
            'aws_subnet.new["us-west-2d"].id', 'aws_subnet.new["us-west-2d"]', "aws_subnet.new"]}}}]}}},
    ),
    Case(
        "a placement group of its own for reserved nodes",
        (*templated(P5_TEMPLATE, _PLACED), change("aws_placement_group.p", None, {"name": "training-p5", "strategy": "cluster"})),
        {"placement-group-changed": stop("none → training-p5", "never start")},
    ),
    Case(
        "the placement group that the reservation may be in",
        templated(P5_TEMPLATE, _PLACED),
        {"placement-group-changed": warn("the very one that the reservation was made in")},
    ),
    Case("out of the placement group, reserved", templated(_PLACED, P5_TEMPLATE), {"placement-group-changed": note("right for reserved")}),
    Case(
        "out of the placement group, on demand",
        templated(_DEMAND_PLACED, _ON_DEMAND),
        {"placement-group-changed": warn("take longer")},
    ),
    Case("into a placement group, on demand", templated(_ON_DEMAND, _DEMAND_PLACED), {"placement-group-changed": note("near each other")}),
    Case(
        "the placement group is replaced under its nodes",
        (same(GROUP, P5), same(TEMPLATE, _PLACED),
         change("aws_placement_group.p", {"name": "training-p5", "strategy": "cluster"}, {"name": "training-p5", "strategy": "spread"}, because=[["strategy"]])),
        {"placement-group-replaced": warn("training-p5, cluster → training-p5, spread", "Nodes of p5 are in it")},
    ),
    Case("a placement group that nobody is in goes", (*p5(), change("aws_placement_group.p", {"name": "x", "strategy": "cluster"}, None))),
)  # fmt: skip
