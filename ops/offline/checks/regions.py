"""The regions that there are, as the AWS provider asks before it does anything."""

from __future__ import annotations

from modules.catalog import regions
from modules.layout.words import nearest


def region_problem(region: str) -> str | None:
    """Why it is no region, in the provider's words; None where it is one."""
    if region in regions():
        return None
    near = nearest(region, regions())
    return f"Invalid AWS Region: {region}" + (f". Did you mean {near}?" if near else "")
