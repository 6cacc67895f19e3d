"""The overrides of a layout in the JSON of a stack: after all else, aspects and the constructs' own overrides too."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .layout.faults import Step, dotted
from .layout.overrides import TAKEN_OUT, Address, StackKind, steps_of

Document = dict[str, Any]
Overrides = Mapping[str, Mapping[str, Any]]

_TEMPLATE = re.compile(r"(?<!\$)[$%]\{[^}]*\}")
_VARIABLE = re.compile(r"\bvar\.([A-Za-z_][A-Za-z0-9_-]*)")


@dataclass(frozen=True, slots=True)
class OverrideProblem:
    """An override that cannot be applied; `path` is that of the layout, without its first step."""

    path: tuple[str, ...]
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{dotted(('overrides', *self.path))}: {self.problem}\n    {self.remedy}"


class OverrideError(ValueError):
    """Overrides of a layout that its stacks cannot take; `problems` are all of them."""

    def __init__(self, problems: Iterable[OverrideProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class Overridden:
    """What became of a stack: the overrides that it took, by address, what cannot be, and all addresses that it has."""

    taken: frozenset[str]
    problems: tuple[OverrideProblem, ...]
    addresses: tuple[str, ...]


def override(document: Document, overrides: Overrides, stack: StackKind) -> Overridden:
    """Applies to the JSON of a stack what concerns it, in place."""
    taken = set()
    problems: list[OverrideProblem] = []
    for text, values in overrides.items():
        address = Address.of(text)
        body = arguments_of(document, address, stack)
        if body is not None:
            taken.add(text)
            problems += _apply(document, text, body, values, stack)
    return Overridden(frozenset(taken), tuple(problems), tuple(_addresses(document)))


def not_taken(overrides: Overrides, stacks: Sequence[tuple[StackKind, Overridden]]) -> list[OverrideProblem]:
    """The overrides that none of a layout's stacks has taken."""
    there = {address: kind for kind, one in stacks for address in one.addresses}
    found = []
    for text in overrides:
        if any(text in one.taken for _, one in stacks):
            continue
        address = Address.of(text)
        kind = there.get(str(address))
        if kind is not None:
            problem = f"the stack {address.stack!r} has no {address}"
            remedy = f"Write {kind}/{address}, or {address} for every stack that has it."
        else:
            problem = f"no stack of the layout has {address}"
            near = difflib.get_close_matches(str(address), there, 3, 0.6)
            same = [one for one in there if one.rpartition(".")[0] == str(address).rpartition(".")[0]]
            remedy = (
                f"Did you mean {' or '.join(near)}?"
                if near
                else f"There are {', '.join(sorted(same)[:8])}."
                if same
                else "Without it, `make plan` lists the addresses that there are."
            )
        found.append(OverrideProblem((text,), problem, remedy))
    return found


def arguments_of(document: Mapping[str, Any], address: Address, stack: StackKind) -> dict[str, Any] | None:
    """What the JSON of a stack has at the address of an override; None where it has no such thing, or another stack is meant."""
    if address.stack not in (None, stack):
        return None
    found = document.get(address.block, {}).get(address.type)
    if address.block == "provider":
        configurations = found if isinstance(found, list) else [found] if isinstance(found, dict) else []
        return next((one for one in configurations if one.get("alias", "") == address.name), None)
    body = found.get(address.name) if isinstance(found, dict) else None
    return body if isinstance(body, dict) else None


def _addresses(document: Document) -> Iterator[str]:
    for type_, named in document.get("resource", {}).items():
        yield from (f"{type_}.{name}" for name in named)
    for type_, named in document.get("data", {}).items():
        yield from (f"data.{type_}.{name}" for name in named)
    for type_, configurations in document.get("provider", {}).items():
        aliases = (one.get("alias", "") for one in configurations if isinstance(one, dict))
        yield from (f"provider.{type_}.{alias}" if alias else f"provider.{type_}" for alias in aliases)


def _apply(
    document: Document, address: str, body: dict[str, Any], values: Mapping[str, Any], stack: StackKind
) -> Iterator[OverrideProblem]:
    declared = document.get("variable", {})
    reached: dict[tuple[Step, ...], str] = {}
    # The longer path goes into what the shorter has put there. What is taken out comes last, the end of a list first, so that
    # a place in a list is the one that its author has counted.
    ordered = sorted(values.items(), key=lambda one: len(steps_of(one[0])))
    put = [one for one in ordered if one[1] != TAKEN_OUT]
    out = sorted(
        (one for one in ordered if one[1] == TAKEN_OUT), key=lambda one: _by_place(one[0]), reverse=True
    )
    for path, value in (*put, *out):
        where = (address, path)
        for name in sorted(set(_variables(value)) - set(declared)):
            there = f"There are {', '.join(sorted(declared))}" if declared else "It has none"
            yield OverrideProblem(
                where,
                f"the stack {stack!r} declares no variable {name!r}",
                f"{there}; an `extension` can declare one.",
            )
        try:
            # A copy, in types that JSON has: what is put there may be changed by a longer path, and in another stack.
            reached_at = _put(body, steps_of(path), json.loads(json.dumps(value)))
        except _NoWayError as error:
            yield OverrideProblem(where, error.problem, error.remedy)
            continue
        if reached_at in reached:
            yield OverrideProblem(
                where, f"is the same argument as {reached[reached_at]}", "Keep one of the two."
            )
        inside = [one for at, one in reached.items() if at[: len(reached_at)] == reached_at != at]
        if value == TAKEN_OUT and inside:
            yield OverrideProblem(where, f"takes out what {inside[0]} is in", "Keep one of the two.")
        reached[reached_at] = path


def _by_place(path: str) -> tuple[tuple[bool, int, str], ...]:
    steps = steps_of(path)
    return tuple((isinstance(one, int), one if isinstance(one, int) else 0, str(one)) for one in steps)


def _variables(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        for template in _TEMPLATE.findall(value):
            yield from _VARIABLE.findall(template)
    elif isinstance(value, Mapping):
        for child in value.values():
            yield from _variables(child)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _variables(child)


class _NoWayError(Exception):
    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem, self.remedy = problem, remedy


class _Place:
    """A place in nested data: a key of a mapping, or an index of a list, whether something is there or not."""

    def __init__(self, root: dict[str, Any]) -> None:
        self._holder: Any = {"": root}
        self._key: Step = ""
        self.taken: tuple[Step, ...] = ()

    @property
    def value(self) -> Any:
        """What is there; None for nothing."""
        if isinstance(self._holder, dict):
            return self._holder.get(self._key)
        return next(iter(self._holder[self._key : self._key + 1]), None)  # type: ignore[operator]  # a list has indexes

    def put(self, value: Any) -> None:
        if isinstance(self._holder, list) and self._key == len(self._holder):
            self._holder.append(value)
        else:
            self._holder[self._key] = value

    def take_out(self) -> None:
        if self.value is None:
            raise _NoWayError("there is nothing to take out", "Remove the override.")
        del self._holder[self._key]

    def enter(self, step: Step, *, making: bool) -> None:
        """Goes one step on, and makes what is to hold it where there is nothing."""
        if self.value is None:
            if not making:
                raise _NoWayError("there is nothing to take out", "Remove the override.")
            self.put([] if isinstance(step, int) else {})
        if isinstance(step, int):
            self._enter_list(step)
        else:
            self._enter_mapping(step)

    def _enter_mapping(self, name: str) -> None:
        # CDKTF writes a block of which there is one as a mapping, or as a list of one.
        if isinstance(self.value, list) and len(self.value) == 1:
            self._go(0)
        here = self.value
        if isinstance(here, list):
            places = f"[0] to [{len(here) - 1}]" if here else "[0]"
            raise _NoWayError(
                f"{dotted(self.taken)} is a list of {len(here)}", f"Say which one is meant: {places}."
            )
        self._must_hold(dict)
        self._go(name)

    def _enter_list(self, index: int) -> None:
        if isinstance(self.value, dict):
            if index == 0:
                return
            self.put([self.value])
        self._must_hold(list)
        if index > len(self.value):
            raise _NoWayError(
                f"{dotted(self.taken)} has {len(self.value)}, so that there is no [{index}]",
                f"Write [{len(self.value)}] to add one.",
            )
        self._go(index)

    def _must_hold(self, kind: type) -> None:
        if not isinstance(self.value, kind):
            shown = repr(self.value)
            raise _NoWayError(
                f"{dotted(self.taken)} is {shown if len(shown) <= 60 else shown[:57] + '...'}, which has nothing inside",
                f"Override {dotted(self.taken)} as a whole.",
            )

    def _go(self, step: Step) -> None:
        self._holder, self._key = self.value, step
        self.taken = (*self.taken, step)


def _put(body: dict[str, Any], steps: Sequence[Step], value: Any) -> tuple[Step, ...]:
    """Puts a value at a path; returns the path as the data has it."""
    place = _Place(body)
    for step in steps:
        place.enter(step, making=value != TAKEN_OUT)
    if value == TAKEN_OUT:
        place.take_out()
    else:
        place.put(value)
    return place.taken
