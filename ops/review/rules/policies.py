"""IAM policies as data: what an `Allow` lets who do, and what one policy lets do that another did not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from .parts import parsed


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; the actions of a `NotAction` are all others.

    `condition` is its condition as text, empty where there is none.
    """

    allows: bool
    actions: frozenset[str]
    all_but_actions: bool
    resources: frozenset[str]
    all_but_resources: bool
    principals: frozenset[str]
    condition: str

    @property
    def is_everything(self) -> bool:
        """Whether it lets everything be done to everything, which is an administrator."""
        return (
            self.allows
            and not self.condition
            and (self.all_but_actions or bool(self.actions & {"*", "*:*"}))
            and (self.all_but_resources or "*" in self.resources)
        )

    @property
    def is_everybody(self) -> bool:
        """Whether anybody in the world is meant, without a condition."""
        return self.allows and not self.condition and bool(self.principals & {"AWS:*", "*"})

    @property
    def unconditional_federation(self) -> frozenset[str]:
        """Identity providers whose every user is let in."""
        if not self.allows or self.condition:
            return frozenset()
        return frozenset(one for one in self.principals if one.startswith("Federated:"))


@dataclass(frozen=True, slots=True)
class Difference:
    """What one policy lets do that another did not, and the other way round; all as text to be shown."""

    actions: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()
    principals: frozenset[str] = frozenset()
    conditions: bool = False
    denials: bool = False
    all_but: bool = False

    def __bool__(self) -> bool:
        return bool(
            self.actions
            or self.resources
            or self.principals
            or self.conditions
            or self.denials
            or self.all_but
        )


@lru_cache(maxsize=512)
def statements(text: str) -> tuple[Statement, ...] | None:
    """The statements of a policy; None where it is none."""
    policy = parsed(text)
    if not isinstance(policy, dict):
        return None
    raw = policy.get("Statement", [])
    return tuple(
        _statement(one) for one in (raw if isinstance(raw, list) else [raw]) if isinstance(one, dict)
    )


def _statement(raw: Mapping[str, Any]) -> Statement:
    condition = raw.get("Condition")
    return Statement(
        raw.get("Effect") != "Deny",
        frozenset(_list(raw.get("Action", raw.get("NotAction")))),
        "NotAction" in raw,
        frozenset(_list(raw.get("Resource", raw.get("NotResource")))),
        "NotResource" in raw,
        frozenset(_principals(raw)),
        json.dumps(condition, sort_keys=True) if condition else "",
    )


def _principals(raw: Mapping[str, Any]) -> Iterator[str]:
    if "NotPrincipal" in raw:
        # Everybody but some: with Allow that is the world.
        yield "AWS:*"
        return
    principal = raw.get("Principal")
    if isinstance(principal, dict):
        for kind, values in principal.items():
            for value in _list(values):
                yield f"{kind}:{value}"
    elif isinstance(principal, str):
        yield "AWS:*" if principal == "*" else principal


def _list(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def widened(before: tuple[Statement, ...], after: tuple[Statement, ...]) -> Difference:
    """What the policy afterwards lets do that the one before did not."""
    old = [one for one in before if one.allows]
    actions: set[str] = set()
    resources: set[str] = set()
    principals: set[str] = set()
    conditions = all_but = False
    for new in after:
        if not new.allows or new in old:
            continue
        if new.all_but_actions or new.all_but_resources:
            all_but = True
            continue
        for action in new.actions:
            having = [one for one in old if _has_action(one, action)]
            if not having:
                actions.add(action)
                continue
            reaching = [one for one in having if all(_has_resource(one, text) for text in new.resources)]
            if not reaching:
                resources |= {
                    text for text in new.resources if not any(_has_resource(one, text) for one in having)
                }
                continue
            trusting = [one for one in reaching if _has_principals(one, new.principals)]
            if not trusting:
                principals |= new.principals - frozenset().union(*(one.principals for one in reaching))
                continue
            conditions |= not any(one.condition in ("", new.condition) for one in trusting)
    denied = {one for one in before if not one.allows}
    return Difference(
        frozenset(actions),
        frozenset(resources),
        frozenset(principals),
        conditions,
        not denied <= {one for one in after if not one.allows},
        all_but,
    )


def _has_action(statement: Statement, action: str) -> bool:
    found = any(_matches(action.lower(), pattern.lower()) for pattern in statement.actions)
    return found != statement.all_but_actions


def _has_resource(statement: Statement, resource: str) -> bool:
    found = any(_matches(resource, pattern) for pattern in statement.resources)
    return found != statement.all_but_resources


def _has_principals(statement: Statement, wanted: frozenset[str]) -> bool:
    return wanted <= statement.principals or "AWS:*" in statement.principals


def _matches(text: str, pattern: str) -> bool:
    if text == pattern or pattern == "*":
        return True
    # Square brackets mean something to fnmatch, and nothing to IAM.
    return ("*" in pattern or "?" in pattern) and fnmatchcase(text, pattern.replace("[", "[[]"))
