"""A layout in the making: values are put in, and it is whole and without fault after each of them."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from modules.layout import LayoutError, Loaded, Origin, VariableKind, dotted, load_text
from modules.layout.document import parse
from modules.layout.faults import KeyPath
from modules.layout.full import in_effect
from modules.layout.tree import wrap
from modules.layout.writing import one_line, ordered, to_yaml

from .errors import UsageError
from .presets import what
from .schema import editor_line

# The settings of a node group that are looked at first.
_NEXT = ("size", "root_volume")
_STEP = re.compile(r'"([^"]+)"|([^."]+)')


class NewLayout:
    """A layout over a preset that will stand in `file`."""

    def __init__(self, name: str, preset: str, file: Path) -> None:
        """Starts with the name alone.

        Raises:
            LayoutError: the name is at fault.
        """
        self.preset = preset
        self.file = file
        self.tree: dict[str, Any] = {"extends": preset, "name": name}
        self.loaded = self._load(self.tree)

    def put(self, values: Mapping[KeyPath, Any]) -> None:
        """Puts values at paths, all or none. An item of a list takes the other items of the preset's with it.

        Raises:
            LayoutError: the layout would be at fault. What is wrong with it names no line, since it is nowhere yet.
        """
        tree = copy.deepcopy(self.tree)
        for path, value in values.items():
            _put(tree, path, value, self.loaded)
        self.loaded = self._load(tree)
        self.tree = tree

    def text(self) -> str:
        """The layout's file, with comments on what to do next."""
        head = [
            editor_line(self.file.parent),
            f"Over the preset {self.preset}: {what(self.preset)}",
            "What is not said here is as in the preset. Often said next, with what it is now:",
            *(f"  {line}" for line in self._next()),
        ]
        if self.loaded.variables:
            names = ", ".join(variable.name for variable in self.loaded.variables)
            head.append(f"Left to Terraform, as variables: {names}")
        return to_yaml(ordered(self.tree), head="\n".join(head))

    def _next(self) -> list[str]:
        tree, own = in_effect(self.loaded), wrap(self.tree, Origin("ops new"))
        groups = self.loaded.layout.node_groups
        accelerated = [name for name, group in groups.items() if group.type.accelerator] or list(groups)
        paths: list[KeyPath] = [("node_groups", name, key) for name in accelerated for key in _NEXT]
        paths += [("kubernetes_version",), ("tags",)]
        found = ((path, tree.get(path)) for path in paths if own.get(path) is None)
        return [f"{dotted(path)}: {one_line(node.plain())}" for path, node in found if node is not None]

    def _load(self, tree: dict[str, Any]) -> Loaded:
        try:
            return load_text(to_yaml(ordered(tree)), self.file)
        except LayoutError as error:
            here = Origin("ops new")
            own = str(self.file)
            faults = [replace(f, origin=here) if f.origin.source == own else f for f in error.faults]
            raise LayoutError(faults) from error


def setting(text: str) -> tuple[KeyPath, Any]:
    """`PATH=VALUE` of the command line: the value is YAML, a step with a dot in it stands in double quotes.

    Raises:
        UsageError: it is not of that form.
    """
    path, equals, value = text.partition("=")
    steps = tuple(quoted or plain for quoted, plain in _STEP.findall(path))
    if not equals or not steps or _STEP.sub("", path) != "." * (len(steps) - 1):
        raise UsageError(
            f"--set {text}: write PATH=VALUE, like node_groups.p5.size.max=16; a list is set whole"
        )
    if steps[0] in ("extends", "name"):
        raise UsageError(
            f"--set {text}: {steps[0]} is given by {'--from' if steps[0] == 'extends' else 'NAME'}"
        )
    return steps, _yaml(value, f"--set {text}")


def literal(text: str, kind: VariableKind) -> Any:
    """What a person or a script gives for a variable, as the layout has it: lists with commas, or as Terraform's.

    Raises:
        UsageError: a list in brackets is no list of YAML.
    """
    text = text.strip()
    if not kind.many or text.startswith("var."):
        return text
    if text.startswith("["):
        try:
            return _yaml(text, text)
        except UsageError as error:
            raise UsageError(f'{error}; write a list like ["a", "b"], or a, b') from None
    return [part for part in re.split(r"[,\s]+", text) if part]


def _yaml(text: str, shown: str) -> Any:
    try:
        document = parse(f"value: {text}", "")
    except LayoutError as error:
        raise UsageError(f"{shown}: {error.faults[0].problem}") from None
    plain = document.tree.plain()
    if document.faults or list(plain) != ["value"]:
        raise UsageError(f"{shown}: is not one value of YAML")
    return plain["value"]


def _put(tree: dict[str, Any], path: KeyPath, value: Any, below: Loaded) -> None:
    where: Any = tree
    for index, (step, following) in enumerate(pairwise(path), 1):
        there = where.get(step) if isinstance(where, dict) else where[step]
        if not isinstance(there, dict | list):
            node = below.tree.get(path[:index]) if isinstance(following, int) else None
            there = node.plain() if node is not None else {}
        where[step] = there
        where = there
    where[path[-1]] = value
