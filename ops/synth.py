"""`ops synth`: layouts to Terraform JSON, and a table of what they make."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from modules.app import synthesize
from modules.layout import Loaded, load_all
from modules.layout.models import NodeGroup
from modules.layout.values import Var

from .make_command import make_command


def synth(names: Sequence[str], output: Path, console: Console | None = None) -> None:
    """Checks all layouts, writes the stacks of all of them, and prints what they make.

    Raises:
        LayoutError: a layout is at fault; nothing is written.
    """
    loaded = load_all(names)
    for warning in (warning for one in loaded for warning in one.warnings):
        print(warning, file=sys.stderr)
    folder = synthesize(loaded, str(output), keep_stale=False)
    summarize(loaded, folder, console or Console(width=None if sys.stdout.isatty() else 160, highlight=False))


def summarize(loaded: Sequence[Loaded], folder: Path, console: Console) -> None:
    """Prints stacks, node groups, variables still to be given, and the next command."""
    console.print(_stacks(loaded, folder))
    console.print(_node_groups(loaded))
    missing = {variable.name: variable for one in loaded for variable in one.variables}
    for name in [name for name in missing if f"TF_VAR_{name}" in os.environ]:
        del missing[name]
    if missing:
        console.print("Terraform variables to give, with your account's values:\n")
        for name, variable in sorted(missing.items()):
            console.print(f"  # {variable.kind.description}", markup=False, soft_wrap=True)
            console.print(
                f"  export TF_VAR_{name}='{_example(variable.kind.example)}'", markup=False, soft_wrap=True
            )
        console.print()
    first = "set the variables, then " if missing else ""
    layouts = ",".join(one.name for one in loaded)
    console.print(f"Next: {first}{make_command('deploy', layouts)}", markup=False, soft_wrap=True)


def _stacks(loaded: Sequence[Loaded], folder: Path) -> Table:
    table = _table("Stacks", "stack", "resources", "Terraform JSON")
    for one in loaded:
        for name in one.layout.stacks:
            file = folder / "stacks" / name / "cdk.tf.json"
            resources = json.loads(file.read_text(encoding="utf-8")).get("resource", {})
            table.add_row(name, str(sum(len(of_type) for of_type in resources.values())), _shown(file))
    return table


def _node_groups(loaded: Sequence[Loaded]) -> Table:
    columns = ("cluster", "node group", "type", "min/desired/max", "GPUs", "EFA", "capacity", "zone")
    table = _table("Node groups", *columns)
    for one in loaded:
        for name, group in one.layout.node_groups.items():
            size = f"{group.size.min}/{group.size.desired}/{group.size.max}"
            devices = group.type.gpus or group.type.neuron_devices
            efa = str(group.type.efa_interfaces) if group.efa else "-"
            table.add_row(
                one.layout.name, name, group.instance_type, size, str(devices or "-"), efa, _capacity(group),
                _zone(one, group),
            )  # fmt: skip
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _capacity(group: NodeGroup) -> str:
    capacity = group.capacity
    source = capacity.reservation_id or capacity.reservation_group_arn
    words = capacity.type.replace("_", " ")
    return f"{words} {_plain(source)}" if source else words


def _zone(one: Loaded, group: NodeGroup) -> str:
    if group.availability_zone is not None:
        return _plain(group.availability_zone)
    if group.subnet_ids is not None:
        return "of " + ", ".join(_plain(subnet) for subnet in group.subnet_ids)
    if group.efa:
        zones = one.layout.network.availability_zones
        return _plain(zones[0]) if zones else "the first"
    return "all"


def _plain(value: str) -> str:
    return value.reference if isinstance(value, Var) else value


def _example(example: str | tuple[str, ...]) -> str:
    return example if isinstance(example, str) else json.dumps(list(example))


def _shown(file: Path) -> str:
    return os.path.relpath(file) if file.is_relative_to(Path.cwd()) else str(file)
