"""What the tests of `ops verify` share: clients of boto3, one of each service for all tests."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import pytest

from ops.aws.account import Account


@cache
def _made(endpoint: str, service: str, region: str) -> Any:
    return _make(Account(region), service, region)


_make = Account._made


@pytest.fixture
def fast_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts take over the clients of the tests before: to make one takes longer than all that it is asked."""
    monkeypatch.setattr(
        Account, "_made", lambda _, service, region: _made(os.environ["AWS_ENDPOINT_URL"], service, region)
    )
