"""Addresses that the VPC CNI takes, against its own tables and numbers worked out by hand."""

from typing import Any

import pytest

from modules.catalog import InstanceType, cni_addresses, find


def get(name: str) -> InstanceType:
    found = find(name)
    assert found is not None
    return found


# The rows of amazon-vpc-cni-k8s docs/eni-and-ip-target.md: interfaces and secondary addresses attached. The
# subnet gives both: t3.small has 4 addresses an interface (3 secondary), p3dn.24xlarge 50 (49 secondary).
DOCUMENTED = [
    ("t3.small", {"pods": 0}, 1, 3),
    ("t3.small", {"pods": 5}, 3, 9),
    ("t3.small", {"pods": 9}, 3, 9),
    ("t3.small", {"pods": 0, "warm_ip_target": 1, "minimum_ip_target": 1}, 1, 1),
    ("t3.small", {"pods": 5, "warm_ip_target": 1, "minimum_ip_target": 1}, 2, 6),
    ("t3.small", {"pods": 9, "warm_ip_target": 1, "minimum_ip_target": 1}, 3, 9),
    ("t3.small", {"pods": 0, "warm_ip_target": 2, "minimum_ip_target": 5}, 2, 5),
    ("t3.small", {"pods": 5, "warm_ip_target": 2, "minimum_ip_target": 5}, 3, 7),
    ("t3.small", {"pods": 9, "warm_ip_target": 2, "minimum_ip_target": 5}, 3, 9),
    ("p3dn.24xlarge", {"pods": 0}, 1, 49),
    ("p3dn.24xlarge", {"pods": 3}, 2, 98),
    ("p3dn.24xlarge", {"pods": 95}, 3, 147),
    ("p3dn.24xlarge", {"pods": 0, "warm_ip_target": 5, "minimum_ip_target": 10}, 1, 10),
    ("p3dn.24xlarge", {"pods": 7, "warm_ip_target": 5, "minimum_ip_target": 10}, 1, 12),
    ("p3dn.24xlarge", {"pods": 15, "warm_ip_target": 5, "minimum_ip_target": 10}, 1, 20),
    ("p3dn.24xlarge", {"pods": 45, "warm_ip_target": 5, "minimum_ip_target": 10}, 2, 50),
]

# The rows of docs/prefix-and-ip-target.md: interfaces and prefixes of 16. Left out are rows that contradict the
# code or themselves (t3.small with 7 and 20 and no pod, p3dn.24xlarge with 3 pods and more).
DOCUMENTED_PREFIXES = [
    ("t3.small", {"pods": 0}, 1, 1),
    ("t3.small", {"pods": 5}, 1, 2),
    ("t3.small", {"pods": 16}, 1, 2),
    ("t3.small", {"pods": 17}, 1, 3),
    ("t3.small", {"pods": 58}, 2, 5),
    ("t3.small", {"pods": 0, "warm_ip_target": 1, "minimum_ip_target": 1}, 1, 1),
    ("t3.small", {"pods": 17, "warm_ip_target": 1, "minimum_ip_target": 1}, 1, 2),
    ("t3.small", {"pods": 58, "warm_ip_target": 1, "minimum_ip_target": 1}, 2, 4),
    ("t3.small", {"pods": 5, "warm_ip_target": 7, "minimum_ip_target": 20}, 1, 2),
    ("t3.small", {"pods": 58, "warm_ip_target": 7, "minimum_ip_target": 20}, 2, 5),
    ("p3dn.24xlarge", {"pods": 0}, 1, 1),
    ("p3dn.24xlarge", {"pods": 7, "warm_ip_target": 5, "minimum_ip_target": 10}, 1, 1),
    ("p3dn.24xlarge", {"pods": 15, "warm_ip_target": 5, "minimum_ip_target": 10}, 1, 2),
]


@pytest.mark.parametrize("name, settings, interfaces, secondary", DOCUMENTED)
def test_the_documented_examples(
    name: str, settings: dict[str, Any], interfaces: int, secondary: int
) -> None:
    assert get(name).cni_addresses(**settings) == interfaces + secondary


@pytest.mark.parametrize("name, settings, interfaces, prefixes", DOCUMENTED_PREFIXES)
def test_the_documented_prefixes(name: str, settings: dict[str, Any], interfaces: int, prefixes: int) -> None:
    taken = get(name).cni_addresses(prefix_delegation=True, **settings)
    assert taken == interfaces + 16 * prefixes


@pytest.mark.parametrize(
    "name, settings, taken",
    [
        # Primary and one warm interface, 15 addresses each.
        ("c5.2xlarge", {}, 30),
        ("g4dn.8xlarge", {}, 30),
        # Card 0 has room for 15 interfaces of 50; two are taken, and cards 1 to 3 do not count.
        ("p4d.24xlarge", {}, 100),
        ("p4d.24xlarge", {"card0_efa_only": True}, 100),
        # Card 0 has room for two interfaces of 50.
        ("p5.48xlarge", {}, 100),
        # The EFA-only interface holds the second slot, so only the primary one is left.
        ("p5.48xlarge", {"card0_efa_only": True}, 50),
        ("p5.48xlarge", {"card0_efa_only": True, "pods": 49}, 50),
        ("trn2.48xlarge", {"card0_efa_only": True}, 50),
        # Four slots on card 0 of p5en: one for the EFA, two used.
        ("p5en.48xlarge", {"card0_efa_only": True}, 100),
        # p6-b300: card 0 is ENA only, and all of its four slots are free for the CNI.
        ("p6-b300.48xlarge", {}, 100),
        ("p6-b300.48xlarge", {"warm_eni_target": 9}, 200),
        # g7e has 64 addresses an interface.
        ("g7e.48xlarge", {}, 128),
        # 2 pods + 8 warm addresses = 10, and the interface's own.
        ("p5.48xlarge", {"pods": 2, "warm_ip_target": 8}, 11),
        # A minimum above what two interfaces hold stops at 2 x 49.
        ("p5.48xlarge", {"minimum_ip_target": 200}, 100),
        ("p5.48xlarge", {"minimum_ip_target": 200, "card0_efa_only": True}, 50),
        # 0 means unset: the interface target rules.
        ("c5.2xlarge", {"warm_ip_target": 0, "minimum_ip_target": 0}, 30),
        ("c5.2xlarge", {"warm_eni_target": 2}, 45),
        ("c5.2xlarge", {"warm_eni_target": 0}, 15),
        ("c5.2xlarge", {"warm_eni_target": 0, "pods": 14}, 30),
        # One pod spoils the first free block, so a second is taken: 1 + 2 x 16.
        ("p5.48xlarge", {"prefix_delegation": True, "card0_efa_only": True}, 33),
        ("p5.48xlarge", {"prefix_delegation": True, "warm_prefix_target": 3}, 65),
        # 20 rounds up to two blocks, whatever a row of the document says.
        ("t3.small", {"prefix_delegation": True, "pods": 0, "minimum_ip_target": 20}, 33),
        # 3 interfaces of 3 blocks is all that t3.small can hold: 3 + 9 x 16.
        ("t3.small", {"prefix_delegation": True, "pods": 200}, 147),
    ],
)
def test_addresses_worked_out_by_hand(name: str, settings: dict[str, Any], taken: int) -> None:
    assert get(name).cni_addresses(**settings) == taken
    assert cni_addresses(get(name), **settings) == taken


@pytest.mark.parametrize(
    "name, settings, fault",
    [
        ("p5.48xlarge", {"warm_eni_target": -1}, "warm_eni_target is -1"),
        ("p5.48xlarge", {"warm_ip_target": -1}, "warm_ip_target is -1"),
        ("p5.48xlarge", {"minimum_ip_target": -2}, "minimum_ip_target is -2"),
        ("p5.48xlarge", {"pods": -1}, "pods is -1"),
        ("p5.48xlarge", {"prefix_delegation": True, "warm_prefix_target": 0}, "warm_prefix_target is 0"),
        ("p6-b300.48xlarge", {"card0_efa_only": True}, "card 0 cannot carry an EFA"),
        ("m5.large", {"card0_efa_only": True}, "card 0 cannot carry an EFA"),
    ],
)
def test_settings_that_make_no_sense_are_refused(name: str, settings: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        get(name).cni_addresses(**settings)
