"""A rule of the layout: one small named thing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from ... import catalog
from ...bindings import active_flavor
from ...bindings.flavor import Flavor
from ..faults import KeyPath, Level
from ..models import Layout, NodeGroup
from ..tree import Node
from ..values import Var


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule may look at: the layout, where its values were written, the day, and whose packages will write it."""

    layout: Layout
    tree: Node
    today: date
    flavor: Flavor = field(default_factory=active_flavor)

    def wrote(self, *path: str | int) -> bool:
        """Whether a file says something at a path, and not only a default."""
        node = self.tree.get(path)
        return node is not None and node.origin.line > 0

    def own(self, *paths: KeyPath) -> KeyPath:
        """The first of several paths that the layout's own file says something at, rather than what it extends."""
        for path in paths:
            node = self.tree.get(path)
            if node is not None and node.origin.source == self.tree.origin.source:
                return path
        return paths[0]

    def groups(self) -> Iterator[tuple[KeyPath, NodeGroup]]:
        """Every node group with its path."""
        for name, group in self.layout.node_groups.items():
            yield ("node_groups", name), group

    def typed_groups(self) -> Iterator[tuple[KeyPath, NodeGroup, catalog.InstanceType]]:
        """Every node group whose instance type the catalogue knows, with its path."""
        for path, group in self.groups():
            found = catalog.find(group.instance_type)
            if found is not None:
                yield path, group, found


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a rule is broken, how, and what to write instead.

    `because` are other paths that the finding rests on: where one of them is at fault, it is not reported.
    """

    path: KeyPath
    problem: str
    remedy: str
    because: tuple[KeyPath, ...] = ()


class Rule(Protocol):
    """`id` and `level` name the rule in a fault; the class's docstring says why it exists.

    A value that is a Terraform variable passes every rule: Terraform checks it at plan time.
    """

    id: str
    level: Level

    def check(self, context: Context) -> Iterator[Finding]:
        """Yields a finding for each place that breaks the rule."""
        ...


def shown(value: str) -> str:
    """A value as the layout has it: `var.vpc_id`, where Terraform writes `${var.vpc_id}`."""
    return value.reference if isinstance(value, Var) else value


def listed(names: Iterable[str], most: int = 5) -> str:
    """Names in a message, the first few of them: `a, b and 7 more`."""
    names = [*names]
    more = len(names) - most
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:most])} and {more} more"


def repeated(values: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The values that came before already, with their indices."""
    seen: set[str] = set()
    for index, value in enumerate(values):
        if value in seen:
            yield index, value
        seen.add(value)
