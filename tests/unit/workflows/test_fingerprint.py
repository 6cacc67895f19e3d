"""What was approved is what is applied: when two plans count as the same, and when a deploy refuses."""

from __future__ import annotations

import copy
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ci import deploy
from ci.fingerprint import does_something, fingerprint, only_creates
from ci.review import Result
from tests.forge_server import ForgeServer

GROUP: dict[str, Any] = {
    "address": "aws_eks_node_group.p5",
    "change": {
        "actions": ["update"],
        "before": {"scaling_config": [{"desired_size": 2, "max_size": 4}], "tags": {"a": "b"}},
        "after": {"scaling_config": [{"desired_size": 2, "max_size": 8}], "tags": {"a": "b"}},
        "after_unknown": {},
    },
}
STILL: dict[str, Any] = {
    "address": "aws_vpc.vpc",
    "change": {"actions": ["no-op"], "before": {"id": "x"}, "after": {"id": "x"}},
}


def _plan(*changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return copy.deepcopy({"resource_changes": [*changes], **more})


def test_what_stays_has_no_part_in_it() -> None:
    """The autoscaler has another size meanwhile; a resource that is not touched has another tag; the order is another."""
    first = _plan(GROUP, STILL)
    second = _plan(STILL, GROUP)
    for tree in ("before", "after"):
        second["resource_changes"][1]["change"][tree]["scaling_config"][0]["desired_size"] = 3
        second["resource_changes"][0]["change"][tree]["id"] = "y"
    assert fingerprint({"llm": first}) == fingerprint({"llm": second})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("actions",), ["delete", "create"]),
        (("after", "scaling_config", 0, "max_size"), 9),
        (("before", "scaling_config", 0, "max_size"), 5),
        (("after", "tags"), {}),
        (("after_unknown",), {"version": True}),
        (("importing",), {"id": "x"}),
        (("replace_paths",), [["tags"]]),
    ],
)
def test_what_changes_otherwise_is_another_plan(path: tuple[str | int, ...], value: object) -> None:
    other = _plan(GROUP)
    place = other["resource_changes"][0]["change"]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert fingerprint({"llm": other}) != fingerprint({"llm": _plan(GROUP)})


def test_another_stack_or_a_change_more_is_another_plan() -> None:
    plan = _plan(GROUP)
    more = _plan(GROUP, {**GROUP, "address": "aws_eks_node_group.p4"})
    moved = _plan({**GROUP, "previous_address": "aws_eks_node_group.old"})
    outputs = _plan(GROUP, output_changes={"a": {"actions": ["create"]}})
    prints = [fingerprint({"llm": one}) for one in (plan, more, moved, outputs)]
    prints += [
        fingerprint({"other": plan}),
        fingerprint({}),
        fingerprint({"llm": plan, "llm-platform": _plan(STILL)}),
    ]
    assert len(set(prints)) == len(prints)


def test_what_an_apply_would_touch() -> None:
    still: dict[str, Any] = STILL["change"]
    assert not does_something(_plan(STILL))
    assert does_something(_plan(GROUP))
    assert does_something(_plan(STILL, output_changes={"a": {"actions": ["update"]}}))
    assert does_something(_plan({**STILL, "change": {**still, "importing": {"id": "x"}}}))
    assert only_creates(_plan(STILL, {**GROUP, "change": {**GROUP["change"], "actions": ["create"]}}))
    assert not only_creates(_plan(GROUP))


class World:
    """A layout's plans, one after another, and what make was told."""

    def __init__(self, *results: Result) -> None:
        self.results = [*results]
        self.asked: list[tuple[str, ...]] = []
        self.made: list[list[str]] = []
        self.status = 0

    def review(
        self, layouts: list[str], out: Path, *, base: None, real: bool, stacks: tuple[str, ...] = ()
    ) -> Result:
        assert real
        self.asked.append(tuple(stacks))
        out.mkdir(parents=True, exist_ok=True)
        (out / "review.md").write_text("review", encoding="utf-8")
        return self.results.pop(0)

    def run(self, command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        self.made.append(command)
        return subprocess.CompletedProcess(command, self.status)


@pytest.fixture
def server() -> Iterator[ForgeServer]:
    with ForgeServer() as started:
        yield started


def _deploy(
    world: World,
    server: ForgeServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    approved: str = "f1",
    commit: str = "c" * 40,
) -> int:
    monkeypatch.setattr(deploy, "review", world.review)
    monkeypatch.setattr(deploy.subprocess, "run", world.run)  # type: ignore[attr-defined]  # the module's own import
    environment = {**server.github, "APPROVED": approved, "COMMIT": commit, "BRANCH": "main"}
    return deploy.main(["llm", "--out", str(tmp_path / "out")], environment)


def _result(**more: Any) -> Result:
    return Result(["llm"], **{"real": True, "stacks": ["llm"], "changes": True, "fingerprint": "f1", **more})


MAKE = ["make", "deploy", "LAYOUT=llm", "ARGS=--auto-approve"]


def test_the_approved_plan_is_applied(
    server: ForgeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(_result())
    assert _deploy(world, server, tmp_path, monkeypatch) == 0
    assert world.made == [MAKE]


@pytest.mark.parametrize(
    ("result", "more", "told"),
    [
        ({"fingerprint": "f2"}, {}, "not the one that was approved"),
        ({"status": 2}, {}, "the review says stop"),
        ({"status": 2, "planned": False}, {}, "llm cannot be planned"),
        ({}, {"approved": ""}, "there is no approved plan"),
        ({}, {"commit": "d" * 40}, "approve the newer one"),
    ],
)
def test_nothing_else_is_applied(
    result: dict[str, Any],
    more: dict[str, str],
    told: str,
    server: ForgeServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World(_result(**result))
    assert _deploy(world, server, tmp_path, monkeypatch, **more) == 1
    assert world.made == []
    assert told in capsys.readouterr().out


def test_a_plan_without_changes_applies_nothing(
    server: ForgeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(_result(changes=False))
    assert _deploy(world, server, tmp_path, monkeypatch) == 0
    assert world.made == []


def test_stacks_that_wait_follow_if_they_only_create(
    server: ForgeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(
        _result(waiting=["llm-platform", "llm-workloads"]),
        _result(stacks=["llm-platform"], waiting=["llm-workloads"], only_creates=True),
        _result(stacks=["llm-workloads"], only_creates=True),
    )
    assert _deploy(world, server, tmp_path, monkeypatch) == 0
    assert world.made == [[*MAKE, f"STACKS={name}"] for name in ("llm", "llm-platform", "llm-workloads")]
    assert world.asked == [(), ("llm-platform", "llm-workloads"), ("llm-workloads",)]


@pytest.mark.parametrize(
    "later",
    [
        _result(stacks=["llm-platform"], only_creates=False),
        _result(stacks=[], status=2, planned=False),
        _result(stacks=["llm-platform"], only_creates=True, status=2),
    ],
    ids=["changes something", "still refused", "stop"],
)
def test_stacks_that_wait_are_not_applied_unseen(
    later: Result, server: ForgeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(_result(waiting=["llm-platform"]), later)
    assert _deploy(world, server, tmp_path, monkeypatch) == 1
    assert world.made == [[*MAKE, "STACKS=llm"]]


def test_a_failed_deploy_fails(server: ForgeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(_result(waiting=["llm-platform"]))
    world.status = 2
    assert _deploy(world, server, tmp_path, monkeypatch) == 1
    assert len(world.made) == 1
