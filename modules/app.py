"""From loaded layouts to files: the app that `main.py` and the commands share."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .bindings import FlavorError, ensure
from .bindings.flavor import cdktf_context
from .layout import Fault, LayoutError, Loaded, Origin
from .leftovers import STAGED
from .output import publish, staged

if TYPE_CHECKING:
    from cdktf import App

DEFAULT_OUTPUT = "cdktf.out"


def chosen_layouts(environment: Mapping[str, str] | None = None, folder: Path | None = None) -> list[str]:
    """Names of the layouts to synthesize: `LAYOUT`, comma-separated, or `layout` in cdktf.json's context.

    Args:
        environment: the process's own without it.
        folder: where cdktf.json lies; the working directory without it.

    Raises:
        LayoutError: cdktf.json cannot be read.
    """
    given = (os.environ if environment is None else environment).get("LAYOUT", "")
    if not given.strip():
        file = (folder or Path.cwd()) / "cdktf.json"
        try:
            given = str(cdktf_context(file).get("layout", "eks-g4dn"))
        except FlavorError as error:
            remedy = "Put it right, or set LAYOUT."
            raise LayoutError([Fault(Origin("LAYOUT"), (), str(error), remedy, "file")]) from error
    return [name.strip() for name in given.split(",") if name.strip()]


def chosen_stacks(environment: Mapping[str, str] | None = None) -> list[str]:
    """Names of the stacks that are asked for one by one: `STACKS`, which `make deploy` and `make destroy` take."""
    return (os.environ if environment is None else environment).get("STACKS", "").split()


def build(loaded: Sequence[Loaded], output: Path, *, named: Collection[str] = ()) -> App:
    """An app with the stacks of the layouts, not yet written; `named` as in `add_stacks`.

    Raises:
        LayoutError: the extension of a layout fails.
    """
    ensure()
    from cdktf import App

    from .stacks import add_stacks

    app = App(outdir=str(output))
    for one in loaded:
        add_stacks(app, one.layout, one.variables, named=named)
    return app


def synthesize(
    loaded: Sequence[Loaded],
    output: str | None = None,
    *,
    keep_stale: bool = True,
    named: Collection[str] = (),
) -> Path:
    """Writes the Terraform JSON of the layouts, whole or not at all; returns the folder.

    Args:
        output: the folder; what cdktf-cli asks for, or `cdktf.out`, without it.
        keep_stale: leave the stacks of an earlier synthesis. Without it they go: nobody should review or deploy what is
            not asked for. cdktf-cli does that itself after the app has ended, and fails if somebody was faster:
            https://github.com/hashicorp/terraform-cdk/blob/v0.21.0/packages/%40cdktf/cli-core/src/lib/synth-stack.ts
        named: stacks that are asked for by name, as in `add_stacks`.

    Raises:
        LayoutError: an override is for nothing that there is, or an extension fails; nothing is written.
        OSError: the folder cannot be written; what was in it is as it was.
    """
    apps: list[App] = []

    def make(folder: Path) -> App:
        apps.append(build(loaded, folder, named=named))
        return apps[-1]

    try:
        return publish_app(make, output, keep_stale=keep_stale)
    except RuntimeError as error:
        # What Python raises on the way through Node comes back as a text.
        faults = [fault for app in apps for fault in _override_faults(loaded, app)]
        if faults:
            raise LayoutError(faults) from None
        extensions = dict.fromkeys(one.layout.extension for one in loaded if one.layout.extension)
        if not extensions:
            raise
        from .extension import refused_synthesis

        raise refused_synthesis([*extensions], error) from error


def _override_faults(loaded: Sequence[Loaded], app: App) -> Iterator[Fault]:
    from .addressed_stack import AddressedStack

    trees = {stack: one.tree for one in loaded for stack in (*one.layout.stacks, one.layout.workloads_stack)}
    for stack in app.node.children:
        if isinstance(stack, AddressedStack) and stack.override_error is not None:
            for one in stack.override_error.problems:
                path = ("overrides", *one.path)
                origin = trees[stack.node.id].locate(path)
                yield Fault(origin, path, one.problem, one.remedy, "override")


def publish_app(make: Callable[[Path], App], output: str | None = None, *, keep_stale: bool = True) -> Path:
    """Writes the Terraform JSON of an app, whole or not at all; returns the folder.

    Args:
        make: the app, to be written to a folder.
        output: as of `synthesize`; `keep_stale` likewise.

    Raises:
        OSError: the folder cannot be written; what was in it is as it was.
    """
    target = Path(output or os.environ.get("CDKTF_OUTDIR") or DEFAULT_OUTPUT)
    try:
        with staged(target) as folder:
            _write(make(folder))
            publish(folder, target, keep_stale=keep_stale)
    except OSError as error:
        # About the folder that somebody has asked for, and not about one that only we know.
        file = str(error.filename or STAGED)
        raise OSError(error.errno, error.strerror, str(target) if STAGED in file else file) from error
    return target


def _write(app: App) -> None:
    """Lets cdktf write; what the system refuses Node is an OSError here too."""
    try:
        app.synth()
    except RuntimeError as error:
        # Node says it as in "ENOSPC: no space left on device, write".
        told = re.search(r"\b(E[A-Z0-9]+): ([^,\n]+)", str(error))
        if told is None or not hasattr(errno, told[1]):
            raise
        raise OSError(getattr(errno, told[1]), told[2], app.outdir) from error
