"""Commands that ask an account or a cluster."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..cleanup.command import Request as CleanupRequest
from ..cleanup.command import cleanup as run_cleanup
from ..cleanup.command import terminal as cleanup_terminal
from ..errors import refusing
from ..nccl_test.command import Request as NcclRequest
from ..nccl_test.command import run as run_nccl_test
from ..nccl_test.job import DEADLINE
from ..nccl_test.kubectl import KubectlError, UnfinishedError
from ..nccl_test.log import LogError
from ..preflight.command import Request as PreflightRequest
from ..preflight.command import preflight as run_preflight
from ..presets import console
from ..verify.command import Request as VerifyRequest
from ..verify.command import verify as run_verify
from .app import Layout, app, one

Skip = Annotated[
    list[str] | None,
    typer.Option(metavar="ID", help="Leave this check out; may be repeated. --checks lists them."),
]
Strict = Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")]
Checks = Annotated[bool, typer.Option("--checks", help="List the checks, and ask nothing.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command()
def preflight(
    layout: Layout = None,
    skip: Skip = None,
    var: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Value of a Terraform variable, else that of TF_VAR_NAME; may be repeated.",
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Of the AWS configuration. Default: as for the AWS CLI."),
    ] = None,
    strict: Strict = False,
    checks: Checks = False,
    policy: Annotated[
        bool, typer.Option("--policy", help="Print the least IAM policy for these checks, and ask nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """Ask the account, before it costs anything, whether it has what a layout needs: reservation, zone, quotas, addresses.

    Only reads. Exit status: 0 fine, 1 an error was found, 3 the account could not be asked.
    """
    with refusing():
        request = PreflightRequest(
            one("preflight", layout), skip or (), var or (), profile, policy, checks, strict, json
        )
        status = run_preflight(request, console())
    raise typer.Exit(status)


@app.command()
def verify(
    layout: Layout = None,
    context: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The kubeconfig's context. Default: one that leads to the layout's cluster, else a token of your AWS credentials.",
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Of the AWS configuration; without --context, the cluster is asked by it too.",
        ),
    ] = None,
    wait: Annotated[
        float | None,
        typer.Option(
            metavar="MINUTES", min=0, help="Look again until there is no error, for so long at most."
        ),
    ] = None,
    nccl: Annotated[
        bool,
        typer.Option(
            "--nccl", help="At last, measure the network of each group with GPUs and EFA, as nccl-test does."
        ),
    ] = False,
    skip: Skip = None,
    var: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Value of a Terraform variable, else that of TF_VAR_NAME; may be repeated. What has none is not compared.",
        ),
    ] = None,
    strict: Strict = False,
    checks: Checks = False,
    json: Json = False,
) -> None:
    """Ask the cluster whether it is what its layout says: nodes, devices, EFA, plugins, releases, DNS, credentials of pods.

    Only reads, but for --nccl. Exit status: 0 fine, 1 an error was found, 3 the cluster could not be asked.
    """
    with refusing():
        request = VerifyRequest(
            one("verify", layout), skip or (), var or (), context, profile, wait, nccl, checks, strict, json
        )
        status = run_verify(request, console())
    raise typer.Exit(status)


@app.command("nccl-test")
def nccl_test(
    layout: Layout = None,
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
    json: Json = False,
) -> None:
    """Measure the network between the GPUs of a node group: write an all_reduce_perf job, and judge its log.

    Exit status of a result: 0 at or over the bar of the instance type, 1 under it, or not measured.
    """
    with refusing(LogError, KubectlError, writes=output is not None):
        request = NcclRequest(
            one("nccl-test", layout) if parse is None else layout,
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
def cleanup(
    layout: Layout = None,
    delete: Annotated[
        bool,
        typer.Option("--delete", help="Delete what can be deleted, after asking for the cluster's name."),
    ] = False,
    yes: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="With --delete: the cluster's name, in place of being asked for it."
        ),
    ] = None,
    although_cluster_exists: Annotated[
        bool,
        typer.Option(
            "--although-cluster-exists",
            help="With --delete: interfaces and Elastic IPs that nothing uses, of a cluster that is there.",
        ),
    ] = False,
    state_lost: Annotated[
        bool,
        typer.Option(
            "--state-lost",
            help="With --delete: also what Terraform made, where no state of it is left anywhere.",
        ),
    ] = False,
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="Profile of the AWS configuration.")
    ] = None,
    json: Json = False,
) -> None:
    """List what is left of a layout's cluster, stops its destroy or costs, and delete it with --delete.

    Looks for the cluster's tags and touches nothing without them. Exit status: 0 nothing is left but what is retained,
    1 something is, 3 the account could not be asked.
    """
    with refusing():
        request = CleanupRequest(
            one("cleanup", layout), delete, yes, although_cluster_exists, state_lost, profile, json
        )
        status = run_cleanup(request, console(), cleanup_terminal if sys.stdin.isatty() else None)
    raise typer.Exit(status)
