"""A layout's stacks on stand-ins: what the tests with the real engine share."""

from __future__ import annotations

import copy
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from ops.offline.account import Account
from ops.offline.assumptions import assumed_account, example_values
from ops.offline.changes import Change, changes
from ops.offline.engine import Engine, Plan, Step, Workspace
from ops.offline.server import StandIns
from tests.terraform_json import Stack, Stacks


class Offline:
    """The stacks of a layout in an account that a test can look into.

    Args:
        values: variables that shall not have their example value.
        account: an empty one, with what the layout names, without it.
    """

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        stacks: Stacks,
        values: Mapping[str, Any] | None = None,
        account: Account | None = None,
    ) -> None:
        loaded = stacks.loaded
        given = {**example_values(loaded.layout, loaded.variables), **(values or {})}
        self.account = account or assumed_account(loaded.layout, given)
        self.account.clusters_assumed = False
        self.stand_ins = StandIns(self.account)
        self.cluster = Workspace(engine, folder / "cluster", self.stand_ins, given)
        self.platform = Workspace(engine, folder / "platform", self.stand_ins, given)
        self._engine = engine
        self._stacks = stacks

    def __enter__(self) -> Offline:
        self.stand_ins.__enter__()
        try:
            self.configure(self._stacks)
        except BaseException:
            self.stand_ins.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        defects = self.stand_ins.defects
        self.stand_ins.__exit__(kind, error, trace)
        if error is None:
            assert not defects, "\n".join(defects)

    def copy(self, folder: Path) -> Offline:
        """The same deployment once more, so that a test can change one and leave the other."""
        account = replace(
            self.account,
            resources=copy.deepcopy(self.account.resources),
            made=self.account.made.copy(),
            lock=threading.RLock(),
        )
        other = Offline(self._engine, folder, self._stacks, self.cluster.variables, account)
        for mine, its in ((self.cluster, other.cluster), (self.platform, other.platform)):
            its.folder.mkdir(parents=True)
            shutil.copy(mine.folder / "terraform.tfstate", its.folder)
        return other

    def empty(self, folder: Path) -> Offline:
        """The same layout, with nothing deployed."""
        return Offline(self._engine, folder, self._stacks, self.cluster.variables)

    def configure(self, stacks: Stacks) -> None:
        """Takes another version of the layout, as a user's next commit does."""
        for workspace, stack in ((self.cluster, stacks.cluster), (self.platform, stacks.platform)):
            fresh = not workspace.document
            workspace.configure(stack.json)
            if fresh:
                succeeded(workspace.init())


def succeeded(step: Step) -> Step:
    """A command that must have worked."""
    assert step.status in (0, 2), f"terraform {' '.join(step.arguments)}:\n{step.text}"
    return step


def planned(workspace: Workspace) -> list[Change]:
    """What a plan would do; it must be possible."""
    made = workspace.plan()
    succeeded(made.step)
    return [] if made.empty else changes(made.json())


def refused(made: Plan) -> str:
    """The errors of a plan that must fail, on one line."""
    assert made.failed, f"this should not plan:\n{made.step.text}"
    return one_line(made.step.stderr)


def one_line(text: str) -> str:
    """Terraform's errors without the frame and the line breaks that it puts in for the terminal's width."""
    return " ".join(text.replace("│", " ").replace("╷", " ").replace("╵", " ").split())


def edited(stack: Stack, edit: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """A stack's JSON with something changed in it."""
    document = copy.deepcopy(stack.json)
    edit(document)
    return document
