"""A composed tree against the models and the rules: all that is wrong with it, at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from pydantic import ValidationError

from ..bindings import active_flavor
from ..bindings.flavor import Flavor
from .defaults import with_defaults
from .faults import Fault, KeyPath, Origin
from .language import model_at
from .messages import explain, joined, meant
from .models import Layout
from .rules import RULES, Context
from .tree import Node, fits, prune, replaced, wrap

# Helm gives a null in its values a meaning of its own: it removes the chart's default.
NULLS_STAY: tuple[KeyPath, ...] = (("helm_releases", "*", "values"),)

# Where a null removes an entry. One that finds nothing to remove was meant as something else.
_ENTRIES: tuple[KeyPath, ...] = (
    ("addons", "*"),
    ("helm_releases", "*"),
    ("helm_releases", "*", "set", "*"),
    ("node_groups", "*"),
    ("node_groups", "*", "labels", "*"),
    ("node_groups", "*", "tags", "*"),
    ("cluster", "access_entries", "*"),
    ("cluster", "scheduler", "resources", "*"),
    ("cluster", "pod_identity_associations", "*"),
    ("cluster", "pod_identity_associations", "*", "tags", "*"),
    ("tags", "*"),
    ("storage", "*", "*"),
    ("storage", "*", "*", "tags", "*"),
    ("workloads", "*", "*"),
    ("workloads", "*", "*", "volumes", "*"),
    ("workloads", "*", "*", "environment", "*"),
    ("workloads", "*", "*", "secrets", "*"),
    ("workloads", "*", "*", "buckets", "*"),
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
# Faults of form, and of one rule, that are told at once. A file that has more is no layout, and nobody reads them.
MAX_FAULTS = 1000


@dataclass(frozen=True, slots=True)
class Checked:
    """The layout (None where nothing could be made of it), the tree with its defaults, and all faults."""

    layout: Layout | None
    tree: Node
    faults: tuple[Fault, ...]


def check(written: Node, before: Iterable[Fault], today: date, flavor: Flavor | None = None) -> Checked:
    """Checks a composed layout.

    Args:
        written: what the files say, without defaults.
        before: faults that are known already; nothing more is said about their paths.
        today: the day for support dates.
        flavor: whose packages will write it; what is active in this process without it.
    """
    faults = list(before)
    filled = with_defaults(written)
    tree = prune(filled, NULLS_STAY)
    faults += _idle_nulls(filled)
    faults += explain([*islice(_unknown_nulls(written), MAX_FAULTS)], written, written)
    layout, found = _validated(written, tree, faults)
    faults += found
    if layout is not None:
        faults += _findings(layout, tree, faults, today, flavor or active_flavor())
    return Checked(layout, tree, tuple(faults))


def _idle_nulls(tree: Node, path: KeyPath = ()) -> Iterator[Fault]:
    if tree.value is None and not tree.removes and _is_entry(path):
        problem = (
            "has no value: null removes what an extended layout or a default says, and here nothing does"
        )
        if path[-2] in ("labels", "tags", "set", "environment"):
            remedy = 'Write "" for an empty value.'
        elif path[0] == "overrides":
            remedy = 'Write "${null}" to take the argument out.'
        else:
            remedy = "Give it a value." if path[0] == "workloads" else "Write {} to add it."
        yield Fault(tree.origin, path, problem, remedy, "null")
    if isinstance(tree.value, dict):
        for key, node in tree.value.items():
            yield from _idle_nulls(node, (*path, key))


def _is_entry(path: KeyPath) -> bool:
    # Nothing fills in the value of an override, however deep.
    return (len(path) > 1 and path[0] == "overrides") or any(fits(path, pattern) for pattern in _ENTRIES)


def _unknown_nulls(tree: Node, path: KeyPath = ()) -> Iterator[dict[str, Any]]:
    """Keys that there are not, as pydantic would tell of them: where the value is null, it never sees them.

    Somebody meant to remove something by them.
    """
    children = tree.value if isinstance(tree.value, dict) else {}
    if any(node.value is None for node in children.values()) and (model := model_at(path)):
        for key, node in children.items():
            if node.value is None and key not in model.model_fields:
                yield {"type": "extra_forbidden", "loc": (*path, key)}
    for key, node in children.items():
        yield from _unknown_nulls(node, (*path, key))


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
            details = error.errors(include_url=False)
            found = explain(details[:MAX_FAULTS], tree, written)
            # A required key that was mistyped is one fault, not two.
            mistyped = [meant(fault) for fault in found if _is_mistyped(fault)]
            known = _Known([*(fault.path for fault in (*before, *faults)), *mistyped])
            faults += [fault for fault in found if not known.concern(fault.path)]
            if len(details) > MAX_FAULTS:
                problem = f"has {len(details) - MAX_FAULTS:,} more mistakes of this kind"
                remedy = "Correct these first, or check that this file is a layout."
                return None, [*joined(faults), Fault(tree.origin, (), problem, remedy, found[-1].rule)]
            remaining = _repaired(remaining, found)
            tree = prune(with_defaults(remaining), NULLS_STAY)
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
    return replaced(
        tree,
        {
            path: None if stand_in is None else wrap(stand_in, Origin("stand-in"))
            for path, stand_in in targets.items()
        },
    )


def _findings(
    layout: Layout, tree: Node, before: Sequence[Fault], today: date, flavor: Flavor
) -> Iterator[Fault]:
    """Findings of the rules, but for those about what is already known to be wrong."""
    context = Context(layout=layout, tree=tree, today=today, flavor=flavor)
    # A mistyped key is missing under its right name, which is no second fault.
    mistyped = [meant(fault) for fault in before if _is_mistyped(fault)]
    known = _Known([*(fault.path for fault in before), *mistyped])
    for rule in RULES:
        for number, finding in enumerate(islice(rule.check(context), MAX_FAULTS + 1)):
            if number == MAX_FAULTS:
                problem, remedy = "has more mistakes of this kind", "Correct these first."
                yield Fault(tree.origin, (), problem, remedy, rule.id, rule.level)
            elif not any(known.concern(path) for path in (finding.path, *finding.because)):
                origin = tree.locate(finding.path)
                yield Fault(origin, finding.path, finding.problem, finding.remedy, rule.id, rule.level)


def _is_mistyped(fault: Fault) -> bool:
    return fault.rule == "unknown-key" and meant(fault) != fault.path


class _Known:
    """Paths that a fault is known about already. A lookup takes the same time, however many there are."""

    def __init__(self, paths: Iterable[KeyPath]) -> None:
        self._at = {path for path in paths if path}
        self._above = {path[:length] for path in self._at for length in range(len(path))}

    def concern(self, path: KeyPath) -> bool:
        """Whether one of them stands at, above or below a path."""
        return path in self._above or any(path[:length] in self._at for length in range(1, len(path) + 1))
