"""Names of the AWS regions."""

from __future__ import annotations

from functools import cache

from .datafile import DIRECTORY

REGIONS = "regions.txt"


@cache
def regions() -> frozenset[str]:
    """Every region of every partition, as botocore's partitions.json had them when the file was reviewed last.

    A test compares the file with the botocore that is installed.
    """
    return frozenset((DIRECTORY / REGIONS).read_text(encoding="utf-8").split())
