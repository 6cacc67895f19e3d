"""The schemas of one installed binding package."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Literal

from modules.bindings.flavor import CDKTF, Flavor

from .body import Body
from .reader import read_body
from .sources import BindingSources, SchemaError

Kind = Literal["resource", "data", "provider"]

# Providers that serve protocol 6, which alone has nested attributes; elsewhere an object is a type.
# https://github.com/hashicorp/terraform-provider-helm/blob/v3.1.1/docs/guides/v3-upgrade-guide.md
_PROTOCOL_6 = frozenset({"helm"})


class BindingPackage:
    """The schemas of one provider.

    Args:
        name: of the provider: `aws`.
        flavor: whose bindings.

    Raises:
        SchemaError: no package of that provider is installed.
    """

    def __init__(self, name: str, flavor: Flavor = CDKTF) -> None:
        self.name = name
        self.sources = BindingSources.of(name, flavor)
        self._bodies: dict[tuple[Kind, str], Body] = {}

    def types(self, kind: Literal["resource", "data"]) -> tuple[str, ...]:
        """All types of resources or of data sources, sorted: `aws_vpc` ..."""
        return self._types[kind]

    def body(self, kind: Kind, type_name: str = "") -> Body:
        """The schema of a type; of the provider itself where there is no type.

        Raises:
            SchemaError: the package has no such type, or its code is not as this module expects it.
        """
        key = (kind, type_name)
        if key not in self._bodies:
            self._bodies[key] = self._read(kind, type_name)
        return self._bodies[key]

    @cached_property
    def _types(self) -> Mapping[Literal["resource", "data"], tuple[str, ...]]:
        data = f"data-{self.name}-"
        modules = self.sources.modules - {"provider"}
        return {
            "resource": self._types_of(one for one in modules if not one.startswith(data)),
            "data": self._types_of(one.removeprefix(data) for one in modules if one.startswith(data)),
        }

    def _types_of(self, modules: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(f"{self.name}_{module.replace('-', '_')}" for module in modules))

    def _read(self, kind: Kind, type_name: str) -> Body:
        module = "provider" if kind == "provider" else self._module(kind, type_name)
        try:
            return read_body(self.sources.typescript(module), nested_attributes=self.name in _PROTOCOL_6)
        except SchemaError as error:
            raise SchemaError(
                f"{self.sources}, module {module}: {error} Use the version of the Pipfile, or adapt ops/offline/schema/reader.py."
            ) from error

    def _module(self, kind: Literal["resource", "data"], type_name: str) -> str:
        """`aws_eks_cluster` -> `eks-cluster`, `data-aws-eks-cluster`."""
        if type_name not in self.types(kind):
            what = "data source" if kind == "data" else "resource"
            near = difflib.get_close_matches(type_name, self.types(kind))
            hint = f" Near to it: {', '.join(near)}." if near else ""
            raise SchemaError(f"{self.sources} has no {what} {type_name}.{hint}")
        short = type_name.removeprefix(f"{self.name}_").replace("_", "-")
        return f"data-{self.name}-{short}" if kind == "data" else short
