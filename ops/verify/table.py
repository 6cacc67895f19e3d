"""The nodes in one table: what each has, and which checks it fails."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from modules import catalog
from modules.layout.models import NodeGroup

from ..checking.check import Outcome, UnaskedError
from .checks.shortages import efa_of
from .cluster import Object
from .reach import Reached
from .subject import TYPE_LABEL, ZONE_LABEL, Subject, group_of, is_ready, labels_of, name_of

# Of more nodes, only those with something to tell are shown.
_MOST = 40
_WIDE = 100  # columns; in less, there is no room for all
_GPU, _NEURON, _HUGE = "nvidia.com/gpu", "aws.amazon.com/neuron", "hugepages-2Mi"


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node: `devices` are its GPUs or Neuron devices, and what should be there stands beside what is."""

    name: str
    group: str | None
    instance_type: str | None
    zone: str | None
    devices: int
    wanted_devices: int
    efa: int
    wanted_efa: int
    hugepages: str
    ready: bool
    fails: tuple[str, ...]


def node_rows(subject: Subject, outcomes: Sequence[Outcome[Subject]]) -> list[NodeRow]:
    """The nodes of the layout's groups by group and name, and after them all others; none where they cannot be listed."""
    try:
        nodes = subject.cluster.nodes()
    except UnaskedError:
        return []
    groups = list(subject.layout.node_groups)
    order = sorted(nodes, key=lambda node: (_place(groups, group_of(node)), name_of(node)))
    failed: dict[str, list[str]] = {}
    for outcome in outcomes:
        for finding in (*outcome.of("error"), *outcome.of("warning")):
            # `where` of a finding about nodes: their names, and the group behind them in brackets.
            for name in re.split(r"[,\s()]+", finding.where):
                failed.setdefault(name, []).append(outcome.check.id)
    return [_row(subject, node, failed.get(name_of(node), ())) for node in order]


def _place(groups: Sequence[str], group: str | None) -> int:
    return groups.index(group) if group in groups else len(groups)


def _row(subject: Subject, node: Object, failed: Sequence[str]) -> NodeRow:
    labels = labels_of(node)
    group = group_of(node)
    section = subject.layout.node_groups.get(group or "")
    kind = labels.get(TYPE_LABEL)
    offered = (node.get("status") or {}).get("allocatable") or {}
    wanted_devices, wanted_efa = _wanted(section, kind)
    return NodeRow(
        name=name_of(node),
        group=group,
        instance_type=kind,
        zone=labels.get(ZONE_LABEL),
        devices=int(offered.get(_GPU) or offered.get(_NEURON) or 0),
        wanted_devices=wanted_devices,
        efa=_efa(subject, node),
        wanted_efa=wanted_efa,
        hugepages=str(offered.get(_HUGE) or "0"),
        ready=is_ready(node),
        fails=tuple(dict.fromkeys(failed)),
    )


def _efa(subject: Subject, node: Object) -> int:
    """0 where nobody may read what the driver says."""
    try:
        return efa_of(subject, node)
    except UnaskedError:
        return 0


def _wanted(group: NodeGroup | None, kind: str | None) -> tuple[int, int]:
    found = catalog.find(kind or "")
    if group is None or found is None:
        return 0, 0
    return found.gpus or found.neuron_devices, found.efa_interfaces if group.efa else 0


def print_nodes(rows: Sequence[NodeRow], console: Console) -> None:
    """The table; of many nodes, only those that fail something or are not ready."""
    shown = rows if len(rows) <= _MOST else [row for row in rows if row.fails or not row.ready]
    if shown:
        console.print(_table(shown, narrow=console.width < _WIDE))
    if len(shown) < len(rows):
        console.print(Text(f"{len(rows) - len(shown)} more nodes fail nothing"))


def _table(rows: Sequence[NodeRow], *, narrow: bool) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("node", no_wrap=True)
    # A group's nodes are as a rule of one type and zone: of the columns, these say the least.
    for column in ("group", *(() if narrow else ("type", "zone")), "devices", "EFA", "hugepages", "ready"):
        table.add_column(column, overflow="fold")
    table.add_column("fails", overflow="fold")
    short = {row.name.partition(".")[0] for row in rows}
    for row in rows:
        table.add_row(
            Text(row.name.partition(".")[0] if len(short) == len(rows) else row.name),
            row.group or "",
            *(() if narrow else (row.instance_type or "", row.zone or "")),
            _of(row.devices, row.wanted_devices),
            _of(row.efa, row.wanted_efa),
            "" if row.hugepages == "0" else row.hugepages,
            Text("yes") if row.ready else Text("no", style="bold red"),
            Text(", ".join(row.fails), style="bold red"),
        )
    return table


def _of(found: int, wanted: int) -> Text:
    if found == wanted:
        return Text(str(found) if found else "")
    return Text(f"{found} of {wanted}", style="bold red")


def standing(subject: Subject, outcomes: Sequence[Outcome[Subject]]) -> str:
    """How far the cluster is, in one line: `p5: 1 of 2 nodes ready; 14 of 17 checks passed`."""
    told = []
    for outcome in outcomes:
        if outcome.unasked is not None and isinstance(outcome.check, Reached):
            return outcome.unasked.reason
    try:
        for _, name, group in subject.groups():
            ready = sum(map(is_ready, subject.nodes(name)))
            if subject.waits(group):
                told.append(f"{name}: waits for its capacity block, until {group.capacity.start}")
            else:
                told.append(f"{name}: {ready} of {subject.size(group).start} nodes ready")
    except UnaskedError as error:
        told.append(error.reason)
    passed = sum(outcome.status == "passed" for outcome in outcomes)
    return "; ".join([*told, f"{passed} of {len(outcomes)} checks passed"])
