"""The cut of a new VPC."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.layout import private_addresses, private_subnet, public_subnet
from modules.layout.subnets import LETTERS


def test_a_16_in_two_zones() -> None:
    assert private_subnet("10.0.0.0/16", "us-west-2a") == "10.0.0.0/19"
    assert private_subnet("10.0.0.0/16", "us-west-2b") == "10.0.32.0/19"
    assert public_subnet("10.0.0.0/16", "us-west-2a") == "10.0.224.0/22"
    assert public_subnet("10.0.0.0/16", "us-west-2b") == "10.0.228.0/22"
    assert private_addresses("10.0.0.0/16") == 8187


def test_the_smallest_vpc_has_public_subnets_of_28() -> None:
    assert public_subnet("192.168.0.0/22", "us-east-1f") == "192.168.3.208/28"
    assert private_addresses("192.168.0.0/22") == 123


@pytest.mark.parametrize(
    "cidr, zone", [("10.0.0.0/23", "us-west-2a"), ("10.0.0.0/15", "us-west-2a"), ("10.0.0.0/16", "us-west-2h"), ("10.0.0.0/16", "")]
)  # fmt: skip
def test_what_does_not_fit_is_refused(cidr: str, zone: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        private_subnet(cidr, zone)


@given(prefix=st.integers(16, 22), start=st.integers(0, 255))
def test_subnets_of_all_zones_lie_in_the_vpc_apart_from_each_other(prefix: int, start: int) -> None:
    vpc = IPv4Network((f"10.{start}.0.0", prefix), strict=False)
    subnets = [
        IPv4Network(subnet(str(vpc), f"us-west-2{letter}"))
        for subnet in (private_subnet, public_subnet)
        for letter in LETTERS
    ]
    assert all(subnet.subnet_of(vpc) and subnet.prefixlen <= 28 for subnet in subnets)
    assert not any(one.overlaps(two) for one in subnets for two in subnets if one is not two)
