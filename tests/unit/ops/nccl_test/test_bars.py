"""Every GPU type has a bar, each with where it comes from."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import moto
import pytest

from modules import catalog
from modules.catalog import InstanceType
from ops.nccl_test.bars import bar, known_types, network_gbps

# EC2 repeats the whole at each card of the first, and says less for the others than their own page.
CARDS_SAY_OTHERWISE = ("g6e.24xlarge", "g6e.48xlarge", "p6-b200.48xlarge", "p6-b300.48xlarge")


def of(name: str) -> InstanceType:
    found = catalog.find(name)
    assert found is not None
    return found


# A fraction of a GPU has no peer that NCCL could reach, and a g5g no image: its CPUs are Arm.
GPU_TYPES = [
    name
    for name in catalog.names()
    if of(name).gpus and of(name).architecture == "x86_64" and name.partition(".")[0] not in ("g6f", "gr6f")
]


def test_every_gpu_type_has_a_bar_and_nothing_else_has() -> None:
    assert sorted(known_types()) == sorted(GPU_TYPES)


@pytest.mark.parametrize("nodes", [2, 3, 64])
def test_every_bar_can_be_reached_and_says_where_it_comes_from(nodes: int) -> None:
    for name in GPU_TYPES:
        found = bar(of(name), nodes)
        assert found is not None
        assert 0 < found.busbw < found.reference
        assert found.source.startswith("https://")
        gbps = network_gbps(name)
        assert gbps is not None
        if nodes > 2:
            assert found.reference <= gbps / 8, (
                "only between two nodes is more than the network carries measured"
            )


def test_the_bandwidths_are_those_of_ec2() -> None:
    file = Path(moto.__file__).parent / "ec2/resources/instance_types.json.gz"
    described: dict[str, Any] = json.loads(gzip.decompress(file.read_bytes()))
    for name in set(GPU_TYPES) - set(CARDS_SAY_OTHERWISE):
        cards = described[name]["NetworkInfo"]["NetworkCards"]
        assert network_gbps(name) == sum(card["BaselineBandwidthInGbps"] for card in cards), name
    for name in CARDS_SAY_OTHERWISE:
        assert f"{network_gbps(name):g} Gigabit" == described[name]["NetworkInfo"]["NetworkPerformance"], name


def test_two_p5_are_held_against_what_two_p5_have_shown() -> None:
    found = bar(of("p5.48xlarge"), 2)
    assert found is not None
    assert (found.busbw, found.reference, found.measured) == (365.3, 487.1, True)


def test_four_p5_are_held_against_their_network() -> None:
    found = bar(of("p5.48xlarge"), 4)
    assert found is not None
    assert (found.busbw, found.reference, found.measured) == (300.0, 400.0, False)


def test_a_type_that_nobody_has_measured_is_held_against_its_network() -> None:
    found = bar(of("p5en.48xlarge"), 2)
    assert found is not None
    assert (found.busbw, found.measured) == (300.0, False)
    assert found.how == "75% of the network's 3200 Gbps"


def test_without_gpudirect_less_is_asked_for() -> None:
    found = bar(of("g5.48xlarge"), 2)
    assert found is not None
    assert (found.busbw, found.how) == (6.2, "50% of the network's 100 Gbps, through the host's memory")


def test_gpus_on_pcie_are_not_asked_for_more_than_their_slots_carry() -> None:
    found = bar(of("g6e.48xlarge"), 2)
    assert found is not None
    assert found.busbw == 8.0
    assert "PCIe" in found.how


def test_of_an_unknown_network_nothing_is_asked() -> None:
    assert bar(of("g6f.large"), 2) is None
