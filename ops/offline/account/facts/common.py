"""What the functions of the types have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..account import Account

State = Mapping[str, Any]
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """A resource that was made or changed: its state so far, the one before, and the account that it is in."""

    state: State
    prior: State | None
    account: Account
