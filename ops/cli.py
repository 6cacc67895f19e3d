"""The commands. Exit status: 0 fine, 1 findings, 2 bad input or usage."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from modules.app import DEFAULT_OUTPUT, chosen_layouts
from modules.layout import load_all
from modules.layout.eksctl import Options

from .docs import write_docs
from .errors import UsageError, refusing
from .files import write_whole, writing
from .import_eksctl import run as run_import
from .nccl_test.command import Request as NcclRequest
from .nccl_test.command import run as run_nccl_test
from .nccl_test.job import DEADLINE
from .nccl_test.kubectl import KubectlError, UnfinishedError
from .nccl_test.log import LogError
from .new import Request as NewRequest
from .new import new as run_new
from .new import terminal
from .offline.engine import EngineError
from .offline.schema import SchemaError
from .offline.server import UnknownProviderError
from .order import order as run_order
from .plan import Request
from .plan import plan as run_plan
from .policy import PolicyError
from .policy import policy as run_policy
from .presets import console, presets_json, print_presets
from .presets import presets as read_presets
from .schema import schema_text
from .show import run as run_show
from .states import StateError
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
    with refusing(writes=True), writing():
        run_synth(_names(layouts), output)


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
    with refusing(EngineError, SchemaError, UnknownProviderError):
        if output is not None and not real:
            raise UsageError("--output goes with --real: an offline plan leaves no files but those of --json")
        request = Request(stack or (), var or (), json, real, output or Path(DEFAULT_OUTPUT))
        done = run_plan(load_all(_names(layouts)), request)
    raise typer.Exit(0 if done else 1)


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
    with refusing(StateError):
        fine = run_order(load_all(_names(layouts)), stack or (), destroy=destroy)
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
    with refusing(PolicyError):
        passed = run_policy(_names(layouts), accept or [])
    if not passed:
        raise typer.Exit(1)


@app.command()
def show(
    layout: Annotated[
        str | None, typer.Argument(metavar="LAYOUT", help="A preset's name or a path. Default: $LAYOUT.")
    ] = None,
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
        names = _names(None if layout is None else [layout])
        if len(names) > 1:
            raise UsageError("ops show takes one layout; --diff compares it with another")
        different = run_show(names[0], diff, origins=origins, as_json=json)
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


@app.command("nccl-test")
def nccl_test(
    layout: Annotated[
        str | None, typer.Argument(metavar="LAYOUT", help="A preset's name or a path. Default: $LAYOUT.")
    ] = None,
    group: Annotated[
        str | None, typer.Option(metavar="NAME", help="The node group. Default: the only one with GPUs.")
    ] = None,
    nodes: Annotated[
        int | None,
        typer.Option(metavar="N", help="How many nodes. Default: the group's desired, at least 2."),
    ] = None,
    image: Annotated[
        str | None, typer.Option(metavar="IMAGE", help="Default: AWS's image of nccl-tests, pinned.")
    ] = None,
    namespace: Annotated[
        str | None, typer.Option(metavar="NAME", help="Where the job runs. Default: default.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it there. Default: print it.")
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Give the job to the layout's cluster, by kubectl.")
    ] = False,
    context: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="With --apply: kubectl's context. Default: the current one, if it is the layout's cluster.",
        ),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="With --apply: wait for the result, and judge it.")
    ] = False,
    timeout: Annotated[
        float | None,
        typer.Option(
            metavar="MINUTES", min=0, help=f"With --wait: how long at most. Default: {DEADLINE // 60}."
        ),
    ] = None,
    save_log: Annotated[
        Path | None, typer.Option("--save-log", metavar="FILE", help="With --wait: keep the log there.")
    ] = None,
    parse: Annotated[
        Path | None, typer.Option("--parse", metavar="LOG", help="Judge the log of a test that has run.")
    ] = None,
    instance_type: Annotated[
        str | None,
        typer.Option(metavar="TYPE", help="With --parse: where it ran, if neither log nor layout say so."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Measure the network between the GPUs of a node group: write an all_reduce_perf job, and judge its log.

    Exit status of a result: 0 at or over the bar of the instance type, 1 under it, or not measured.
    """
    with refusing(LogError, KubectlError, writes=output is not None):
        if layout is None and parse is None:
            names = _names(None)
            if len(names) > 1:
                raise UsageError("ops nccl-test takes one layout")
            layout = names[0]
        request = NcclRequest(
            layout,
            group,
            nodes,
            image,
            namespace,
            output,
            apply,
            context,
            wait,
            timeout,
            save_log,
            parse,
            instance_type,
            json,
        )
        try:
            good = run_nccl_test(request, console())
        except UnfinishedError as error:
            print(error, file=sys.stderr)
            good = False
    raise typer.Exit(0 if good else 1)


@app.command()
def docs(
    folder: Annotated[
        Path, typer.Option(help="The checkout, or where the pages are to be written.")
    ] = Path(),
) -> None:
    """Write docs/layout.md, docs/errors.md and schema/layout.schema.json from the code."""
    with refusing(writes=True):
        write_docs(folder)


def _names(layouts: list[str] | None) -> list[str]:
    if not layouts:
        return chosen_layouts()
    names = [name for given in layouts for name in given.split(",") if name]
    if not names:
        raise UsageError("LAYOUT is empty: name a preset or a file")
    return names
