"""Python's half: a provider package whose submodules are imported on first use.

The `__init__` that jsii generates ends in one `from . import NAME` line a resource. Nothing needs them: a submodule
finds everything through `from .._jsii import *`. They are only there to register each class with jsii, which the import
of a submodule does by itself. So the package is executed without that tail, and its names come through the module's
`__getattr__` (PEP 562) instead.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import ModuleType

_PROVIDER_PACKAGE = re.compile(r"cdktf_cdktf_provider_\w+")
_EAGER_IMPORT = re.compile(r"from \. import ([A-Za-z_]\w*)")


def is_provider_package(name: str) -> bool:
    """Whether a module of that name is a prebuilt provider's top-level package."""
    return _PROVIDER_PACKAGE.fullmatch(name) is not None


class LazyProviderFinder(MetaPathFinder):
    """Finds provider packages where the other finders do, and has them executed lazily."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a provider package, with the lazy loader in it; None for every other name."""
        if not is_provider_package(fullname):
            return None
        spec = self._spec_of_the_others(fullname, path, target)
        # Only the loader whose behaviour is known: a package in a zip archive, say, is left as it is.
        if spec is not None and type(spec.loader) is SourceFileLoader and spec.submodule_search_locations:
            spec.loader = LazyPackageLoader(fullname, spec.loader.path)
        return spec

    def _spec_of_the_others(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None
    ) -> ModuleSpec | None:
        for finder in sys.meta_path:
            if not isinstance(finder, LazyProviderFinder):
                spec = finder.find_spec(fullname, path, target)
                if spec is not None:
                    return spec
        return None


class LazyPackageLoader(SourceFileLoader):
    """Executes a package's `__init__` without the imports it ends in."""

    def exec_module(self, module: ModuleType) -> None:
        """Execute the package and give it, in place of its submodules, a `__getattr__` that imports them."""
        head, submodules = split_eager_imports(self.get_source(self.name) or "")
        if not submodules:
            super().exec_module(module)
            return
        # A reload executes in a module that is lazy already, and `publish()` asks that module for every public name.
        for hook in ("__getattr__", "__dir__"):
            vars(module).pop(hook, None)
        exec(compile(head, self.path, "exec", dont_inherit=True), vars(module))
        # The generated code ends in `publication.publish()`, which puts another module object in this one's place.
        for published in (module, sys.modules[self.name]):
            _make_lazy(published, self.name, frozenset(submodules))
        _register_types(self.name, submodules)


def split_eager_imports(source: str) -> tuple[str, list[str]]:
    """The source without the block of `from . import NAME` lines at its end, and the names in that block."""
    lines = source.rstrip().split("\n")
    submodules: list[str] = []
    while lines and (eager := _EAGER_IMPORT.fullmatch(lines[-1])):
        submodules.append(eager[1])
        lines.pop()
    return "\n".join(lines) + "\n", submodules[::-1]


def _make_lazy(module: ModuleType, package: str, submodules: frozenset[str]) -> None:
    def load(name: str) -> ModuleType:
        if name in submodules:
            return importlib.import_module(f"{package}.{name}")
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    def names() -> list[str]:
        return sorted(submodules.union(vars(module)) - {"__getattr__", "__dir__"})

    vars(module).update(__getattr__=load, __dir__=names)


def _register_types(package: str, submodules: Iterable[str]) -> None:
    """Tell jsii which submodule to import for a type that it meets before the program has imported it.

    jsii keeps this table for packages that its newer generator made lazy. A jsii without it raises "Unknown type" where
    Node hands out an object of a resource type that no import in Python mentions; no call of CDKTF does that.
    """
    table = getattr(sys.modules.get("jsii._reference_map"), "_submodule_fqn_map", None)
    assembly = getattr(sys.modules.get(f"{package}._jsii"), "__jsii_assembly__", None)
    if table is not None and assembly is not None:
        table.update({f"{assembly.name}.{_camel_case(name)}": f"{package}.{name}" for name in submodules})


def _camel_case(name: str) -> str:
    return re.sub(r"_(.)", lambda letter: letter[1].upper(), name)
