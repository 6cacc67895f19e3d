"""Looks for all that a cluster has left, one kind beside the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from modules.layout import Layout
from modules.layout.claims import claim_name
from modules.layout.stores import CLUSTER_TAG, RETAINING_STORAGE_CLASS, storage_classes

from ..aws.account import Account
from ..checking.check import UnaskedError
from ..states import Deployed, StateError, UnreadableStateError, has_state, is_locked, state_of
from .judging import Setting, States
from .kinds import KINDS
from .leaving import Around, Leaving

# Nearly all of the time is spent waiting for an answer.
_SIDE_BY_SIDE = 8
CLUSTER_ACTION = "eks:DescribeCluster"
_OF_THE_ACCOUNT = ("aws_eks_cluster", "aws_security_group", "aws_vpc")


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


def setting_of(
    layout: Layout, account: Account, *, although: bool, state_lost: bool
) -> tuple[Setting, str | None, list[tuple[str, UnaskedError]], list[str]]:
    """What is known of the cluster, the account's id, what could not be asked, and what there is to say of its states."""
    unasked = []
    exists: bool | None = None
    id = None
    # Where it is not known whose account it is, nothing is deleted in it.
    try:
        id = account.id
        exists = cluster_exists(account, layout.name)
    except UnaskedError as error:
        unasked.append(("account" if id is None else "cluster", error))
    deployed, states, notes = _deployed(layout, account.profile)
    strange = sorted(_accounts(deployed) - {id}) if id else []
    if strange:
        states = "unreadable"
        notes.append(
            f"What is deployed of {layout.name} is of account {', '.join(strange)}, and account {id} was asked"
        )
    known = frozenset(
        str(value)
        for one in deployed
        for key in ("id", "arn", "allocation_id")
        if (value := one.attributes.get(key))
    )
    volumes = {
        (volume.namespace, claim_name("volume", name)): volume.retain
        for name, volume in layout.storage.volumes.items()
    }
    setting = Setting(
        layout.name,
        exists,
        known,
        states,
        retained=frozenset(claim for claim, retain in volumes.items() if retain),
        disposable=frozenset(claim for claim, retain in volumes.items() if not retain),
        retaining=RETAINING_STORAGE_CLASS in storage_classes(layout),
        although=although,
        state_lost=state_lost,
    )
    return setting, id, unasked, notes


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


def _accounts(deployed: Iterable[Deployed]) -> set[str]:
    """The accounts of what can only be in the cluster's own."""
    arns = (str(one.attributes.get("arn") or "") for one in deployed if one.type in _OF_THE_ACCOUNT)
    return {arn.split(":")[4] for arn in arns if arn.count(":") > 4}


def _deployed(layout: Layout, profile: str | None) -> tuple[list[Deployed], States, list[str]]:
    """What the states of the layout have, whether all of it is known, and if not, why."""
    found: list[Deployed] = []
    states: States = "known"
    notes = []
    for stack in dict.fromkeys((layout.data_stack, *layout.stacks, layout.workloads_stack)):
        try:
            found += state_of(layout, stack, profile=profile)
        except (StateError, UnreadableStateError) as error:
            notes.append(f"What is deployed of {stack} is not known: {error}")
            states = "unreadable"
    if states == "unreadable":
        return found, states, notes
    # Nearly all that Terraform makes in AWS is of the cluster's stack. What it has made may be in no state yet while it runs.
    try:
        if is_locked(layout, layout.name, profile):
            notes.append(f"Terraform is at work on {layout.name}: its state is locked")
            return found, "unreadable", notes
        if not has_state(layout, layout.name, profile):
            notes.append(
                f"There is no state of {layout.name} here: who deployed it may have one elsewhere, and it may still be in "
                f"use. What carries {CLUSTER_TAG} is left to `make destroy` there; --state-lost if no state is left"
            )
            return found, "missing", notes
    except UnreadableStateError as error:
        notes.append(f"What is deployed of {layout.name} is not known: {error}")
        return found, "unreadable", notes
    return found, states, notes
