"""Terraform JSON, as a test asks about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from modules.layout import Loaded

Body = dict[str, Any]

_REFERENCE = re.compile(r"(?<![\w.])(data\.)?((?:aws|helm|kubernetes|terraform)_\w+)\.([A-Za-z_][\w-]*)")
_NAMED = re.compile(r"(?<![\w.])(local|var)\.(\w+)")


@dataclass(frozen=True)
class Stack:
    """One stack's JSON. An address is Terraform's: `aws_subnet.network_private`, `data.aws_vpc.network_vpc`."""

    name: str
    json: Body

    def resources(self, of_type: str) -> dict[str, Body]:
        """Resources of a type, by name."""
        return dict(self.json.get("resource", {}).get(of_type, {}))

    def data(self, of_type: str) -> dict[str, Body]:
        """Data sources of a type, by name."""
        return dict(self.json.get("data", {}).get(of_type, {}))

    def only(self, of_type: str) -> Body:
        """The one resource of a type."""
        found = self.resources(of_type)
        assert len(found) == 1, f"{self.name} has {sorted(found)} of type {of_type}, not one"
        return next(iter(found.values()))

    def __getitem__(self, address: str) -> Body:
        found = self._everything.get(address)
        assert found is not None, f"{self.name} has no {address}; it has {', '.join(self.addresses)}"
        return found

    def __contains__(self, address: str) -> bool:
        return address in self._everything

    @cached_property
    def _everything(self) -> dict[str, Body]:
        return {
            f"{prefix}{of_type}.{name}": body
            for kind, prefix in (("resource", ""), ("data", "data."))
            for of_type, bodies in self.json.get(kind, {}).items()
            for name, body in bodies.items()
        }

    @property
    def addresses(self) -> list[str]:
        """Every resource and data source, sorted."""
        return sorted(self._everything)

    @property
    def outputs(self) -> dict[str, Body]:
        """Output blocks by name."""
        return dict(self.json.get("output", {}))

    @property
    def variables(self) -> dict[str, Body]:
        """Variable blocks by name."""
        return dict(self.json.get("variable", {}))

    @property
    def locals(self) -> Body:
        """Local values by name."""
        return dict(self.json.get("locals", {}))

    def references(self, value: Any) -> set[str]:
        """Addresses that a value refers to, those behind local values included, whether or not they exist."""
        found: set[str] = set()
        for text in strings(value):
            if text in self._everything:  # an entry of depends_on
                found.add(text)
            template = text.replace("$${", "").replace("%%{", "")
            if "${" not in template:
                continue
            for data, of_type, name in _REFERENCE.findall(template):
                found.add(f"{data}{of_type}.{name}")
            for kind, name in _NAMED.findall(template):
                if kind == "local":
                    found |= self.references(self.locals[name])
        return found

    def variables_used(self) -> set[str]:
        """Names of the variables that anything in the stack refers to."""
        texts = strings({key: value for key, value in self.json.items() if key != "variable"})
        return {
            name for text in texts if "${" in text for kind, name in _NAMED.findall(text) if kind == "var"
        }

    def needs(self, address: str) -> set[str]:
        """All that Terraform makes before an address, and destroys after it: by depends_on and by reference."""
        found: set[str] = set()
        waiting = [address]
        while waiting:
            for other in self.references(self[waiting.pop()]) - found:
                found.add(other)
                waiting.append(other)
        return found


@dataclass(frozen=True)
class Stacks:
    """The stacks of a layout, in the order in which they are deployed."""

    loaded: Loaded
    all: tuple[Stack, ...]

    def __iter__(self) -> Iterator[Stack]:
        return iter(self.all)

    def named(self, name: str) -> Stack:
        """The stack of a name."""
        found = [stack for stack in self.all if stack.name == name]
        assert found, f"there is no stack {name}; there are {', '.join(stack.name for stack in self.all)}"
        return found[0]

    @property
    def cluster(self) -> Stack:
        """Network, control plane and nodes."""
        return self.named(self.loaded.layout.name)

    @property
    def platform(self) -> Stack:
        """Releases and cluster-wide objects."""
        return self.named(self.loaded.layout.platform_stack)

    @property
    def data(self) -> Stack:
        """Buckets and image repositories, of a layout that has some."""
        return self.named(f"{self.loaded.layout.name}-data")

    @property
    def workloads(self) -> Stack:
        """What runs on the cluster, of a layout that has some."""
        return self.named(f"{self.loaded.layout.name}-workloads")


Load = Callable[[str], Loaded]
Synth = Callable[[str], Stacks]


def strings(value: Any) -> Iterator[str]:
    """Every string in nested data, but for keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from strings(child)
    elif isinstance(value, list):
        for child in value:
            yield from strings(child)
