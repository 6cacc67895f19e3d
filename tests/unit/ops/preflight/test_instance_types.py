"""Instance types: where EC2 has them, and whether they are what the catalogue says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.account.server import AccountServer
from tests.account.wire import Call
from tests.terraform_json import Load
from tests.unit.ops.preflight.capacity_account import OTHER_ZONE, REGION, ZONE, Capacity
from tests.unit.ops.preflight.subjects import client_of

WHERE = "node_groups.gpu.instance_type"
ON_DEMAND = """
node_groups:
  gpu:
    instance_type: g6.8xlarge
    {more}
    size: {{desired: 2}}
"""
TWO_ZONES = f"network: {{availability_zones: [{OTHER_ZONE}, {ZONE}]}}"


@pytest.fixture
def capacity(aws: AccountServer) -> Capacity:
    return Capacity(aws)


def text(more: str = "efa: false") -> str:
    return f"{TWO_ZONES}\n{ON_DEMAND.format(more=more)}"


def offer(aws: AccountServer, **zones: list[str]) -> None:
    """Offers g6.8xlarge (`g6`) and others in these zones, and c5.2xlarge in all."""
    names = {"g6": "g6.8xlarge", "g6x16": "g6.16xlarge"}
    there = {names[key]: value for key, value in zones.items()} | {"c5.2xlarge": [OTHER_ZONE, ZONE]}

    def answer(call: Call) -> dict[str, Any]:
        (only,) = call.parameters["Filters"]
        assert call.parameters["LocationType"] == "availability-zone"
        return {
            "InstanceTypeOfferings": [
                {"InstanceType": name, "LocationType": "availability-zone", "Location": zone}
                for name, zones in there.items()
                if name in only["Values"]
                for zone in zones
            ]
        }

    aws.answer("ec2:DescribeInstanceTypeOfferings", answer)


def test_a_type_that_all_zones_have_is_fine(capacity: Capacity, aws: AccountServer, layout: Load) -> None:
    offer(aws, g6=[ZONE, OTHER_ZONE])
    capacity.loaded = layout(text())
    assert capacity.findings() == []


def test_a_zone_without_the_type_is_named(capacity: Capacity, aws: AccountServer, layout: Load) -> None:
    offer(aws, g6=[ZONE])
    capacity.loaded = layout(text())
    assert capacity.findings() == [("instance-type-offered", "warning", WHERE)]
    assert f"no g6.8xlarge in {OTHER_ZONE}" in capacity.only("instance-type-offered")[0]


def test_nodes_with_efa_are_all_in_a_zone_that_has_not_the_type(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    offer(aws, g6=[ZONE])
    capacity.loaded = layout(text("efa: true"))
    assert capacity.findings() == [("instance-type-offered", "error", WHERE)]
    problem, remedy = capacity.only("instance-type-offered")
    assert problem == f"EC2 has no g6.8xlarge in {OTHER_ZONE}"
    assert remedy == f"Zones of us-west-2 that have it: {ZONE}. Write availability_zone of the group."


def test_a_region_without_the_type(capacity: Capacity, aws: AccountServer, layout: Load) -> None:
    offer(aws)
    capacity.loaded = layout(text())
    assert capacity.findings() == [("instance-type-offered", "error", WHERE)]
    assert "No zone of us-west-2 has it" in capacity.only("instance-type-offered")[1]


def test_a_fallback_that_no_zone_has_is_a_warning(
    capacity: Capacity, aws: AccountServer, layout: Load
) -> None:
    offer(aws, g6=[ZONE, OTHER_ZONE])
    capacity.loaded = layout(text("efa: false\n    fallback_instance_types: [g6.16xlarge]"))
    assert capacity.findings() == [("instance-type-offered", "warning", WHERE)]
    assert "no g6.16xlarge in" in capacity.only("instance-type-offered")[0]
    offer(aws, g6=[ZONE], g6x16=[OTHER_ZONE])
    assert capacity.findings() == []  # together they are in both


@pytest.fixture
def described(aws: AccountServer) -> dict[str, dict[str, Any]]:
    """What EC2 says of the types, to be changed."""
    ec2 = client_of("ec2", REGION)
    names = ["g6.8xlarge", "c5.2xlarge"]
    found = ec2.describe_instance_types(InstanceTypes=names)["InstanceTypes"]
    aws.answer("ec2:DescribeInstanceTypes", lambda call: {"InstanceTypes": found})
    return {one["InstanceType"]: one for one in found}


@pytest.mark.parametrize(
    "name, path, value, finding",
    [
        ("g6.8xlarge", ("NetworkInfo", "EfaSupported"), False, ("error", WHERE)),
        ("g6.8xlarge", ("GpuInfo", "Gpus", 0, "Count"), 2, ("error", WHERE)),
        (
            "c5.2xlarge",
            ("NetworkInfo", "Ipv4AddressesPerInterface"),
            14,
            ("warning", "node_groups.sys.instance_type"),
        ),
        ("g6.8xlarge", ("SupportedUsageClasses",), ["on-demand"], None),  # differs by region
        ("g6.8xlarge", ("GpuInfo", "Gpus", 0, "Manufacturer"), "Other", ("warning", WHERE)),
    ],
)
def test_what_ec2_says_otherwise_than_the_catalogue(
    capacity: Capacity,
    layout: Load,
    described: dict[str, dict[str, Any]],
    name: str,
    path: tuple[Any, ...],
    value: Any,
    finding: tuple[str, str] | None,
) -> None:
    at: Any = described[name]
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    capacity.loaded = layout(ON_DEMAND.format(more=f"availability_zone: {ZONE}"))
    expected = [("instance-type-facts", *finding)] if finding else []
    assert capacity.findings() == expected
    if finding:
        problem, remedy = capacity.only("instance-type-facts")
        assert name in problem
        assert "-m modules.catalog.refresh --region us-west-2" in remedy


def test_the_wrong_number_of_gpus_is_told_beside_the_right_one(
    capacity: Capacity, layout: Load, described: dict[str, dict[str, Any]]
) -> None:
    described["g6.8xlarge"]["GpuInfo"]["Gpus"][0]["Count"] = 2
    capacity.loaded = layout(ON_DEMAND.format(more=f"availability_zone: {ZONE}"))
    problem, _ = capacity.only("instance-type-facts")
    assert "accelerator is 2 x L4" in problem
    assert "and not 1 x L4" in problem
