"""The command that draws a layout."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modules.layout import load

from ..errors import refusing
from ..picture.command import Request, Theme
from ..picture.command import picture as run_picture
from ..picture.png import PngError
from .app import Layout, app, one


@app.command()
def picture(
    layout: Layout = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="FILE.svg, FILE.png or FILE.html: a page that shows each resource's arguments. Default: NAME.svg.",
        ),
    ] = None,
    plan: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Colour what this plan changes: `terraform show -json`, or `ops plan --json`. May be repeated, for each stack.",
        ),
    ] = None,
    theme: Annotated[
        Theme,
        typer.Option(help="auto follows the reader's system; a PNG is light then."),
    ] = "auto",
) -> None:
    """Draw a layout from its Terraform JSON: network, control plane, node groups, storage, releases."""
    with refusing(PngError, writes=True):
        request = Request(output, plan or (), theme)
        run_picture(load(one("picture", layout)), request)
