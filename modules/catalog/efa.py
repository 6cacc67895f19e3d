"""Elastic Fabric Adapter: which interfaces give an instance type all of its EFA bandwidth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .instance_types import InstanceType


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface of an EFA node: its network card, its device index, and what it carries."""

    card: int
    device: int
    type: Literal["interface", "efa", "efa-only"]


def efa_interfaces(instance_type: InstanceType) -> tuple[Interface, ...]:
    """The interfaces of an instance type that give it all of its EFA bandwidth.

    One card: one `efa` interface, which carries both IP and EFA. More cards: an ENA interface on card 0 with the
    node's address, and `efa-only` on each card that has EFA. `efa-only` takes no IP address, where `efa` on all 32
    cards of a p5 takes 32 and more. Where card 0 holds one interface (hpc6id), that is `efa`, for both.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-acc-inst-types.html and
    https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html

    Raises:
        ValueError: the type has no EFA.
    """
    cards = instance_type.efa_cards
    if not cards:
        raise ValueError(f"{instance_type.name} has no EFA")
    if len(instance_type.network_cards) == 1:
        return (Interface(0, 0, "efa"),)
    if 0 in cards and instance_type.network_cards[0] == 1:
        return (Interface(0, 0, "efa"), *(Interface(card, 0, "efa-only") for card in cards if card))
    return (
        Interface(0, 0, "interface"),
        *(Interface(card, 1 if card == 0 else 0, "efa-only") for card in cards),
    )
