"""A composed tree against the models and the rules: all that is wrong with it, at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from .defaults import with_defaults
from .faults import Fault, KeyPath, Origin, dotted
from .messages import explain, joined, meant
from .models import Layout
from .rules import RULES, Context
from .tree import Node, fits, prune, replaced, wrap

# Helm gives a null in its values a meaning of its own: it removes the chart's default.
_NULLS_STAY: tuple[KeyPath, ...] = (("helm_releases", "*", "values"),)

# Where a null removes an entry. One that finds nothing to remove was meant as something else.
_ENTRIES: tuple[KeyPath, ...] = (
    ("addons", "*"),
    ("helm_releases", "*"),
    ("helm_releases", "*", "set", "*"),
    ("node_groups", "*"),
    ("node_groups", "*", "labels", "*"),
    ("node_groups", "*", "tags", "*"),
    ("cluster", "access_entries", "*"),
    ("tags", "*"),
)

# Stands in for what a layout has to say and does not, so that the rest of it can be checked in the same run.
_STAND_INS: dict[KeyPath, Any] = {
    ("name",): "unnamed",
    ("region",): "us-west-2",
    ("node_groups",): {},
    ("node_groups", "*", "instance_type"): "unknown",
    ("node_groups", "*", "size"): {"desired": 1},
    ("node_groups", "*", "size", "desired"): 1,
    ("helm_releases", "*", "repository"): "https://charts.example.com",
    ("helm_releases", "*", "chart"): "unknown",
    ("helm_releases", "*", "version"): "0.0.0",
    ("helm_releases", "*", "namespace"): "default",
}
_MAX_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Checked:
    """The layout (None where nothing could be made of it), the tree with its defaults, and all faults."""

    layout: Layout | None
    tree: Node
    faults: tuple[Fault, ...]


def check(written: Node, before: Iterable[Fault], today: date) -> Checked:
    """Checks a composed layout.

    Args:
        written: what the files say, without defaults.
        before: faults that are known already; nothing more is said about their paths.
        today: the day for support dates.
    """
    faults = list(before)
    filled = with_defaults(written)
    tree = prune(filled, _NULLS_STAY)
    faults += _idle_nulls(filled)
    layout, found = _validated(written, tree, faults)
    faults += found
    if layout is not None:
        faults += _findings(layout, tree, faults, today)
    return Checked(layout, tree, tuple(faults))


def _idle_nulls(tree: Node, path: KeyPath = ()) -> Iterator[Fault]:
    if tree.value is None and not tree.removes and any(fits(path, pattern) for pattern in _ENTRIES):
        problem = (
            "has no value: null removes what an extended layout or a default says, and here nothing does"
        )
        remedy = (
            'Write "" for an empty value.' if path[-2] in ("labels", "tags", "set") else "Write {} to add it."
        )
        yield Fault(tree.origin, path, problem, remedy, "null")
    if isinstance(tree.value, dict):
        for key, node in tree.value.items():
            yield from _idle_nulls(node, (*path, key))


def _validated(written: Node, tree: Node, before: Sequence[Fault]) -> tuple[Layout | None, list[Fault]]:
    """The layout, or as much of it as can be understood, and the faults of the rest.

    What is at fault is taken out and the rest tried again, so that the rules can look at it in the same run.
    """
    faults: list[Fault] = []
    remaining = written
    for _ in range(_MAX_ROUNDS):
        try:
            return Layout.model_validate(tree.plain()), joined(faults)
        except ValidationError as error:
            found = explain(error.errors(include_url=False), tree, written)
            known = [fault.path for fault in (*before, *faults)]
            # A required key that was mistyped is one fault, not two.
            known += [meant(fault) for fault in found if _is_mistyped(fault)]
            faults += [fault for fault in found if not _concerns(fault.path, known)]
            remaining = _repaired(remaining, found)
            tree = prune(with_defaults(remaining), _NULLS_STAY)
    return None, joined(faults)


def _repaired(tree: Node, faults: Iterable[Fault]) -> Node:
    """The tree without what is at fault, or with a stand-in for it."""
    targets = {}
    for fault in faults:
        # A list is taken out whole: the index of what is left in it would no longer be that of the file.
        path = next(
            (fault.path[:i] for i, step in enumerate(fault.path) if isinstance(step, int)), fault.path
        )
        stand_in = next((value for pattern, value in _STAND_INS.items() if fits(path, pattern)), None)
        if stand_in is None and fault.rule == "missing-key" and path == fault.path:
            path = path[:-1]
        targets[path] = stand_in
    for path, stand_in in sorted(targets.items(), key=lambda target: dotted(target[0])):
        above = tree.get(path[:-1])
        if not path or above is None or not isinstance(above.value, dict):
            continue
        if stand_in is not None:
            tree = replaced(tree, path, wrap(stand_in, Origin("stand-in")))
        elif path[-1] in above.value:
            tree = replaced(tree, path, None)
    return tree


def _findings(layout: Layout, tree: Node, before: Sequence[Fault], today: date) -> Iterator[Fault]:
    """Findings of the rules, but for those about what is already known to be wrong."""
    context = Context(layout=layout, tree=tree, today=today)
    # A mistyped key is missing under its right name, which is no second fault.
    known = {fault.path for fault in before} | {meant(fault) for fault in before if _is_mistyped(fault)}
    for rule in RULES:
        for finding in rule.check(context):
            if not any(_concerns(path, known) for path in (finding.path, *finding.because)):
                origin = tree.locate(finding.path)
                yield Fault(origin, finding.path, finding.problem, finding.remedy, rule.id, rule.level)


def _is_mistyped(fault: Fault) -> bool:
    return fault.rule == "unknown-key" and meant(fault) != fault.path


def _concerns(path: KeyPath, known: Iterable[KeyPath]) -> bool:
    """Whether a fault is already known about what stands at, above or below a path."""
    return any(other and path[: len(other)] == other[: len(path)] for other in known)
