"""Stacks of a cluster that are deployed on stand-ins, and then changed or taken away."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modules.bindings.flavor import CDKTF, CDKTN, Flavor

from .engine import Engine, Step, Workspace
from .server import StandIns

# Where Terraform keeps what it has set up for a stack.
INITIALIZED = ".terraform"


class RefusedStackError(RuntimeError):
    """Terraform refuses a stack; `step` is the command, with what it has told."""

    def __init__(self, stack: str, step: Step) -> None:
        super().__init__(f"{stack}: terraform {' '.join(step.arguments)}:\n{step.text}")
        self.stack = stack
        self.step = step


class Deployment:
    """Stacks in one account, each in a folder and with a state of its own.

    Args:
        engine: what to run.
        folder: where the folders of the stacks are made.
        stand_ins: open where a stack is configured.
        variables: values of Terraform variables, for all stacks.
    """

    def __init__(
        self, engine: Engine, folder: Path, stand_ins: StandIns, variables: Mapping[str, Any]
    ) -> None:
        self.workspaces: dict[str, Workspace] = {}
        self._engine = engine
        self._folder = folder
        self._stand_ins = stand_ins
        self._variables = variables

    def arrange(self, name: str) -> Workspace:
        """The workspace of a stack, made where there is none yet."""
        if name not in self.workspaces:
            where = self._folder / name
            self.workspaces[name] = Workspace(self._engine, where, self._stand_ins, self._variables)
        return self.workspaces[name]

    def configure(self, name: str, document: Mapping[str, Any]) -> Workspace:
        """Takes a stack, or another version of it over the state that it has."""
        return self.arrange(name).configure(document)

    def hand_over(self, stand_ins: StandIns) -> None:
        """Goes on with other stand-ins in the same account, as after a change of the providers' versions.

        What is configured has to be configured anew before the next command.
        """
        self._stand_ins = stand_ins
        for workspace in self.workspaces.values():
            workspace.stand_ins = stand_ins

    def initialize(self, name: str) -> None:
        """Has Terraform set up what a configured stack needs, where it has not yet.

        Raises:
            RefusedStackError: it cannot be set up.
        """
        workspace = self.workspaces[name]
        if not (workspace.folder / INITIALIZED).is_dir():
            _must(name, workspace.init())

    def apply(self, name: str, *options: str) -> None:
        """Applies what a stack says.

        Raises:
            RefusedStackError: it cannot be applied.
        """
        _must(name, self.workspaces[name].apply(*options))


def written_by(document: Mapping[str, Any]) -> Flavor:
    """The flavour that has written a stack: CDK Terrain names HashiCorp's AWS provider with its namespace.

    Of another provider, as an extension may have, both name what stands in its bindings: `integrations/github`.
    """
    required = document.get("terraform", {}).get("required_providers", {})
    names = {name: required.get(name, {}).get("source") for name in ("aws", "kubernetes")}
    return CDKTN if any(source == f"hashicorp/{name}" for name, source in names.items()) else CDKTF


def unprotected(document: Mapping[str, Any]) -> dict[str, Any]:
    """A stack without what keeps its data from being destroyed, as of a layout that says `retain: false`."""
    result = copy.deepcopy(dict(document))
    for named in result.get("resource", {}).values():
        for body in named.values():
            body.get("lifecycle", {}).pop("prevent_destroy", None)
    return result


def _must(stack: str, step: Step) -> None:
    if step.status not in (0, 2):
        raise RefusedStackError(stack, step)
