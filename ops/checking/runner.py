"""Runs checks side by side, and tells how far they are."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Collection, Sequence
from queue import SimpleQueue
from typing import Any, TypeVar

from ..errors import UsageError, instead
from .check import Check, Finding, Outcome, Subject, UnaskedError

AnyCheck = TypeVar("AnyCheck", bound=Check[Any])

# Nearly all of a check's time is spent waiting for an answer.
_SIDE_BY_SIDE = 16


def chosen(checks: Sequence[AnyCheck], skipped: Collection[str]) -> list[AnyCheck]:
    """The checks without those that are to be skipped.

    Raises:
        UsageError: there is no check of such an id.
    """
    known = [check.id for check in checks]
    for id in skipped:
        if id not in known:
            raise UsageError(f"--skip {id}: there is no such check; {instead(id, known)}")
    return [check for check in checks if check.id not in skipped]


def run(
    checks: Sequence[Check[Subject]],
    subject: Subject,
    progress: Callable[[int, int, Sequence[str]], object] | None = None,
) -> list[Outcome[Subject]]:
    """Looks at everything that applies; the outcomes are in the order of the checks.

    Args:
        progress: called after each check with how many are done, of how many, and the ids of those under way.
    """
    wanted = [check for check in checks if check.applies(subject)]
    if not wanted:
        return []
    left = dict.fromkeys(check.id for check in wanted)
    outcomes: dict[str, Outcome[Subject]] = {}
    waiting = deque(wanted)
    ended: SimpleQueue[Outcome[Subject] | BaseException] = SimpleQueue()

    def work() -> None:
        try:
            while (check := _next(waiting)) is not None:
                ended.put(_outcome(check, subject))
        except BaseException as error:  # noqa: BLE001  # it is raised in the thread of whoever called
            ended.put(error)

    # Not a pool: its threads keep a program that was interrupted from ending until the network answers.
    for _ in range(min(len(wanted), _SIDE_BY_SIDE)):
        threading.Thread(target=work, daemon=True).start()
    try:
        for _ in wanted:
            outcome = ended.get()
            if isinstance(outcome, BaseException):
                raise outcome
            outcomes[outcome.check.id] = outcome
            left.pop(outcome.check.id)
            if progress is not None:
                progress(len(outcomes), len(wanted), list(left))
    finally:
        waiting.clear()
    return [outcomes[check.id] for check in wanted]


def _next(waiting: deque[Check[Subject]]) -> Check[Subject] | None:
    try:
        return waiting.popleft()
    except IndexError:  # which another thread may have emptied meanwhile
        return None


def _outcome(check: Check[Subject], subject: Subject) -> Outcome[Subject]:
    findings: list[Finding] = []
    try:
        for finding in check.look(subject):
            findings.append(finding)  # noqa: PERF402  # what comes before an error has to stay
    except UnaskedError as error:
        return Outcome(check, tuple(findings), error)
    return Outcome(check, tuple(findings))


class Progress:
    """One line on stderr that is written over again; where nobody watches, nothing but the first and the last."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._terminal = sys.stderr.isatty()
        self._lock = threading.Lock()
        if not self._terminal:
            print(f"{what} ...", file=sys.stderr, flush=True)

    def __call__(self, done: int, of: int, left: Sequence[str]) -> None:
        """Tells how far it is."""
        if not self._terminal:
            return
        with self._lock:
            waits = f", waiting for {left[0]}" if left else ""
            line = f"{self._what}: {done} of {of} checks{waits}"
            # https://en.wikipedia.org/wiki/ANSI_escape_code: to the beginning of the line, and nothing behind what is written
            end = "\r\033[K" if done == of else ""
            print(f"\r\033[K{line}{end}", end="", file=sys.stderr, flush=True)
