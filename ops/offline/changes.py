"""What a plan does, resource by resource, from its JSON form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# The actions of a plan's JSON form, and what people call them.
VERBS: Mapping[tuple[str, ...], str] = {
    ("create",): "create",
    ("update",): "update",
    ("delete",): "delete",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    # The old one is left where it is: `lifecycle { destroy = false }`.
    ("create", "forget"): "replace",
    ("forget",): "forget",
}


@dataclass(frozen=True, slots=True)
class Change:
    """What a plan does to one resource.

    `verb` is create, update, delete, replace or forget; `arguments` are the top-level arguments that differ, and `because`
    those that force a replacement.
    """

    address: str
    verb: str
    arguments: tuple[str, ...] = ()
    because: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.because:
            return f"{self.verb} {self.address} because of {', '.join(self.because)}"
        if self.verb == "update" and self.arguments:
            return f"update {self.address} ({', '.join(self.arguments)})"
        return f"{self.verb} {self.address}"


def changes(plan: Mapping[str, Any]) -> list[Change]:
    """All that a plan would do, in the plan's own order; data sources that it reads are not among them.

    Args:
        plan: the output of `terraform show -json`, as data.
    """
    return [
        Change(
            one["address"],
            VERBS[actions],
            tuple(_different(one["change"])),
            tuple(".".join(map(str, path)) for path in one["change"].get("replace_paths", ())),
        )
        for one in plan.get("resource_changes", ())
        if (actions := tuple(one["change"]["actions"])) in VERBS
    ]


def _different(change: Mapping[str, Any]) -> Iterator[str]:
    before, after = change.get("before") or {}, change.get("after") or {}
    unknown = change.get("after_unknown") or {}
    for name in sorted({*before, *after, *unknown}):
        if before.get(name) != after.get(name) or _any(unknown.get(name)):
            yield name


def _any(unknown: Any) -> bool:
    if isinstance(unknown, dict):
        return any(_any(child) for child in unknown.values())
    if isinstance(unknown, list):
        return any(_any(child) for child in unknown)
    return bool(unknown)
