"""`ops plan`: Terraform's own plan of a layout's stacks, offline against stand-ins, or with the real providers."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from modules.app import synthesize
from modules.layout import Loaded

from .errors import UsageError, instead
from .files import write_whole
from .offline.assumptions import assumed_account, example_values
from .offline.changes import Change, changes
from .offline.engine import Engine, Workspace, find_engine
from .offline.server import StandIns
from .variables import assigned, given

OFFLINE_NOTE = """\
This is a plan against an empty account, with stand-ins for the providers: the arguments, references, order and checks are
real, and what AWS would answer is not. What the layout names is taken to exist, and so is, for a stack, what those before it make. It cannot show
  - whether the account has the quota, the capacity reservation, the permissions and the existing VPC that the layout names;
  - what there is already, and so no change or replacement of it;
  - values that only AWS knows, such as the AMI, add-on and zone that a data source finds;
  - whether a chart can be downloaded, and what is in it.
With an account, `python -m ops preflight` (`make preflight`) asks it for the first of these and more, and `python -m ops plan --real`
plans with the real providers; so does `make plan ARGS=--real`."""

_ERROR = re.compile(r"^\W*Error: (.+)$", re.M)
_COLOR = re.compile(r"\x1b\[[\d;]*m")


@dataclass
class Request:
    """What to plan: the options of the command."""

    stacks: Sequence[str] = ()
    variables: Sequence[str] = ()
    json_file: Path | None = None
    real: bool = False
    output: Path = Path("cdktf.out")


@dataclass
class Planned:
    """One stack's plan; `data` is `terraform show -json`, None where Terraform has refused to plan.

    `text` is Terraform's own, empty where it went to the terminal.
    """

    stack: str
    text: str
    data: dict[str, Any] | None
    assumed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def changes(self) -> list[Change]:
        """What the plan does."""
        return changes(self.data or {})

    @property
    def errors(self) -> list[str]:
        """The headline of each error of Terraform, once."""
        return list(dict.fromkeys(_ERROR.findall(_COLOR.sub("", self.text))))


def plan(loaded: Sequence[Loaded], request: Request, console: Console | None = None) -> bool:
    """Plans the stacks of the layouts and prints the plans with a summary; returns whether all could be planned.

    Raises:
        UsageError: an option does not fit the layouts.
        EngineMissingError: there is no Terraform.
    """
    if not loaded:
        raise UsageError("no layout is named")
    engine = find_engine()
    wanted = _wanted(loaded, request.stacks)
    texts = assigned(loaded, request.variables)
    values = {one.name: {name: value for name, (value, _) in given(one, texts).items()} for one in loaded}
    _check_file(request.json_file)
    for warning in (warning for one in loaded for warning in one.warnings):
        print(warning, file=sys.stderr)
    console = console or Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    color = console.is_terminal and not console.no_color
    chosen = [one for one in loaded if wanted & {*one.layout.stacks}]
    _progress(f"synthesizing {', '.join(one.name for one in chosen)}")
    with ExitStack() as context:
        if request.real:
            folder = synthesize(chosen, str(request.output))
            results = _real(engine, chosen, wanted, folder, texts, color=color)
        else:
            scratch = Path(context.enter_context(tempfile.TemporaryDirectory(prefix="plan-")))
            synthesize(chosen, str(scratch / "out"))
            results = _offline(engine, chosen, wanted, values, scratch, context, color=color)
            for result in results:
                console.rule(f"[bold]{result.stack}", characters="=", align="left")
                console.file.write(result.text.rstrip() + "\n\n")
    _summarize(results, console, real=request.real)
    if request.json_file is not None:
        _keep(results, request.json_file)
    return all(result.data is not None for result in results)


def _offline(
    engine: Engine,
    loaded: Sequence[Loaded],
    wanted: set[str],
    given_values: Mapping[str, Mapping[str, Any]],
    scratch: Path,
    context: ExitStack,
    *,
    color: bool,
) -> list[Planned]:
    workspaces: dict[str, Workspace] = {}
    assumed: dict[str, Mapping[str, Any]] = {}
    for one in loaded:
        examples = example_values(one.layout, one.variables)
        known = {**examples, **given_values[one.name]}
        stand_ins = context.enter_context(StandIns(assumed_account(one.layout, known)))
        for stack in one.layout.stacks:
            if stack in wanted:
                document = _document(scratch / "out", stack)
                workspaces[stack] = Workspace(engine, scratch / stack, stand_ins, known).configure(document)
                declared = document.get("variable", {})
                assumed[stack] = {
                    name: value
                    for name, value in examples.items()
                    if name in declared and name not in given_values[one.name]
                }
    _progress(f"planning {', '.join(workspaces)} offline")
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(
            pool.map(lambda item: _planned(item[0], item[1], color, assumed[item[0]]), workspaces.items())
        )


def _planned(stack: str, workspace: Workspace, color: bool, assumed: Mapping[str, Any]) -> Planned:
    lost = workspace.unknown_keys()
    if lost:
        return Planned(stack, "\n".join(f"Error: {told}" for told in lost), None, assumed)
    step = workspace.init()
    if step.status != 0:
        return Planned(stack, step.text, None, assumed)
    made = workspace.plan(color=color)
    if made.failed:
        return Planned(stack, made.step.text, None, assumed)
    try:
        data = made.json()
    except ValueError:
        told = (
            f"{workspace.engine.path} is neither Terraform nor OpenTofu: it answers `show -json` with no JSON"
        )
        raise UsageError(told) from None
    return Planned(stack, made.step.text, data, assumed)


def _real(
    engine: Engine,
    loaded: Sequence[Loaded],
    wanted: set[str],
    folder: Path,
    assigned: Mapping[str, str],
    *,
    color: bool,
) -> list[Planned]:
    """Plans in the output folder, where cdktf-cli does so too, with the user's own environment."""
    results = []
    layouts = {stack: one.layout for one in loaded for stack in one.layout.stacks if stack in wanted}
    for stack, layout in layouts.items():
        print(f"==== {stack}", flush=True)
        declared = _document(folder, stack).get("variable", {})
        variables = {name: text for name, text in assigned.items() if name in declared}
        data = _really_planned(engine, folder / "stacks" / stack, variables, color=color)
        results.append(Planned(stack, "", data))
        if data is None and stack in layout.stacks[layout.stacks.index(layout.name) + 1 :]:
            print(
                f"\n{stack} looks the cluster {layout.name} up. If that is what failed: it can be planned once the "
                f"stack {layout.name} has been deployed.",
                file=sys.stderr,
            )
    return results


def _really_planned(
    engine: Engine, where: Path, variables: Mapping[str, str], *, color: bool
) -> dict[str, Any] | None:
    plain = () if color else ("-no-color",)
    options = [f"-var={name}={text}" for name, text in variables.items()]
    with tempfile.TemporaryDirectory(prefix="plan-") as scratch:
        file = Path(scratch, "plan")
        if _passed_on(engine, where, "init", "-input=false", *plain) != 0:
            return None
        # 2: there is something to do, where TF_CLI_ARGS_plan has -detailed-exitcode.
        if _passed_on(engine, where, "plan", "-input=false", f"-out={file}", *plain, *options) not in (0, 2):
            return None
        shown = engine.run(where, "show", "-json", "-no-color", str(file), environment=os.environ)
        if shown.status != 0:
            print(shown.text, file=sys.stderr)
            return None
        data: dict[str, Any] = json.loads(shown.stdout)
        return data


def _passed_on(engine: Engine, folder: Path, *arguments: str) -> int:
    """Runs Terraform on the user's own terminal; returns its exit status.

    Ctrl-C reaches Terraform too, which then gives the state's lock back: it must not be killed meanwhile.
    """
    interrupted: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: interrupted.append(number))
    try:
        status = subprocess.run([engine.path, *arguments], cwd=folder, check=False).returncode
    finally:
        signal.signal(signal.SIGINT, before)
    if interrupted:
        raise KeyboardInterrupt
    return status


def _document(folder: Path, stack: str) -> dict[str, Any]:
    file = folder / "stacks" / stack / "cdk.tf.json"
    result: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return result


def _wanted(loaded: Sequence[Loaded], named: Sequence[str]) -> set[str]:
    there = [stack for one in loaded for stack in one.layout.stacks]
    for name in named:
        if name not in there:
            raise UsageError(f"--stack {name}: there is no such stack; {instead(name, there)}")
    return set(named or there)


def _check_file(file: Path | None) -> None:
    """Before the time for a plan has been spent."""
    if file is None:
        return
    if file.is_dir() or file.name in ("", "-"):
        raise UsageError(f"--json {file}: name a file")
    if not file.parent.is_dir():
        raise UsageError(f"--json {file}: there is no folder {file.parent}")
    # The folder, for a file that is not there yet.
    if file.exists() and not file.is_file():
        raise UsageError(f"--json {file}: name a regular file")
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise UsageError(f"--json {file}: cannot be written: Permission denied")


def _keep(results: Sequence[Planned], file: Path) -> None:
    """Writes `terraform show -json`: to the file for one stack, to one beside it for each of several.

    Where there is no plan, the file of an earlier one goes: nobody should take it for this one.
    """
    for result in results:
        where = file if len(results) == 1 else file.with_name(f"{file.stem}.{result.stack}{file.suffix}")
        if result.data is None:
            if where.is_file():
                where.unlink()
            continue
        write_whole(where, json.dumps(result.data, indent=2) + "\n")
        print(f"wrote {where}", file=sys.stderr)


def _summarize(results: Sequence[Planned], console: Console, *, real: bool) -> None:
    table = Table(title="Plan", title_justify="left", title_style="bold", box=box.SIMPLE)
    verbs = ("create", "update", "replace", "delete")
    for column in ("stack", *verbs):
        table.add_column(column, overflow="fold")
    for result in results:
        if result.data is None:
            table.add_row(result.stack, "refused")
            continue
        counts = Counter(change.verb for change in result.changes)
        table.add_row(result.stack, *(str(counts[verb] or "-") for verb in verbs))
    console.print(table)
    for change in (change for result in results for change in result.changes):
        if change.verb in ("replace", "delete"):
            console.print(f"  {change}", markup=False, soft_wrap=True)
    for result in results:
        if result.data is None:
            told = f"Terraform refused to plan {result.stack}: {'; '.join(result.errors) or 'see above'}"
            console.print(told + "\n", markup=False, soft_wrap=True)
    if real:
        return
    values = {(name, _shown(value)) for result in results for name, value in result.assumed.items()}
    if values:
        console.print(
            "Values that nobody has set, and that this plan made up (set them with --var or TF_VAR_...):",
            soft_wrap=True,
        )
        names = Counter(name for name, _ in values)
        for name, value in sorted(values):
            users = [
                one.stack for one in results if name in one.assumed and _shown(one.assumed[name]) == value
            ]
            where = f"  ({', '.join(users)})" if names[name] > 1 else ""
            console.print(f"  {name} = {value}{where}", markup=False, soft_wrap=True)
        console.print()
    console.print(OFFLINE_NOTE, markup=False, soft_wrap=True)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _progress(text: str) -> None:
    print(f"ops plan: {text}", file=sys.stderr, flush=True)
