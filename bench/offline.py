"""Terraform on stand-ins: a plan, the whole life of every preset, reading schemas, and a filesystem mirror beside it."""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from modules.layout import load, preset_names
from ops.offline.assumptions import assumed_account, example_values
from ops.offline.deployment import unprotected
from ops.offline.engine import Engine, EngineMissingError, Step, Workspace, find_engine
from ops.offline.server import StandIns

from . import mirror
from .measure import ROOT, SynthFailedError, progress
from .report import Report

# Seconds that each may take.
PLAN_AIM = 2.0
LIVES_AIM = 60.0
SCHEMAS_AIM = 1.0

# It makes its own VPC, which the stand-ins in the mirror rely on.
_MIRRORED = "eks-p5-odcr"

Document = Mapping[str, Any]
# The JSON of the stacks of each preset, in the order in which they are deployed.
Documents = Mapping[str, Sequence[Document]]


def measure(
    report: Report, *, layout: str, runs: int, env: Mapping[str, str], output: Mapping[str, bytes]
) -> None:
    """Measures all of it.

    Args:
        layout: what is planned.
        runs: to take the median of.
        env: what a synthesis has to have in its environment.
        output: what a synthesis of all presets has written.
    """
    try:
        engine = find_engine()
    except EngineMissingError as missing:
        report.check("Terraform offline", False, str(missing))
        return
    documents = {
        preset: [json.loads(output[f"stacks/{stack}/cdk.tf.json"]) for stack in load(preset).layout.stacks]
        for preset in preset_names()
    }
    _plan(report, layout, runs, env)
    _schemas(report, runs, documents)
    _lives(report, documents)
    _beside_a_mirror(report, engine, runs, documents[_MIRRORED])


def _plan(report: Report, layout: str, runs: int, env: Mapping[str, str]) -> None:
    """What `ops plan` does after the synthesis, each time in a new process."""
    taken = []
    for number in range(1, runs + 1):
        taken.append(_worker(["plan", layout], env))
        progress(f"plan of {layout}, run {number} of {runs}: {taken[-1]['seconds']:.2f} s")
    seconds = statistics.median(one["seconds"] for one in taken)
    synthesis = statistics.median(one["synthesis"] for one in taken)
    report.table(
        f"ops plan {layout}, all stacks ({runs} runs, medians)",
        ("", "wall, s"),
        [("synthesis", f"{synthesis:.2f}"), ("all that comes after it", f"{seconds:.2f}")],
    )
    report.check(f"plan in {seconds:.2f} s", seconds < PLAN_AIM, f"aim: under {PLAN_AIM:g} s")


def _schemas(report: Report, runs: int, documents: Documents) -> None:
    """Reading what the providers accept, for every type that a preset uses."""
    stacks = [stack for stacks in documents.values() for stack in stacks]
    types = {
        kind: sorted(
            {name for stack in stacks for name in stack.get(kind, {}) if not name.startswith("terraform_")}
        )
        for kind in ("resource", "data")
    }
    given = json.dumps(types)
    with tempfile.TemporaryDirectory(prefix="bench-") as cache:
        cold = _worker(["schemas"], {"XDG_CACHE_HOME": cache}, given)["seconds"]
        warm = statistics.median(
            _worker(["schemas"], {"XDG_CACHE_HOME": cache}, given)["seconds"] for _ in range(runs)
        )
    progress(f"schemas: {cold:.2f} s with an empty cache, then {warm:.2f} s")
    report.table(
        f"Schemas of the {sum(map(len, types.values()))} types that presets use, and of their providers",
        ("", "wall, s"),
        [("first run, empty cache", f"{cold:.2f}"), (f"after that (median of {runs} runs)", f"{warm:.2f}")],
    )
    report.check(f"schemas, warm, in {warm:.2f} s", warm < SCHEMAS_AIM, f"aim: under {SCHEMAS_AIM:g} s")


def _lives(report: Report, documents: Documents) -> None:
    """Every preset from validate to destroy, as many at a time as there are processors."""
    processes = os.cpu_count() or 1
    lives: dict[str, float] = {}
    started = time.perf_counter()
    # Not forked: gRPC's threads do not survive that.
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(life, preset, stacks): preset for preset, stacks in documents.items()}
        for done in as_completed(waiting):
            lives[waiting[done]] = done.result()
            progress(f"life of {waiting[done]}: {lives[waiting[done]]:.1f} s")
    seconds = time.perf_counter() - started
    rows = [(preset, f"{lives[preset]:.1f}") for preset in documents]
    report.table(
        f"init, validate, plan, apply, plan, destroy: all stacks of every preset, {processes} presets at a time (one run)",
        ("", "wall, s"),
        [*rows, ("all of them", f"{seconds:.1f}")],
    )
    report.check(f"all presets in {seconds:.1f} s", seconds < LIVES_AIM, f"aim: under {LIVES_AIM:g} s")


def life(preset: str, stacks: Sequence[Document]) -> float:
    """Deploys a preset and takes it away again; returns the seconds.

    Raises:
        SynthFailedError: Terraform has failed, or something was left to do or to remove.
    """
    started = time.perf_counter()
    loaded = load(preset)
    values = example_values(loaded.layout, loaded.variables)
    account = assumed_account(loaded.layout, values)
    account.clusters_assumed = False
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, StandIns(account) as stand_ins:
        engine = find_engine()
        workspaces = [
            Workspace(engine, Path(folder, str(number)), stand_ins, values).configure(stack)
            for number, stack in enumerate(stacks)
        ]
        for workspace in workspaces:
            _succeeded(workspace.init(), workspace.validate(), workspace.plan().step)
            _succeeded(workspace.apply("plan"))
            if not workspace.plan().empty:
                raise SynthFailedError(f"{preset}: a second plan is not empty")
        for workspace in reversed(workspaces):
            workspace.configure(unprotected(workspace.document))
            _succeeded(workspace.destroy())
        if account.resources:
            raise SynthFailedError(f"{preset}: {len(account.resources)} resources are left")
    return time.perf_counter() - started


def _beside_a_mirror(report: Report, engine: Engine, runs: int, stacks: Sequence[Document]) -> None:
    """The same commands with stand-ins that Terraform starts as programs, and with those inside this process."""
    commands = (("init", "-input=false"), ("validate",), ("plan", "-input=false"))
    seconds: dict[tuple[str, str], list[float]] = {}
    loaded = load(_MIRRORED)
    values = example_values(loaded.layout, loaded.variables)
    for number in range(1, runs + 1):
        for way in ("in process", "mirror"):
            with (
                tempfile.TemporaryDirectory(prefix="bench-") as folder,
                StandIns(assumed_account(loaded.layout, values)) as stand_ins,
            ):
                spent = dict.fromkeys((command[0] for command in commands), 0.0)
                for index, stack in enumerate(stacks):
                    workspace = Workspace(engine, Path(folder, str(index)), stand_ins, values).configure(
                        stack
                    )
                    environment = (
                        workspace.environment
                        if way == "in process"
                        else mirror.install(workspace, Path(folder, "mirror"))
                    )
                    for command in commands:
                        step = engine.run(workspace.folder, *command, environment=environment)
                        _succeeded(step)
                        spent[command[0]] += step.seconds
            for name, value in spent.items():
                seconds.setdefault((name, way), []).append(value)
            progress(f"{way}, run {number} of {runs}: {sum(spent.values()):.2f} s")
    names = [command[0] for command in commands]
    rows = []
    for name in names:
        medians = [statistics.median(seconds[name, way]) for way in ("in process", "mirror")]
        rows.append((name, *(f"{median:.2f}" for median in medians), f"{medians[1] / medians[0]:.1f}"))
    report.table(
        f"All stacks of {_MIRRORED}, stand-ins in process and through a filesystem mirror ({runs} runs in turn, medians)",
        ("", "in process, s", "mirror, s", "ratio"),
        rows,
    )


def _succeeded(*steps: Step) -> None:
    for step in steps:
        if step.status not in (0, 2):
            raise SynthFailedError(f"terraform {' '.join(step.arguments)} has failed:\n{step.text[-2000:]}")


def _worker(arguments: Sequence[str], env: Mapping[str, str], given: str = "") -> dict[str, float]:
    """Runs a command of `bench.worker`; returns what it has measured."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.worker", *arguments],
        cwd=ROOT,
        env={**os.environ, **env},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SynthFailedError(
            f"bench.worker {arguments[0]} has failed:\n{(done.stdout + done.stderr)[-2000:]}"
        )
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result
