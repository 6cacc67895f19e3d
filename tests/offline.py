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

from modules.bindings.flavor import Flavor
from ops.hcl import hcl
from ops.offline.account import Account
from ops.offline.assumptions import assumed_account, example_values
from ops.offline.changes import Change, changes
from ops.offline.deployment import INITIALIZED, Deployment, unprotected
from ops.offline.engine import Engine, Plan, Step, Workspace
from ops.offline.schema import Body
from ops.offline.server import StandIns
from tests.terraform_json import Stack, Stacks


class Offline:
    """The stacks of a layout in an account that a test can look into.

    Args:
        values: variables that shall not have their example value.
        account: an empty one, with what the layout names, without it.
        flavor: whose providers; the one that is active in this process without it.
    """

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        stacks: Stacks,
        values: Mapping[str, Any] | None = None,
        account: Account | None = None,
        flavor: Flavor | None = None,
    ) -> None:
        loaded = stacks.loaded
        given = {**example_values(loaded.layout, loaded.variables), **(values or {})}
        self.account = account or assumed_account(loaded.layout, given)
        self.account.clusters_assumed = False
        self.stand_ins = StandIns(self.account, flavor=flavor)
        self.variables = given
        self._deployment = Deployment(engine, folder, self.stand_ins, given)
        self._engine = engine
        self._stacks = stacks
        self._arrange(stacks)

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
        other = Offline(self._engine, folder, self._stacks, self.variables, account, self.stand_ins.flavor)
        return self._with_states(self._initialized(other))

    def handed_over(self, folder: Path, stacks: Stacks, flavor: Flavor) -> Offline:
        """The same deployment, which another flavour's stacks and providers go on with: one account, and the states as they are."""
        other = Offline(self._engine, folder, stacks, self.variables, self.account, flavor)
        return self._with_states(self._initialized(other))

    def empty(self, folder: Path) -> Offline:
        """The same layout, with nothing deployed."""
        return self._initialized(Offline(self._engine, folder, self._stacks, self.variables))

    def _initialized(self, other: Offline) -> Offline:
        """Another deployment of the same stacks, with what `terraform init` has left here."""
        for mine, its in zip(self.stacks, other.stacks, strict=True):
            shutil.copytree(mine.folder / INITIALIZED, its.folder / INITIALIZED)
        return other

    def _with_states(self, other: Offline) -> Offline:
        """Another deployment, with the states that there are here."""
        for mine, its in zip(self.stacks, other.stacks, strict=True):
            shutil.copy(mine.folder / "terraform.tfstate", its.folder)
        return other

    @property
    def _workspaces(self) -> dict[str, Workspace]:
        return self._deployment.workspaces

    @property
    def stacks(self) -> tuple[Workspace, ...]:
        """All of them, in the order in which they are deployed."""
        return tuple(self._workspaces[_role(self._stacks, stack)] for stack in self._stacks)

    @property
    def cluster(self) -> Workspace:
        """Network, control plane and nodes."""
        return self._workspaces["cluster"]

    @property
    def platform(self) -> Workspace:
        """Releases and cluster-wide objects."""
        return self._workspaces["platform"]

    @property
    def data(self) -> Workspace:
        """Buckets and image repositories, of a layout that has some."""
        return self._workspaces["data"]

    @property
    def workloads(self) -> Workspace:
        """What runs on the cluster, of a layout that has some."""
        return self._workspaces["workloads"]

    def configure(self, stacks: Stacks) -> None:
        """Takes another version of the layout, as a user's next commit does.

        A stack that it has no longer stays as it is, and is none of `stacks` any more.
        """
        self._arrange(stacks)
        for stack in stacks:
            self._deployment.configure(_role(stacks, stack), stack.json)
            self._deployment.initialize(_role(stacks, stack))

    def deploy(self, *options: str) -> None:
        """Applies every stack."""
        for stack in self._stacks:
            self._deployment.apply(_role(self._stacks, stack), *options)

    def _arrange(self, stacks: Stacks) -> None:
        self._stacks = stacks
        for stack in stacks:
            self._deployment.arrange(_role(stacks, stack))


def _role(stacks: Stacks, stack: Stack) -> str:
    """What a stack is for, by the end of its name."""
    return stack.name.removeprefix(stacks.loaded.layout.name).removeprefix("-") or "cluster"


def retained(workspace: Workspace) -> list[str]:
    """Addresses in the state that the stack will not let go, as data that is to stay has it."""
    protected = {
        f"{of_type}.{name}"
        for of_type, named in workspace.document.get("resource", {}).items()
        for name, body in named.items()
        if body.get("lifecycle", {}).get("prevent_destroy") is True
    }
    return [address for address in workspace.state if address.partition("[")[0] in protected]


def kept(workspace: Workspace) -> str:
    """Why a stack refuses to be destroyed, on one line; all of it must still be there."""
    before = workspace.state
    step = workspace.destroy("-refresh=false")
    assert step.status == 1, f"this should not be destroyed:\n{step.text}"
    assert workspace.state == before
    return one_line(step.stderr)


def destroyed(workspace: Workspace, *, refresh: bool = False) -> None:
    """Destroys a stack, which must be possible and leave nothing.

    Args:
        refresh: read everything first, as users do (tests/e2e/test_cdktf_deploy.py). Nobody has changed it meanwhile, so
            that costs time and tells nothing.
    """
    succeeded(workspace.destroy(*(() if refresh else ("-refresh=false",))))
    assert workspace.state == {}


def let_go(workspace: Workspace) -> None:
    """Takes back what keeps a stack from being destroyed, as a user does who says `retain: false`."""
    workspace.configure(unprotected(workspace.document))


def succeeded(step: Step) -> Step:
    """A command that must have worked."""
    assert step.status in (0, 2), f"terraform {' '.join(step.arguments)}:\n{step.text}"
    return step


def planned(workspace: Workspace, *options: str) -> list[Change]:
    """What a plan would do; it must be possible."""
    made = workspace.plan(*options)
    succeeded(made.step)
    return [] if made.empty else changes(made.json())


def planned_json(workspace: Workspace, *options: str) -> dict[str, Any]:
    """The same as `terraform show -json` tells it, with all that nothing is done to."""
    made = workspace.plan(*options)
    succeeded(made.step)
    return made.json()


def planned_as_hcl(workspace: Workspace) -> Plan:
    """What Terraform plans where the stack's JSON gives way to the same in Terraform's language."""

    def body(kind: str, type_name: str) -> Body:
        found = workspace.stand_ins.body(kind, type_name)
        assert found is not None, f"{type_name} is not served"
        return found

    (workspace.folder / "cdk.tf.json").unlink()
    (workspace.folder / "main.tf").write_text(hcl(workspace.document, body), encoding="utf-8")
    return workspace.plan()


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
