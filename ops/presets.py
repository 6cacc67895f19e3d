"""`ops presets`: the layouts that ship, with their node groups."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich import box
from rich.console import Console
from rich.table import Table

from modules.layout import PRESETS, Loaded, load, preset_names
from modules.layout.models import NodeGroup

# What a type of capacity is called where there is room for it.
CAPACITY = {
    "on_demand": "on demand",
    "spot": "spot",
    "odcr": "capacity reservation",
    "capacity_block": "capacity block",
}
_TABLES = 90  # columns; in less, the tables are more folds than words


@dataclass(frozen=True, slots=True)
class Group:
    """A node group of a preset. `gpus` is of one node, as 8 H100, and empty without any; `efa` its EFA interfaces."""

    name: str
    instance_type: str
    gpus: str
    efa: int
    min: int
    desired: int
    max: int
    capacity: str


@dataclass(frozen=True, slots=True)
class Preset:
    """What a preset makes, and what it leaves to the account."""

    name: str
    what: str
    region: str
    vpc: str
    node_groups: tuple[Group, ...]
    variables: tuple[str, ...]


def presets() -> list[Preset]:
    """All presets, each read as any layout is."""
    return [_preset(load(name)) for name in preset_names()]


def what(name: str) -> str:
    """What a preset says of itself in its first comment."""
    lines = (PRESETS / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    comments = (line.lstrip("# ") for line in lines if line.startswith("#"))
    return next((line for line in comments if not line.startswith("yaml-language-server")), "")


def _preset(loaded: Loaded) -> Preset:
    layout = loaded.layout
    return Preset(
        name=loaded.name,
        what=what(loaded.name),
        region=layout.region,
        vpc="new" if layout.network.is_new else "existing",
        node_groups=tuple(_group(name, group) for name, group in layout.node_groups.items()),
        variables=tuple(variable.name for variable in loaded.variables),
    )


def _group(name: str, group: NodeGroup) -> Group:
    found, size = group.type, group.size
    count = found.gpus or found.neuron_devices
    return Group(
        name=name,
        instance_type=group.instance_type,
        gpus=f"{count} {found.accelerator.name}" if count and found.accelerator else "",
        efa=found.efa_interfaces if group.efa else 0,
        min=size.min,
        desired=size.desired,
        max=size.max,
        capacity=CAPACITY[group.capacity.type],
    )


def presets_json(found: Sequence[Preset]) -> str:
    """The presets for a program."""
    return json.dumps([asdict(preset) for preset in found], indent=2) + "\n"


def console() -> Console:
    """Where the presets go: as wide as the terminal or COLUMNS says, and 120 columns in a pipe."""
    known = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit()
    return Console(width=None if known else 120, highlight=False)


def print_presets(found: Sequence[Preset], console: Console) -> None:
    """What each preset is and asks for, and its node groups: as tables, or one below the other where it is narrow."""
    if console.width < _TABLES:
        for preset in found:
            console.print("\n".join(_block(preset, console.width)) + "\n", soft_wrap=True, markup=False)
    else:
        _print_tables(found, console)
        console.print(
            "GPUs and EFA interfaces are those of one node, nodes are min/desired/max.", soft_wrap=True
        )
    console.print('Next: make new ARGS="NAME --from PRESET"', soft_wrap=True)


def _print_tables(found: Sequence[Preset], console: Console) -> None:
    about = _table("preset", "what", "VPC", "region", "variables to give")
    nodes = _table("preset", "instances", "GPUs", "EFA", "nodes", "capacity")
    for preset in found:
        about.add_row(preset.name, preset.what, preset.vpc, preset.region, ", ".join(preset.variables))
        for group in preset.node_groups:
            nodes.add_row(
                preset.name if group is preset.node_groups[0] else "",
                group.instance_type,
                group.gpus or "-",
                str(group.efa or "-"),
                _nodes(group),
                group.capacity,
            )
    console.print(about)
    console.print(nodes)


def _block(preset: Preset, width: int) -> list[str]:
    """A preset as lines of at most `width` columns; names are not taken apart."""
    said = [preset.what, f"{preset.vpc} VPC, {preset.region}"]
    if preset.variables:
        said.append(f"variables to give: {', '.join(preset.variables)}")
    for group in preset.node_groups:
        devices = (f"{group.gpus} each" if group.gpus else "", f"{group.efa} EFA" if group.efa else "")
        parts = (group.instance_type, *devices, f"{_nodes(group)} nodes", group.capacity)
        said.append(f"{group.name}: {', '.join(filter(None, parts))}")
    wrapped = (
        textwrap.wrap(
            text,
            max(width, 20),
            initial_indent="  ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for text in said
    )
    return [preset.name, *(line for lines in wrapped for line in lines)]


def _nodes(group: Group) -> str:
    return f"{group.min}/{group.desired}/{group.max}"


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    for column in columns:
        # A name is what is typed: it stays whole as long as there is room.
        table.add_column(column, overflow="fold", no_wrap=column == "preset")
    return table
