"""What is left of a cluster, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from ..aws.account import Account

# deletable: `--delete` deletes it. waits: not while the cluster is there, or while something else uses it.
# destroy: Terraform made it, and deletes it. kept: it is `retain: true`. by-hand: it carries no tag of the cluster, or
# holds data that was copied on purpose. shared: it carries another cluster's tag too.
Fate = Literal["deletable", "waits", "destroy", "kept", "by-hand", "shared"]


@dataclass(frozen=True, slots=True)
class Leaving:
    """A resource that may be the cluster's.

    Args:
        kind: the id of its kind.
        id: what AWS and people call it, unique in its kind.
        tags: what decides whose it is.
        reason: why it is there, and what it stops or costs.
        arn: what its API wants, where that is not the id.
        name: what else it is known by.
        created: when it was made, where the API tells.
        used_by: ids of what has to go before it.
        blocked: why it cannot be deleted by this command, whatever goes before.
        by_name: whether its name or place alone says that it may be the cluster's, so that it is told of without a tag.
        going: whether it is being deleted already.
        command: what deletes it by hand.
    """

    kind: str
    id: str
    tags: Mapping[str, str]
    reason: str
    arn: str = ""
    name: str = ""
    created: datetime | None = None
    used_by: tuple[str, ...] = ()
    blocked: str = ""
    by_name: bool = False
    going: bool = False
    command: str = ""


@dataclass(frozen=True, slots=True)
class Around:
    """Where is looked: a cluster's name, and the account in its region."""

    cluster: str
    account: Account


class Kind(Protocol):
    """One kind of resource: how its leavings are found, read again and deleted.

    `id` names it, `actions` are the IAM actions that listing may need, `deleting` those of a deletion, `by_hand` says why
    this command never deletes one, and `while_cluster` whether one that nothing uses may go while the cluster is there.
    """

    @property
    def id(self) -> str: ...  # noqa: D102

    @property
    def actions(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def deleting(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def by_hand(self) -> str: ...  # noqa: D102

    @property
    def while_cluster(self) -> bool: ...  # noqa: D102

    def find(self, around: Around) -> list[Leaving]:
        """All that may be the cluster's, and some that are not: tags are judged elsewhere.

        Raises:
            UnaskedError: the account could not be asked.
        """
        ...

    def again(self, around: Around, leaving: Leaving) -> Leaving | None:
        """The same as it is now; None where it is gone. `around` has an account that remembers nothing.

        Raises:
            UnaskedError: the account could not be asked.
        """
        ...

    def delete(self, around: Around, leaving: Leaving) -> None:
        """Deletes it.

        Raises:
            RefusedError: AWS did not.
        """
        ...
