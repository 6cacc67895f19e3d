"""The account that commands are tried with: one server for all tests of a process, empty for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.account.server import AccountServer


@pytest.fixture(scope="session")
def account_server() -> Iterator[AccountServer]:
    # Here, since it brings moto and Flask, which most tests do without.
    from tests.account.server import AccountServer

    server = AccountServer()
    yield server
    server.stop()


@pytest.fixture
def aws(account_server: AccountServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[AccountServer]:
    """An empty account, where boto3 is led to; what cannot be answered fails the test."""
    account_server.reset()
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in account_server.environment.items():
        monkeypatch.setenv(name, value)
    yield account_server
    assert account_server.failures == []
