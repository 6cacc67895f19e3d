"""How many IPv4 addresses of its subnet a node takes, under the rules of the Amazon VPC CNI.

Sources, all in https://github.com/aws/amazon-vpc-cni-k8s: docs/eni-and-ip-target.md and
docs/prefix-and-ip-target.md (rules and worked tables), pkg/ipamd/ipamd.go (what the tables leave open), and
charts/aws-vpc-cni/values.yaml (the defaults: WARM_ENI_TARGET=1, WARM_PREFIX_TARGET=1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .instance_types import InstanceType

# Prefix delegation hands out /28 blocks.
ADDRESSES_PER_PREFIX = 16


def cni_addresses(
    self: InstanceType,
    *,
    warm_eni_target: int = 1,
    warm_ip_target: int | None = None,
    minimum_ip_target: int | None = None,
    prefix_delegation: bool = False,
    warm_prefix_target: int = 1,
    card0_efa_only: bool = False,
    pods: int = 1,
) -> int:
    """IPv4 addresses that a node takes from its subnet while `pods` pods run on it, host network pods aside.

    The CNI attaches interfaces to network card 0 only, so cards with more room do not help. It fills what it
    attaches: the primary interface, and warm ones, each with all the addresses that an interface may have
    (its own and the secondary ones). As many addresses as `warm_eni_target` interfaces hold stay free: with no
    pod the primary interface is enough, and one pod (a device plugin, say) makes the CNI attach another. So
    the default is one pod: what a node takes within a minute of its start.

    - `warm_ip_target` and `minimum_ip_target` (WARM_IP_TARGET, MINIMUM_IP_TARGET) replace `warm_eni_target`:
      pods + warm addresses are taken, or the minimum if that is more. None and 0 both mean unset.
    - `prefix_delegation` takes blocks of 16 (/28), each in the place of one secondary address;
      `warm_prefix_target` counts blocks that stay free, and `warm_eni_target` has no effect.
    - `card0_efa_only` says that the launch template puts an EFA-only interface on card 0. It takes no address
      but holds a slot: p5.48xlarge has two slots on card 0, so the CNI has its primary interface and no more.

    Interfaces that a launch template puts on other cards are not counted: an EFA-only one takes no address,
    an ENA or `efa` one takes one.

    Raises ValueError for a negative target, a prefix target below 1, and `card0_efa_only` on a type whose
    card 0 cannot carry EFA or has no other slot.
    """
    targets = {
        "warm_eni_target": warm_eni_target,
        "warm_ip_target": warm_ip_target or 0,
        "minimum_ip_target": minimum_ip_target or 0,
        "pods": pods,
    }
    for target, value in targets.items():
        if value < 0:
            raise ValueError(f"{target} is {value}, not 0 or more")
    if warm_prefix_target < 1:
        raise ValueError(f"warm_prefix_target is {warm_prefix_target}; the VPC CNI supports 1 or more")
    if card0_efa_only and 0 not in self.efa_cards:
        raise ValueError(f"{self.name}: network card 0 cannot carry an EFA interface")
    interfaces = self.network_cards[0] - int(card0_efa_only)
    if interfaces < 1:
        raise ValueError(f"{self.name}: network card 0 has no slot beside the EFA-only interface")

    # Secondary addresses of an interface; its own address serves no pod.
    room = self.ipv4_per_interface - 1
    warm_ips, minimum_ips = targets["warm_ip_target"], targets["minimum_ip_target"]
    needed = max(pods + warm_ips, minimum_ips) if warm_ips or minimum_ips else None

    if prefix_delegation:
        if needed is None:
            prefixes = warm_prefix_target + _ceil(pods, ADDRESSES_PER_PREFIX)
        else:
            prefixes = _ceil(needed, ADDRESSES_PER_PREFIX)
        prefixes = min(prefixes, interfaces * room)
        return _ceil(prefixes, room) + prefixes * ADDRESSES_PER_PREFIX

    if needed is not None:
        needed = min(needed, interfaces * room)
        return _ceil(needed, room) + needed

    # Without a warm interface the CNI still attaches one as soon as no address is free.
    attached = warm_eni_target + _ceil(pods, room) if warm_eni_target else pods // room + 1
    return min(attached, interfaces) * self.ipv4_per_interface


def _ceil(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)
