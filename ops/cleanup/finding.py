"""Looks for all that a cluster has left, one kind beside the other."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from modules.layout import Layout
from modules.layout.claims import claim_name

from ..aws.account import Account
from ..checking.check import UnaskedError
from ..states import Deployed, StateError, UnreadableStateError, state_of
from .judging import Setting
from .kinds import KINDS
from .leaving import Around, Leaving

# Nearly all of the time is spent waiting for an answer.
_SIDE_BY_SIDE = 8
CLUSTER_ACTION = "eks:DescribeCluster"


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, in the order of the kinds, and what could not be asked, by kind."""

    leavings: tuple[Leaving, ...]
    unasked: tuple[tuple[str, UnaskedError], ...]


def find(around: Around) -> Found:
    """All leavings of the account that may be the cluster's."""
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        answers = list(pool.map(lambda kind: _asked(lambda: kind.find(around)), KINDS))
    leavings: list[Leaving] = []
    unasked = []
    for kind, answer in zip(KINDS, answers, strict=True):
        if isinstance(answer, UnaskedError):
            unasked.append((kind.id, answer))
        else:
            leavings += answer
    return Found(tuple(leavings), tuple(unasked))


def setting_of(layout: Layout, account: Account, *, although: bool) -> tuple[Setting, UnaskedError | None]:
    """What is known of the cluster; the error says why it is not known whether it is there."""
    unasked = None
    exists: bool | None
    try:
        exists = cluster_exists(account, layout.name)
    except UnaskedError as error:
        exists, unasked = None, error
    deployed, readable = _deployed(layout)
    known = frozenset(
        str(value)
        for one in deployed
        for key in ("id", "arn", "allocation_id")
        if (value := one.attributes.get(key))
    )
    retained = frozenset(
        (volume.namespace, claim_name("volume", name))
        for name, volume in layout.storage.volumes.items()
        if volume.retain
    )
    return Setting(layout.name, exists, known, readable, retained, although), unasked


def cluster_exists(account: Account, cluster: str) -> bool:
    """Whether EKS has the cluster.

    Raises:
        UnaskedError: it could not be asked.
    """
    found = account.find("eks", "describe_cluster", ("ResourceNotFoundException",), name=cluster)
    return found is not None


def _asked(find: Callable[[], list[Leaving]]) -> list[Leaving] | UnaskedError:
    try:
        return find()
    except UnaskedError as error:
        return error


def _deployed(layout: Layout) -> tuple[list[Deployed], bool]:
    """What the states of the layout have, and whether all of them could be read."""
    found: list[Deployed] = []
    readable = True
    for stack in dict.fromkeys((layout.data_stack, *layout.stacks, layout.workloads_stack)):
        try:
            found += state_of(layout, stack)
        except (StateError, UnreadableStateError) as error:
            print(f"What is deployed of {stack} is not known: {error}", file=sys.stderr)
            readable = False
    return found, readable
