"""How findings about nodes are told: one for each cause, with all the nodes that it is the cause of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from modules.layout.models import NodeGroup

from ...checking.check import Finding, Level
from ..cluster import Object
from ..subject import Subject, called, group_of, is_ready, name_of


@dataclass(frozen=True, slots=True)
class OfNode:
    """Something about one node; where several nodes of a group have the same, it is told once."""

    node: Object
    problem: str
    remedy: str | None = None
    level: Level | None = None


def ready_nodes(subject: Subject) -> list[tuple[Object, str, NodeGroup]]:
    """The nodes of the layout's groups that are ready: of the others, nothing more is asked."""
    return [one for one in subject.known_nodes() if is_ready(one[0])]


def by_cause(found: Iterable[OfNode]) -> Iterator[Finding]:
    """A finding for each problem of a group: sixteen nodes that miss a toleration are one mistake."""
    same: dict[tuple[str | None, str, Level | None], list[OfNode]] = {}
    for one in found:
        same.setdefault((group_of(one.node), one.problem, one.level), []).append(one)
    for (_, problem, level), those in same.items():
        yield Finding(nodes_called([one.node for one in those]), problem, those[0].remedy, level)


def nodes_called(nodes: list[Object]) -> str:
    """Nodes of one group, for people: `ip-10-0-1-5.ec2.internal, ip-10-0-1-6.ec2.internal (p5)`."""
    return ", ".join([*(name_of(node) for node in nodes[:-1]), called(nodes[-1])])


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = list(words)
    return f"{', '.join(most)} and {last}" if most else last
