"""Availability zones of the regions: names and ids.

The number of a zone is that of its id, which is one place for all accounts. Which letter an account has for it was drawn by
lot in the older regions; here the letters follow the numbers, as they may in an account, and a layout must not rely on it.

Source: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
"""

from __future__ import annotations

from collections.abc import Mapping

_USUAL: Mapping[str, int] = {"a": 1, "b": 2, "c": 3}

# Regions that have other zones than a, b and c; the letters of those with a gap are the ones that new accounts see.
# https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
_OTHERS: Mapping[str, Mapping[str, int]] = {
    "ap-northeast-1": {"a": 1, "c": 2, "d": 4},
    "ap-northeast-2": {"a": 1, "b": 2, "c": 3, "d": 4},
    "ca-central-1": {"a": 1, "b": 2, "d": 4},
    "us-east-1": {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6},
    "us-west-1": {"a": 1, "c": 3},
    "us-west-2": {"a": 1, "b": 2, "c": 3, "d": 4},
}

# How the words of a region's name are shortened in a zone id: us-gov-west-1 is usgw1, ap-northeast-1 is apne1.
_SHORT: Mapping[str, str] = {
    "central": "c",
    "east": "e",
    "gov": "g",
    "north": "n",
    "northeast": "ne",
    "northwest": "nw",
    "south": "s",
    "southeast": "se",
    "southwest": "sw",
    "west": "w",
}


def region_code(region: str) -> str:
    """The region in a zone id: `us-west-2` is `usw2`."""
    area, *words = region.split("-")
    return area + "".join(_SHORT.get(word, word) for word in words)


def zones(region: str) -> dict[str, str]:
    """The zones of a region: name to id, like `us-west-2a` to `usw2-az1`."""
    code = region_code(region)
    return {
        f"{region}{letter}": f"{code}-az{number}" for letter, number in _OTHERS.get(region, _USUAL).items()
    }
