"""`ops plan`: Terraform's own plan of a layout's stacks, offline against stand-ins, or with the real providers."""

from __future__ import annotations

import difflib
import json
import os
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

from .offline.assumptions import VariableValueError, assumed_account, example_values, parsed
from .offline.changes import Change, changes
from .offline.engine import Engine, Plan, Workspace, find_engine
from .offline.server import StandIns

OFFLINE_NOTE = """\
This is a plan against an empty account, with stand-ins for the providers: the arguments, references, order and checks are
real, and what AWS would answer is not. It cannot show
  - whether the account has the quota, the capacity reservation, the permissions and the existing VPC that the layout names;
  - what there is already, and so no change or replacement of it;
  - values that only AWS knows, such as the AMI, add-on and zone that a data source finds;
  - whether a chart can be downloaded, and what is in it.
With an account, `python -m ops plan --real` plans with the real providers."""


class UsageError(ValueError):
    """What was asked for cannot be done; the message says what to ask for."""


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
    """One stack's plan; `data` is `terraform show -json`, None where Terraform has refused to plan."""

    stack: str
    text: str
    data: dict[str, Any] | None
    assumed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def changes(self) -> list[Change]:
        """What the plan does."""
        return changes(self.data or {})


def plan(loaded: Sequence[Loaded], request: Request, console: Console | None = None) -> bool:
    """Plans the stacks of the layouts and prints the plans with a summary; returns whether all could be planned.

    Raises:
        UsageError: an option does not fit the layouts.
        EngineMissingError: there is no Terraform.
    """
    engine = find_engine()
    wanted = _wanted(loaded, request.stacks)
    given = {one.name: _given(one, request.variables) for one in loaded}
    _check_names(loaded, request.variables)
    console = console or Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    chosen = [one for one in loaded if wanted & {*one.layout.stacks}]
    _progress(f"synthesizing {', '.join(one.name for one in chosen)}")
    with ExitStack() as context:
        if request.real:
            folder = synthesize(chosen, str(request.output))
            results = _real(engine, chosen, wanted, folder, request)
        else:
            scratch = Path(context.enter_context(tempfile.TemporaryDirectory(prefix="plan-")))
            folder = synthesize(chosen, str(scratch / "out"))
            results = _offline(engine, chosen, wanted, given, scratch, context, console)
    if request.json_file is not None:
        _keep(results, request.json_file)
    _summarize(results, console, real=request.real)
    return all(result.data is not None for result in results)


def _offline(
    engine: Engine,
    loaded: Sequence[Loaded],
    wanted: set[str],
    given: Mapping[str, Mapping[str, Any]],
    scratch: Path,
    context: ExitStack,
    console: Console,
) -> list[Planned]:
    workspaces: dict[str, Workspace] = {}
    assumed: dict[str, Mapping[str, Any]] = {}
    for one in loaded:
        examples = example_values(one.layout, one.variables)
        values = {**examples, **given[one.name]}
        stand_ins = context.enter_context(StandIns(assumed_account(one.layout, values)))
        for stack in one.layout.stacks:
            if stack in wanted:
                document = _document(scratch / "out", stack)
                workspaces[stack] = Workspace(engine, scratch / stack, stand_ins, values).configure(document)
                declared = document.get("variable", {})
                assumed[stack] = {
                    name: value
                    for name, value in examples.items()
                    if name in declared and name not in given[one.name]
                }
    _progress(f"planning {', '.join(workspaces)} offline")
    color = console.is_terminal
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        results = list(
            pool.map(lambda item: _planned(item[0], item[1], color, assumed[item[0]]), workspaces.items())
        )
    for result in results:
        console.rule(f"[bold]{result.stack}", characters="=", align="left")
        sys.stdout.flush()
        console.file.write(result.text.rstrip() + "\n\n")
    return results


def _planned(stack: str, workspace: Workspace, color: bool, assumed: Mapping[str, Any]) -> Planned:
    lost = workspace.unknown_keys()
    if lost:
        return Planned(stack, "\n".join(f"Error: {told}" for told in lost), None, assumed)
    step = workspace.init()
    if step.status != 0:
        return Planned(stack, step.text, None, assumed)
    made = workspace.plan(color=color)
    return Planned(stack, _own_words(made), None if made.failed else made.json(), assumed)


def _own_words(made: Plan) -> str:
    """Terraform's text, without what it says about the file that the plan is in."""
    text = made.step.text
    for ending in ("\n─", "\nSaved the plan to:"):
        text = text.partition(ending)[0] if not made.failed else text
    return text


def _real(
    engine: Engine, loaded: Sequence[Loaded], wanted: set[str], folder: Path, request: Request
) -> list[Planned]:
    """Plans in the output folder, where cdktf-cli does so too, with the user's own environment."""
    results = []
    for stack in [stack for one in loaded for stack in one.layout.stacks if stack in wanted]:
        declared = _document(folder, stack).get("variable", {})
        options = [f"-var={text}" for text in request.variables if text.partition("=")[0] in declared]
        where = folder / "stacks" / stack
        print(f"==== {stack}", flush=True)
        with tempfile.TemporaryDirectory(prefix="plan-") as scratch:
            file = Path(scratch, "plan")
            done = _passed_on(engine, where, "init", "-input=false") or _passed_on(
                engine, where, "plan", "-input=false", f"-out={file}", *options
            )
            if done:
                if stack != loaded[0].layout.name and stack.endswith("-platform"):
                    cluster = stack.removesuffix("-platform")
                    print(
                        f"{stack} looks the cluster up: it can be planned once {cluster} has been deployed.",
                        file=sys.stderr,
                    )
                results.append(Planned(stack, "", None))
                continue
            shown = engine.run(where, "show", "-json", str(file), environment=os.environ)
            results.append(Planned(stack, "", json.loads(shown.stdout)))
    return results


def _passed_on(engine: Engine, folder: Path, *arguments: str) -> int:
    """Runs Terraform on the user's own terminal."""
    return subprocess.run([engine.path, *arguments], cwd=folder, check=False).returncode


def _document(folder: Path, stack: str) -> dict[str, Any]:
    file = folder / "stacks" / stack / "cdk.tf.json"
    result: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return result


def _wanted(loaded: Sequence[Loaded], named: Sequence[str]) -> set[str]:
    there = [stack for one in loaded for stack in one.layout.stacks]
    for name in named:
        if name not in there:
            raise UsageError(
                f"--stack {name}: no such stack{_near(name, there)}. There are {', '.join(there)}"
            )
    return set(named or there)


def _given(one: Loaded, assignments: Sequence[str]) -> dict[str, Any]:
    """Values that the user gives: --var before the environment."""
    texts = {name: os.environ[f"TF_VAR_{name}"] for name in _names(one) if f"TF_VAR_{name}" in os.environ}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise UsageError(f"--var {assignment}: write --var NAME=VALUE")
        texts[name] = text
    try:
        return {v.name: parsed(v, texts[v.name]) for v in one.variables if v.name in texts}
    except VariableValueError as error:
        raise UsageError(str(error)) from None


def _check_names(loaded: Sequence[Loaded], assignments: Sequence[str]) -> None:
    known = sorted({name for one in loaded for name in _names(one)})
    for assignment in assignments:
        name = assignment.partition("=")[0]
        if name not in known:
            there = f"There are {', '.join(known)}" if known else "The layout leaves none open"
            raise UsageError(f"--var {name}: no such variable{_near(name, known)}. {there}")


def _names(one: Loaded) -> list[str]:
    return [variable.name for variable in one.variables]


def _near(name: str, there: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, there, 1)
    return f"; did you mean {close[0]}?" if close else ""


def _keep(results: Sequence[Planned], file: Path) -> None:
    """Writes `terraform show -json`: to the file for one stack, to one beside it for each of several."""
    for result in results:
        if result.data is None:
            continue
        where = file if len(results) == 1 else file.with_name(f"{file.stem}.{result.stack}{file.suffix}")
        where.write_text(json.dumps(result.data, indent=2) + "\n", encoding="utf-8")
        print(f"wrote {where}", file=sys.stderr)


def _summarize(results: Sequence[Planned], console: Console, *, real: bool) -> None:
    table = Table(title="Plan", title_justify="left", title_style="bold", box=box.SIMPLE)
    verbs = ("create", "update", "replace", "delete")
    for column in ("stack", *verbs):
        table.add_column(column, overflow="fold")
    for result in results:
        if result.data is None:
            table.add_row(result.stack, "Terraform refused: see above")
            continue
        counts = Counter(change.verb for change in result.changes)
        table.add_row(result.stack, *(str(counts[verb] or "-") for verb in verbs))
    console.print(table)
    for change in (change for result in results for change in result.changes):
        if change.verb in ("replace", "delete"):
            console.print(f"  {change}", markup=False, soft_wrap=True)
    if real:
        return
    assumed = {name: value for result in results for name, value in result.assumed.items()}
    if assumed:
        console.print(
            "Values that nobody has set, and that this plan made up (set them with --var or TF_VAR_...):"
        )
        for name, value in sorted(assumed.items()):
            console.print(f"  {name} = {_shown(value)}", markup=False, soft_wrap=True)
        console.print()
    console.print(OFFLINE_NOTE, markup=False, soft_wrap=True)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _progress(text: str) -> None:
    print(f"ops plan: {text}", file=sys.stderr, flush=True)
