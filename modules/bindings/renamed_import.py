"""Plain `cdktf` imports where CDK Terrain runs: `cdktf` is `cdktn`, `cdktf_cdktf_provider_aws` is `cdktn_provider_aws`.

The modules are the same objects under both names, so a program may mix the two spellings.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from .flavor import CDKTF, Flavor


class SameModules(MetaPathFinder):
    """Finds modules of some names in packages of others: the same objects under both.

    Args:
        other: the other name of a module; None for a module that has none.
        where: that it is so, for the message where the other package lacks.
    """

    def __init__(self, other: Callable[[str], str | None], where: str) -> None:
        self.other = other
        self._where = where

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A spec that leads to the other module; None for names that have no other."""
        other = self.other(fullname)
        # A package that lacks is told of as it is imported: one of the first name must not come in its place.
        if other is None or ("." in other and importlib.util.find_spec(other) is None):
            return None
        return ModuleSpec(fullname, _OtherModule(other, self._where), is_package=True)


class RenamedFinder(SameModules):
    """Finds modules of CDKTF's names in the packages of another flavour."""

    def __init__(self, flavor: Flavor) -> None:
        super().__init__(lambda name: renamed(name, flavor), f"under {flavor.title}")
        self.flavor = flavor


class _OtherModule(Loader):
    """Loads a module by importing another one."""

    def __init__(self, name: str, where: str) -> None:
        self._name = name
        self._where = where

    def create_module(self, spec: ModuleSpec) -> None:
        """None: Python makes an empty module, whose place the other one takes."""

    def exec_module(self, module: ModuleType) -> None:
        """Import the other module, and put it in the place of this one."""
        try:
            importlib.import_module(self._name)
        except ModuleNotFoundError as error:
            if error.name != self._name:
                raise
            raise ModuleNotFoundError(
                f"No module named {self._name!r}, which {module.__name__!r} stands for {self._where}",
                name=self._name,
            ) from error
        # A generated package puts another object in its own place as it is executed (`publication.publish()`).
        sys.modules[module.__name__] = sys.modules[self._name]


def renamed(name: str, flavor: Flavor) -> str | None:
    """The name that a module of CDKTF has in another flavour; None for a module that is not CDKTF's."""
    package, dot, rest = name.partition(".")
    if package == CDKTF.library:
        return f"{flavor.library}{dot}{rest}"
    if package.startswith(CDKTF.provider_prefix):
        return f"{flavor.provider_package(package.removeprefix(CDKTF.provider_prefix))}{dot}{rest}"
    return None
