"""IAM's evaluation of policies, as far as the policies of our own roles go: what a test asks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

Context = Mapping[str, str]
Statement = Mapping[str, Any]


def listed(value: Any) -> list[str]:
    """One or many, as many."""
    return [value] if isinstance(value, str) else list(value)


def allowed(
    statements: Sequence[Statement], action: str, resource: str = "*", context: Context | None = None
) -> bool:
    """Whether a request is allowed, and no statement denies it. Names of actions are not case-sensitive, values are."""
    effects = {
        statement["Effect"]
        for statement in statements
        if any(fnmatchcase(action.lower(), one.lower()) for one in listed(statement["Action"]))
        and any(fnmatchcase(resource, one) for one in listed(statement.get("Resource", "*")))
        and _holds(statement.get("Condition", {}), context or {})
    }
    return effects == {"Allow"}


def lets_in(statements: Sequence[Statement], claims: Context, host: str) -> bool:
    """Whether a trust policy lets in a token with these claims, signed by the provider of a host."""
    context = {f"{host}:{claim}": value for claim, value in claims.items()}
    trusting = [one for one in statements if str(one["Principal"]["Federated"]).endswith(host)]
    return allowed(trusting, "sts:AssumeRoleWithWebIdentity", "*", context)


def _holds(conditions: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    return all(
        key in context and any(_MATCH[operator](context[key], value) for value in listed(values))
        for operator, keys in conditions.items()
        for key, values in keys.items()
    )


_MATCH = {
    "Bool": lambda given, wanted: given == wanted,
    "StringEquals": lambda given, wanted: given == wanted,
    # fnmatch knows * and ? as IAM does, and brackets besides, which no policy of ours has.
    "StringLike": fnmatchcase,
}
