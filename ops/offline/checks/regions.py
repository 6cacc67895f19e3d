"""The regions that there are, as the AWS provider asks before it does anything."""

from __future__ import annotations

import importlib.util
import json
from functools import cache
from pathlib import Path

from modules.layout.words import nearest


@cache
def regions() -> frozenset[str]:
    """Names of all regions, of every partition: botocore's partitions.json, read without importing botocore."""
    spec = importlib.util.find_spec("botocore")
    assert spec is not None
    assert spec.origin is not None
    file = Path(spec.origin).with_name("data") / "partitions.json"
    partitions = json.loads(file.read_text(encoding="utf-8"))["partitions"]
    return frozenset(
        region for one in partitions for region in one["regions"] if not region.endswith("-global")
    )


def region_problem(region: str) -> str | None:
    """Why it is no region, in the provider's words; None where it is one."""
    if region in regions():
        return None
    near = nearest(region, regions())
    return f"Invalid AWS Region: {region}" + (f". Did you mean {near}?" if near else "")
