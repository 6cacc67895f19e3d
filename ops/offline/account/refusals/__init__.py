"""What AWS refuses, in its own words: the order of an apply and of a destroy has to be right, or one of these comes.

Only refusals that depend on what is in the account: `checks` looks at the arguments by themselves.
"""

from __future__ import annotations

from typing import Literal

from ..account import Account
from .change import CHANGE
from .common import State, Unready, unreachable
from .creation import CREATE
from .deletion import DELETE

__all__ = ["Action", "Unready", "refusal"]

Action = Literal["create", "update", "delete"]
_RULES = {"create": CREATE, "delete": DELETE}


def refusal(
    type_name: str, action: Action, values: State, prior: State | None, account: Account
) -> str | None:
    """What AWS answers to a request that it refuses; None if it does as it is told.

    Args:
        values: the planned state; of a deletion the state that goes.
        prior: the state before; None on creation.
    """
    with account.lock:
        if action == "update":
            changed = CHANGE.get(type_name)
            return changed(values, prior or {}, account) if changed else unreachable(type_name, account)
        rule = _RULES[action].get(type_name)
        return rule(values, account) if rule else unreachable(type_name, account)
