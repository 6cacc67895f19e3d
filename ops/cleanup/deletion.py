"""Deletes what may be deleted: each after what holds it, and each only if its tags still say whose it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ..aws.account import Account
from ..checking.check import UnaskedError
from .change import RefusedError
from .finding import cluster_exists
from .judging import Judged, Setting, untouchable
from .kinds import KINDS
from .kinds.network import SecurityGroups
from .leaving import Around, Kind, Leaving

Outcome = Literal["deleted", "gone", "failed"]

# The interfaces of a deleted load balancer, NAT gateway or instance go within minutes.
LIMIT = 900.0  # seconds, for all together
EVERY = 5.0  # seconds between two looks at something that is still used
# What AWS says of something that is still used: it may be free a moment later.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteTargetGroup.html
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteInstanceProfile.html
_BUSY = frozenset(
    (
        "DeleteConflict",
        "DependencyViolation",
        "IncorrectState",
        "InvalidGroup.InUse",
        "InvalidIPAddress.InUse",
        "InvalidNetworkInterface.InUse",
        "ResourceInUse",
        "VolumeInUse",
    )
)


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a deletion; `why` where it failed."""

    leaving: Leaving
    outcome: Outcome
    why: str = ""


class Deletion:
    """Deletes what was judged to be deletable.

    Args:
        tell: is told of each that is done or waited for.
    """

    def __init__(
        self, account: Account, setting: Setting, judged: Sequence[Judged], tell: Callable[[str], object]
    ) -> None:
        self._account = account
        self._setting = setting
        self._tell = tell
        self._wanted = [one.leaving for one in judged if one.fate == "deletable"]
        # What is still there of it is waited for; what is being deleted already too.
        self._going = {one.leaving.id for one in judged if one.fate == "deletable" or one.leaving.going}
        self._until = time.monotonic() + LIMIT

    def run(self) -> list[Done]:
        """Deletes them in the order of the kinds; one that fails does not keep the others from it.

        Ctrl-C ends it: what was not done by then has failed.
        """
        done: list[Done] = []
        try:
            self._run(done)
        except KeyboardInterrupt:
            self._tell("stopped: see below what was deleted and what was not")
            known = {(one.leaving.kind, one.leaving.id) for one in done}
            rest = [one for one in self._wanted if (one.kind, one.id) not in known]
            done += [Done(one, "failed", "stopped before it was known to be deleted") for one in rest]
        return done

    def _run(self, done: list[Done]) -> None:
        for kind in KINDS:
            mine = [one for one in self._wanted if one.kind == kind.id]
            failed = self._separate(kind, mine) if isinstance(kind, SecurityGroups) else {}
            self._going.difference_update(failed)
            for leaving in mine:
                one = failed.get(leaving.id) or self._delete(kind, leaving)
                if one.outcome == "failed":
                    self._going.discard(leaving.id)
                what = {"deleted": "deleted", "gone": "already gone:", "failed": "NOT deleted:"}[one.outcome]
                self._tell(f"{what} {leaving.kind} {leaving.id}{f': {one.why}' if one.why else ''}")
                done.append(one)

    def _around(self) -> Around:
        """An account that is asked anew: what was true when the list was made may not be now."""
        return Around(self._setting.cluster, self._account.afresh())

    def _forbidden(self, around: Around, now: Leaving) -> str | None:
        """Why something must not be deleted that was deletable when the list was made.

        Raises:
            UnaskedError: it is not known whether the cluster is there.
        """
        forbidden = untouchable(now.tags, self._setting)
        if forbidden is not None:
            return f"is not as it was listed: {forbidden[1]}"
        if not self._setting.exists and cluster_exists(around.account, self._setting.cluster):
            return "the cluster is there again"
        return None

    def _separate(self, kind: SecurityGroups, groups: Sequence[Leaving]) -> dict[str, Done]:
        """Takes the rules away by which groups that are all to go keep each other."""
        failed = {}
        together = frozenset(one.id for one in groups)
        for one in groups:
            try:
                around = self._around()
                now = kind.again(around, one)
                # A group that somebody uses again stays, with its rules.
                if now is not None and self._forbidden(around, now) is None:
                    strangers = set(now.used_by) - self._going
                    if not strangers:
                        kind.forget(around, now, together - {one.id})
            except (RefusedError, UnaskedError) as error:
                failed[one.id] = Done(one, "failed", error.reason)
        return failed

    def _delete(self, kind: Kind, leaving: Leaving) -> Done:
        waited = False
        while True:
            try:
                around = self._around()
                now = kind.again(around, leaving)
                if now is None:
                    return Done(leaving, "gone")
                forbidden = self._forbidden(around, now)
                if forbidden is not None:
                    return Done(leaving, "failed", forbidden)
                strangers = [id for id in now.used_by if id not in self._going]
                if strangers or now.blocked:
                    return Done(leaving, "failed", now.blocked or f"is used by {', '.join(strangers)}")
                if now.going:
                    return Done(leaving, "deleted")
                if not now.used_by:
                    kind.delete(around, now)
                    return Done(leaving, "deleted")
                reason = f"is still used by {', '.join(now.used_by)}"
            except RefusedError as error:
                if error.code not in _BUSY:
                    return Done(leaving, "failed", error.reason)
                reason = error.reason
            except UnaskedError as error:
                return Done(leaving, "failed", error.reason)
            if time.monotonic() >= self._until:
                return Done(leaving, "failed", f"{reason}; waited for {LIMIT / 60:.0f} minutes in all")
            if not waited:
                self._tell(f"waiting for {leaving.kind} {leaving.id}: {reason}")
                waited = True
            time.sleep(EVERY)
