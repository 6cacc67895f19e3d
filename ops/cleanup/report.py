"""What is left of a cluster, for people and for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..checking.check import UnaskedError
from ..checking.report import by_reason
from ..make_command import make_command
from .deletion import Done
from .judging import Judged
from .leaving import Fate, Leaving

_WIDE = 110  # columns that the table takes
_WORDS: Mapping[Fate, str] = {
    "deletable": "can be deleted",
    "waits": "not now",
    "by-hand": "by hand",
    "destroy": "goes with make destroy",
    "shared": "shared with another cluster",
    "kept": "kept",
}
_COLORS: Mapping[str, str] = {
    "deletable": "bold red",
    "failed": "bold red",
    "waits": "yellow",
    "by-hand": "yellow",
    "deleted": "green",
    "gone": "green",
}


@dataclass(frozen=True, slots=True)
class Listing:
    """All that there is to tell.

    Args:
        layout: what the user calls it.
        exists: whether the cluster is there; None where that could not be asked.
        unasked: what could not be asked, by what it was asked for.
        done: what became of each deletion; None where nothing was to be deleted.
        account: the id of the account that was asked; None where that is not known.
        notes: what else there is to know before anything is deleted.
    """

    layout: str
    cluster: str
    region: str
    exists: bool | None
    judged: Sequence[Judged]
    unasked: Sequence[tuple[str, UnaskedError]]
    now: datetime
    done: Sequence[Done] | None = None
    account: str | None = None
    notes: Sequence[str] = ()

    def done_with(self, leaving: Leaving) -> Done | None:
        """What became of its deletion."""
        return next((one for one in self.done or () if one.leaving is leaving), None)

    def count(self, fate: Fate) -> int:
        """How many of the leavings have a fate."""
        return sum(one.fate == fate for one in self.judged)

    @property
    def left(self) -> int:
        """How many are still there, and are not to stay."""
        gone = sum(one.outcome != "failed" for one in self.done or ())
        return len(self.judged) - self.count("kept") - gone

    @property
    def status(self) -> int:
        """The exit status: 1 where something is left that is not to stay, 3 where something could not be asked."""
        if self.left:
            return 1
        return 3 if self.unasked else 0


def print_listing(listing: Listing, console: Console) -> None:
    """A table, and what could not be asked."""
    rows = [_row(listing, one) for one in listing.judged]
    if rows and console.width >= _WIDE:
        console.print(_table(rows))
    elif rows:
        for what, age, reason, (fate, why, _) in rows:
            console.print(Text(f"{' '.join(what)} ({age}): {reason}"), soft_wrap=True)
            console.print(Text(f"  {fate}: {why}"), soft_wrap=True)
    # Below the table, where a command is not broken.
    for one in listing.judged:
        if one.fate == "by-hand" and one.leaving.command:
            console.print(Text(f"by hand: {one.leaving.command}"), soft_wrap=True)
    for reason, kinds in by_reason(listing.unasked).items():
        console.print(Text(f"not known [{', '.join(kinds)}]: {reason}"), soft_wrap=True)
    for note in listing.notes:
        console.print(Text(note, style="yellow"), soft_wrap=True)
    console.print(Text(verdict(listing)), soft_wrap=True)


def verdict(listing: Listing) -> str:
    """What there is, and what to do about it."""
    where = f"{listing.cluster} in {listing.region} of account {listing.account or 'unknown'}"
    if listing.done is not None:
        counts = Counter(one.outcome for one in listing.done)
        said = f"{where}: {counts['deleted'] + counts['gone']} deleted"
        failed = f", {counts['failed']} not" if counts["failed"] else ""
        rest = listing.left - counts["failed"]
        return f"{said}{failed}{f'; {rest} more left' if rest else ''}"
    if not listing.judged:
        known = "was found" if not listing.unasked else "was found where it could be asked"
        return f"{where}: nothing that it has left {known}"
    fates = [f"{listing.count(fate)} {word}" for fate, word in _WORDS.items() if listing.count(fate)]
    first = f"{where}: {len(listing.judged)} found: {', '.join(fates)}"
    if listing.exists:
        return (
            f"{first}\nThe cluster is there. Its controllers would make anew what is deleted under them, so first: "
            f"{make_command('destroy', listing.layout)}"
        )
    if listing.count("deletable"):
        return f"{first}\nTo delete them: .venv/bin/python -m ops cleanup {listing.layout} --delete"
    return first


def listing_json(listing: Listing) -> str:
    """The same for a program."""
    return (
        json.dumps(
            {
                "layout": listing.layout,
                "cluster": listing.cluster,
                "account": listing.account,
                "region": listing.region,
                "cluster_exists": listing.exists,
                "found": [_json(listing, one) for one in listing.judged],
                "unasked": [
                    {"what": what, "reason": error.reason, "action": error.action}
                    for what, error in listing.unasked
                ],
                "notes": list(listing.notes),
                "left": listing.left,
            },
            indent=2,
        )
        + "\n"
    )


def age(created: datetime | None, now: datetime) -> str:
    """How old something is, in the largest unit of which there are some."""
    if created is None:
        return "unknown"
    seconds = max(0, int((now - created).total_seconds()))
    for unit, length in (("d", 86400), ("h", 3600)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds // 60} min"


def _json(listing: Listing, one: Judged) -> dict[str, Any]:
    leaving = one.leaving
    done = listing.done_with(leaving)
    return {
        "kind": leaving.kind,
        "id": leaving.id,
        "arn": leaving.arn or None,
        "name": leaving.name or None,
        "created": leaving.created.isoformat() if leaving.created else None,
        "reason": leaving.reason,
        "fate": one.fate,
        "why": one.why,
        "command": leaving.command or None,
        "outcome": done.outcome if done else None,
        "failure": done.why if done and done.why else None,
    }


_Row = tuple[list[str], str, str, tuple[str, str, str]]


def _row(listing: Listing, one: Judged) -> _Row:
    leaving = one.leaving
    done = listing.done_with(leaving)
    word, why, color = _WORDS[one.fate], one.why, str(one.fate)
    if done is not None:
        word, why, color = done.outcome, done.why, done.outcome
    what = [leaving.kind, leaving.id, *([leaving.name] if leaving.name else [])]
    return what, age(leaving.created, listing.now), leaving.reason, (word, why, color)


def _table(rows: Sequence[_Row]) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 1, 0))
    # An id is copied out of it, and so not broken.
    table.add_column("what", no_wrap=True)
    table.add_column("age", no_wrap=True)
    table.add_column("why it matters", overflow="fold", ratio=1)
    table.add_column("what becomes of it", overflow="fold", ratio=1)
    for what, old, reason, (word, why, color) in rows:
        said = Text(word, style=_COLORS.get(color, ""))
        if why and why != word:
            said.append(f"\n{why}", style="dim")
        table.add_row(Text("\n".join(what)), old, reason, said)
    return table
