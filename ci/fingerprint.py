"""What a plan changes, as one short text: two plans that would do the same have the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

Json = Any  # what json.loads gives

_NOTHING = (["no-op"], ["read"])


def changed(plan: Mapping[str, Json]) -> list[dict[str, Json]]:
    """The resources that a plan (`terraform show -json`) touches, imports, moves or forgets."""
    return [
        one
        for one in plan.get("resource_changes", [])
        if one["change"]["actions"] not in _NOTHING
        or "importing" in one["change"]
        or "previous_address" in one
    ]


def only_creates(plan: Mapping[str, Json]) -> bool:
    """Whether a plan leaves all alone that there is."""
    return all(one["change"]["actions"] == ["create"] for one in changed(plan))


def creates(plan: Mapping[str, Json]) -> bool:
    """Whether a plan makes a resource, a replacement included."""
    return any("create" in one["change"]["actions"] for one in changed(plan))


def does_something(plan: Mapping[str, Json]) -> bool:
    """Whether an apply of a plan would change a resource or an output."""
    outputs = plan.get("output_changes", {}).values()
    return bool(changed(plan)) or any(one["actions"] not in _NOTHING for one in outputs)


def fingerprint(plans: Mapping[str, Mapping[str, Json]]) -> str:
    """A digest of what plans change.

    What stays as it is has no part in it: a size that an autoscaler sets meanwhile is no other plan.

    Args:
        plans: by stack.
    """
    told = {
        stack: [
            sorted(_told(one) for one in changed(plan)),
            sorted(
                name for name, one in plan.get("output_changes", {}).items() if one["actions"] not in _NOTHING
            ),
        ]
        for stack, plan in plans.items()
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _told(one: Mapping[str, Json]) -> str:
    change = one["change"]
    parts = [
        one["address"],
        one.get("deposed"),
        one.get("previous_address"),
        change["actions"],
        change.get("importing"),
    ]
    parts += [_difference(change.get("before"), change.get("after")), change.get("after_unknown")]
    return json.dumps([*parts, change.get("replace_paths")], sort_keys=True)


def _difference(before: Json, after: Json) -> Json:
    if before == after:
        return None
    if isinstance(before, dict) and isinstance(after, dict):
        names = sorted({*before, *after})
        return {
            name: _difference(before.get(name), after.get(name))
            for name in names
            if before.get(name) != after.get(name)
        }
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [_difference(*pair) for pair in zip(before, after, strict=True)]
    return [before, after]
