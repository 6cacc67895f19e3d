"""Where instances come from and lie: reservations, capacity blocks, spot, EFA, placement groups, zones."""

from __future__ import annotations

import textwrap

import pytest

from tests.unit.layout.eksctl.imports import Import, Importer

GROUP = "managedNodeGroups[0]"
BLOCK = "instanceMarketOptions: {marketType: capacity-block}\n"
GROUP_ARN = "arn:aws:resource-groups:us-west-2:111122223333:group/p4d"


def _gpus(
    imported: Importer, fields: str, instance: str = "p4d.24xlarge", kind: str = "managedNodeGroups"
) -> Import:
    text = textwrap.indent(textwrap.dedent(fields), "    ")
    return imported(f"{kind}:\n  - name: gpu\n    instanceType: {instance}\n    desiredCapacity: 2\n{text}")


def _target(field: str, value: str) -> str:
    return f"capacityReservation: {{capacityReservationTarget: {{{field}: '{value}'}}}}\n"


def test_a_reservation_is_named_by_its_id(imported: Importer) -> None:
    made = _gpus(imported, _target("capacityReservationID", "cr-0123456789abcdef0"))
    assert made.group.capacity.type == "odcr"
    assert made.group.capacity.reservation_id == "cr-0123456789abcdef0"


def test_a_reservation_is_named_by_its_resource_group(imported: Importer) -> None:
    made = _gpus(imported, _target("capacityReservationResourceGroupARN", GROUP_ARN))
    assert made.group.capacity.type == "odcr"
    assert made.group.capacity.reservation_group_arn == GROUP_ARN


@pytest.mark.parametrize(
    ("field", "right", "value"),
    [
        ("capacityReservationId", "capacityReservationID", "cr-0123456789abcdef0"),
        ("capacityReservationResourceGroupArn", "capacityReservationResourceGroupARN", GROUP_ARN),
        ("CapacityReservationID", "capacityReservationID", "cr-0123456789abcdef0"),
    ],
)
def test_a_reservation_whose_field_is_in_the_wrong_case_is_taken_and_said_so(
    imported: Importer, field: str, right: str, value: str
) -> None:
    path = f"{GROUP}.capacityReservation.capacityReservationTarget"
    made = _gpus(imported, _target(field, value))
    assert value in (made.group.capacity.reservation_id, made.group.capacity.reservation_group_arn)
    assert made.fate(f"{path}.{field}") == "changed"
    assert right in made.notes(f"{path}.{field}")


@pytest.mark.parametrize("id", ["cr-xxxxxxxxxx", "PLACEHOLDER_CR", "<your reservation>"])
def test_an_id_that_only_stands_for_one_becomes_a_variable(imported: Importer, id: str) -> None:
    made = _gpus(imported, _target("capacityReservationID", id))
    assert made.group.capacity.reservation_id == "${var.capacity_reservation_id}"
    path = f"{GROUP}.capacityReservation.capacityReservationTarget.capacityReservationID"
    assert made.fate(path) == "changed"
    assert id in made.notes(path)


def test_the_same_placeholder_is_one_variable_and_two_groups_without_have_two(imported: Importer) -> None:
    def ids(first: str, second: str) -> list[str | None]:
        text = "".join(
            f"  - {{name: {name}, instanceType: p4d.24xlarge, "
            f"capacityReservation: {{capacityReservationTarget: {{capacityReservationID: {id}}}}}}}\n"
            for name, id in (("one", first), ("two", second))
        )
        groups = imported(f"managedNodeGroups:\n{text}").layout.node_groups
        return [groups[name].capacity.reservation_id for name in ("one", "two")]

    first = "${var.capacity_reservation_id}"
    assert ids("PLACEHOLDER_CR", "PLACEHOLDER_CR") == [first, first]
    assert ids("cr-xxxx", "cr-yyyy") == [first, "${var.two_capacity_reservation_id}"]


@pytest.mark.parametrize("preference", ["open", "none"])
def test_a_preference_without_a_target_is_kept(imported: Importer, preference: str) -> None:
    made = _gpus(imported, f"capacityReservation: {{capacityReservationPreference: {preference}}}")
    assert made.group.capacity.type == "on_demand"
    assert made.group.capacity.reservation_preference == preference


def test_a_capacity_block_asks_for_its_start(imported: Importer) -> None:
    made = _gpus(imported, BLOCK + _target("capacityReservationID", "cr-0123456789abcdef0"), "p5.48xlarge")
    capacity = made.group.capacity
    assert (capacity.type, capacity.reservation_id) == ("capacity_block", "cr-0123456789abcdef0")
    assert capacity.start == "${var.capacity_block_start}"


def test_a_capacity_block_without_a_reservation_asks_for_it(imported: Importer) -> None:
    made = _gpus(imported, BLOCK, "p5.48xlarge")
    assert made.group.capacity.reservation_id == "${var.capacity_reservation_id}"


def test_spot_is_spot(imported: Importer) -> None:
    made = _gpus(imported, "spot: true", "g5.12xlarge")
    assert made.group.capacity.type == "spot"
    assert made.fate(f"{GROUP}.spot") == "kept"


def test_a_self_managed_group_of_spot_instances_alone_is_spot(imported: Importer) -> None:
    mixed = """
        instancesDistribution:
          instanceTypes: [c5.4xlarge, c5a.4xlarge]
          onDemandBaseCapacity: 0
          onDemandPercentageAboveBaseCapacity: 0
          maxPrice: 0.45
          spotAllocationStrategy: capacity-optimized
        """
    made = _gpus(imported, mixed, "mixed", "nodeGroups")
    assert made.group.capacity.type == "spot"
    assert (made.group.instance_type, made.group.fallback_instance_types) == ("c5.4xlarge", ("c5a.4xlarge",))
    assert made.fate("nodeGroups[0].instancesDistribution.maxPrice") == "DROPPED"
    assert made.fate("nodeGroups[0].instancesDistribution.spotAllocationStrategy") == "dropped"


@pytest.mark.parametrize("field", ["onDemandBaseCapacity: 2", "onDemandPercentageAboveBaseCapacity: 50"])
def test_a_mix_of_spot_and_on_demand_is_on_demand_and_said_so(imported: Importer, field: str) -> None:
    text = f"instancesDistribution: {{instanceTypes: [c5.4xlarge], {field}}}"
    made = _gpus(imported, text, "mixed", "nodeGroups")
    assert made.group.capacity.type == "on_demand"
    assert made.fate(f"nodeGroups[0].instancesDistribution.{field.partition(':')[0]}") == "DROPPED"


def test_efa_is_on_where_the_manifest_has_it_on(imported: Importer) -> None:
    made = _gpus(imported, "efaEnabled: true")
    assert made.group.efa
    assert made.fate(f"{GROUP}.efaEnabled") == "kept"


def test_efa_is_off_where_the_manifest_does_not_ask_for_it(imported: Importer) -> None:
    made = _gpus(imported, "")
    assert not made.group.efa
    assert "Off, as in the manifest" in made.text


def test_efa_of_a_type_that_has_none_is_dropped(imported: Importer) -> None:
    made = imported("managedNodeGroups: [{name: a, instanceType: m6i.large, efaEnabled: true}]")
    assert not made.group.efa
    assert made.fate(f"{GROUP}.efaEnabled") == "dropped"


def test_a_placement_group_is_named(imported: Importer) -> None:
    made = _gpus(imported, "efaEnabled: true\nplacement: {groupName: train}")
    assert getattr(made.group.placement_group, "name", None) == "train"


def test_a_group_with_efa_in_several_zones_stays_in_the_first(imported: Importer) -> None:
    made = _gpus(imported, "efaEnabled: true\navailabilityZones: [us-west-2b, us-west-2a]")
    assert made.group.availability_zone == "us-west-2b"
    assert made.fate(f"{GROUP}.availabilityZones") == "changed"


def test_a_reserved_group_without_a_zone_asks_for_that_of_the_reservation(imported: Importer) -> None:
    made = _gpus(imported, _target("capacityReservationID", "cr-0123456789abcdef0"))
    assert made.group.availability_zone == "${var.availability_zone}"


def test_security_groups_that_are_attached_are_kept(imported: Importer) -> None:
    made = _gpus(imported, "securityGroups: {attachIDs: [sg-0123456789abcdef0]}")
    assert made.group.security_group_ids == ("sg-0123456789abcdef0",)
