"""`ops nccl-test`: from a layout to the job, and from a log to the verdict."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from modules import catalog
from modules.layout import Loaded, load
from modules.layout.models import Layout, NodeGroup
from modules.layout.writing import to_yaml

from ..errors import UsageError
from ..files import write_whole
from . import kubectl
from .choice import choose, make_job
from .job import DEADLINE, Job, manifests
from .log import Log, LogError, parse
from .report import print_report, report_json
from .verdict import Setting, judge


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line; None is the default. `timeout` in minutes."""

    layout: str | None = None
    group: str | None = None
    nodes: int | None = None
    image: str | None = None
    namespace: str | None = None
    output: Path | None = None
    apply: bool = False
    context: str | None = None
    wait: bool = False
    timeout: float | None = None
    save_log: Path | None = None
    log: Path | None = None
    instance_type: str | None = None
    as_json: bool = False


def run(request: Request, console: Console) -> bool:
    """Writes or applies the job, or judges a log. Whether the result, where there is one, is good.

    Raises:
        LayoutError: the layout is at fault.
        UsageError: the request is.
        LogError: the log says nothing.
        KubectlError: kubectl is missing or has failed.
        UnfinishedError: the job was not over in time.
    """
    _check(request)
    if request.log is not None:
        setting, log = _given(request, request.log)
        return _report(log, setting, request, console)
    loaded = _load(request)
    job = make_job(
        loaded.layout,
        group=request.group,
        nodes=request.nodes,
        image=request.image,
        namespace="default" if request.namespace is None else request.namespace,
    )
    if request.apply:
        job = replace(job, context=_context(loaded.layout, request.context))
    _say(job, loaded.layout)
    if request.apply:
        return _apply(job, request, console)
    text = _text(job, loaded.name, as_json=request.as_json)
    if request.output is not None:
        write_whole(request.output, text)
        print(f"wrote {request.output}; next: kubectl apply -f {request.output}", file=sys.stderr)
        print(_next(job), file=sys.stderr)
    else:
        print(text, end="")
    return True


def _check(request: Request) -> None:
    if request.log is not None:
        for name, given in (
            ("--apply", request.apply),
            ("--wait", request.wait),
            ("--context", request.context is not None),
            ("--timeout", request.timeout is not None),
            ("--image", request.image is not None),
            ("--namespace", request.namespace is not None),
            ("-o", request.output),
            ("--save-log", request.save_log),
        ):
            if given:
                raise UsageError(f"{name} goes with a job, and --parse reads the log of one that has run")
        if request.layout is not None and request.instance_type is not None:
            raise UsageError("--instance-type stands in for a layout: give one of the two")
        return
    if request.instance_type is not None:
        raise UsageError("--instance-type goes with --parse: a job takes its instance type from the layout")
    if request.wait and not request.apply:
        raise UsageError("--wait goes with --apply: there is nothing to wait for")
    if request.context is not None and not request.apply:
        raise UsageError("--context goes with --apply: nothing is asked of a cluster")
    if request.timeout is not None and not request.wait:
        raise UsageError("--timeout goes with --apply --wait: there is nothing to wait for")
    if request.save_log and not request.wait:
        raise UsageError("--save-log goes with --apply --wait: there is no log yet")
    if request.apply and request.output is not None:
        raise UsageError("--apply gives the job to the cluster, -o writes it: give one of the two")
    if request.as_json and request.apply and not request.wait:
        raise UsageError("--json goes with a result: give --wait, or leave --apply out")


def _context(layout: Layout, wanted: str | None) -> str:
    """The context to apply by: the one that was named, or the current one if it leads to the layout's cluster.

    It is named in each call from then on: somebody may change the current one while the test runs.
    """
    found = kubectl.context(wanted)
    if found.leads_to(layout.name, layout.region):
        return found.name
    problem = found.elsewhere(layout.name, layout.region)
    if wanted is None:
        raise UsageError(
            f"{problem}. Change it by `aws eks update-kubeconfig --region {layout.region} --name {layout.name}`, or name with "
            "--context the one that is meant"
        )
    print(problem, file=sys.stderr)
    return found.name


def _load(request: Request) -> Loaded:
    assert request.layout is not None
    loaded = load(request.layout)
    for warning in loaded.warnings:
        print(warning, file=sys.stderr)
    return loaded


def _say(job: Job, layout: Layout) -> None:
    """What somebody has to know before it runs, on stderr."""
    name, group = job.group_name, job.group
    if not group.efa:
        could = " although the type has EFA" if group.type.supports_efa else ", which the type does not have"
        print(f"node_groups.{name} has no EFA{could}: what is measured is TCP", file=sys.stderr)
    if group.fallback_instance_types:
        types = ", ".join(group.instance_types)
        print(
            f"nodes of node_groups.{name} may be any of {types}: the bar is that of the first",
            file=sys.stderr,
        )
    if "@" not in job.image and job.image.rpartition("/")[2].partition(":")[2] in ("", "latest"):
        print(
            f"--image {job.image} has no tag but latest, which is moved to each new image: two tests may not run the same",
            file=sys.stderr,
        )
    if job.nodes < 2:
        print("one node: nothing goes over the network, and there is no bar for it", file=sys.stderr)
    if job.nodes > group.size.desired:
        owner = (
            "the autoscaler adds them" if group.scaling_owner == "autoscaler" else "the pods wait for them"
        )
        print(
            f"{job.nodes} nodes, and node_groups.{name}.size.desired is {group.size.desired}: {owner}",
            file=sys.stderr,
        )
    if layout.has_release("kueue") and job.queue is None:
        print(
            f"kueue does not see this job: the layout has no training job on {name} in the namespace {job.namespace}, "
            "and so no queue. It competes with what kueue has admitted",
            file=sys.stderr,
        )


def _text(job: Job, layout: str, *, as_json: bool) -> str:
    documents = manifests(job)
    if as_json:
        return json.dumps({"apiVersion": "v1", "kind": "List", "items": documents}, indent=2) + "\n"
    head = (
        f"all_reduce_perf on {job.nodes} nodes of {layout}'s node group {job.group_name}, by `ops nccl-test`.\n"
        + _next(job)
    )
    texts = [
        to_yaml(document, head=head if document is documents[0] else "", aligned=False)
        for document in documents
    ]
    return "---\n".join(texts)


def _next(job: Job) -> str:
    where = shlex.join(job.where)
    return (
        f"to watch: kubectl get pods {where} -l app.kubernetes.io/instance={job.name} -w\n"
        f"the log: kubectl logs {job.launcher} {where} > {job.name}.log\n"
        f"what it means: python -m ops nccl-test --parse {job.name}.log"
    )


def _apply(job: Job, request: Request, console: Console) -> bool:
    kubectl.apply(job, manifests(job))
    if not request.wait:
        print(f"applied {job.resource} in the namespace {job.namespace}\n{_next(job)}")
        return True
    succeeded = kubectl.wait(job, DEADLINE / 60 if request.timeout is None else request.timeout)
    text = kubectl.logs(job)
    if request.save_log is not None:
        write_whole(request.save_log, text)
    good = _report(parse(text), _setting(job.group, job.nodes), request, console)
    return good and succeeded


# The result.


def _given(request: Request, file: Path) -> tuple[Setting, Log]:
    try:
        log = parse(file.read_bytes().decode("utf-8", errors="replace"))
    except LogError as error:
        raise LogError(f"{file}: {error}") from None
    if request.layout is not None:
        wanted = request.group or log.marks.get("group")
        _, group = choose(_load(request).layout, wanted)
        return _setting(group, request.nodes or _number(log.marks.get("nodes"))), log
    name = request.instance_type or log.marks.get("instance_type") or log.platform
    if name is None:
        raise UsageError(
            f"{file} does not say on which instance type it was: name the layout, or give --instance-type"
        )
    found = catalog.find(name)
    if found is None:
        near = catalog.near(name)
        meant = f": did you mean {' or '.join(near)}?" if near else ""
        raise UsageError(f"the catalogue has no instance type {name!r}{meant}")
    if not found.gpus:
        raise UsageError(f"{name} has no GPUs: nccl-tests cannot have run on it")
    efa = _number(log.marks.get("efa"))
    return Setting(
        found,
        request.nodes or _number(log.marks.get("nodes")),
        found.efa_interfaces if efa is None else efa,
    ), log


def _setting(group: NodeGroup, nodes: int | None) -> Setting:
    return Setting(group.type, nodes, group.type.efa_interfaces if group.efa else 0)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None


def _report(log: Log, setting: Setting, request: Request, console: Console) -> bool:
    measured = judge(log, setting)
    if request.as_json:
        print(report_json(measured), end="")
    else:
        print_report(measured, console)
    return measured.passed
