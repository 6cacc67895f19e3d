"""`ops order`: whether an edit of a layout takes away what workloads that still run need, or data that was to stay.

Stacks are deployed forward, also where an edit removes things: controllers, drivers and file systems, which are in the
first stacks, would go before what needs them in the last. Terraform looks at one stack at a time and cannot tell.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from modules.app import synthesize
from modules.layout import Layout, Loaded
from modules.layout.stores import RETAIN_TAG

from .errors import UsageError
from .make_command import make_command
from .needs import NEEDS
from .states import Deployed, UnreadableStateError, state_of

Verb = Literal["deploy", "destroy"]
States = Mapping[str, Sequence[Deployed]]
# At most so many addresses in a message.
_SHOWN = 5
# By these, settings name their bucket or repository.
_SETTINGS_OF = ("bucket", "repository")


@dataclass(frozen=True, slots=True)
class Finding:
    """What should not be done as it is; `remedy` are lines, of which those with two blanks first are commands."""

    id: str
    problem: str
    remedy: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([f"{self.id}: {self.problem}", *(f"  {line}" for line in self.remedy)])


@dataclass(frozen=True, slots=True)
class Comparison:
    """A layout as it is now, beside what is deployed of it.

    Args:
        name: what the user calls the layout.
        states: what each stack has deployed, by the stack's name.
        configured: the addresses that each stack of the layout has now.
        chosen: the stacks that are to be deployed or destroyed; None for all.
    """

    name: str
    layout: Layout
    states: States
    configured: Mapping[str, frozenset[str]]
    chosen: Sequence[str] | None = None

    def make(self, verb: Verb, stack: str = "", more: str = "") -> str:
        """The command that deploys or destroys a stack of the layout, or all."""
        stacks = [f"STACKS={stack}"] if stack else []
        return f"  {make_command(verb, self.name, *stacks)}{more}"

    def is_gone(self, stack: str) -> bool:
        """Whether the layout no longer makes a stack of which something is deployed."""
        return stack not in self.configured and bool(self.states.get(stack))

    def removed(self) -> list[tuple[str, Deployed]]:
        """What a deploy takes away, with the stack that it is in."""
        return [
            (stack, one)
            for stack, addresses in self.configured.items()
            if self.chosen is None or _is_among(stack, self.chosen)
            for one in self.states.get(stack, ())
            if one.address not in addresses
        ]


def order(loaded: Sequence[Loaded], stacks: Sequence[str], *, destroy: bool = False) -> bool:
    """Compares layouts with what is deployed of them, and prints what should not be done; returns whether it may be.

    A state that cannot be read is a note on stderr, and no reason to stop: Terraform will say more.

    Raises:
        UsageError: a stack is of none of the layouts.
        StateError: a state is none.
    """
    known = [stack for one in loaded for stack in _possible(one.layout)]
    chosen = None if not stacks or "*" in stacks else stacks
    for given in stacks:
        if not any(fnmatchcase(stack, given) for stack in known):
            raise UsageError(f"{given}: there is no such stack; there are {', '.join(known)}")
    findings: list[Finding] = []
    for one in loaded:
        try:
            states = {stack: state_of(one.layout, stack) for stack in _possible(one.layout)}
        except UnreadableStateError as error:
            note = "it is not known what is deployed, and so not checked whether this takes away what is still needed"
            print(f"{one.name}: {note}. {error}", file=sys.stderr)
            continue
        if any(states.values()):
            compared = Comparison(one.name, one.layout, states, _configured(one), chosen)
            findings += destroy_findings(compared) if destroy else deploy_findings(compared)
    for finding in findings:
        print(f"{finding}\n")
    return not findings


def deploy_findings(compared: Comparison) -> list[Finding]:
    """What a deploy should not do."""
    found = [] if compared.chosen else [*_workloads_gone(compared, "deploy"), *_data_gone(compared)]
    kept = _retained(compared)
    if compared.layout.workloads_stack in compared.configured or compared.chosen:
        kept = _needed(compared) + kept
    return found + kept


def destroy_findings(compared: Comparison) -> list[Finding]:
    """What a destroy of all stacks should not do; that of some is cdktf's to judge."""
    return [] if compared.chosen else _workloads_gone(compared, "destroy")


def _workloads_gone(compared: Comparison, verb: Verb) -> list[Finding]:
    """A controller that goes with the cluster would leave the load balancers behind."""
    stack = compared.layout.workloads_stack
    if not compared.is_gone(stack):
        return []
    problem = (
        f"the layout has no workloads any more, and so no stack {stack}, but this is still deployed: "
        f"{_addresses(compared.states[stack])}. Jobs and load balancers would run on, unknown to every later destroy"
    )
    remedy = ("Destroy that stack first:", compared.make("destroy", stack), compared.make(verb))
    return [Finding("stack-gone", problem, remedy)]


def _data_gone(compared: Comparison) -> list[Finding]:
    stack = compared.layout.data_stack
    if not compared.is_gone(stack):
        return []
    problem = (
        f"the layout has no buckets and repositories any more, and so no stack {stack}, but this is still deployed: "
        f"{_addresses(compared.states[stack])}. It would stay, unknown to every later destroy"
    )
    remedy = (
        "Take the entries back. To delete them, write `retain: false` in each, then:",
        compared.make("deploy", stack),
        compared.make("destroy", stack, " ARGS=--ignore-missing-stack-dependencies"),
        "and take them out again. To keep them and forget them here:",
        *_forget(compared, stack, [one.address for one in compared.states[stack]]),
    )
    return [Finding("stack-gone", problem, remedy)]


def _needed(compared: Comparison) -> list[Finding]:
    """Workloads go by the deploy of their own stack, or by its destruction where the layout has none left."""
    stack = compared.layout.workloads_stack
    removed, workloads = compared.removed(), compared.states.get(stack, ())
    found = []
    for need in NEEDS:
        gone = [one for _, one in removed if need.is_it(one)]
        using = [one for one in workloads if any(need.needs(one, other) for other in gone)]
        if using:
            problem = (
                f"this takes away {need.what} ({_addresses(gone)}) before what needs it in {stack}: "
                f"{_addresses(using)}. {need.otherwise[0].upper()}{need.otherwise[1:]}"
            )
            verb: Verb = "destroy" if compared.is_gone(stack) else "deploy"
            remedy = (need.first, compared.make(verb, stack), compared.make("deploy"), *need.last)
            found.append(Finding("needed-by-workloads", problem, remedy))
    return found


def _retained(compared: Comparison) -> list[Finding]:
    found = []
    for stack, one in compared.removed():
        if (one.attributes.get("tags") or {}).get(RETAIN_TAG) == "true":
            problem = (
                f"{one.address} in {stack} is no longer in the layout, and was to stay: `retain` was true when it was "
                "deployed last. A deploy would delete it"
            )
            remedy = (
                "Take the entry back. To delete it, write `retain: false` in it, then:",
                compared.make("deploy", stack),
                "and take it out again.",
                *_how_to_keep(compared, stack, one),
            )
            found.append(Finding("data-removed", problem, remedy))
    return found


def _how_to_keep(compared: Comparison, stack: str, data: Deployed) -> tuple[str, ...]:
    """A bucket or a repository with its settings; a file system lies in the VPC, which could not be deleted then."""
    if data.type == "aws_fsx_lustre_file_system":
        return ("To keep what is in it, export it or back it up first.",)
    its = [
        one.address
        for place, one in compared.removed()
        if place == stack and data.attributes["id"] in (one.attributes.get(key) for key in _SETTINGS_OF)
    ]
    return ("To keep it and forget it here:", *_forget(compared, stack, [data.address, *its]))


def _forget(compared: Comparison, stack: str, addresses: Sequence[str]) -> tuple[str, ...]:
    terraform = f"  terraform -chdir=cdktf.out/stacks/{stack}"
    return (
        f"  {make_command('synth', compared.name)}",
        f"{terraform} init",
        f"{terraform} state rm {' '.join(dict.fromkeys(addresses))}",
        "and take out what is forgotten.",
    )


def _addresses(resources: Sequence[Deployed]) -> str:
    names = list(dict.fromkeys(one.address for one in resources))
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _possible(layout: Layout) -> tuple[str, ...]:
    """The stacks that a layout of this name can have had."""
    return (layout.data_stack, layout.name, layout.platform_stack, layout.workloads_stack)


def _is_among(stack: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(stack, pattern) for pattern in patterns)


def _configured(one: Loaded) -> dict[str, frozenset[str]]:
    """The addresses of the resources of each stack, as it is synthesized."""
    with tempfile.TemporaryDirectory(prefix="order-") as scratch:
        folder = synthesize([one], str(Path(scratch) / "out"))
        files = {stack: folder / "stacks" / stack / "cdk.tf.json" for stack in one.layout.stacks}
        return {
            stack: addresses(json.loads(file.read_text(encoding="utf-8"))) for stack, file in files.items()
        }


def addresses(document: Mapping[str, Any]) -> frozenset[str]:
    """The addresses of the resources of a stack's JSON."""
    resources = document.get("resource", {})
    return frozenset(f"{of_type}.{name}" for of_type, named in resources.items() for name in named)
