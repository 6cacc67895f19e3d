"""The commands. Exit status: 0 fine, 1 findings, 2 bad input or usage."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from modules.app import DEFAULT_OUTPUT, chosen_layouts
from modules.layout import Fault, LayoutError, load_all

from .docs import layout_reference
from .offline.engine import EngineError
from .offline.schema import SchemaError
from .offline.server import UnknownProviderError
from .plan import Request, UsageError
from .plan import plan as run_plan
from .policy import PolicyError
from .policy import policy as run_policy
from .synth import synth as run_synth

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def ops() -> None:
    """EKS clusters for distributed training: from a layout to Terraform JSON, and what is done around a deploy."""


Layouts = Annotated[
    list[str] | None,
    typer.Argument(metavar="LAYOUT...", help="Preset names or paths. Default: $LAYOUT, else cdktf.json."),
]


@app.command()
def synth(
    layouts: Layouts = None,
    output: Annotated[Path, typer.Option(help="Folder for the JSON.")] = Path(DEFAULT_OUTPUT),
) -> None:
    """Write the Terraform JSON of layouts, and say what they make."""
    try:
        run_synth(_names(layouts), output)
    except LayoutError as error:
        report(error.faults)
        raise typer.Exit(2) from None
    except OSError as error:
        print(f"{error.filename or output}: cannot be written: {error.strerror}", file=sys.stderr)
        raise typer.Exit(2) from None


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
    """Show Terraform's plan of layouts: offline, with no account, unless --real is given.

    Exit status 1 where Terraform refuses to plan.
    """
    try:
        if output is not None and not real:
            raise UsageError("--output goes with --real: an offline plan leaves no files but those of --json")
        request = Request(stack or (), var or (), json, real, output or Path(DEFAULT_OUTPUT))
        done = run_plan(load_all(_names(layouts)), request)
    except LayoutError as error:
        report(error.faults)
        raise typer.Exit(2) from None
    except (UsageError, EngineError, SchemaError, UnknownProviderError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        print(f"{error.filename or 'ops plan'}: {error.strerror}", file=sys.stderr)
        raise typer.Exit(2) from None
    raise typer.Exit(0 if done else 1)


@app.command()
def policy(
    layouts: Layouts = None,
    accept: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="More exceptions, like policy/accepted.yaml; may be repeated."),
    ] = None,
) -> None:
    """Judge the stacks of layouts by checkov's security rules. Exit status 1 where one fails that is not accepted."""
    try:
        passed = run_policy(_names(layouts), accept or [])
    except LayoutError as error:
        report(error.faults)
        raise typer.Exit(2) from None
    except PolicyError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None
    if not passed:
        raise typer.Exit(1)


@app.command()
def docs(
    folder: Annotated[Path, typer.Option(help="Folder of the documentation.")] = Path("docs"),
) -> None:
    """Write docs/layout.md, the reference of the layout language, from the models."""
    (folder / "layout.md").write_text(layout_reference(), encoding="utf-8")


def _names(layouts: list[str] | None) -> list[str]:
    return [name for given in layouts or [] for name in given.split(",") if name] or chosen_layouts()


def report(faults: tuple[Fault, ...]) -> None:
    """Faults on stderr, each with where, what and what to write instead, and their number."""
    for fault in faults:
        print(fault, file=sys.stderr)
    errors = sum(fault.level == "error" for fault in faults)
    warnings = len(faults) - errors
    counts = [f"{count} {word}{'s' if count > 1 else ''}" for count, word in ((errors, "error"), (warnings, "warning"))
              if count]  # fmt: skip
    print(f"{' and '.join(counts)}; nothing was written. What each means: docs/errors.md", file=sys.stderr)
