"""Whom the roles of the account trust."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from ..account import Account

_ASSUME = "sts:assumerole"


def trusts(arn: Any, service: str, account: Account) -> bool:
    """Whether a role lets a service assume it; one that was not made here does.

    Conditions are not looked at: what they compare is only known when the service asks.

    Args:
        service: the first part of the principal, like `ec2`.
    """
    if not isinstance(arn, str) or arn.split(":")[4:5] != [account.id]:
        return True
    role = account.get("aws_iam_role", arn.rpartition("/")[2])
    text = role.get("assume_role_policy") if role else None
    if not isinstance(text, str):
        return True
    # In China EC2 has a principal of its own, and the usual one works too.
    # https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html
    principals = {f"{service}.amazonaws.com", f"{service}.{account.dns_suffix}"}
    statements = json.loads(text).get("Statement")
    return any(_allows(one, principals) for one in _many(statements))


def _allows(statement: Mapping[str, Any], principals: set[str]) -> bool:
    trusted = statement.get("Principal")
    services = _many(trusted.get("Service")) if isinstance(trusted, Mapping) else _many(trusted)
    actions = [str(one).lower() for one in _many(statement.get("Action"))]
    return (
        statement.get("Effect") == "Allow"
        and any(one in principals or one == "*" for one in services)
        and any(fnmatchcase(_ASSUME, action) for action in actions)
    )


def _many(value: Any) -> list[Any]:
    """What a policy writes alone or in a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
