"""The states of offline stacks over HTTP."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.offline.state_server import STATE_FILE, StateServer


@pytest.fixture
def states() -> Iterator[StateServer]:
    server = StateServer()
    yield server
    server.close()


def _status(address: str, content: bytes | None = None) -> tuple[int, bytes]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(address, data=content)) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_state_is_kept_in_its_folder(states: StateServer, tmp_path: Path) -> None:
    address = states.address(tmp_path)
    assert _status(address)[0] == 404
    assert _status(f"{address}?ID=1", b'{"version": 4}') == (200, b"")
    assert (tmp_path / STATE_FILE).read_bytes() == b'{"version": 4}'
    assert _status(address) == (200, b'{"version": 4}')
    assert [file.name for file in tmp_path.iterdir()] == [STATE_FILE]


def test_each_folder_has_an_address_of_its_own_that_stays(states: StateServer, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    assert states.address(one) == states.address(one) != states.address(other)


def test_an_address_that_was_not_given_leads_nowhere(states: StateServer, tmp_path: Path) -> None:
    states.address(tmp_path)
    guessed = f"{states.address(tmp_path)[:-1]}/../{STATE_FILE}"
    assert _status(guessed)[0] == 404
    assert _status(guessed, b"{}")[0] == 404
    assert list(tmp_path.iterdir()) == []
