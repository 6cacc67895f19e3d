"""Availability zones of the regions: names and ids.

The number of a zone is that of its id, which is one place for all accounts. Which letter an account has for it was drawn by
lot in the older regions; here the letters follow the numbers, as they may in an account, and a layout must not rely on it.

Source: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

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

# https://docs.aws.amazon.com/local-zones/latest/ug/available-local-zones.html
_LOCAL = re.compile(r"-(?P<city>[a-z]{3})-(?P<number>[0-9]+)(?P<letter>[a-z])")

# Letters that only some accounts have, with the zones that new accounts do not see: us-west-1b is many an account's.
# https://docs.aws.amazon.com/global-infrastructure/latest/regions/az-ids.html
_OF_SOME: Mapping[str, Mapping[str, int]] = {
    "ap-northeast-1": {"b": 3},
    "ca-central-1": {"c": 3},
    "us-west-1": {"b": 2},
}

# Zones that take no control plane.
# https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html#network-requirements-subnets
IDS_WITHOUT_EKS = ("use1-az3", "usw1-az2", "cac1-az3")
# Regions with such a zone where each account from before November 2025 has another letter for it.
# https://docs.aws.amazon.com/global-infrastructure/latest/regions/az-ids.html
_BY_LOT = ("us-east-1", "us-west-1")

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


def zones(region: str, named: Iterable[str] = ()) -> dict[str, str]:
    """The zones of a region: name to id, like `us-west-2a` to `usw2-az1`.

    Args:
        named: zones that a layout names: they are there if some account has them, and take a control plane where that is
            a matter of lot.
    """
    code = region_code(region)
    asked = {zone.removeprefix(region) for zone in named if zone.startswith(region)}
    of_some = {letter: number for letter, number in _OF_SOME.get(region, {}).items() if letter in asked}
    numbers = {**_OTHERS.get(region, _USUAL), **of_some}
    ids = {letter: f"{code}-az{number}" for letter, number in sorted(numbers.items())}
    if region in _BY_LOT:
        shunned = next((letter for letter, id in ids.items() if id in IDS_WITHOUT_EKS), None)
        other = next((letter for letter in reversed(ids) if letter not in asked), None)
        if shunned in asked and other is not None:
            ids[shunned], ids[other] = ids[other], ids[shunned]
    return {f"{region}{letter}": id for letter, id in ids.items()}


def local_zones(region: str, named: Iterable[str]) -> dict[str, str]:
    """The local zones among some zones of a region: name to id, like `us-west-2-lax-1a` to `usw2-lax1-az1`."""
    found = ((zone, _LOCAL.fullmatch(zone.removeprefix(region))) for zone in named if zone.startswith(region))
    return {
        zone: f"{region_code(region)}-{local['city']}{local['number']}-az{ord(local['letter']) - ord('a') + 1}"
        for zone, local in found
        if local is not None
    }
