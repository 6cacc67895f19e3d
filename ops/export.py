"""`ops export`: layouts as plain Terraform, in its own language, for whoever goes on without CDKTF or CDK Terrain."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from modules.app import DEFAULT_OUTPUT, synthesize
from modules.bindings import active_flavor
from modules.layout import Loaded

from .errors import UsageError
from .files import write_whole
from .hcl import TemplateError, UnknownBlockError, hcl
from .offline.engine import EngineMissingError, find_engine
from .offline.schema import BindingPackage, Body
from .plan.planned import document

FILE = "main.tf"
# Where a stack's TerraformAssets are, as cdktf's library has it.
_ASSETS = "assets"


def export(loaded: Sequence[Loaded], output: Path, *, force: bool = False) -> list[Path]:
    """Writes a folder for each stack, with one file in it; returns the files.

    Args:
        loaded: the layouts.
        output: where the folders are made.
        force: replace files that are there.

    Raises:
        OSError: a file cannot be written.
        SchemaError: a binding package cannot be read.
        UsageError: there is such a file already, or a stack cannot be written in that language.
    """
    stacks = [stack for one in loaded for stack in one.layout.stacks]
    files = {stack: output / stack / FILE for stack in stacks}
    there = [str(file) for file in files.values() if file.exists()]
    if there and not force:
        raise UsageError(
            f"{', '.join(there)}: there already, and perhaps edited; --force writes over it, or name another folder by --output"
        )
    schemas = _Schemas()
    with tempfile.TemporaryDirectory(prefix="export-") as scratch:
        folder = synthesize(loaded, str(Path(scratch, "out")))
        texts = {
            stack: _text(_moved(document(folder, stack), output / stack), stack, schemas) for stack in stacks
        }
        for stack, file in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, texts[stack])
            # Files of an extension, which the stack names by their place beside it.
            if (assets := folder / "stacks" / stack / _ASSETS).is_dir():
                shutil.copytree(assets, file.parent / _ASSETS, dirs_exist_ok=True)
    _format(output, files)
    return list(files.values())


def _text(stack: Mapping[str, Any], name: str, schemas: _Schemas) -> str:
    try:
        return hcl(stack, schemas.body)
    except (TemplateError, UnknownBlockError) as error:
        raise UsageError(
            f"{name}: {error}; nothing was written. Terraform reads its JSON as it is, from cdktf.out"
        ) from error


class _Schemas:
    """The schemas of the active flavour's providers."""

    def __init__(self) -> None:
        self._packages: dict[str, BindingPackage] = {}

    def body(self, kind: str, type_name: str) -> Body:
        name = type_name.partition("_")[0]
        if name not in self._packages:
            self._packages[name] = BindingPackage(name, active_flavor())
        package = self._packages[name]
        if kind == "provider":
            return package.body("provider")
        return package.body("data" if kind == "data" else "resource", type_name)


def _moved(stack: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A stack whose state in a file is found from another folder than that in cdktf.out."""
    result = dict(stack)
    local = stack.get("terraform", {}).get("backend", {}).get("local")
    if local:
        state = Path(DEFAULT_OUTPUT, "stacks", folder.name, local["path"])
        path = os.path.relpath(os.path.normpath(state), folder)
        result["terraform"] = {**stack["terraform"], "backend": {"local": {**local, "path": path}}}
    return result


def _format(output: Path, stacks: Mapping[str, Path]) -> None:
    """Has Terraform set the columns, where there is one; without it, the text is as valid."""
    try:
        engine = find_engine()
    except EngineMissingError:
        return
    done = engine.run(output, "fmt", *stacks, environment=os.environ)
    if done.status != 0:
        raise UsageError(f"{engine.path} fmt refuses what was written:\n{done.text}")
