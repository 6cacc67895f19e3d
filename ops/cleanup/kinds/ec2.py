"""What the kinds of EC2 have in common: one call describes all of them, by tag or by id."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from ...aws.account import Answer
from ...aws.actions import action
from ..change import change
from ..leaving import Around, Leaving
from ..ownership import tag_keys


class Ec2Kind(ABC):
    """A kind of EC2.

    `describe` and `key` are the operation and where its answer has the resources, `id_key` is where one has its id,
    `ids` the parameter that asks for some by id, and `missing` what EC2 says where there is none of that id.
    """

    id: str
    describe: str
    key: str
    id_key: str
    ids: str
    missing: tuple[str, ...]
    destroy: str
    filters = "Filters"
    gone_states: tuple[str, ...] = ()
    while_cluster = False
    by_hand = ""

    @property
    def actions(self) -> tuple[str, ...]:
        """What listing may need."""
        return (action("ec2", self.describe),)

    @property
    def deleting(self) -> tuple[str, ...]:
        """What deleting needs."""
        return () if self.by_hand else (action("ec2", self.destroy),)

    def find(self, around: Around) -> list[Leaving]:
        """All that have a tag of the right key, whatever its value."""
        return [self.leaving(around, one) for one in self.tagged(around)]

    def again(self, around: Around, leaving: Leaving) -> Leaving | None:
        """The same by its id."""
        asked: dict[str, Any] = {self.ids: [leaving.id]}
        found = self.there(around.account.pages("ec2", self.describe, self.key, self.missing, **asked))
        return self.leaving(around, found[0]) if found else None

    def delete(self, around: Around, leaving: Leaving) -> None:
        """Deletes it."""
        given: dict[str, Any] = {self.id_key: leaving.id}
        change(around.account, "ec2", self.destroy, **given)

    def tagged(self, around: Around) -> list[Answer]:
        """The same as EC2 describes them."""
        wanted = [{"Name": "tag-key", "Values": tag_keys(around.cluster)}]
        filters: dict[str, Any] = {self.filters: wanted}
        return self.there(around.account.pages("ec2", self.describe, self.key, **filters))

    def there(self, found: list[Answer]) -> list[Answer]:
        """Without those that are deleted already, which EC2 describes for a while."""
        return [one for one in found if self.state(one) not in self.gone_states]

    def state(self, one: Answer) -> str:
        """The state of one."""
        return str(one.get("State", ""))

    @abstractmethod
    def leaving(self, around: Around, one: Answer) -> Leaving:
        """What there is to say of one."""
