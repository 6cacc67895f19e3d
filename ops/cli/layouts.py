"""Commands about layouts: read, shown, made, moved to, written out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from modules.app import DEFAULT_OUTPUT
from modules.layout.eksctl import Options

from ..errors import UsageError, refusing
from ..files import write_whole, writing
from ..import_eksctl import run as run_import
from ..new import Request as NewRequest
from ..new import new as run_new
from ..new import terminal
from ..presets import console, presets_json, print_presets
from ..presets import presets as read_presets
from ..schema import schema_text
from ..show import run as run_show
from ..synth import synth as run_synth
from .app import Layout, Layouts, app, names, one


@app.command()
def synth(
    layouts: Layouts = None,
    output: Annotated[Path, typer.Option(help="Folder for the JSON.")] = Path(DEFAULT_OUTPUT),
) -> None:
    """Write the Terraform JSON of layouts, and say what they make."""
    with refusing(writes=True), writing():
        run_synth(names(layouts), output)


@app.command()
def show(
    layout: Layout = None,
    origins: Annotated[
        bool, typer.Option("--origins", help="End each line with where its value comes from.")
    ] = False,
    diff: Annotated[
        str | None, typer.Option(metavar="OTHER", help="What OTHER has that is not as in LAYOUT.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="For programs, always with origins.")] = False,
) -> None:
    """Print a layout in full, as a layout: with what it extends and all defaults. Or compare it with another.

    Exit status with --diff: 0 the same, 1 different.
    """
    with refusing():
        name = one("show", layout, "; --diff compares it with another")
        different = run_show(name, diff, origins=origins, as_json=json)
    raise typer.Exit(1 if different else 0)


@app.command()
def presets(
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List the layouts that ship: instances, GPUs, EFA, capacity, VPC, and the variables that they leave open."""
    with refusing():
        found = read_presets()
        if json:
            print(presets_json(found), end="")
        else:
            print_presets(found, console())


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The cluster's name.")],
    preset: Annotated[
        str | None,
        typer.Option("--from", metavar="PRESET", help="The preset to start from; `ops presets` lists them."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Default: NAME.yaml.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="AWS region. Default: the preset's.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="Any other value, like node_groups.p5.size.max=16; may be repeated.",
        ),
    ] = None,
    var: Annotated[
        list[str] | None,
        typer.Option(
            "--var",
            metavar="NAME=VALUE",
            help="Your account's value of a preset's variable; may be repeated.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
) -> None:
    """Write a starting layout over a preset: asks for your account's values on a terminal, takes --var in a script."""
    with refusing(writes=True):
        request = NewRequest(name, preset, output, region, set_ or (), var or (), force)
        run_new(request, terminal if sys.stdin.isatty() else None)


@app.command()
def schema(
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it there. Default: print it.")
    ] = None,
) -> None:
    """JSON Schema of the layout language, by which an editor completes and checks a layout."""
    with refusing(writes=output is not None):
        if output is None:
            print(schema_text(), end="")
        else:
            write_whole(output, schema_text())


@app.command("import-eksctl")
def import_eksctl(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="ClusterConfigs of eksctl; a file may hold several."),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="DIR", help="Write each as DIR/NAME.yaml. Default: print the layout."
        ),
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="Region of the clusters, where the manifest has none or another.")
    ] = None,
    autoscaler: Annotated[
        bool,
        typer.Option(
            "--autoscaler",
            help="Install the cluster autoscaler for groups with withAddonPolicies.autoScaler.",
        ),
    ] = False,
    allow_dropped: Annotated[
        bool,
        typer.Option("--allow-dropped", help="Exit status 0 although something was dropped that matters."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a layout that is there.")] = False,
    json: Annotated[bool, typer.Option("--json", help="What became of each field, for programs.")] = False,
) -> None:
    """Turn ClusterConfigs of eksctl into layouts, and say what became of each field: kept, changed or dropped.

    Exit status 1 where something was dropped that changes how the cluster behaves; the layout is written all the same.
    """
    with refusing(writes=True), writing():
        if json and output is None:
            raise UsageError("--json goes with --output: without it, the layout itself is printed")
        dropped = run_import(files, Options(region, autoscaler), output, force=force, as_json=json)
    raise typer.Exit(1 if dropped and not allow_dropped else 0)


@app.command()
def docs(
    folder: Annotated[
        Path, typer.Option(help="The checkout, or where the pages are to be written.")
    ] = Path(),
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Write docs/pictures/ instead: a picture of every preset.")
    ] = False,
) -> None:
    """Write docs/layout.md, docs/errors.md, docs/checks.md, docs/review-rules.md and schema/layout.schema.json from the code."""
    # It brings every rule and check, which no other command here needs.
    from ..docs import write_docs, write_pictures

    with refusing(writes=True):
        if pictures:
            write_pictures(folder)
        else:
            write_docs(folder)
