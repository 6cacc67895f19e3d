"""`ops cleanup`: from a layout's name to what is left of its cluster, and to its end."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TypeAlias

from rich.console import Console

from modules.layout import load

from ..aws.account import Account
from ..checking.check import UnaskedError
from ..errors import UsageError
from .deletion import Deletion
from .finding import cluster_exists, find, setting_of
from .judging import Setting, judge
from .leaving import Around
from .report import Listing, listing_json, print_listing

# Asks the person at the terminal.
Ask: TypeAlias = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line.

    `yes` is the cluster's name, typed ahead; `although_cluster_exists` is for what nothing uses of a cluster that is there,
    `state_lost` for what Terraform made where no state is left.
    """

    layout: str
    delete: bool = False
    yes: str | None = None
    although_cluster_exists: bool = False
    state_lost: bool = False
    profile: str | None = None
    as_json: bool = False


def cleanup(request: Request, console: Console, ask: Ask | None) -> int:
    """Lists what is left of a layout's cluster, and deletes it where that is asked for; returns the exit status.

    Args:
        ask: asks at the terminal; None where there is none.

    Raises:
        LayoutError: the layout is at fault.
        UsageError: the request is, or the name that was typed is not the cluster's. Nothing was deleted.
    """
    layout = load(request.layout).layout
    _consistent(request, layout.name, ask)
    account = Account(layout.region, request.profile)
    print(f"asking the account what is left of {layout.name} in {layout.region} ...", file=sys.stderr)
    setting, id, unasked, notes = setting_of(
        layout, account, although=request.although_cluster_exists, state_lost=request.state_lost
    )
    found = find(Around(layout.name, account))
    listing = Listing(
        request.layout,
        layout.name,
        layout.region,
        setting.exists,
        judge(found.leavings, setting),
        [*unasked, *found.unasked],
        now(),
        account=id,
        notes=notes,
    )
    if not (request.delete and listing.count("deletable")):
        if request.delete:
            _tell("nothing was deleted: there is nothing that could be now")
        _show(listing, console, as_json=request.as_json)
        return listing.status
    if request.yes is None:
        print_listing(listing, console if not request.as_json else Console(stderr=True, highlight=False))
        _confirm(listing, ask)
    done = Deletion(account, setting, listing.judged, _tell).run() if _still(setting, account) else []
    listing = replace(listing, done=done)
    _show(listing, console, as_json=request.as_json)
    return listing.status


def terminal(prompt: str) -> str:
    """Asks the person at the terminal; on stderr, since stdout may go to a program.

    Raises:
        UsageError: the input has ended, or was interrupted.
    """
    print(prompt, end="", file=sys.stderr, flush=True)
    try:
        typed = sys.stdin.readline()
    except KeyboardInterrupt:
        typed = ""
    if not typed:
        print(file=sys.stderr)
        raise UsageError("stopped; nothing was deleted")
    return typed.strip()


def now() -> datetime:
    """What ages are counted to."""
    return datetime.now(tz=timezone.utc)


def _consistent(request: Request, cluster: str, ask: Ask | None) -> None:
    if not request.delete:
        for given, option in (
            (request.yes is not None, "--yes"),
            (request.although_cluster_exists, "--although-cluster-exists"),
            (request.state_lost, "--state-lost"),
        ):
            if given:
                raise UsageError(f"{option} goes with --delete; without it, nothing is deleted")
        return
    if request.yes is None and ask is None:
        raise UsageError(f"nothing was deleted: there is no terminal to ask on; give --yes {cluster}")
    if request.yes is not None and request.yes != cluster:
        raise UsageError(f"nothing was deleted: --yes {request.yes} is not the cluster's name, {cluster}")


def _confirm(listing: Listing, ask: Ask | None) -> None:
    assert ask is not None
    count = listing.count("deletable")
    things = "1 thing" if count == 1 else f"these {count} things"
    where = f"account {listing.account}, {listing.region}"
    typed = ask(f"To delete {things} of {where} for good, type the cluster's name: ")
    if typed != listing.cluster:
        raise UsageError(f"nothing was deleted: {typed!r} is not the cluster's name, {listing.cluster}")


def _still(setting: Setting, account: Account) -> bool:
    """Whether the cluster is no more there than when the list was made: typing a name takes time."""
    try:
        if cluster_exists(account.afresh(), setting.cluster) and not setting.exists:
            _tell("nothing was deleted: the cluster is there again")
            return False
    except UnaskedError as error:
        _tell(f"nothing was deleted: it is not known whether the cluster is there: {error.reason}")
        return False
    return True


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _show(listing: Listing, console: Console, *, as_json: bool) -> None:
    if as_json:
        print(listing_json(listing), end="")
    else:
        print_listing(listing, console)
