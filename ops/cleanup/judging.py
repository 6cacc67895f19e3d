"""What becomes of each leaving: what may be deleted now, and why the rest may not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Literal

from modules.layout.claims import claim_name
from modules.layout.stores import CLUSTER_TAG, RETAIN_TAG, RETAINING_STORAGE_CLASS

from .kinds import KINDS
from .kinds.network import Interfaces
from .kinds.storage import PVC_NAME, PVC_NAMESPACE
from .leaving import Fate, Leaving
from .ownership import is_owned, is_shared, others

_KINDS = {kind.id: kind for kind in KINDS}
# An interface that nothing has may be on its way to a node. The VPC CNI itself waits for five minutes:
# https://github.com/aws/amazon-vpc-cni-k8s/blob/master/pkg/awsutils/awsutils.go
_ON_ITS_WAY = timedelta(minutes=15)

# missing: of the cluster's stack there is none here. unreadable: there is one, or several, of which not all is known.
States = Literal["known", "missing", "unreadable"]


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of a cluster beside what is left of it.

    Args:
        cluster: its name.
        exists: whether EKS has it; None where that could not be asked.
        known: ids and ARNs of what the states of its stacks have.
        states: whether all that its states have is known.
        retained: claims, by namespace and name, whose volumes are to stay.
        disposable: claims whose volumes are not.
        retaining: whether the cluster has a storage class whose volumes are to stay.
        although: whether to delete what nothing uses although the cluster is there.
        state_lost: whether to delete what Terraform made although there is no state.
    """

    cluster: str
    exists: bool | None
    known: frozenset[str] = frozenset()
    states: States = "known"
    retained: frozenset[tuple[str, str]] = frozenset()
    disposable: frozenset[tuple[str, str]] = frozenset()
    retaining: bool = False
    although: bool = False
    state_lost: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """A leaving, what becomes of it, and why."""

    leaving: Leaving
    fate: Fate
    why: str


def judge(found: Sequence[Leaving], setting: Setting) -> list[Judged]:
    """What becomes of what was found; what is another cluster's, or goes with what is listed, is not among it."""
    listed = [one for one in found if _concerns(one, setting.cluster)]
    ids = {one.id for one in listed if is_owned(one.tags, setting.cluster)}
    if setting.exists is not False:
        # The interfaces of the control plane: https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
        ids.add(f"Amazon EKS {setting.cluster}")
    listed = [one for one in listed if not _goes_with(one, ids)]
    fixed = {(one.kind, one.id): _fixed(one, setting) for one in listed}
    going = _free(one for one in listed if fixed[one.kind, one.id] is None or one.going)
    judged = []
    for one in listed:
        fate_and_why = fixed[one.kind, one.id] or _by_use(one, going)
        judged.append(Judged(one, *fate_and_why))
    return judged


def untouchable(tags: Mapping[str, str], setting: Setting) -> tuple[Fate, str] | None:
    """Why these tags forbid a deletion, whatever else there is to say; None where they do not."""
    foreign = others(tags, setting.cluster)
    if foreign:
        return "shared", f"carries the tag of {', '.join(foreign)} too, and is left alone"
    if is_shared(tags, setting.cluster):
        return "shared", f"is tagged as shared by {setting.cluster}, and is left alone"
    if not is_owned(tags, setting.cluster):
        return "by-hand", f"carries no tag of {setting.cluster}: delete it by hand if it is its"
    if tags.get(RETAIN_TAG, "false") != "false":
        return "kept", f"is kept: it has the tag {RETAIN_TAG}"
    claim = (tags.get(PVC_NAMESPACE, ""), tags.get(PVC_NAME, ""))
    if claim in setting.retained:
        return "kept", f"is kept: the layout retains the volume of claim {'/'.join(claim)}"
    if _may_be_retained(tags, claim, setting):
        return (
            "by-hand",
            f"may be of {RETAINING_STORAGE_CLASS}, whose volumes were not always tagged: look into it",
        )
    if CLUSTER_TAG not in tags:
        return None
    if setting.states == "unreadable":
        return "destroy", "Terraform made it, and not all of its state is known: see below"
    if setting.states == "missing" and not setting.state_lost:
        return "destroy", "Terraform made it, and its state is not here: make destroy where it is"
    return None


def _may_be_retained(tags: Mapping[str, str], claim: tuple[str, str], setting: Setting) -> bool:
    """Whether a volume may be one that was made before its storage class tagged those that are to stay."""
    if not claim[1] or RETAIN_TAG in tags or claim in setting.disposable:
        return False
    # What has the name of a layout's claim may be of an entry that is no longer in the layout.
    return setting.retaining or claim[1].startswith(claim_name("volume", ""))


def _concerns(one: Leaving, cluster: str) -> bool:
    """Whether it is the cluster's, or looks like it and is nobody else's."""
    return is_owned(one.tags, cluster) or (one.by_name and not others(one.tags, cluster))


def _goes_with(one: Leaving, ids: set[str]) -> bool:
    """Whether it is the interface of something that is listed, or of a control plane that is there."""
    return one.kind == Interfaces.id and bool(one.used_by) and ids.issuperset(one.used_by)


def _fixed(one: Leaving, setting: Setting) -> tuple[Fate, str] | None:
    """What becomes of it whatever becomes of the others; None where that decides."""
    kind = _KINDS[one.kind]
    forbidden = untouchable(one.tags, setting)
    if forbidden is not None:
        return forbidden
    if one.id in setting.known or (one.arn and one.arn in setting.known):
        return "destroy", "is Terraform's: goes with make destroy"
    if one.going:
        return "waits", "is being deleted already"
    if one.blocked or kind.by_hand:
        return "by-hand", one.blocked or kind.by_hand
    if setting.exists is None:
        return "waits", "it is not known whether the cluster is there"
    if setting.exists and not setting.although:
        return "waits", "the cluster is there: make destroy first"
    if setting.exists and not kind.while_cluster:
        return "waits", "the cluster is there, and may use it: make destroy first"
    if setting.exists and one.kind == Interfaces.id and _may_be_on_its_way(one):
        return "waits", "the cluster is there, and may be about to attach it"
    return None


def _may_be_on_its_way(one: Leaving) -> bool:
    return one.created is None or datetime.now(tz=timezone.utc) - one.created < _ON_ITS_WAY


def _free(candidates: Iterable[Leaving]) -> frozenset[str]:
    """Ids of those that nothing uses but others among them."""
    free = {one.id: one for one in candidates}
    while True:
        used = [id for id, one in free.items() if not free.keys() >= set(one.used_by)]
        if not used:
            return frozenset(free)
        for id in used:
            del free[id]


def _by_use(one: Leaving, going: frozenset[str]) -> tuple[Fate, str]:
    if one.id in going:
        return "deletable", f"after {', '.join(one.used_by)}" if one.used_by else ""
    users = [id for id in one.used_by if id not in going]
    return "waits", f"is used by {', '.join(users)}"
