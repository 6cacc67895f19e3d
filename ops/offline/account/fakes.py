"""What a provider makes up when it makes a resource: the id, and every value that is known after apply only.

The values are well formed, agree with each other and with what is in the account, and are the same in every run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..schema import Attribute, Body, CtyType
from ..values import UNKNOWN, empty
from . import facts
from .account import Account, RefusedError
from .identities import identity
from .invented import suffix
from .refusals import Unready, refusal
from .served import served

__all__ = ["RefusedError", "Unready", "completed", "filled", "identity", "refusal", "served"]

State = dict[str, Any]


def filled(
    type_name: str, body: Body, planned: Mapping[str, Any], prior: Mapping[str, Any] | None, account: Account
) -> State:
    """The state after an apply: the planned one with nothing unknown in it.

    Whoever records it in the account holds `account.lock` from here until then, so that no two get the same id.

    Args:
        planned: the planned state of a resource; of a data source what was read.
        prior: the state before; None on creation.

    Raises:
        RefusedError: a subnet has no place in its VPC.
    """
    with account.lock:
        if prior is None and type_name == "aws_subnet":
            refused = refusal(type_name, "create", planned, None, account)
            if refused is not None:
                raise RefusedError(refused)
        state = _named(type_name, body, planned)
        if state.get("id") is UNKNOWN:
            state["id"] = identity(type_name, state, account)
        known = facts.of(type_name, state, prior, account)
        return _body(body, _merged(state, known))


def completed(body: Body, value: Mapping[str, Any]) -> State:
    """What a data source has found, with nothing unknown in it."""
    return _body(body, value)


def _named(type_name: str, body: Body, planned: Mapping[str, Any]) -> State:
    """With the names that the provider makes of a prefix."""
    state = dict(planned)
    for name in ("name", "node_group_name"):
        # A name that nobody can set is the service's own.
        ours = name in body.attributes and body.attributes[name].optional
        if ours and state.get(name) is UNKNOWN and f"{name}_prefix" in state:
            prefix = state[f"{name}_prefix"]
            start = prefix if isinstance(prefix, str) else "terraform-"
            state[name] = start + suffix(type_name, state)
        if state.get(f"{name}_prefix") is UNKNOWN:
            state[f"{name}_prefix"] = ""
    return state


def _merged(value: Any, known: Any) -> Any:
    """The value, with what is known in the place of what is not."""
    if value is UNKNOWN:
        return known
    if isinstance(value, dict) and isinstance(known, dict):
        return {key: _merged(child, known.get(key, UNKNOWN)) for key, child in value.items()}
    if isinstance(value, list) and isinstance(known, list):
        # A block that the configuration has once, and the facts too.
        return [
            _merged(item, known[index] if index < len(known) else UNKNOWN) for index, item in enumerate(value)
        ]
    return value


# The rest: what no fact speaks of is empty, as the providers leave what does not apply


def _body(body: Body, value: Mapping[str, Any]) -> State:
    result = {name: _attribute(attribute, value.get(name)) for name, attribute in body.attributes.items()}
    for name, block in body.blocks.items():
        child = value.get(name)
        if isinstance(child, list):
            result[name] = [_body(block.body, _whole(block.body, item)) for item in child]
        elif isinstance(child, dict):
            result[name] = (
                {key: _body(block.body, item) for key, item in child.items()}
                if block.nesting == "map"
                else _body(block.body, child)
            )
        else:
            result[name] = empty(body)[name]
    return result


def _whole(body: Body, item: Any) -> Mapping[str, Any]:
    """A block with all its members, also where a fact names only some."""
    return {**empty(body), **(item if isinstance(item, dict) else {})}


def _attribute(attribute: Attribute, value: Any) -> Any:
    nested = attribute.nested
    if nested is None:
        return _value(attribute.type or "dynamic", value)
    members = nested.attributes
    if value is UNKNOWN:
        if nested.nesting != "single":
            return {} if nested.nesting == "map" else []
        value = dict.fromkeys(members, UNKNOWN)
    if isinstance(value, list):
        return [{name: _attribute(one, item.get(name)) for name, one in members.items()} for item in value]
    if isinstance(value, dict) and nested.nesting == "single":
        return {name: _attribute(one, value.get(name)) for name, one in members.items()}
    if isinstance(value, dict):
        return {
            key: {name: _attribute(one, item.get(name)) for name, one in members.items()}
            for key, item in value.items()
        }
    return value


_EMPTY: Mapping[str, Any] = {"string": "", "number": 0, "bool": False, "dynamic": None}


def _value(type_: CtyType, value: Any) -> Any:
    if isinstance(type_, str):
        return _EMPTY[type_] if value is UNKNOWN else value
    kind, inner = type_[0], type_[1]
    if kind == "object":
        members = dict.fromkeys(inner, UNKNOWN) if value is UNKNOWN else value
        if not isinstance(members, dict):
            return members
        return {name: _value(one, members.get(name)) for name, one in inner.items()}
    if value is UNKNOWN:
        return {} if kind == "map" else []
    if isinstance(value, list):
        return [_value(inner, item) for item in value]
    if isinstance(value, dict):
        return {key: _value(inner, item) for key, item in value.items()}
    return value
