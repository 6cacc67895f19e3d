"""Plans on stand-ins: of an empty account, or of one in which a base is deployed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modules.layout import Layout, Loaded

from ..errors import UsageError
from ..offline.assumptions import assumed_account, example_values, more_example_values
from ..offline.deployment import Deployment, RefusedStackError, unprotected
from ..offline.engine import Engine, Workspace
from ..offline.named import add_named
from ..offline.server import StandIns
from ..variables import given
from .base import Base, possible_stacks
from .overrides import blamed, override_faults
from .planned import Planned, document, error_text, progress

_Stacks = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class _Cluster:
    """One cluster: its stacks as the base and as the layout have them, in the order in which they are deployed.

    `assumed` are the values that nobody has given, for all variables. What the base has is deployed by `before`, which are
    the stand-ins of the flavour that has written it.
    """

    loaded: Loaded
    base: _Stacks
    head: _Stacks
    before: StandIns
    stand_ins: StandIns
    deployment: Deployment
    assumed: Mapping[str, Any]

    @property
    def layout(self) -> Layout:
        """The layout."""
        return self.loaded.layout

    def wanted(self, names: set[str]) -> list[str]:
        """The stacks that are to be planned."""
        there = {*self.base, *self.head} & names
        return [stack for stack in possible_stacks(self.layout) if stack in there]

    def deploy(self, names: set[str]) -> None:
        """Deploys what the base has, as far as a wanted stack may ask for it.

        Raises:
            RefusedStackError: a stack cannot be deployed.
        """
        order = possible_stacks(self.layout)
        last = order.index(self.wanted(names)[-1])
        # Each finds what those before it have made; the plans then take for granted what the layout adds to these.
        self.stand_ins.account.clusters_assumed = self.layout.name not in self.base
        self.deployment.hand_over(self.before)
        for stack in [stack for stack in self.base if order.index(stack) <= last]:
            self.deployment.configure(stack, self.base[stack])
            self.deployment.initialize(stack)
            self.deployment.apply(stack)
        self.deployment.hand_over(self.stand_ins)
        self.stand_ins.account.clusters_assumed = True

    def take(self, stack: str) -> Workspace:
        """Configures a stack as the layout has it; as the base does, freed of what protects it, where it is to go."""
        head = self.head.get(stack)
        return self.deployment.configure(stack, unprotected(self.base[stack]) if head is None else head)

    def _refused(self, stack: str) -> list[str]:
        """The overrides that the providers of a stack do not take."""
        ins = self.stand_ins
        return [
            str(fault)
            for fault in override_faults(self.loaded, stack, self.head[stack], ins.body, ins.flavor)
        ]

    def plan(self, stack: str, *, color: bool) -> Planned:
        """Plans a stack that is configured."""
        declared = {name for one in (self.base, self.head) for name in one.get(stack, {}).get("variable", {})}
        assumed = {name: value for name, value in self.assumed.items() if name in declared}
        goes = stack not in self.head
        result = Planned(stack, "", None, assumed, goes=goes)
        workspace = self.deployment.workspaces[stack]
        lost = [] if goes else self._refused(stack) or workspace.unknown_keys()
        if lost:
            result.text = "\n".join(f"Error: {told}" for told in lost)
            return result
        try:
            self.deployment.initialize(stack)
        except RefusedStackError as error:
            result.text = error.step.text
            return result
        # Nobody has touched what has just been deployed; another version of the provider may read it otherwise.
        known = stack in self.base and self.before is self.stand_ins
        options = [*(["-refresh=false"] if known else ()), *(["-destroy"] if goes else ())]
        made = workspace.plan(*options, color=color)
        result.text = made.step.text
        if made.failed:
            if not goes:
                result.text += blamed(self.loaded, stack, self.head[stack], error_text(made.step))
            return result
        try:
            result.data = made.json()
        except ValueError:
            told = f"{workspace.engine.path} is neither Terraform nor OpenTofu: it answers `show -json` with no JSON"
            raise UsageError(told) from None
        return result


def planned_offline(
    engine: Engine,
    loaded: Sequence[Loaded],
    folder: Path,
    wanted: set[str],
    texts: Mapping[str, str],
    scratch: Path,
    *,
    base: Base,
    color: bool,
) -> list[Planned]:
    """Plans the wanted stacks.

    Args:
        engine: Terraform.
        loaded: the layouts.
        folder: their synthesis.
        wanted: names of stacks, of the layouts or of the base.
        texts: the values of `--var`.
        scratch: where the folders of the stacks are made.
        base: what is deployed before; without stacks, nothing is.
        color: whether the texts have colours.

    Raises:
        UsageError: the base cannot be deployed.
    """
    with ExitStack() as context:
        clusters = [_cluster(engine, one, folder, base, texts, scratch, context) for one in loaded]
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            deployed = [one for one in clusters if one.base]
            if deployed:
                progress(
                    f"deploying what {base.name} has of {', '.join(one.layout.name for one in deployed)}"
                )
            try:
                list(pool.map(lambda one: one.deploy(wanted), deployed))
            except RefusedStackError as error:
                raise UsageError(
                    f"--base {base.name}: its stack {error.stack} cannot be deployed on the stand-ins, so there is nothing to "
                    f"compare with. Terraform says:\n{error_text(error.step)}"
                ) from None
            chosen = [(one, stack) for one in clusters for stack in one.wanted(wanted)]
            for one, stack in chosen:
                one.take(stack)
            progress(f"planning {', '.join(stack for _, stack in chosen)} offline")
            return list(pool.map(lambda item: item[0].plan(item[1], color=color), chosen))


def _cluster(
    engine: Engine,
    one: Loaded,
    folder: Path,
    base: Base,
    texts: Mapping[str, str],
    scratch: Path,
    context: ExitStack,
) -> _Cluster:
    stacks = base.of(one.layout)
    own = {variable.name for variable in one.variables}
    declared = {name for stack in stacks.values() for name in stack.get("variable", {})}
    more = [base.variables[name] for name in sorted(declared - own)]
    given_values = {name: value for name, (value, _) in given((*one.variables, *more), texts).items()}
    for variable in more:
        if not variable.kind.condition and variable.name not in given_values:
            raise UsageError(
                f"--base {base.name}: this version does not know what its variable {variable.name} may hold; give it by "
                f"--var {variable.name}=VALUE"
            )
    examples = {
        **example_values(one.layout, one.variables),
        **more_example_values(one.layout.region, more),
    }
    known = {**examples, **given_values}
    account = assumed_account(one.layout, known)
    add_named(account, stacks.values(), known)
    stand_ins = context.enter_context(StandIns(account))
    writer = base.flavor_of(one.layout)
    before = stand_ins
    if writer not in (None, stand_ins.flavor) and writer.is_installed:
        before = context.enter_context(StandIns(account, flavor=writer))
    return _Cluster(
        one,
        stacks,
        {stack: document(folder, stack) for stack in one.layout.stacks},
        before,
        stand_ins,
        Deployment(engine, scratch, stand_ins, known),
        {name: value for name, value in examples.items() if name not in given_values},
    )
