"""Regions of AWS."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

from modules.catalog import regions
from modules.catalog.datafile import DIRECTORY
from modules.catalog.regions import REGIONS


def test_the_regions_are_those_of_botocore_as_installed() -> None:
    spec = importlib.util.find_spec("botocore")
    assert spec is not None
    assert spec.origin is not None
    partitions = json.loads((Path(spec.origin).with_name("data") / "partitions.json").read_text())[
        "partitions"
    ]
    named = {name for one in partitions for name in one["regions"] if not name.endswith("-global")}
    assert regions() == named, f"write them to modules/catalog/{REGIONS}, after a look at what is new"


def test_the_file_has_a_region_a_line_in_order() -> None:
    lines = (DIRECTORY / REGIONS).read_text().splitlines()
    assert lines == sorted(set(lines))
