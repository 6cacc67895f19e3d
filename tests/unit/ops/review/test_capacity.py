"""Nodes, devices, EFA interfaces and vCPUs before and after."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from modules.catalog import find, names, quotas
from ops.review.capacity import Amount, Capacity, capacity_of
from tests.plans import P5, P5_TEMPLATE, Json, change, edited, p5, subject


def capacity(*changes: Json) -> Capacity:
    return capacity_of(subject(*changes).node_groups)


def group(name: str, instance_type: str, before: int | None, after: int | None, **more: object) -> Json:
    """A group without a launch template."""
    plain = {**P5, "launch_template": [], "node_group_name": name, "instance_types": [instance_type], **more}
    sides = [
        None
        if size is None
        else {**plain, "scaling_config": [{"desired_size": size, "max_size": 9, "min_size": 0}]}
        for size in (before, after)
    ]
    return change(f"aws_eks_node_group.{name}", *sides)


def test_a_larger_group_has_more_of_everything() -> None:
    found = capacity(*p5(edited(P5, scaling_config__0__desired_size=4, scaling_config__0__max_size=12)))
    [row] = found.rows
    assert (row.instance_type, row.market, row.device) == ("p5.48xlarge", "reservation", "GPUs")
    assert (row.nodes, row.maximum, row.devices, row.efa) == (
        Amount(2, 4), Amount(10, 12), Amount(16, 32), Amount(64, 128),
    )  # fmt: skip
    [family] = found.families
    assert (family.code, family.desired, family.maximum) == (
        "L-417A185B", Amount(384, 768), Amount(1920, 2304),
    )  # fmt: skip
    assert "counts whole" in family.counts
    assert found.changes
    assert found.sentence == "2 → 4 nodes with 16 → 32 GPUs and 64 → 128 EFA interfaces"


def test_what_stays_does_not_change() -> None:
    found = capacity(*p5())
    assert not found.changes
    assert found.unknown == ()
    assert str(found.rows[0].nodes) == "2"


@pytest.mark.parametrize(
    ("options", "template", "market", "code"),
    [
        ({"capacity_type": "ON_DEMAND"}, {"capacity_reservation_specification": []}, "on demand", "L-417A185B"),
        ({"capacity_type": "SPOT"}, {"capacity_reservation_specification": []}, "spot", "L-C4BD4855"),
        ({}, {}, "reservation", "L-417A185B"),
        ({"capacity_type": "CAPACITY_BLOCK"}, {}, "capacity block", ""),
        ({}, {"instance_market_options": [{"market_type": "capacity-block"}]}, "capacity block", ""),
    ],
)  # fmt: skip
def test_vcpus_count_as_the_market_of_the_nodes_says(
    options: dict[str, object], template: dict[str, object], market: str, code: str
) -> None:
    both, launch = {**P5, **options}, {**P5_TEMPLATE, **template}
    found = capacity(
        change("aws_eks_node_group.p5", both, both), change("aws_launch_template.p5", launch, launch)
    )
    [family] = found.families
    assert (family.market, family.code) == (market, code)
    assert family.counts.startswith(code or "count against no quota")


def test_groups_of_one_type_and_market_are_added_up_and_all_together_too() -> None:
    found = capacity(
        group("a", "trn1.32xlarge", 1, 2),
        group("b", "trn1.32xlarge", None, 3),
        group("c", "g5.8xlarge", 4, None),
        group("d", "m5.xlarge", 1, 1),
    )
    told = {row.instance_type: (row.device, row.nodes, row.devices) for row in found.rows}
    assert told == {
        "trn1.32xlarge": ("Neuron devices", Amount(1, 5), Amount(16, 80)),
        "g5.8xlarge": ("GPUs", Amount(4, 0), Amount(4, 0)),
        "m5.xlarge": ("", Amount(1, 1), Amount()),
    }
    assert [row.instance_type for row in found.rows][-1] == "m5.xlarge", "what has no devices comes last"
    assert {(row.device, row.nodes) for row in found.totals} == {
        ("Neuron devices", Amount(1, 5)), ("GPUs", Amount(4, 0)), ("", Amount(1, 1)),
    }  # fmt: skip
    assert {one.code: one.desired for one in found.families} == {
        "L-2C3B7624": Amount(128, 640), "L-DB2E81BA": Amount(128, 0), "L-1216C47A": Amount(4, 4),
    }  # fmt: skip


def test_what_terraform_forgets_goes_on_running() -> None:
    found = capacity(change("aws_eks_node_group.a", P5, None, verb="forget"))
    assert found.rows[0].nodes == Amount(2, 2)
    assert any("forgotten by Terraform and goes on running" in one for one in found.unknown)


def test_what_cannot_be_counted_is_said() -> None:
    size = {"scaling_config": [{"max_size": 4, "min_size": 0}]}
    unknown = change(
        "aws_eks_node_group.u", None, {**P5, **size}, unknown={"scaling_config": [{"desired_size": True}]}
    )
    elsewhere = [{"id": "lt-0fedcba9876543210", "version": "1"}]
    found = capacity(unknown, group("x", "z9.huge", 1, 1), group("y", "m5.large", 1, 1, instance_types=["m5.large", "m6i.large"]),
                     group("z", "p4d.24xlarge", 1, 1, launch_template=elsewhere))  # fmt: skip
    told = "\n".join(found.unknown)
    assert "node group p5 of training: its desired size after is not known, and counts as 0" in told
    assert "node group x of training: its instance type before is not known here" in told
    assert "node group y of training takes several instance types before; counted as m5.large" in told
    assert "node group z of training: no plan has its launch template" in told


def test_a_group_without_a_launch_template_has_no_efa_interfaces() -> None:
    assert not any("launch template" in one for one in capacity(group("a", "p5.48xlarge", 1, 1)).unknown)
    found = capacity(*p5({**P5, "launch_template": []}))
    assert [row.efa for row in found.totals] == [Amount(64, 0)]


def test_no_groups_at_all() -> None:
    found = capacity()
    assert not found.changes
    assert found.sentence == "no managed node groups in these plans"


def test_every_quota_of_the_catalogue_has_a_name() -> None:
    kinds = [kind for name in names() if (kind := find(name)) is not None]
    codes = {code for kind in kinds for code in (kind.on_demand_quota_code, kind.spot_quota_code) if code}
    source = Path(quotas.__file__).read_text(encoding="utf-8")
    for code in codes:
        [comment] = re.findall(rf'"{code}",?  # ([^:(\n]+)', source)
        assert quotas.quota_name(code).split()[0] == comment.split()[0]
