"""One open issue for each layout that is not as it is deployed, on either forge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ci import drift
from ci.forge import GitHub, GitLab
from ci.review import Result
from tests.forge_server import PERSON, ForgeServer, Refusal

MARKER = "<!-- cdktf-eks-training: drift of layouts/llm.yaml -->"


@pytest.fixture
def server() -> Iterator[ForgeServer]:
    with ForgeServer() as started:
        yield started


def _found(
    folder: Path,
    *,
    changes: bool,
    layout: str = "layouts/llm.yaml",
    stacks: tuple[str, ...] = ("llm",),
    planned: bool = True,
) -> str:
    where = folder / "found" / layout.replace("/", "_")
    where.mkdir(parents=True, exist_ok=True)
    Result([layout], real=True, stacks=[*stacks], changes=changes, planned=planned).write(where)
    (where / "review.md").write_text("What differs.", encoding="utf-8")
    return str(folder / "found")


@pytest.mark.parametrize("forge", ["github", "gitlab"])
def test_it_is_opened_written_anew_and_closed(server: ForgeServer, tmp_path: Path, forge: str) -> None:
    environment = getattr(server, forge)
    for text in ("a bug", None):
        server.add_issue("a bug", text, PERSON)
    assert drift.main(_found(tmp_path, changes=False), environment) == 0
    assert len(server.forge.issues) == 2
    for _ in range(2):
        assert drift.main(_found(tmp_path, changes=True), environment) == 0
    [issue] = server.forge.issues[2:]
    assert issue["title"] == "Drift: layouts/llm.yaml is not as it is deployed"
    assert issue["body"].startswith(MARKER)
    assert issue["body"].endswith("What differs.")
    assert drift.main(_found(tmp_path, changes=False), environment) == 0
    assert [one["state"] for one in server.forge.issues] == ["open", "open", "closed"]
    assert drift.main(_found(tmp_path, changes=True), environment) == 0
    assert [one["state"] for one in server.forge.issues] == ["open", "open", "closed", "open"]


def test_each_layout_has_its_own_and_pull_requests_are_none(server: ForgeServer, tmp_path: Path) -> None:
    server.add_issue("a pull request", f"{MARKER}\n", pull_request={})
    server.add_issue("somebody's", f"{MARKER}\n", PERSON)
    _found(tmp_path, changes=True)
    assert drift.main(_found(tmp_path, changes=True, layout="eks-p5-odcr"), server.github) == 0
    titles = [one["title"] for one in server.forge.issues[2:]]
    assert titles == [
        f"Drift: {name} is not as it is deployed" for name in ("eks-p5-odcr", "layouts/llm.yaml")
    ]
    assert [one["body"] for one in server.forge.issues[:2]] == [f"{MARKER}\n"] * 2


def test_what_could_not_be_planned_does_not_close_it(server: ForgeServer, tmp_path: Path) -> None:
    server.add_issue("Drift", f"{MARKER}\nold")
    assert drift.main(_found(tmp_path, changes=False, stacks=()), server.github) == 0
    assert server.forge.issues[0]["state"] == "open"


def test_what_could_be_planned_in_part_does_not_close_it_either(server: ForgeServer, tmp_path: Path) -> None:
    server.add_issue("Drift", f"{MARKER}\nold")
    assert drift.main(_found(tmp_path, changes=False, planned=False), server.github) == 0
    assert server.forge.issues[0]["state"] == "open"


def test_a_refusal_fails(server: ForgeServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server.forge.refusals = [Refusal("POST", 410, message="Issues are disabled for this repo")]
    assert drift.main(_found(tmp_path, changes=True), server.github) == 1
    assert "410 Issues are disabled" in capsys.readouterr().out


def test_nothing_found_changes_nothing(server: ForgeServer, tmp_path: Path) -> None:
    assert drift.main(str(tmp_path / "nowhere"), server.github) == 0


def test_notes_of_gitlab_are_those_of_the_tokens_user(server: ForgeServer) -> None:
    server.add_comment(3, "another's", author=8)
    server.add_comment(3, "mine")
    lab = GitLab.of(server.gitlab)
    [mine] = lab.comments(3)
    lab.edit(mine, "new")
    lab.comment(3, "one more")
    assert [one["body"] for one in server.forge.comments] == ["another's", "new", "one more"]
    assert lab.newest("main") == GitHub.of(server.github).newest("main") == "c" * 40
