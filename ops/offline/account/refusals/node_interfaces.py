"""What EC2 refuses of network interfaces for an instance type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from modules.catalog import InstanceType

from .common import State


def misplaced(interfaces: Sequence[State], kind: InstanceType) -> str | None:
    """What EC2 says of interfaces that the network cards of an instance type do not take."""
    places = [(one.get("network_card_index") or 0, one.get("device_index") or 0) for one in interfaces]
    efa = Counter(
        card
        for (card, _), one in zip(places, interfaces, strict=True)
        if str(one.get("interface_type")).startswith("efa")
    )
    return _seats(kind, places) or _efa(kind, efa)


def _seats(kind: InstanceType, places: list[tuple[int, int]]) -> str | None:
    """Where interfaces go: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html#network-cards ."""
    cards = kind.network_cards
    for card, device in places:
        if card >= len(cards):
            return (
                f"The network card index {card} exceeds the maximum for {kind.name}, which has {len(cards)} network "
                f"card{'s' if len(cards) > 1 else ''}. Specify a number from 0 to {len(cards) - 1}, and try again."
            )
        if device >= cards[card]:
            # https://github.com/aws/aws-k8s-tester/pull/531
            return (
                f"The specified number '{device}' for the device index exceeds the maximum number of network interfaces "
                f"supported by the network card at network card index {card}. The maximum devices for this network card "
                f"is {cards[card]}. Specify a number from 0 to {cards[card] - 1}, and try again."
            )
    if len(places) > kind.max_network_interfaces:
        return f"Interface count {len(places)} exceeds the limit for {kind.name}"
    return None


def _efa(kind: InstanceType, efa: Counter[int]) -> str | None:
    """One EFA for each card that can carry one: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa.html ."""
    if efa and not kind.supports_efa:
        return f"EFA interfaces are not supported on {kind.name}"
    for card, count in sorted(efa.items()):
        limit = 1 if card in kind.efa_capable_cards else 0
        if count > limit:
            return f"EFA interface count {count} exceeds the limit of {limit} for the network card {card} of {kind.name}"
    if sum(efa.values()) > kind.efa_interfaces:
        return f"EFA interface count {sum(efa.values())} exceeds the limit of {kind.efa_interfaces} for {kind.name}"
    return None
