"""From a ClusterConfig to a layout that loads, with an account of every field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from ... import catalog
from ..faults import PRESETS, Fault, KeyPath, LayoutError
from ..models import Layout
from .addons import addons
from .cluster import cluster
from .draft import Draft
from .iam import iam
from .manifest import Manifest, Part, leaves
from .network import network
from .nodes import node_groups
from .options import Options as Options
from .repair import checked, repaired
from .report import Row
from .shorten import shortest

# As in the presets: the add-ons need nodes that no taint keeps them off.
_SYSTEM = {"instance_type": "c5.2xlarge", "size": {"min": 1, "desired": 1, "max": 3}}


@dataclass(frozen=True, slots=True)
class Converted:
    """A layout as it is to be written, and what became of the manifest's fields, in the manifest's order."""

    tree: dict[str, Any]
    comments: dict[KeyPath, str]
    rows: tuple[Row, ...]
    layout: Layout
    warnings: tuple[Fault, ...]

    @property
    def drops(self) -> tuple[Row, ...]:
        """What was dropped and changes how the cluster behaves."""
        return tuple(row for row in self.rows if row.matters)


def convert(
    manifest: Manifest, options: Options | None = None, *, presets: Path = PRESETS, today: date | None = None
) -> Converted:
    """A layout of the same meaning as a ClusterConfig, as short as it can be.

    Args:
        manifest: from `read_manifests`.
        options: what the person who imports decides.
        presets: the folder of the presets that the layout may extend.
        today: the day for support dates; the current day (UTC) without it.

    Raises:
        LayoutError: no layout can be made of it, since no node group is left.
    """
    options = options or Options()
    today = today or datetime.now(tz=timezone.utc).date()
    draft = Draft()
    top = Part(manifest.tree, (), manifest.report)
    cluster(top, draft, options)
    subnets = network(top, draft)
    addons(top, draft)
    node_groups(top, draft, options, subnets)
    iam(top, draft)
    _system_group(top, draft)
    if not draft.tree["node_groups"]:
        raise _nothing_left(manifest)
    repaired(draft, top, today)
    found = checked(draft.tree, today)
    layout = found.layout
    assert layout is not None
    _leftovers(manifest)
    tree = shortest(draft.tree, layout, presets, today, draft.pinned)
    return Converted(tree, draft.comments, manifest.report.in_order(), layout, found.faults)


def _system_group(top: Part, draft: Draft) -> None:
    """A group for add-ons and operators, where every other one is for accelerated work alone."""
    groups = draft.tree["node_groups"]
    if not groups or any(_takes_any_pod(group) for group in groups.values()):
        return
    name = "sys" if "sys" not in groups else "system"
    draft.put(("node_groups", name), dict(_SYSTEM))
    draft.note(
        ("node_groups", name),
        f"{name} is not in the manifest: CoreDNS, drivers and operators need nodes without a taint.",
    )
    top.changed("", f"the group {name} is added: every other one has a taint, or no node")


def _takes_any_pod(group: dict[str, Any]) -> bool:
    found = catalog.find(group["instance_type"])
    tainted = "taints" in group or (found is not None and found.accelerator is not None)
    return not tainted and group["size"]["desired"] > 0


def _nothing_left(manifest: Manifest) -> LayoutError:
    said = [row for row in manifest.report.rows if row.path.startswith(("managedNodeGroups", "nodeGroups"))]
    why = "; ".join(f"{row.path}: {row.note}" for row in said if row.matters)
    # A cluster of Fargate or Auto Mode alone, say.
    why = why or "; ".join(["it has none", *(row.note for row in manifest.report.rows if row.matters)])
    remedy = "Give it a managed node group of Linux nodes with an instance type that the catalogue knows."
    origin = manifest.tree.locate(("managedNodeGroups",))
    return LayoutError(
        [Fault(origin, (), f"no node group is left of the manifest: {why}", remedy, "eksctl-groups")]
    )


def _leftovers(manifest: Manifest) -> None:
    """Says of each field that nobody has looked at that it was dropped, and of all others that they were kept."""
    report = manifest.report
    looked_at = {used[:i] for used in report.used for i in range(len(used) + 1)}
    for path, origin in leaves(manifest.tree):
        if report.speaks_of(path) or path in (("apiVersion",), ("kind",)):
            continue
        if report.has_read(path) or _is_empty(manifest, path):
            report.add(origin, path, "kept", "")
        else:
            # The whole of what nobody looked into, and not each value in it.
            whole = next(path[:i] for i in range(len(path) + 1) if path[:i] not in looked_at)
            report.add(manifest.tree.locate(whole), whole, "dropped", "has no counterpart", matters=True)


def _is_empty(manifest: Manifest, path: KeyPath) -> bool:
    """Whether a field says nothing: false, zero, an empty list."""
    node = manifest.tree.get(path)
    return node is None or not node.value
