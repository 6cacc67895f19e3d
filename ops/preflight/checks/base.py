"""What the checks of an account have in common."""

from __future__ import annotations

from typing import Protocol

from ...checking.check import Check
from ..subject import Subject


class AccountCheck(Check[Subject], Protocol):
    """A check that asks AWS; `actions` are the IAM actions that it may need, and no others."""

    actions: tuple[str, ...]
