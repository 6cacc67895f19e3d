"""How a new VPC is cut into subnets: each zone has its place, by its letter.

The place depends on nothing else, so that a zone more or less never renumbers, and so never replaces, a subnet.
"""

from __future__ import annotations

from ipaddress import IPv4Network

# The letters that zones of a region end with; us-east-1 has most, a to f.
LETTERS = "abcdefg"
# Private subnets, where all nodes live, are an eighth of the VPC each. What is left, the last eighth, is shared by the
# public ones, which hold NAT gateways and load balancers: a 64th each.
PRIVATE_BITS = 3
PUBLIC_BITS = 6

# A VPC has a prefix of /16 to /28, a subnet one of at most /28:
# https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html and subnet-sizing.html
LARGEST_PREFIX = 16
SMALLEST_PREFIX = 28 - PUBLIC_BITS
# The first four addresses of a subnet and the last: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
RESERVED_BY_AWS = 5


def private_subnet(vpc_cidr: str, zone: str) -> str:
    """CIDR of the private subnet in a zone.

    Raises:
        ValueError: the VPC is too small, or no zone ends with that letter.
    """
    return _subnet(vpc_cidr, PRIVATE_BITS, _place(zone))


def public_subnet(vpc_cidr: str, zone: str) -> str:
    """CIDR of the public subnet in a zone; see `private_subnet`."""
    first = len(LETTERS) << (PUBLIC_BITS - PRIVATE_BITS)
    return _subnet(vpc_cidr, PUBLIC_BITS, first + _place(zone))


def private_addresses(vpc_cidr: str) -> int:
    """Addresses of each private subnet that AWS leaves to nodes and pods."""
    return IPv4Network(private_subnet(vpc_cidr, LETTERS[0])).num_addresses - RESERVED_BY_AWS


def _place(zone: str) -> int:
    return LETTERS.index(zone[-1:] or "?")


def _subnet(vpc_cidr: str, bits: int, number: int) -> str:
    """What Terraform's `cidrsubnet` gives."""
    vpc = IPv4Network(vpc_cidr)
    if not LARGEST_PREFIX <= vpc.prefixlen <= SMALLEST_PREFIX:
        raise ValueError(f"{vpc} is not between /{LARGEST_PREFIX} and /{SMALLEST_PREFIX}")
    prefix = vpc.prefixlen + bits
    return str(IPv4Network((int(vpc.network_address) + (number << (32 - prefix)), prefix)))
