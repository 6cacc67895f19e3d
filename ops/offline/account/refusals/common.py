"""What the rules have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...values import UNKNOWN
from ..account import Account

State = Mapping[str, Any]
# From the planned state, or the one that goes, to what AWS answers.
Rule = Callable[[State, Account], "str | None"]


class Unready(str):
    """What a provider says that has waited in vain: the thing was made all the same, and is tainted."""

    __slots__ = ()


def block(state: State, name: str) -> State:
    """The one block of a name; empty where there is none or it is not known yet."""
    found = state.get(name)
    if not isinstance(found, list) or not found or not isinstance(found[0], dict):
        return {}
    return {key: value for key, value in found[0].items() if value is not UNKNOWN}


def unreachable(type_name: str, account: Account) -> str | None:
    """What is in Kubernetes needs a cluster, to be made and to be removed."""
    if type_name.startswith(("kubernetes_", "helm_")) and not account.has_clusters:
        return "Kubernetes cluster unreachable: dial tcp: lookup of the cluster's endpoint: no such host"
    return None


def no_subnet(subnet_id: Any, account: Account) -> bool:
    """Whether an id is that of no subnet."""
    return isinstance(subnet_id, str) and account.subnet(subnet_id) is None


def missing(account: Account, type_name: str, id: Any, message: str) -> str | None:
    """Refuses an id that was given here once and is gone; ids from elsewhere are taken to exist."""
    if isinstance(id, str) and account.made[type_name, id] and not account.get(type_name, id):
        return message.format(id=id)
    return None


def exists(type_name: str, member: str, message: str) -> Rule:
    """Refuses a name that another resource of the type has."""

    def rule(values: State, account: Account) -> str | None:
        name = values.get(member)
        if isinstance(name, str) and any(other.get(member) == name for other in account.all(type_name)):
            return message.format(name=name)
        return None

    return rule
