from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from moto.ec2 import utils
from typer.testing import CliRunner

from ops.aws.account import Account
from ops.cleanup import deletion, finding
from ops.cleanup.kinds.storage import Volumes
from ops.cleanup.leaving import Kind
from ops.cli import app
from tests.account.cluster_leavings import Place
from tests.account.right import client
from tests.account.server import AccountServer

Run = Callable[..., "tuple[int, str, str]"]
Only = Callable[[Kind], None]

LAYOUT = """\
extends: eks-g4dn
name: train
region: us-west-2
storage:
  volumes:
    scratch: {size_gib: 10, retain: false}
"""


NO_STATE = '{"version": 4, "resources": []}'


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Only:
    """Looks for one kind only, where the others do not matter: a tenth of the calls."""

    def look_for(kind: Kind) -> None:
        for module in (finding, deletion):
            monkeypatch.setattr(module, "KINDS", (kind,))

    return look_for


@pytest.fixture
def only_volumes(only: Only) -> None:
    """Looks for volumes only."""
    only(Volumes())


@pytest.fixture
def place(aws: AccountServer, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A VPC with subnets, for whatever is left."""
    # EC2's filter finds what has any of the keys, where moto wants all of a volume's keys to be among them:
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html
    match = utils.is_filter_matching

    def matching(one: Any, name: str, values: Any) -> Any:
        if name == "tag-key":
            return not set(one.get_filter_value(name)).isdisjoint(values)
        return match(one, name, values)

    monkeypatch.setattr(Account, "_made", lambda self, service, region: client(aws.url, service, region))
    monkeypatch.setattr(utils, "is_filter_matching", matching)
    return Place(aws, "us-west-2")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `ops cleanup train.yaml` where its states would be; nobody waits between two looks."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(deletion, "EVERY", 0.0)
    monkeypatch.setattr(deletion, "LIMIT", 3.0)
    (tmp_path / "train.yaml").write_text(LAYOUT, encoding="utf-8")
    # Of a cluster that was destroyed from here.
    (tmp_path / "terraform.train.tfstate").write_text(NO_STATE, encoding="utf-8")

    def invoke(*arguments: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(
            app, ["cleanup", "train.yaml", *arguments], env={"COLUMNS": "140"}, catch_exceptions=False
        )
        return result.exit_code, result.stdout, result.stderr

    return invoke
