"""Plans of other providers' versions, of OpenTofu, of half-known values: a rule may find nothing, but not fail."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.review.judge import judge
from ops.review.plan import parse_plan
from ops.review.rules import RULES
from ops.review.subject import Subject
from tests.plans import Json, plan_text
from tests.review_cases import capacity, control, groups, hardware, in_place, protection, running, settings

CASES = (
    *groups.CASES, *capacity.CASES, *hardware.CASES, *settings.CASES,
    *control.CASES, *protection.CASES, *running.CASES, *in_place.CASES, *in_place.NODE_CASES,
)  # fmt: skip
# What stands where another value was expected; a provider that has a text now has no list there some versions later.
SCALARS: tuple[Any, ...] = (None, "", "?", 7, -1, 0.5, True)
ODD = (*SCALARS, [], {}, [None], [{}], {"a": None}, ["a", "b"])


def places(tree: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a tree, inner ones as well as leaves; of a long list the first and the last."""
    yield path
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from places(value, (*path, key))
    elif isinstance(tree, list):
        for index in sorted({0, len(tree) - 1} if tree else set()):
            yield from places(tree[index], (*path, index))


def put(tree: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """The tree with another value at a place."""
    if not path:
        return value
    tree[path[0]] = put(tree[path[0]], path[1:], value)
    return tree


def odd(tree: Any, path: tuple[str | int, ...]) -> tuple[Any, ...]:
    """What may stand at a place."""
    for step in path:
        tree = tree[step]
    return ODD if isinstance(tree, dict | list) else SCALARS


def marks(path: tuple[str | int, ...]) -> Any:
    """`after_unknown` or `after_sensitive` of a change whose value at a place is unknown, or sensitive."""
    if not path:
        return True
    step, rest = path[0], marks(path[1:])
    return {step: rest} if isinstance(step, str) else [False] * step + [rest]


def looks(changes: list[Json]) -> None:
    subject = Subject([parse_plan(plan_text(*changes).encode(), Path("plan.json"))])
    for one in judge(subject, RULES):
        assert one.finding.effect
        assert one.finding.remedy


@pytest.mark.parametrize("seed", range(4))
def test_no_rule_fails_on_values_that_are_odd_unknown_or_sensitive(seed: int) -> None:
    chance = random.Random(seed)
    for case in [one for one in CASES if one.changes][seed::4]:
        for _ in range(4):
            changes = copy.deepcopy(list(case.changes))
            for _ in range(chance.choice((1, 1, 3))):
                inner = chance.choice(changes)["change"]
                side = chance.choice(("before", "after"))
                path = chance.choice(list(places(inner[side])))
                how = chance.randrange(3)
                if how == 0:
                    # A side that is a mapping stays one, as Terraform has it.
                    inner[side] = (
                        put(inner[side], path, copy.deepcopy(chance.choice(odd(inner[side], path))))
                        if path
                        else inner[side]
                    )
                elif how == 1:
                    inner["after_unknown"] = marks(path)
                else:
                    inner[f"{side}_sensitive"] = marks(path)
            try:
                looks(changes)
            except Exception:
                print(case.name, json.dumps(changes))  # to be seen when it fails
                raise


def test_no_rule_fails_on_resources_that_say_nothing_at_all() -> None:
    types = {one["type"] for case in CASES for one in case.changes}
    for verb in ("create", "update", "delete", "replace", "forget", "no-op"):
        actions = {"replace": ["delete", "create"]}.get(verb, [verb])
        sides: dict[str, Any] = {
            "before": None if verb == "create" else {},
            "after": None if verb == "delete" else {},
        }
        looks(
            [
                {"address": f"{kind}.a", "type": kind, "name": "a", "change": {"actions": actions, **sides}}
                for kind in types
            ]
        )
