"""Names of the AWS regions."""

from __future__ import annotations

from functools import cache

from .datafile import DIRECTORY

REGIONS = "regions.txt"
# Zones that take no control plane, so that its subnets must not be there:
# https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html#network-requirements-subnets
ZONE_IDS_WITHOUT_EKS = ("use1-az3", "usw1-az2", "cac1-az3")


@cache
def regions() -> frozenset[str]:
    """Every region of every partition, as botocore's partitions.json had them when the file was reviewed last.

    A test compares the file with the botocore that is installed.
    """
    return frozenset((DIRECTORY / REGIONS).read_text(encoding="utf-8").split())


# By how a region's name begins. https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
_PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}


def partition(region: str) -> str:
    """The partition of a region: the second part of each ARN in it."""
    return next((name for start, name in _PARTITIONS.items() if region.startswith(start)), "aws")
