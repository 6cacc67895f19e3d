"""Cases for the checks of a cluster: one thing is broken a test, and nothing else is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.account.server import AccountServer
from tests.kubernetes_api.right import right
from tests.kubernetes_api.server import Api, serving
from tests.unit.ops.verify.checks.aws import Aws
from tests.unit.ops.verify.checks.looking import P5, Case, layout_of


@pytest.fixture(scope="session")
def kubernetes_api() -> Iterator[Api]:
    with serving(Api()) as api:
        yield api


@pytest.fixture(scope="session")
def layouts_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("layouts")


@pytest.fixture
def case(kubernetes_api: Api, layouts_folder: Path) -> Callable[..., Case]:
    """Makes a case of a layout's text."""

    def make(text: str = P5, **sizes: int) -> Case:
        layout = layout_of(text, layouts_folder)
        return Case(kubernetes_api, layout, right(layout, sizes))

    return make


@pytest.fixture
def aws(aws: AccountServer, fast_clients: None) -> Callable[[Case], Aws]:
    """Makes the account of a case."""
    return lambda case: Aws(aws, case)
