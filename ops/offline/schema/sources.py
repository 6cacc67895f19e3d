"""The TypeScript that the generator wrote for each resource, taken out of an installed CDKTF provider package.

A package carries an npm archive in which every `lib/<module>/index.js` ends in a source map, and the source map holds the
TypeScript. An archive can only be read from its start to its end (3 s for aws), so the TypeScript is kept, once for each
archive, in a zip file in the user's cache folder: after that, any module costs less than a millisecond.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from functools import cached_property
from importlib.machinery import PathFinder
from pathlib import Path
from typing import IO

from modules.bindings.flavor import CDKTF, Flavor

# The types of a large module are in files of their own: `pod/index-structs/structs400.js`.
_MODULE = re.compile(r"package/lib/(?P<entry>[\w-]+(/index-structs/structs\d+)?)(?(2)|/index)\.js")
_MAP = re.compile(rb"//# sourceMappingURL=data:application/json[^,]*;base64,([A-Za-z0-9+/=]+)\s*\Z")


class SchemaError(Exception):
    """A provider's schema cannot be read: its package is missing, lacks the type, or is not written as expected."""


@dataclass(frozen=True)
class BindingSources:
    """The TypeScript of one provider package."""

    package: str
    """As npm names it, like `@cdktf/provider-aws`."""
    version: str
    archive: Path

    @staticmethod
    def of(provider: str, flavor: Flavor = CDKTF) -> BindingSources:
        """Finds the installed package of a provider. It is not imported: that takes seconds.

        Raises:
            SchemaError: The package is not installed, or does not hold one archive.
        """
        # On the path, and not by `importlib.util.find_spec`: CDKTF's names lead to CDK Terrain's packages where that is active.
        spec = PathFinder.find_spec(flavor.provider_package(provider))
        if spec is None or not spec.submodule_search_locations:
            raise SchemaError(
                f"The package {flavor.provider_distribution(provider)} is not installed, so what the provider {provider} "
                f"accepts is not known. Install it (`{flavor.install}`), or take the provider out of the stack."
            )
        folder = Path(spec.submodule_search_locations[0], "_jsii")
        archives = [
            (path, named)
            for path in sorted(folder.glob("*.jsii.tgz"))
            if (named := re.fullmatch(r"(.+)@(.+)\.jsii\.tgz", path.name))
        ]
        if len(archives) != 1:
            raise SchemaError(
                f"{folder} holds {len(archives)} archives like provider-{provider}@VERSION.jsii.tgz, not one."
            )
        ((path, named),) = archives
        return BindingSources(f"{flavor.npm_scope}/{named[1]}", named[2], path)

    def __str__(self) -> str:
        return f"{self.package} {self.version}"

    @property
    def modules(self) -> frozenset[str]:
        """Names like `eks-cluster`, `data-aws-vpc` and `provider`."""
        return frozenset(self._entries)

    def typescript(self, module: str) -> str:
        """Source of one of the modules."""
        return "\n".join(self._kept.read(entry).decode() for entry in self._entries[module])

    @cached_property
    def _entries(self) -> dict[str, list[str]]:
        """The files of each module."""
        result: dict[str, list[str]] = {}
        for entry in self._kept.namelist():
            result.setdefault(entry.partition("/")[0], []).append(entry)
        return result

    @cached_property
    def _kept(self) -> zipfile.ZipFile:
        path = cache_folder() / f"{self.archive.name.removesuffix('.jsii.tgz')}-{_trailer(self.archive)}.zip"
        # Also false for a file that is missing, or that a full disk cut short.
        if not zipfile.is_zipfile(path):
            self._keep(path)
        return zipfile.ZipFile(path)

    def _keep(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
        except OSError as error:
            raise SchemaError(
                f"{path.parent} cannot be written ({error.strerror}). Name a folder that can be in XDG_CACHE_HOME."
            ) from error
        part = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                _write_typescript(self.archive, file, str(self))
            # Whole or not at all: another process may read, or write, at the same time.
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def cache_folder() -> Path:
    """Where the TypeScript is kept: in XDG_CACHE_HOME, else in `~/.cache`."""
    # https://specifications.freedesktop.org/basedir-spec/latest/
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root, "cdktf-eks-training", "bindings-1")


def _trailer(archive: Path) -> str:
    """Checksum and length of what a gzip file holds, which are its last 8 bytes: https://www.rfc-editor.org/rfc/rfc1952."""
    with archive.open("rb") as file:
        file.seek(-8, os.SEEK_END)
        return file.read().hex()


def _write_typescript(archive: Path, target: IO[bytes], package: str) -> None:
    with (
        tarfile.open(archive, "r|gz") as source,
        # Level 1 saves 1.7 s for aws against the default, for 10 MB on disk in place of 8 (and of 65 as text).
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as kept,
    ):
        for member in source:
            found = _MODULE.fullmatch(member.name)
            javascript = source.extractfile(member) if found else None
            if found and javascript:
                entry = found["entry"]
                kept.writestr(entry, _typescript(javascript.read(), f"{package}, module {entry}"))


def _typescript(javascript: bytes, origin: str) -> str:
    found = _MAP.search(javascript)
    try:
        sources = json.loads(base64.b64decode(found[1]))["sourcesContent"] if found else []
        return str(sources[0])
    except (binascii.Error, KeyError, IndexError, ValueError) as error:
        raise SchemaError(f"{origin}: no source map with the TypeScript in it.") from error
