"""Commands about what a deploy would do. The engine and what speaks to it come when one of them is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modules.app import DEFAULT_OUTPUT
from modules.layout import load_all

from ..errors import UsageError, refusing
from ..files import writing
from .app import Layouts, app, names


@app.command()
def plan(
    layouts: Layouts = None,
    stack: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this stack; may be repeated.")
    ] = None,
    var: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Value of a Terraform variable; may be repeated."),
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Keep `terraform show -json`. For several stacks, FILE gets the stack's name before its suffix.",
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            metavar="BASE",
            help="What is deployed before: a layout, or the folder of another synthesis like ../base/cdktf.out.",
        ),
    ] = None,
    real: Annotated[
        bool,
        typer.Option("--real", help="With the real providers and your credentials, against what there is."),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            help=f"With --real: folder for the JSON. Default: {DEFAULT_OUTPUT}.", show_default=False
        ),
    ] = None,
) -> None:
    """Show Terraform's plan of layouts: offline, with no account, unless --real is given; with --base, of what they change.

    Exit status 1 where Terraform refuses to plan.
    """
    from ..offline.engine import EngineError
    from ..offline.schema import SchemaError
    from ..offline.server import UnknownProviderError
    from ..plan import Request
    from ..plan import plan as run_plan

    with refusing(EngineError, SchemaError, UnknownProviderError):
        if output is not None and not real:
            raise UsageError("--output goes with --real: an offline plan leaves no files but those of --json")
        if base is not None and real:
            raise UsageError("--base goes without --real, which plans against what is deployed")
        request = Request(stack or (), var or (), json, real, output or Path(DEFAULT_OUTPUT), base)
        done = run_plan(load_all(names(layouts)), request)
    raise typer.Exit(0 if done else 1)


@app.command()
def export(
    layouts: Layouts = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder in which each stack gets a folder.")
    ] = Path("terraform"),
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Write layouts in Terraform's own language, with the same addresses: to go on without CDKTF. See docs/leaving-cdktf.md."""
    from ..export import export as run_export
    from ..offline.schema import SchemaError

    with refusing(SchemaError, writes=True), writing():
        for file in run_export(load_all(names(layouts)), output, force=force):
            print(f"wrote {file}")


@app.command()
def order(
    layouts: Layouts = None,
    stack: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Only what a deploy of this stack takes away; may be repeated, or a glob."
        ),
    ] = None,
    destroy: Annotated[
        bool,
        typer.Option("--destroy", help="Before a destroy: whether it would leave running workloads behind."),
    ] = False,
) -> None:
    """Compare layouts with what is deployed: would a deploy take away what workloads still need, or data that is to stay?

    Reads Terraform's states. `make deploy` and `make destroy` begin with it. Exit status 1 where it finds something.
    """
    from ..order import order as run_order
    from ..states import StateError

    with refusing(StateError):
        fine = run_order(load_all(names(layouts)), stack or (), destroy=destroy)
    raise typer.Exit(0 if fine else 1)


@app.command()
def policy(
    layouts: Layouts = None,
    accept: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="More exceptions, like policy/accepted.yaml; may be repeated."),
    ] = None,
) -> None:
    """Judge the stacks of layouts by checkov's security rules. Exit status 1 where one fails that is not accepted."""
    from ..policy import PolicyError
    from ..policy import policy as run_policy

    with refusing(PolicyError):
        passed = run_policy(names(layouts), accept or [])
    if not passed:
        raise typer.Exit(1)
