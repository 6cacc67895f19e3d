"""Where the instances of a node group come from."""

from __future__ import annotations

from ..values import ReservationId, ResourceGroupArn, Timestamp
from .group import Group


def capacity(group: Group) -> None:
    """Writes `capacity`: on demand, spot, a reservation or a capacity block."""
    given = group.given
    reservation = given.part("capacityReservation")
    target = reservation.part("capacityReservationTarget")
    id = group.known(target, "capacityReservationID", ReservationId)
    arn = group.known(target, "capacityReservationResourceGroupARN", ResourceGroupArn)
    market = given.part("instanceMarketOptions").text("marketType")
    if market == "capacity-block":
        group.put("capacity.type", "capacity_block")
        group.put("capacity.reservation_id", id or group.draft.variable(ReservationId, "", group.name))
        if arn:
            target.dropped("capacityReservationResourceGroupARN", "a capacity block is named by its id")
        start = group.draft.variable(Timestamp, "capacity_block_start", group.name)
        group.put("capacity.start", start)
        note = f"the group is empty until {start}, the block's StartDate, and then scales up by itself"
        given.part("instanceMarketOptions").changed("marketType", note)
    elif id or arn:
        group.put("capacity.type", "odcr")
        group.put("capacity.reservation_id", id)
        group.put("capacity.reservation_group_arn", None if id else arn)
    elif market == "spot" or _is_spot(group):
        group.put("capacity.type", "spot")
    elif market:
        given.part("instanceMarketOptions").dropped("marketType", f"{market} has no counterpart")
    preference = reservation.text("capacityReservationPreference")
    if preference in ("open", "none") and not (id or arn or market):
        group.put("capacity.reservation_preference", preference)
    elif preference and not (preference == "capacity-reservations-only" and (id or arn)):
        reservation.dropped("capacityReservationPreference", f"{preference} has no counterpart here")


def _is_spot(group: Group) -> bool:
    given = group.given
    if given.value("spot"):
        return True
    mixed = given.part("instancesDistribution")
    if not mixed.node.value:
        return False
    base, above = (
        mixed.value("onDemandBaseCapacity", 0),
        mixed.value("onDemandPercentageAboveBaseCapacity", 100),
    )
    for key in ("maxPrice", "spotInstancePools", "capacityRebalance", "spotAllocationStrategy"):
        if key in mixed:
            mixed.dropped(
                key, "EKS chooses spot instances of managed node groups itself", harmless=key != "maxPrice"
            )
    if base or above not in (0, 100):
        mixed.dropped("onDemandBaseCapacity" if base else "onDemandPercentageAboveBaseCapacity",
                      "a managed node group is on demand or spot, not both: on demand is taken")  # fmt: skip
        return False
    return bool(above == 0)
