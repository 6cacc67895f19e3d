"""The stack `ci-role` by the real engine: made, changed in place, found again by an account that has its provider, removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.offline.account import Account
from ops.offline.engine import Engine, Workspace
from ops.offline.server import StandIns
from tests.ci_role_stack import ASKED, synthesized
from tests.offline import destroyed, planned, refused, succeeded

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def stand_ins() -> Iterator[StandIns]:
    with StandIns(Account()) as served:
        yield served
        assert served.defects == []


def _workspace(engine: Engine, folder: Path, stand_ins: StandIns, document: dict[str, Any]) -> Workspace:
    made = Workspace(engine, folder, stand_ins).configure(document)
    assert made.unknown_keys() == []
    succeeded(made.init())
    return made


def test_the_roles_are_made_changed_in_place_and_removed(
    engine: Engine, stand_ins: StandIns, tmp_path: Path
) -> None:
    both = {"gitlab": "acme/clusters", "gitlab_url": "https://gitlab.example.com"}
    # A provider that is not there cannot be looked up ...
    later = _workspace(
        engine, tmp_path / "later", stand_ins, synthesized(existing_provider=True, name_prefix="other").json
    )
    assert "couldn't find resource" in refused(later.plan())
    # ... this stack makes it ...
    first = _workspace(engine, tmp_path / "first", stand_ins, synthesized(**both).json)
    succeeded(first.apply())
    roles = {name: first.state[f"aws_iam_role.{name}"] for name in ("plan", "deploy")}
    providers = [one for one in first.state if one.startswith("aws_iam_openid_connect_provider.")]
    assert len(providers) == 2
    for role in roles.values():
        for provider in providers:
            assert first.state[provider]["arn"] in role["assume_role_policy"]
    assert roles["deploy"]["arn"] == "arn:aws:iam::123456789012:role/ci-role-deploy"
    # ... and another may use it, but not make it a second time.
    succeeded(later.apply())
    assert not any("openid" in address for address in later.state)
    assert (
        first.state["aws_iam_openid_connect_provider.github"]["arn"]
        in (later.state["aws_iam_role.deploy"]["assume_role_policy"])
    )
    # Workflows and layouts name the roles by their ARN: what is trusted and allowed changes in place.
    changed = synthesized(**both, branch="release", cluster=(*ASKED.cluster, "team-b"))
    first.configure(changed.json)
    assert {change.verb for change in planned(first)} == {"update"}
    destroyed(later)
    # Somebody else's by now: the provider stays.
    succeeded(first.run("state", "rm", "aws_iam_openid_connect_provider.github"))
    destroyed(first)
    left = stand_ins.account.all("aws_iam_openid_connect_provider")
    assert [one["url"] for one in left] == ["https://token.actions.githubusercontent.com"]
    assert stand_ins.account.all("aws_iam_role") == []


def test_a_provider_that_takes_another_audience_is_told_before_a_role_trusts_it(
    engine: Engine, stand_ins: StandIns, tmp_path: Path
) -> None:
    made = synthesized(repository=None, gitlab="acme/clusters").json
    provider = made["resource"]["aws_iam_openid_connect_provider"]["gitlab"]
    provider["client_id_list"] = ["https://gitlab.com"]
    only = {**made, "resource": {"aws_iam_openid_connect_provider": {"gitlab": provider}}}
    del only["output"]
    succeeded(_workspace(engine, tmp_path / "theirs", stand_ins, only).apply())
    ours = synthesized(repository=None, gitlab="acme/clusters", existing_provider=True, name_prefix="mine")
    told = refused(_workspace(engine, tmp_path / "ours", stand_ins, ours.json).plan())
    assert "does not take the audience sts.amazonaws.com" in told
