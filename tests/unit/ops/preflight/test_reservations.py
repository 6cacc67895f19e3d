"""Reservations: one broken thing, one finding."""

from __future__ import annotations

from typing import Any

import pytest

from tests.account.server import AccountServer
from tests.account.wire import Answer, AwsError, Call
from tests.terraform_json import Load
from tests.unit.ops.preflight.capacity_account import (
    NOW,
    OTHER_ACCOUNT,
    OTHER_ZONE,
    REGION,
    ZONE,
    Capacity,
    hours,
    reserved_group,
)
from tests.unit.ops.preflight.subjects import client_of

WHERE = "node_groups.p5.capacity.reservation_id"
GROUP_ARN = f"arn:aws:resource-groups:{REGION}:123456789012:group/gpus"


@pytest.fixture
def capacity(aws: AccountServer) -> Capacity:
    return Capacity(aws)


def group_of(reservation: Answer) -> str:
    return reserved_group(reservation["CapacityReservationId"])


def test_a_reservation_that_fits_is_fine(capacity: Capacity, layout: Load) -> None:
    capacity.loaded = layout(group_of(capacity.reserve()))
    assert capacity.findings() == []


def test_a_reservation_that_another_account_shares_is_fine(capacity: Capacity, layout: Load) -> None:
    capacity.loaded = layout(group_of(capacity.reserve(OwnerId=OTHER_ACCOUNT)))
    assert capacity.findings() == []


def test_a_reservation_that_is_not_there(capacity: Capacity, layout: Load) -> None:
    capacity.loaded = layout(reserved_group("cr-0123456789abcdef0"))
    assert capacity.findings() == [("reservation-exists", "error", WHERE)]
    problem, remedy = capacity.only("reservation-exists")
    assert "cr-0123456789abcdef0 in us-west-2" in problem
    assert "--filters Name=instance-type,Values=p5.48xlarge" in remedy


@pytest.mark.parametrize(
    "changed, finding",
    [
        ({"State": "expired"}, ("reservation-state", "error", WHERE)),
        ({"State": "cancelled"}, ("reservation-state", "error", WHERE)),
        ({"State": "pending"}, ("reservation-state", "error", WHERE)),
        ({"State": "scheduled"}, ("reservation-state", "error", WHERE)),
        ({"State": "delayed"}, ("reservation-state", "error", WHERE)),
        ({"InstanceType": "p5e.48xlarge"}, ("reservation-type", "error", "node_groups.p5.instance_type")),
        ({"InstancePlatform": "Red Hat Enterprise Linux"}, ("reservation-platform", "error", WHERE)),
        ({"Tenancy": "dedicated"}, ("reservation-tenancy", "error", WHERE)),
        ({"AvailabilityZone": OTHER_ZONE}, ("reservation-zone", "error", "node_groups.p5.availability_zone")),
        (
            {"ReservationType": "capacity-block"},
            ("reservation-kind", "error", "node_groups.p5.capacity.type"),
        ),
        (
            {"PlacementGroupArn": f"arn:aws:ec2:{REGION}:123456789012:placement-group/gpus"},
            ("reservation-placement-group", "error", "node_groups.p5.placement_group"),
        ),
        ({"InstanceMatchCriteria": "open"}, ("reservation-matching", "warning", WHERE)),
        ({"AvailableInstanceCount": 1}, ("reservation-room", "error", WHERE)),
        ({"AvailableInstanceCount": 2}, ("reservation-room", "warning", WHERE)),
        ({"AvailableInstanceCount": 3}, ("reservation-room", "warning", WHERE)),
        (
            {"EndDateType": "limited", "EndDate": NOW - hours(1)},
            ("reservation-end", "error", WHERE),
        ),
        (
            {"EndDateType": "limited", "EndDate": NOW + hours(7 * 24)},
            ("reservation-end", "warning", WHERE),
        ),
        (
            {"EndDateType": "limited", "EndDate": NOW + hours(7 * 24 + 1)},
            ("reservation-end", "info", WHERE),
        ),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_one_wrong_thing_about_a_reservation_is_one_finding(
    capacity: Capacity, layout: Load, changed: dict[str, Any], finding: tuple[str, str, str]
) -> None:
    capacity.loaded = layout(group_of(capacity.reserve(**changed)))
    assert capacity.findings() == [finding]


def test_a_reservation_that_comes_later_says_when(capacity: Capacity, layout: Load) -> None:
    made = capacity.reserve(State="scheduled", StartDate=NOW + hours(48))
    capacity.loaded = layout(group_of(made))
    problem, remedy = capacity.only("reservation-state")
    assert problem.endswith("is scheduled, and not active")
    assert "2026-11-24 12:00 UTC" in remedy
    assert made["CapacityReservationId"] in remedy


def test_a_placement_group_that_the_reservation_was_not_made_in(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    group = aws.extras.add_placement_group(REGION, "mine")
    more = "    placement_group: {name: mine}"
    made = capacity.reserve()
    capacity.loaded = layout(reserved_group(made["CapacityReservationId"], more))
    assert capacity.findings() == [("reservation-placement-group", "error", "node_groups.p5.placement_group")]
    made["PlacementGroupArn"] = f"arn:aws:ec2:{REGION}:{OTHER_ACCOUNT}:placement-group/theirs"
    assert capacity.only("reservation-placement-group")[1] == "Write placement_group: {name: theirs}."
    made["PlacementGroupArn"] = group["GroupArn"]
    assert capacity.findings() == []


@pytest.mark.parametrize(
    "changed, level", [({"Strategy": "spread"}, "warning"), ({"State": "deleting"}, "error"), (None, "error")]
)
def test_a_placement_group_that_is_not_there_or_of_another_kind(
    capacity: Capacity, aws: AccountServer, layout: Load, changed: dict[str, str] | None, level: str
) -> None:
    group = aws.extras.add_placement_group(REGION, "mine")
    made = capacity.reserve(PlacementGroupArn=group["GroupArn"])
    capacity.loaded = layout(
        reserved_group(made["CapacityReservationId"], "    placement_group: {name: mine}")
    )
    if changed is None:
        aws.extras.placement_groups.clear()
    else:
        group.update(changed)
    assert capacity.findings() == [("placement-group", level, "node_groups.p5.placement_group")]


def test_the_platform_is_that_of_an_ami_of_ones_own(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    aws.answer(
        "ec2:DescribeImages",
        lambda call: {"Images": [{"ImageId": "ami-0123456789abcdef0", "PlatformDetails": "Ubuntu Pro"}]},
    )
    made = capacity.reserve(InstancePlatform="Ubuntu Pro")
    text = reserved_group(made["CapacityReservationId"], "    ami_id: ami-0123456789abcdef0")
    capacity.loaded = layout(text)
    assert capacity.findings() == []
    made["InstancePlatform"] = "Linux/UNIX"
    assert capacity.findings() == [("reservation-platform", "error", WHERE)]
    assert "the AMI ami-0123456789abcdef0 runs Ubuntu Pro" in capacity.only("reservation-platform")[0]

    def unknown(call: Call) -> Answer:
        raise AwsError("InvalidAMIID.NotFound", "The image id does not exist")

    aws.answer("ec2:DescribeImages", unknown)
    assert capacity.findings() == []  # a missing AMI is not the reservation's fault


# An existing VPC with a subnet in each of two zones.
EXISTING = """
network:
  vpc_id: {vpc}
  private_subnet_ids: [{a}, {b}]
node_groups:
  sys: {{availability_zone: null}}
  p5:
    instance_type: p5.48xlarge
    subnet_ids: [{a}]
    size: {{desired: 2}}
    capacity: {{type: odcr, reservation_id: {reservation}}}
"""


def network(aws: AccountServer) -> dict[str, str]:
    ec2 = client_of("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = {"vpc": vpc}
    for number, (name, zone) in enumerate((("a", OTHER_ZONE), ("b", ZONE))):
        made[name] = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=zone)[
            "Subnet"
        ]["SubnetId"]
    return made


def test_a_subnet_in_another_zone_is_told_beside_the_one_to_use(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    made, there = capacity.reserve(), network(aws)
    capacity.loaded = layout(EXISTING.format(reservation=made["CapacityReservationId"], **there))
    assert capacity.findings() == [("reservation-zone", "error", "node_groups.p5.subnet_ids")]
    problem, remedy = capacity.only("reservation-zone")
    assert f"is in {ZONE}, and the nodes come up in {OTHER_ZONE} ({there['a']})" in problem
    assert remedy.startswith(f"Write subnet_ids: [{there['b']}]")


def test_without_a_subnet_in_the_reservations_zone_the_command_finds_one(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    made, there = capacity.reserve(zone="us-west-2c"), network(aws)
    capacity.loaded = layout(EXISTING.format(reservation=made["CapacityReservationId"], **there))
    remedy = capacity.only("reservation-zone")[1]
    assert f"--filters Name=vpc-id,Values={there['vpc']} Name=availability-zone,Values=us-west-2c" in remedy


def test_where_the_layout_has_the_right_zone_the_subnet_is_what_is_wrong(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    made, there = capacity.reserve(), network(aws)
    text = EXISTING.format(reservation=made["CapacityReservationId"], **there)
    capacity.loaded = layout(text.replace("    size:", f"    availability_zone: {ZONE}\n    size:"))
    assert capacity.findings() == []  # group-zone says it
    capacity.loaded = layout(text.replace("    size:", f"    availability_zone: {OTHER_ZONE}\n    size:"))
    assert capacity.findings() == [("reservation-zone", "error", "node_groups.p5.subnet_ids")]
    remedy = capacity.only("reservation-zone")[1]
    assert f"Write availability_zone: {ZONE} and subnet_ids: [{there['b']}]" in remedy


def test_a_zone_that_has_not_even_the_type_is_the_reservations_finding(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    made = capacity.reserve(zone=OTHER_ZONE)
    there = {"p5.48xlarge": [OTHER_ZONE], "c5.2xlarge": [OTHER_ZONE, ZONE]}
    aws.answer(
        "ec2:DescribeInstanceTypeOfferings",
        lambda call: {
            "InstanceTypeOfferings": [
                {"InstanceType": kind, "LocationType": "availability-zone", "Location": zone}
                for kind, zones in there.items()
                for zone in zones
            ]
        },
    )
    finding = ("reservation-zone", "error", "node_groups.p5.availability_zone")
    capacity.loaded = layout(group_of(made))
    assert capacity.findings() == [finding]
    put_in_group(aws, made)
    capacity.loaded = layout(several())
    assert capacity.findings() == [finding]


# Resource groups


def several() -> str:
    return reserved_group("x").replace("reservation_id: x", f"reservation_group_arn: {GROUP_ARN}")


def put_in_group(aws: AccountServer, *made: Answer) -> None:
    aws.extras.reservation_groups[GROUP_ARN] = [one["CapacityReservationId"] for one in made]


def test_the_reservations_of_a_resource_group_count_together(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    first, second = capacity.reserve(3), capacity.reserve(1)
    put_in_group(aws, first, second)
    capacity.loaded = layout(several())
    assert capacity.findings() == []
    second["AvailableInstanceCount"] = 0
    where = "node_groups.p5.capacity.reservation_group_arn"
    assert capacity.findings() == [("reservation-room", "warning", where)]


def test_one_of_several_that_does_not_fit_is_a_warning_and_has_no_room(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    put_in_group(aws, capacity.reserve(4), capacity.reserve(9, zone=OTHER_ZONE))
    capacity.loaded = layout(several())
    assert capacity.findings() == [("reservation-zone", "warning", "node_groups.p5.availability_zone")]
    put_in_group(aws, capacity.reserve(1), capacity.reserve(9, type="p5e.48xlarge"))
    assert capacity.findings() == [
        ("reservation-type", "warning", "node_groups.p5.instance_type"),
        ("reservation-room", "error", "node_groups.p5.capacity.reservation_group_arn"),
    ]


def test_one_of_several_that_is_no_longer_there_is_a_warning(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    put_in_group(aws, capacity.reserve(4), {"CapacityReservationId": "cr-0fedcba9876543210"})
    capacity.loaded = layout(several())
    where = "node_groups.p5.capacity.reservation_group_arn"
    assert capacity.findings() == [("reservation-exists", "warning", where)]


def test_a_resource_group_that_is_empty_or_not_there(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    capacity.loaded = layout(several())
    finding = ("reservation-exists", "error", "node_groups.p5.capacity.reservation_group_arn")
    assert capacity.findings() == [finding]
    put_in_group(aws)
    assert capacity.findings() == [finding]


# Room


def test_what_this_cluster_uses_already_is_its_own(capacity: Capacity, layout: Load) -> None:
    made = capacity.reserve(4, AvailableInstanceCount=0)
    id = made["CapacityReservationId"]
    capacity.loaded = layout(reserved_group(id))
    capacity.run_instances(4, "p5.48xlarge", "demo", "p5", CapacityReservationId=id)
    assert capacity.findings() == []


def test_what_another_cluster_uses_is_not_free(capacity: Capacity, layout: Load) -> None:
    made = capacity.reserve(4, AvailableInstanceCount=1)
    id = made["CapacityReservationId"]
    capacity.loaded = layout(reserved_group(id))
    capacity.run_instances(3, "p5.48xlarge", "other", "p5", CapacityReservationId=id)
    assert capacity.findings() == [("reservation-room", "error", WHERE)]
    problem, remedy = capacity.only("reservation-room")
    assert problem == f"{id} has 1 of 4 instances for it, and size.desired is 2"
    assert remedy.endswith(f"--capacity-reservation-id {id} --instance-count 5")


def test_groups_that_share_a_reservation_count_together(capacity: Capacity, layout: Load) -> None:
    id = capacity.reserve(4)["CapacityReservationId"]
    second = f"""
  second:
    instance_type: p5.48xlarge
    availability_zone: {ZONE}
    size: {{desired: 2, max: 2}}
    capacity: {{type: odcr, reservation_id: {id}}}
"""
    capacity.loaded = layout(reserved_group(id, second, "{desired: 2, max: 2}"))
    assert capacity.findings() == []
    capacity.loaded = layout(reserved_group(id, second, "{desired: 3, max: 3}"))
    assert capacity.findings() == [("reservation-room", "error", "node_groups.p5, node_groups.second")]
    assert "size.desired is 5 together" in capacity.only("reservation-room")[0]


def test_a_check_that_may_not_ask_names_the_action(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    from ops.checking.runner import run
    from ops.preflight.checks.reservations import ReservationExists

    capacity.loaded = layout(reserved_group("cr-0123456789abcdef0"))
    aws.deny("ec2:DescribeCapacityReservations")
    (outcome,) = run([ReservationExists()], capacity.subject)
    assert outcome.unasked is not None
    assert outcome.unasked.action == "ec2:DescribeCapacityReservations"
