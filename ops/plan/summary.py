"""What a person reads behind the plans: a table, what is replaced and deleted, and what an offline plan is worth."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from modules.bindings import active_flavor
from modules.layout import Layout

from .base import Base
from .planned import Planned

OFFLINE_NOTE = """\
This is a plan against an empty account, with stand-ins for the providers: the arguments, references, order and checks are
real, and what AWS would answer is not. What the layout names is taken to exist, and so is, for a stack, what those before it make. It cannot show
  - whether the account has the quota, the capacity reservation, the permissions and the existing VPC that the layout names;
  - what there is already, and so no change or replacement of it;
  - values that only AWS knows, such as the AMI, add-on and zone that a data source finds;
  - whether a chart can be downloaded, and what is in it.
With an account, `python -m ops preflight` (`make preflight`) asks it for the first of these and more, and `python -m ops plan --real`
plans with the real providers; so does `make plan ARGS=--real`."""


BASE_NOTE = """\
This is a plan against what {base} makes in an account that was empty, with stand-ins for the providers: what is made, changed, replaced
and destroyed is real, and so are the arguments, references, order and checks. What AWS would answer is not. It cannot show
  - what is deployed otherwise than {base} says: by hand, by another version, or not at all;
  - whether the account has the quota, the capacity reservation, the permissions and the existing VPC that the layout names;
  - values that only AWS knows, such as the AMI, add-on and zone that a data source finds;
  - whether a chart can be downloaded, and what is in it.
`python -m ops plan --real` plans with the real providers against your state; so does `make plan ARGS=--real`."""


def summarize(
    results: Sequence[Planned], console: Console, *, real: bool, base: Base, layouts: Sequence[Layout]
) -> None:
    """Prints it; `base` has no stacks where the plan is one of an empty account, or a real one."""
    table = Table(title="Plan", title_justify="left", title_style="bold", box=box.SIMPLE)
    verbs = ("create", "update", "replace", "delete")
    for column in ("stack", *verbs):
        table.add_column(column, overflow="fold")
    for result in results:
        if result.data is None:
            table.add_row(result.stack, "refused")
            continue
        counts = Counter(change.verb for change in result.changes)
        table.add_row(result.stack, *(str(counts[verb] or "-") for verb in verbs))
    console.print(table)
    for change in (change for result in results for change in result.changes):
        if change.verb in ("replace", "delete"):
            console.print(f"  {change}", markup=False, soft_wrap=True)
    for result in results:
        if result.data is None:
            told = f"Terraform refused to plan {result.stack}: {'; '.join(result.errors) or 'see above'}"
            console.print(told + "\n", markup=False, soft_wrap=True)
    for told in _about_base(results, base, layouts) if base.name else ():
        console.print(told + "\n", markup=False, soft_wrap=True)
    if real:
        return
    values = {(name, _shown(value)) for result in results for name, value in result.assumed.items()}
    if values:
        console.print(
            "Values that nobody has set, and that this plan made up (set them with --var or TF_VAR_...):",
            soft_wrap=True,
        )
        names = Counter(name for name, _ in values)
        for name, value in sorted(values):
            users = [
                one.stack for one in results if name in one.assumed and _shown(one.assumed[name]) == value
            ]
            where = f"  ({', '.join(users)})" if names[name] > 1 else ""
            console.print(f"  {name} = {value}{where}", markup=False, soft_wrap=True)
        console.print()
    note = BASE_NOTE.format(base=base.name) if base.name else OFFLINE_NOTE
    console.print(note, markup=False, soft_wrap=True)


def _about_base(results: Sequence[Planned], base: Base, layouts: Sequence[Layout]) -> Iterator[str]:
    for result in results:
        if result.goes:
            yield (
                f"Only {base.name} has the stack {result.stack}: shown is what its destroy takes away. A deploy of the layout leaves it "
                "as it is, until somebody destroys it."
            )
    now = active_flavor()
    writers = {writer for layout in layouts if (writer := base.flavor_of(layout)) not in (None, now)}
    for writer in sorted(filter(None, writers), key=str):
        made = (
            "and its providers made it here"
            if writer.is_installed
            else f"whose packages are not installed, so that the providers of {now.title} made it here"
        )
        yield (
            f"{base.name} is of {writer.title}, {made}; planned is with {now.title} and its providers: docs/leaving-cdktf.md"
        )
    for layout in layouts:
        if not base.of(layout):
            yield f"{base.name} has no stack of the cluster {layout.name}: all of it is shown as new."
    others = base.others(layouts)
    if others:
        yield (
            f"{base.name} also has {', '.join(others)}, which none of the layouts here makes. These stay as they are; a cluster that "
            "has another name now is a second cluster."
        )


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
