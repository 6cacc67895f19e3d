"""docs/checks.md: every check of `ops preflight` and `ops verify`."""

from __future__ import annotations

from collections.abc import Iterator

from ..checking.check import about
from ..preflight.checks import CHECKS as OF_THE_ACCOUNT
from ..verify.command import CHECKS as OF_THE_CLUSTER

_HEAD = """\
# Checks

Written by `make docs`. What [`ops preflight`](preflight.md) asks of an account and [`ops verify`](verify.md) of a cluster, by the ids that
`--skip` takes. A check finds errors, or at most warnings, as said beside it; single findings of it may be milder."""


def check_reference() -> str:
    """The page."""
    return "\n".join([_HEAD, "", *_preflight(), *_verify()])


def _preflight() -> Iterator[str]:
    yield "## Before a deploy: the account"
    yield ""
    for check in OF_THE_ACCOUNT:
        yield from (f"### {check.id}", "", f"{about(check)} ({check.level})", "")
        yield from (f"What to do: {_lowered(check.remedy)}", "")
        if check.actions:
            yield from (f"It asks {', '.join(f'`{action}`' for action in check.actions)}.", "")


def _verify() -> Iterator[str]:
    yield "## After a deploy: the cluster"
    yield ""
    for check in OF_THE_CLUSTER:
        yield from (f"### {check.id}", "", f"{about(check)} ({check.level})", "")
        yield from (f"What to do: {_lowered(check.remedy)}", "")


def _lowered(sentence: str) -> str:
    """A sentence behind a colon; a name like AWS keeps its capitals."""
    return sentence if sentence[1:2].isupper() else sentence[:1].lower() + sentence[1:]
