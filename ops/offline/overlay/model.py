"""What an overlay can say about a resource type, as data."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Values = Mapping[str, Any]
# The arguments that force a replacement, given what there is and what is planned.
Rule = Callable[[Values, Values], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Network:
    """A CIDR block without host bits, of a range of prefix lengths; `version` is None where both will do."""

    version: Literal[4, 6] | None = 4
    shortest: int = 0
    longest: int = 128
    private: bool = False


@dataclass(frozen=True, slots=True)
class Validation:
    """What a provider asks of one argument, or of each member where the argument is a list.

    `pattern` has to match the whole value and `refused` must not match its start; `hint` says either in words.
    """

    pattern: str | None = None
    refused: str | None = None
    hint: str = ""
    at_least: int | None = None
    at_most: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    one_of: tuple[str | int, ...] = ()
    network: Network | None = None

    def problem(self, value: Any) -> str | None:
        """Why a known value will not do, or None where it will."""
        if self.one_of and value not in self.one_of:
            return f"is {value!r}, has to be one of {', '.join(map(str, self.one_of))}"
        if self.network is not None:
            return _network_problem(self.network, str(value))
        if isinstance(value, str):
            return self._text_problem(value)
        if self.at_least is not None and value < self.at_least:
            return f"is {value}, has to be at least {self.at_least}"
        if self.at_most is not None and value > self.at_most:
            return f"is {value}, has to be at most {self.at_most}"
        return None

    def _text_problem(self, value: str) -> str | None:
        if self.min_length is not None and len(value) < self.min_length:
            return f"has {len(value)} characters, has to have at least {self.min_length}"
        if self.max_length is not None and len(value) > self.max_length:
            return f"has {len(value)} characters, has to have at most {self.max_length}"
        if self.pattern is not None and re.fullmatch(self.pattern, value, re.ASCII) is None:
            return f"is {value!r}, {self.hint or f'has to match {self.pattern}'}"
        if self.refused is not None and re.match(self.refused, value) is not None:
            return f"is {value!r}, {self.hint}"
        return None


# The private ranges, RFC 1918: what `is_private` says is wider.
_PRIVATE = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))


def _network_problem(wanted: Network, value: str) -> str | None:
    try:
        network = ipaddress.ip_network(value)
    except ValueError as fault:
        return f"is {value!r}, has to be a CIDR block: {fault}"
    if wanted.version is not None and network.version != wanted.version:
        return f"is {value!r}, has to be an IPv{wanted.version} CIDR block"
    if not wanted.shortest <= network.prefixlen <= wanted.longest:
        return f"is {value!r}, has to have a prefix length of {wanted.shortest} to {wanted.longest}"
    within = isinstance(network, ipaddress.IPv4Network) and any(map(network.subnet_of, _PRIVATE))
    if wanted.private and not within:
        return f"is {value!r}, has to lie in {', '.join(map(str, _PRIVATE))}"
    return None


@dataclass(frozen=True, slots=True)
class OnlyWith:
    """An argument that is allowed only where another one has one of these values; None stands for one not set."""

    path: str
    other: str
    values: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Recomputed:
    """Computed values that a change makes unknown again.

    Args:
        names: the values, or paths to them in blocks.
        because: the arguments whose change does it; none named means that any does.
        ignoring: arguments whose change does not.
        only_if: a switch that has to be on.
    """

    names: tuple[str, ...]
    because: frozenset[str] = frozenset()
    ignoring: frozenset[str] = frozenset()
    only_if: str | None = None


@dataclass(frozen=True, slots=True)
class Overlay:
    """What the bindings do not say of a resource type.

    A path names attributes and blocks with dots between; `0` stands for a member of a list or set, and for any of them
    where there can be several.

    Args:
        force_new: a change of these replaces the resource; a block by its name where any change in it does.
        force_new_if: rules for what does so only sometimes.
        ordered: those of `force_new` that are lists, where another order is another value.
        computed_blocks: blocks that the provider fills in where the configuration has none.
        sensitive: values that Terraform does not show.
        write_only: arguments that are not kept in the state.
        defaults: what the provider plans where the configuration says nothing.
        recomputed: computed values that a change makes unknown again.
        at_most_one: groups of arguments of which one can be set.
        exactly_one: groups of arguments of which one has to be set; within a block, where there is that block.
        required_with: an argument, and those that it needs beside it.
        only_with: arguments that need a certain value in another.
        one_block: blocks that have to be there once, where the schema does not say so.
        deprecated: arguments that the provider warns of, with what it says.
        validations: what the provider itself asks of an argument, where botocore's models of the service do not.
    """

    force_new: tuple[str, ...] = ()
    force_new_if: tuple[Rule, ...] = ()
    ordered: frozenset[str] = frozenset()
    computed_blocks: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()
    write_only: frozenset[str] = frozenset()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    recomputed: tuple[Recomputed, ...] = ()
    at_most_one: tuple[tuple[str, ...], ...] = ()
    exactly_one: tuple[tuple[str, ...], ...] = ()
    required_with: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    only_with: tuple[OnlyWith, ...] = ()
    one_block: tuple[str, ...] = ()
    deprecated: Mapping[str, str] = field(default_factory=dict)
    validations: Mapping[str, Validation] = field(default_factory=dict)
