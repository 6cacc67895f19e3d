"""Deliberate mistakes: each is caught by the layer that should catch it, with a message that says what and where."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest

from modules.layout import LayoutError, dotted
from ops.offline.account import Account
from ops.offline.engine import Engine, Step, Workspace
from tests.engine.mistakes import (
    BLOCK,
    EXISTING,
    NEW,
    VALUES,
    BrokenLayout,
    Command,
    Document,
    Layer,
    Mistake,
    add,
    at,
)
from tests.engine.mistakes.arguments import ARGUMENTS
from tests.engine.mistakes.layouts import LAYOUTS
from tests.engine.mistakes.structure import STRUCTURE
from tests.engine.mistakes.surroundings import SURROUNDINGS
from tests.engine.mistakes.workloads import WORKLOADS
from tests.offline import Offline, edited
from tests.terraform_json import Load, Stack, Synth

pytestmark = pytest.mark.engine

MISTAKES = (*STRUCTURE, *ARGUMENTS, *SURROUNDINGS, *WORKLOADS)
OPTIONS: Mapping[Command, tuple[str, ...]] = {
    "validate": (),
    "plan": ("-input=false",),
    # Nobody has changed what is deployed.
    "apply": ("-input=false", "-auto-approve", "-refresh=false"),
    "destroy": ("-input=false", "-auto-approve", "-refresh=false"),
}
# What is run for a mistake that a command has to catch: an apply validates and plans before it makes anything.
COMMANDS: Mapping[Command, tuple[Command, ...]] = {
    "validate": ("validate",),
    "plan": ("validate", "plan"),
    "apply": ("apply",),
    "destroy": ("apply", "destroy"),
}
_INSTANCE = re.compile(r"\[.*?\]")
_NUMBER = re.compile(r"__(\d+)")
CONDITIONS = ("Resource precondition failed", "Resource postcondition failed", "Invalid value for variable")


@dataclass(frozen=True)
class Error:
    """One error of Terraform."""

    command: Command
    summary: str
    detail: str
    where: str

    @property
    def layer(self) -> Layer:
        """What has found it."""
        if self.summary == "Invalid argument":
            return Layer.ARGUMENT if self.command == "validate" else Layer.ARGUMENT_LATE
        if self.summary in CONDITIONS:
            return Layer.CONDITION
        if self.summary.startswith(("reading ", "API did not recognize ")):
            return Layer.LOOKUP
        if self.summary.startswith("operation on "):
            return Layer.DELETION if self.command == "destroy" else Layer.CREATION
        return Layer.CORE if self.command == "validate" else Layer.CORE_LATE


def errors(command: Command, step: Step) -> list[Error]:
    """What a command with -json has said went wrong: once, where all instances of a resource have the same fault."""
    if command == "validate":
        diagnostics = json.loads(step.stdout)["diagnostics"]
        failed: list[str] = []
    else:
        lines = [json.loads(line) for line in step.stdout.splitlines()]
        diagnostics = [line["diagnostic"] for line in lines if line["type"] == "diagnostic"]
        failed = [line["hook"]["resource"]["addr"] for line in lines if line["type"] == "apply_errored"]
    found = [
        Error(command, one["summary"], one["detail"], _INSTANCE.sub("", _where(one, failed)))
        for one in diagnostics
        if one["severity"] == "error"
    ]
    return list(dict.fromkeys(found))


def _where(diagnostic: Mapping[str, Any], failed: list[str]) -> str:
    """The address, which Terraform does not always give with an error: else the block and the line, or what has failed."""
    snippet = diagnostic.get("snippet") or {}
    context = (snippet.get("context") or "").removeprefix("resource.")
    return diagnostic.get("address") or f"{context} {snippet.get('code', '')}".strip() or " ".join(failed)


@contextmanager
def mistaken(mistake: Mistake, stack: Stack, workspace: Workspace) -> Iterator[None]:
    """Makes the mistake, and takes it back from an account and a workspace that others use after it."""
    account = workspace.stand_ins.account
    before = {one.name: copy(getattr(account, one.name)) for one in fields(Account) if one.name != "lock"}
    variables = workspace.variables
    workspace.variables = {k: v for k, v in {**variables, **mistake.values}.items() if v is not None}
    if mistake.account is not None:
        mistake.account(account)
    workspace.configure(edited(stack, mistake.edit) if mistake.edit else stack.json)
    try:
        yield
    finally:
        workspace.configure(stack.json).variables = variables
        for name, kept in before.items():
            setattr(account, name, kept)


def beside_each_other(stack: Stack, mistakes: list[Mistake]) -> Document:
    """A stack with mistakes that hide no other: each in a copy of its resource, which nothing depends on."""
    document = edited(stack, lambda _: None)
    for number, mistake in enumerate(mistakes):
        assert mistake.edit is not None
        add(f"{mistake.where}__{number}", at(edited(stack, mistake.edit), mistake.where))(document)
    return document


class Rooms:
    """Layouts on stand-ins, started once: with nothing deployed, or with all."""

    def __init__(self, engine: Engine, synth: Synth, folder: Path, closing: ExitStack) -> None:
        self._synth = synth
        self._validated: dict[tuple[str, str], dict[str, list[Error]]] = {}
        self._make: Callable[[str, int], Offline] = lambda layout, number: closing.enter_context(
            Offline(engine, folder / str(number), synth(layout), VALUES)
        )
        self._empty: dict[str, Offline] = {}
        self._deployed: dict[str, Offline] = {}

    def empty(self, layout: str) -> Offline:
        if layout not in self._empty:
            self._empty[layout] = self._make(layout, len(self._empty))
        return self._empty[layout]

    def deployed(self, layout: str) -> Offline:
        if layout not in self._deployed:
            offline = self._make(layout, -1 - len(self._deployed))
            offline.deploy("-refresh=false")
            self._deployed[layout] = offline
        return self._deployed[layout]

    def validated(self, mistake: Mistake) -> list[Error]:
        """What `validate` says of a mistake in one resource: of all of the same stack at once."""
        key = mistake.layout, mistake.stack
        if key not in self._validated:
            mistakes = [one for one in MISTAKES if one.in_one_resource and (one.layout, one.stack) == key]
            stack: Stack = getattr(self._synth(mistake.layout), mistake.stack)
            workspace: Workspace = getattr(self.empty(mistake.layout), mistake.stack)
            workspace.configure(beside_each_other(stack, mistakes))
            assert workspace.unknown_keys() == []
            found: dict[str, list[Error]] = {one.name: [] for one in mistakes}
            for error in errors("validate", workspace.run("validate", "-json")):
                # An error of anything but a copy has no number, and fails here.
                where, number, more = _NUMBER.split(error.where)
                found[mistakes[int(number)].name].append(replace(error, where=where + more))
            workspace.configure(stack.json)
            self._validated[key] = found
        return self._validated[key][mistake.name]


@pytest.fixture(scope="module")
def rooms(engine: Engine, synth: Synth, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    with ExitStack() as closing:
        yield Rooms(engine, synth, tmp_path_factory.mktemp("mistakes"), closing)


@contextmanager
def room(rooms: Rooms, mistake: Mistake, folder: Path) -> Iterator[Offline]:
    """Where a mistake can be made: in a place of its own, if more than a plan comes of it."""
    shared = rooms.deployed(mistake.layout) if mistake.deployed else rooms.empty(mistake.layout)
    if mistake.layer.command in ("apply", "destroy"):
        with shared.copy(folder) if mistake.deployed else shared.empty(folder) as offline:
            yield offline
    else:
        yield shared


def outcomes(mistake: Mistake, workspace: Workspace) -> list[tuple[Command, list[Error]]]:
    """What each command says, up to the one that its layer speaks up in."""
    last = mistake.layer.command or "validate"
    found: list[tuple[Command, list[Error]]] = []
    # What fails to be made, with what it needs: the rest would be made for nothing.
    aim = mistake.target or (mistake.where if last == "apply" else None)
    commands = COMMANDS[last]
    if mistake.edit is None and (last == "plan" or mistake.deployed):
        # The stack is as it should be, and validated in test_without_a_mistake_nothing_is_said, or even deployed.
        commands = commands[-1:]
    for command in commands:
        target = (f"-target={aim}",) if aim and command == last else ()
        step = workspace.run(command, "-json", *OPTIONS[command], *target)
        found.append((command, errors(command, step)))
    return found


@pytest.mark.parametrize("broken", LAYOUTS, ids=lambda broken: broken.name)
def test_the_layout_language_catches(layout: Load, broken: BrokenLayout) -> None:
    with pytest.raises(LayoutError) as raised:
        layout(broken.text)
    assert len(raised.value.errors) == 1, raised.value
    fault = raised.value.errors[0]
    assert (fault.rule, dotted(fault.path)) == (broken.rule, broken.where)
    assert broken.says in f"{fault.problem} {fault.remedy}"


@pytest.mark.parametrize(
    "mistake",
    [one for one in MISTAKES if one.in_one_resource],
    ids=lambda mistake: f"{mistake.layer.name}: {mistake.name}",
)
def test_validate_catches_a_mistake_in_a_resource(rooms: Rooms, synth: Synth, mistake: Mistake) -> None:
    stack: Stack = getattr(synth(mistake.layout), mistake.stack)
    assert mistake.edit is not None
    # There is no other fault than in the copy that is judged.
    made = edited(stack, mistake.edit)
    kind, name = mistake.where.split(".")
    right = made["resource"][kind].pop(name)
    assert right != stack.json["resource"].get(kind, {}).get(name)
    rest = edited(stack, lambda _: None)
    rest["resource"].setdefault(kind, {}).pop(name, None)
    assert made == rest
    found = rooms.validated(mistake)
    assert len(found) == 1, found
    assert found[0].layer is mistake.layer, found
    assert mistake.where in f"{found[0].where} {found[0].summary} {found[0].detail}"
    assert mistake.says in f"{found[0].summary} {found[0].detail}"


@pytest.mark.parametrize(
    "mistake",
    [one for one in MISTAKES if not one.in_one_resource],
    ids=lambda mistake: f"{mistake.layer.name}: {mistake.name}",
)
def test_its_layer_catches_a_mistake_and_those_before_let_it_pass(
    rooms: Rooms, synth: Synth, tmp_path: Path, mistake: Mistake
) -> None:
    with room(rooms, mistake, tmp_path) as offline:
        workspace: Workspace = getattr(offline, mistake.stack)
        with mistaken(mistake, getattr(synth(mistake.layout), mistake.stack), workspace):
            dropped = workspace.unknown_keys()
            assert bool(dropped) == (mistake.layer is Layer.KEYS)
            *before, (command, found) = outcomes(mistake, workspace)
    assert [said for _, said in before if said] == []
    if mistake.layer is Layer.KEYS:
        assert (command, found) == ("validate", [])
        (told,) = dropped
        assert told.startswith(f"{mistake.where}: ")
        assert mistake.says in told
    else:
        assert len(found) == 1, found
        assert found[0].layer is mistake.layer, found
        assert mistake.where in f"{found[0].where} {found[0].summary} {found[0].detail}"
        assert mistake.says in f"{found[0].summary} {found[0].detail}"


@pytest.mark.parametrize("mistake", [one for one in MISTAKES if one.target], ids=lambda mistake: mistake.name)
def test_without_the_mistake_the_target_brings_what_it_needs(
    rooms: Rooms, synth: Synth, tmp_path: Path, mistake: Mistake
) -> None:
    with room(rooms, mistake, tmp_path) as offline:
        workspace: Workspace = getattr(offline, mistake.stack)
        assert [found for _, found in outcomes(mistake, workspace) if found] == []


@pytest.mark.parametrize("layout", [NEW, EXISTING, BLOCK], ids=["new", "existing", "block"])
def test_without_a_mistake_nothing_is_said(rooms: Rooms, layout: str) -> None:
    offline = rooms.empty(layout)
    for command in ("validate", "plan"):
        step = offline.cluster.run(command, "-json", *OPTIONS[command])
        assert errors(command, step) == []
    for workspace in offline.stacks:
        assert errors("validate", workspace.run("validate", "-json")) == []


def test_there_are_enough_mistakes_for_every_layer() -> None:
    everything: tuple[BrokenLayout | Mistake, ...] = (*LAYOUTS, *MISTAKES)
    names = Counter((one.layer, one.name) for one in everything)
    assert set(names.values()) == {1}
    assert len(everything) >= 60
    count = Counter(one.layer for one in everything)
    assert {layer: count[layer] for layer in Layer if count[layer] < 3} == {}
