"""`ops verify`: from a layout to a verdict about its cluster."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from time import monotonic, sleep
from typing import Any

from rich.console import Console

from modules.layout import Layout, Loaded, load

from ..aws.account import Account
from ..checking.check import Check, Finding, Outcome, count, exit_status
from ..checking.report import print_checks, print_report, report_json
from ..checking.runner import Progress, chosen, run
from ..errors import UsageError
from ..make_command import make_command
from ..nccl_test.command import Request as NcclRequest
from ..nccl_test.command import run as run_nccl_test
from ..nccl_test.kubectl import KubectlError, UnfinishedError
from ..nccl_test.log import LogError
from ..variables import with_given
from .access import ByKubeconfig, way_to
from .checks import CHECKS as LATER
from .cluster import Cluster, Object, UnreachedError
from .reach import Reached
from .subject import Subject, is_ready
from .table import node_rows, print_nodes, standing

EVERY = 12.0  # seconds between two looks at the cluster

_DEPLOY = re.compile(r"\bmake deploy\b(?! \w+=)")

CHECKS: Sequence[Check[Subject]] = (Reached(), *LATER)

Outcomes = list[Outcome[Subject]]


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line.

    `skip` are ids of checks, `variables` are NAME=VALUE, `context` is of the kubeconfig and `profile` of the AWS
    configuration, `wait` in minutes, `nccl` measures the network at the end, `checks` asks nothing, `strict` makes warnings
    count.
    """

    layout: str
    skip: Sequence[str] = ()
    variables: Sequence[str] = ()
    context: str | None = None
    profile: str | None = None
    wait: float | None = None
    nccl: bool = False
    checks: bool = False
    strict: bool = False
    as_json: bool = False


def verify(request: Request, console: Console, pause: Callable[[float], object] = sleep) -> int:
    """Looks at the cluster and prints what it finds; returns the exit status.

    Args:
        request: what was asked for.
        console: where the tables go.
        pause: waits so many seconds.

    Raises:
        LayoutError: the layout is at fault, or the value of a variable in its place.
        UsageError: the request is.
    """
    checks = chosen(CHECKS, request.skip)
    if request.checks:
        print_checks(checks, console)
        return 0
    loaded = with_given(load(request.layout), request.variables, all_of_them=False)
    for warning in loaded.warnings:
        print(warning, file=sys.stderr)
    layout = loaded.layout
    _say_unknown(loaded)
    way = way_to(layout, request.context, request.profile)
    by = (
        f"by the context {way.context}"
        if isinstance(way, ByKubeconfig)
        else "by a token of your AWS credentials"
    )
    if request.nccl:
        _can_measure(layout, way)
    cluster = Cluster(way, private=not layout.cluster.endpoint.public)
    profile = request.profile or (way.profile if isinstance(way, ByKubeconfig) else None)
    progress = Progress(f"asking the cluster {layout.name} in {layout.region} {by}")

    def look() -> tuple[Subject, Outcomes]:
        # What AWS says grows old as well.
        subject = Subject(layout, cluster, Account(layout.region, profile))
        return subject, _looked(checks, subject, progress)

    subject, outcomes = _until_good(look, cluster, request, pause)
    outcomes = [_with_layout(outcome, request.layout) for outcome in outcomes]
    status = exit_status(outcomes, strict=request.strict)
    measured: dict[str, bool] = {}
    if request.nccl and status == 0:
        measured = _measured(subject, request, way, Console(stderr=True) if request.as_json else console)
    elif request.nccl:
        print("The network was not measured: first, the cluster has to pass everything else", file=sys.stderr)
    rows = node_rows(subject, outcomes) if _is_reached(outcomes) else []
    if request.as_json:
        about: dict[str, Any] = {"layout": loaded.name, "cluster": layout.name, "region": layout.region}
        print(
            report_json(outcomes, {**about, "nodes": [asdict(row) for row in rows], "nccl": measured}), end=""
        )
    else:
        print_nodes(rows, console)
        print_report(outcomes, console)
    return status if all(measured.values()) else 1


def _with_layout(outcome: Outcome[Subject], layout: str) -> Outcome[Subject]:
    """`make deploy` as it is typed for this layout: by itself it would deploy the default one."""
    command = make_command("deploy", layout)

    def typed(one: Finding) -> Finding:
        return replace(one, remedy=_DEPLOY.sub(lambda _: command, outcome.remedy_of(one)))

    return replace(outcome, findings=tuple(map(typed, outcome.findings)))


def _say_unknown(loaded: Loaded) -> None:
    """What of the nodes is not compared, since nobody has given its value."""
    names = [one.name for one in loaded.variables if one.is_used_in("node_groups")]
    if names:
        print(f"Not compared: {', '.join(names)}. --var NAME=VALUE gives a value", file=sys.stderr)


def _looked(checks: Sequence[Check[Subject]], subject: Subject, progress: Progress) -> Outcomes:
    """What the checks find; where the cluster does not answer, nothing else is asked."""
    first = run([check for check in checks if isinstance(check, Reached)], subject)
    if not _is_reached(first):
        return first
    return [*first, *run([check for check in checks if not isinstance(check, Reached)], subject, progress)]


def _is_reached(outcomes: Outcomes) -> bool:
    return not any(outcome.unasked for outcome in outcomes if isinstance(outcome.check, Reached))


def _until_good(
    look: Callable[[], tuple[Subject, Outcomes]],
    cluster: Cluster,
    request: Request,
    pause: Callable[[float], object],
) -> tuple[Subject, Outcomes]:
    """The first look that finds nothing which time could cure, or the last one."""
    end = monotonic() + (request.wait or 0) * 60
    told = ""
    while True:
        subject, outcomes = look()
        bad = count(outcomes, "error") or (request.strict and count(outcomes, "warning"))
        unreached = any(isinstance(outcome.unasked, UnreachedError) for outcome in outcomes)
        if request.wait is None or not (bad or unreached):
            return subject, outcomes
        if (said := standing(subject, outcomes)) != told:
            print(said, file=sys.stderr, flush=True)
            told = said
        left = end - monotonic()
        if left <= 0:
            print(f"It is not as it has to be after {request.wait:g} minutes", file=sys.stderr)
            return subject, outcomes
        pause(min(EVERY, left))
        cluster.refresh()


def _can_measure(layout: Layout, way: object) -> None:
    """Said before anybody waits: the job is given to the cluster by kubectl."""
    if not isinstance(way, ByKubeconfig):
        raise UsageError(
            "--nccl gives its job to the cluster by kubectl, and no context of the kubeconfig leads there: "
            f"aws eks update-kubeconfig --region {layout.region} --name {layout.name}"
        )
    if shutil.which("kubectl") is None:
        raise UsageError(
            "--nccl gives its job to the cluster by kubectl, which is not on the PATH: install it"
        )
    if not any(group.efa and group.type.gpus for group in layout.node_groups.values()):
        raise UsageError("--nccl measures the network between GPUs, and no node group has both GPUs and EFA")


def _measured(subject: Subject, request: Request, way: object, console: Console) -> dict[str, bool]:
    """Whether the network of each group with GPUs and EFA is as fast as its type has to be."""
    context = way.context if isinstance(way, ByKubeconfig) else None
    found = {}
    for path, name, group in subject.groups():
        nodes = sum(map(_takes_pods, subject.nodes(name)))
        if not (group.efa and group.type.gpus):
            continue
        if nodes < 2:
            print(
                f"{path} has fewer than two nodes that take pods: there is no network to measure",
                file=sys.stderr,
            )
            continue
        job = NcclRequest(request.layout, group=name, nodes=nodes, apply=True, context=context, wait=True)
        try:
            found[name] = run_nccl_test(job, console)
        except (KubectlError, UnfinishedError, LogError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            found[name] = False
    return found


def _takes_pods(node: Object) -> bool:
    """A job that counts on a node that is cordoned waits for it until its time is over."""
    return is_ready(node) and not (node.get("spec") or {}).get("unschedulable")
