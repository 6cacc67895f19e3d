"""What a schema is made of: attributes, nested attributes and blocks, as in Terraform's plugin protocol 6."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

CtyType = str | list[Any]
"""A type as cty writes it in JSON: "string", ["list", T], ["object", {name: T}] ..."""
Nesting = Literal["single", "list", "set", "map"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A member that is written with an equals sign."""

    name: str
    type: CtyType | None = None
    """None where `nested` describes it."""
    nested: Nested | None = None
    required: bool = False
    optional: bool = False
    computed: bool = False


@dataclass(frozen=True, slots=True)
class Nested:
    """The members of a nested attribute (helm v3 writes `set = [...]` and `kubernetes = {...}`)."""

    nesting: Nesting
    attributes: dict[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NestedBlock:
    """A member that is written as a block. No limit is 0, as in the protocol."""

    name: str
    nesting: Nesting
    body: Body
    min_items: int = 0
    max_items: int = 0


@dataclass(frozen=True, slots=True)
class Body:
    """What a resource, a data source, a provider or a block has."""

    attributes: dict[str, Attribute] = field(default_factory=dict)
    blocks: dict[str, NestedBlock] = field(default_factory=dict)
