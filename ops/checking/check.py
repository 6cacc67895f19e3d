"""A check of something real: one small named thing, as a rule is of a layout."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

Level = Literal["error", "warning", "info"]
Status = Literal["error", "warning", "passed", "unasked"]
# From the worst to what only tells.
LEVELS: tuple[Level, ...] = ("error", "warning", "info")

_COMMANDS = ("aws", "helm", "kubectl", "make", "python", "terraform")

Subject = TypeVar("Subject")
Looked = TypeVar("Looked", contravariant=True)


class UnaskedError(RuntimeError):
    """What a check had to know could not be asked: no credentials, no network, no permission.

    Args:
        reason: one sentence that says why, without a full stop.
        action: the IAM action that is missing, like `ec2:DescribeSubnets`.
    """

    def __init__(self, reason: str, action: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.action = action


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it has to be, or at level `info` something that is good to know.

    Args:
        where: what it is about: a path of the layout like `node_groups.p5`, a node, a bucket.
        problem: what is wrong, with what was expected and what there is; no full stop at the end.
        remedy: what to do; the check's own where it is None.
        level: the check's own where it is None.
    """

    where: str
    problem: str
    remedy: str | None = None
    level: Level | None = None


class Check(Protocol[Looked]):
    """The class's docstring says in one sentence what is looked at, and why it matters.

    `id` names it, `level` is that of its findings, and `remedy` what helps against most of them.
    """

    id: str
    level: Level
    remedy: str

    def applies(self, subject: Looked, /) -> bool:
        """Whether it has anything to look at in this layout; nothing is asked here."""
        ...

    def look(self, subject: Looked, /) -> Iterator[Finding]:
        """Yields what it finds.

        Raises:
            UnaskedError: it could not be found out. What was yielded before stays.
        """
        ...


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Subject]):
    """What a check has found; `unasked` says what kept it from finding out."""

    check: Check[Subject]
    findings: tuple[Finding, ...] = ()
    unasked: UnaskedError | None = None

    def level_of(self, finding: Finding) -> Level:
        """The finding's level, or the check's."""
        return finding.level or self.check.level

    def remedy_of(self, finding: Finding) -> str:
        """The finding's remedy, or the check's, as a sentence or a command; nothing for what only tells."""
        if finding.remedy is not None:
            return _begun(finding.remedy)
        return "" if self.level_of(finding) == "info" else _begun(self.check.remedy)

    def of(self, level: Level) -> list[Finding]:
        """Its findings of a level."""
        return [one for one in self.findings if self.level_of(one) == level]

    @property
    def status(self) -> Status:
        """The worst that can be said: an error is one, whatever else could not be asked."""
        if self.of("error"):
            return "error"
        if self.unasked is not None:
            return "unasked"
        return "warning" if self.of("warning") else "passed"


def _begun(remedy: str) -> str:
    """With a capital at the beginning, unless that is a command, which is copied as it stands."""
    return remedy if remedy.partition(" ")[0] in _COMMANDS else remedy[:1].upper() + remedy[1:]


def about(check: Check[Subject]) -> str:
    """What a check looks at, and why: the first paragraph of its docstring."""
    return " ".join(inspect.cleandoc(type(check).__doc__ or "").partition("\n\n")[0].split())


def count(outcomes: Iterable[Outcome[Subject]], level: Level) -> int:
    """How many findings of a level there are."""
    return sum(len(one.of(level)) for one in outcomes)


def exit_status(outcomes: Sequence[Outcome[Subject]], *, strict: bool = False) -> int:
    """1 where there is an error (or with `strict` a warning), 3 where something could not be asked, else 0."""
    if count(outcomes, "error") or (strict and count(outcomes, "warning")):
        return 1
    return 3 if any(one.unasked for one in outcomes) else 0
