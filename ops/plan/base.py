"""What is deployed before the plan: the same clusters as another layout, or another checkout's synthesis, has them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from modules.app import synthesize
from modules.bindings.flavor import Flavor
from modules.layout import Layout, Variable, VariableKind, load_all
from modules.layout.var import KINDS

from ..errors import UsageError
from ..offline.deployment import written_by
from .planned import document

_Stacks = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Base:
    """Stacks that are taken to be deployed, by name; `name` is how the user calls all of them."""

    name: str
    stacks: _Stacks = field(default_factory=dict)

    def of(self, layout: Layout) -> dict[str, Mapping[str, Any]]:
        """Those of a layout's cluster, in the order in which they are deployed, whether or not the layout still has them.

        Raises:
            UsageError: they are in another region.
        """
        found = {stack: self.stacks[stack] for stack in possible_stacks(layout) if stack in self.stacks}
        for region in {_region(one) for one in found.values()} - {layout.region, ""}:
            raise UsageError(
                f"--base {self.name}: {layout.name} is in {region} there, and the layout has it in {layout.region}. Nothing moves "
                "from one region to another: give the cluster of the new region a name of its own, or leave --base out"
            )
        return found

    @cached_property
    def variables(self) -> dict[str, Variable]:
        """The variables that the stacks declare, by name."""
        return {
            name: Variable(name, _kind(name, body), ())
            for stack in self.stacks.values()
            for name, body in stack.get("variable", {}).items()
        }

    def flavor_of(self, layout: Layout) -> Flavor | None:
        """The flavour that has written the stacks of a layout's cluster; None where there is none, or not one only."""
        writers = {written_by(stack) for stack in self.of(layout).values()}
        return writers.pop() if len(writers) == 1 else None

    def others(self, layouts: Iterable[Layout]) -> list[str]:
        """Names of the stacks that are of none of the layouts' clusters."""
        own = {stack for layout in layouts for stack in self.of(layout)}
        return [stack for stack in self.stacks if stack not in own]


def possible_stacks(layout: Layout) -> tuple[str, ...]:
    """Names of all stacks that a layout of this name may have, in the order in which they are deployed."""
    return layout.data_stack, layout.name, layout.platform_stack, layout.workloads_stack


def read_base(name: str, scratch: Path) -> Base:
    """The stacks of a layout, of several with commas between them, or of a folder that `synth` has written.

    Args:
        name: what the user has given.
        scratch: where a layout is synthesized to.

    Raises:
        LayoutError: a layout is at fault.
        UsageError: this is no folder of that kind.
    """
    folder = Path(name)
    if not name.replace(",", "").strip():
        raise UsageError(
            "--base is empty: name a layout, or the folder of another synthesis like ../base/cdktf.out"
        )
    if folder.is_dir():
        files = sorted(folder.glob("stacks/*/cdk.tf.json"))
        if not files:
            raise UsageError(
                f"--base {name}: there is no stacks/*/cdk.tf.json in it; name the output folder of a synthesis, like "
                "../base/cdktf.out"
            )
        return Base(name, {file.parent.name: _read(file, name) for file in files})
    loaded = load_all([one.strip() for one in name.split(",") if one.strip()])
    synthesize(loaded, str(scratch))
    stacks = [stack for one in loaded for stack in one.layout.stacks]
    return Base(name, {stack: document(scratch, stack) for stack in stacks})


def _read(file: Path, base: str) -> dict[str, Any]:
    try:
        result = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        result = None
    if not isinstance(result, dict):
        raise UsageError(f"--base {base}: {file} is no Terraform JSON")
    return result


def _region(stack: Mapping[str, Any]) -> str:
    providers: Sequence[Mapping[str, Any]] = stack.get("provider", {}).get("aws") or [{}]
    return str(providers[0].get("region", ""))


def _kind(name: str, declared: Mapping[str, Any]) -> VariableKind:
    """What a variable may hold: by its validation, which no two kinds of different values share."""
    many = str(declared.get("type", "")).startswith("list")
    for validation in declared.get("validation") or ():
        condition = str(validation.get("condition", "")).removeprefix("${").removesuffix("}")
        known = KINDS.get(condition.replace(f"var.{name}", "{value}"))
        if known is not None:
            return known
    # Of another version of the language: somebody has to give its value.
    return VariableKind(name, str(declared.get("description", "")), "", "", () if many else "", many=many)
