"""Regions of AWS."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

from modules.catalog import regions
from modules.catalog.datafile import DIRECTORY
from modules.catalog.regions import REGIONS, partition


def of_botocore() -> dict[str, str]:
    """The partition of every region, as botocore has it."""
    spec = importlib.util.find_spec("botocore")
    assert spec is not None
    assert spec.origin is not None
    partitions = json.loads((Path(spec.origin).with_name("data") / "partitions.json").read_text())[
        "partitions"
    ]
    return {name: one["id"] for one in partitions for name in one["regions"] if not name.endswith("-global")}


def test_a_region_is_of_the_partition_that_botocore_has() -> None:
    assert {name: partition(name) for name in of_botocore()} == of_botocore()


def test_the_regions_are_those_of_botocore_as_installed() -> None:
    named = set(of_botocore())
    assert regions() == named, f"write them to modules/catalog/{REGIONS}, after a look at what is new"


def test_the_file_has_a_region_a_line_in_order() -> None:
    lines = (DIRECTORY / REGIONS).read_text().splitlines()
    assert lines == sorted(set(lines))
