"""The commands. Exit status: 0 fine, 1 findings, 2 bad input or usage."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from modules.app import DEFAULT_OUTPUT, chosen_layouts
from modules.layout import Fault, LayoutError

from .docs import layout_reference
from .synth import synth as run_synth

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def ops() -> None:
    """EKS clusters for distributed training: from a layout to Terraform JSON, and what is done around a deploy."""


@app.command()
def synth(
    layouts: Annotated[
        list[str] | None,
        typer.Argument(metavar="LAYOUT...", help="Preset names or paths. Default: $LAYOUT, else cdktf.json."),
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder for the JSON.")] = Path(DEFAULT_OUTPUT),
) -> None:
    """Write the Terraform JSON of layouts, and say what they make."""
    names = [name for given in layouts or [] for name in given.split(",") if name] or chosen_layouts()
    try:
        run_synth(names, output)
    except LayoutError as error:
        report(error.faults)
        raise typer.Exit(2) from None
    except OSError as error:
        print(f"{error.filename or output}: cannot be written: {error.strerror}", file=sys.stderr)
        raise typer.Exit(2) from None


@app.command()
def docs(
    folder: Annotated[Path, typer.Option(help="Folder of the documentation.")] = Path("docs"),
) -> None:
    """Write docs/layout.md, the reference of the layout language, from the models."""
    (folder / "layout.md").write_text(layout_reference(), encoding="utf-8")


def report(faults: tuple[Fault, ...]) -> None:
    """Faults on stderr, each with where, what and what to write instead, and their number."""
    for fault in faults:
        print(fault, file=sys.stderr)
    errors = sum(fault.level == "error" for fault in faults)
    warnings = len(faults) - errors
    counts = [f"{count} {word}{'s' if count > 1 else ''}" for count, word in ((errors, "error"), (warnings, "warning"))
              if count]  # fmt: skip
    print(f"{' and '.join(counts)}; nothing was written. What each means: docs/errors.md", file=sys.stderr)
