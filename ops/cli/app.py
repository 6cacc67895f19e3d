"""The program, and what its commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from modules.app import chosen_layouts

from ..errors import UsageError

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def ops() -> None:
    """EKS clusters for distributed training: from a layout to Terraform JSON, and what is done around a deploy."""


Layouts = Annotated[
    list[str] | None,
    typer.Argument(metavar="LAYOUT...", help="Preset names or paths. Default: $LAYOUT, else cdktf.json."),
]
Layout = Annotated[
    str | None, typer.Argument(metavar="LAYOUT", help="A preset's name or a path. Default: $LAYOUT.")
]


def one(command: str, layout: str | None, more: str = "") -> str:
    """The one layout that a command is about.

    Args:
        command: its name.
        layout: what was given, or None.
        more: what to say behind "takes one layout".

    Raises:
        UsageError: there are several, or none.
    """
    given = names(None if layout is None else [layout])
    if len(given) > 1:
        raise UsageError(f"ops {command} takes one layout{more}")
    return given[0]


def names(layouts: list[str] | None) -> list[str]:
    """The layouts that are given, else those of the environment or of cdktf.json.

    Raises:
        UsageError: what is given names none.
    """
    if not layouts:
        return chosen_layouts()
    found = [name for given in layouts for name in given.split(",") if name]
    if not found:
        raise UsageError("LAYOUT is empty: name a preset or a file")
    return found
