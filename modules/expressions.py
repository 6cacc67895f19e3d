"""Text that Terraform reads as a template: literals, references, and user data as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cdktf import Token

from .layout.values import Var

# Id of the one resource that a construct stands for: CDKTF leaves this step out of the address.
RESOURCE = "Resource"


def literal(text: str) -> str:
    """User text as a string that Terraform leaves alone: `${` and `%{` would start a template."""
    return text.replace("${", "$${").replace("%{", "%%{")


def text(value: str) -> str:
    """A value of a layout as an argument: a variable's reference, or the text as it is."""
    return value if isinstance(value, Var) else literal(value)


def literals(value: Any) -> Any:
    """`literal` for every string of nested data, keys too."""
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, dict):
        return {literal(key): literals(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [literals(child) for child in value]
    return value


def reference(value: str) -> str:
    """A value of a layout inside an expression: a variable's reference, or a quoted text.

    An attribute of a resource is written as `f"{resource.fqn}.id"` there: CDKTF's tokens carry braces of their own.
    """
    return value.reference if isinstance(value, Var) else json.dumps(literal(value))


def reference_list(values: Sequence[str] | Var) -> str:
    """A list inside an expression."""
    if isinstance(values, Var):
        return values.reference
    return "[" + ", ".join(reference(value) for value in values) + "]"


def string_list(values: Sequence[str] | Var) -> list[str]:
    """A list as cdktf takes it: literals, or the one reference to a list variable."""
    return Token.as_list(values) if isinstance(values, Var) else list(values)


def policy(*statements: dict[str, Any]) -> str:
    """An IAM policy document of version 2012-10-17, the same bytes for the same statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Sequence[str], resources: Sequence[str] = ("*",), **more: Any) -> dict[str, Any]:
    """A statement that allows actions on resources."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources), **more}
