"""Resource groups of capacity reservations."""

from __future__ import annotations

from .account import Account


def reservations_in(account: Account, group_arn: str) -> list[str]:
    """Ids of the capacity reservations in a resource group; none where there is no such group.

    Raises:
        UnaskedError: it cannot be asked.
    """
    found = account.pages(
        "resource-groups", "list_group_resources", "Resources", ("NotFoundException",), Group=group_arn
    )
    arns = [str(one["Identifier"]["ResourceArn"]) for one in found]
    return [one.rpartition("/")[2] for one in arns if ":capacity-reservation/" in one]
