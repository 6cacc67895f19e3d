"""Which plan belongs to which stack of a picture, and what it does to what is drawn there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..errors import UsageError
from ..review.plan import Plan, parse_plan, stack_of

if TYPE_CHECKING:
    from .drawing import Verb

_INDEX = re.compile(r"\[(?:\d+|\"(?:[^\"\\]|\\.)*\")\]$")


def base(address: str) -> str:
    """An address without the index of a `for_each` or a `count`: what the configuration has."""
    return _INDEX.sub("", address)


def identified(stack: str, address: str) -> str:
    """What a picture calls a resource."""
    return f"{stack}/{address}"


def read_plans(files: Sequence[Path], documents: Mapping[str, Mapping[str, Any]]) -> list[Plan]:
    """Reads plans and finds their stacks: by the file's name, `plan.STACK.json`, else by what is planned.

    Args:
        files: each the output of `terraform show -json`.
        documents: Terraform JSON by stack.

    Raises:
        UsageError: one is no plan, or fits no stack or several, or two fit the same.
        OSError: one cannot be read.
    """
    there = {stack: _addresses(document) for stack, document in documents.items()}
    found: dict[str, tuple[Path, Plan]] = {}
    for file in files:
        raw = file.read_bytes()
        plan = parse_plan(raw, file)
        stack = _stack(file, plan, there)
        if stack in found:
            raise UsageError(f"{found[stack][0]} and {file} are both plans of the stack {stack}: give one")
        found[stack] = file, parse_plan(raw, file, stack)
    return [plan for _, plan in found.values()]


def verbs(plans: Sequence[Plan]) -> dict[str, Verb]:
    """What plans do, by STACK/ADDRESS: create, update, replace, delete or forget.

    Of what an interrupted replacement has left behind nothing is said: its address is that of the one that stays.
    """
    return {
        identified(plan.stack, change.address): cast("Verb", change.verb)
        for plan in plans
        for change in plan.changes
        if change.is_managed and change.happens and not change.is_deposed
    }


def _stack(file: Path, plan: Plan, there: Mapping[str, set[str]]) -> str:
    # What goes may be of an older layout; all else is in the one that is drawn, if the plan is of it.
    kept = {
        base(one.address) for one in plan.changes if one.is_managed and one.verb not in ("delete", "forget")
    }
    named = stack_of(file)
    stacks = [named] if named in there else list(there)
    fitting = [stack for stack in stacks if kept and kept <= there[stack]]
    if named in there and not kept:
        return named
    gone = {base(one.address) for one in plan.changes if one.is_managed}
    if not kept and gone and not any(gone & addresses for addresses in there.values()):
        return named  # all of a stack goes, which the layout has no longer
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UsageError(f"{file}: this may be a plan of {' or '.join(fitting)}; call it plan.STACK.json")
    nearest = max(stacks, key=lambda stack: len(kept & there[stack]))
    strange = sorted(kept - there[nearest])
    if not strange:
        raise UsageError(
            f"{file}: nothing in this plan says which stack it is of; call it plan.STACK.json, "
            f"with one of {', '.join(there)}"
        )
    raise UsageError(
        f"{file}: this is no plan of {' or '.join(stacks)} as the layout is now: it has {strange[0]}"
        f"{f' and {len(strange) - 1} more' if len(strange) > 1 else ''}, which the layout does not make. "
        "Plan it anew, or name the layout that it was made from"
    )


def _addresses(document: Mapping[str, Any]) -> set[str]:
    return {f"{of_type}.{name}" for of_type, named in document.get("resource", {}).items() for name in named}
