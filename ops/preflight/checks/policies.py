"""What statements of IAM, KMS and S3 policies allow, as far as it can be read from them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

Statement = Mapping[str, Any]


def statements(document: str | Mapping[str, Any], effect: str) -> Iterator[Statement]:
    """The statements of a policy that allow, or deny."""
    policy = json.loads(document) if isinstance(document, str) else document
    for statement in many(policy.get("Statement")):
        if statement.get("Effect") == effect:
            yield statement


def names(statement: Statement, kind: str, principals: Collection[str]) -> bool:
    """Whether a statement is about one of several principals of a kind (`AWS`, `Service`), or about everybody."""
    given = statement.get("Principal")
    listed = many(given.get(kind)) if isinstance(given, Mapping) else many(given)
    return any(one in principals or one == "*" for one in listed)


def covers(statement: Statement, action: str) -> bool:
    """Whether a statement is about an action; IAM does not tell capitals from small letters there."""
    return any(fnmatchcase(action.lower(), str(one).lower()) for one in many(statement.get("Action")))


def many(value: Any) -> list[Any]:
    """What a policy writes alone or in a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
