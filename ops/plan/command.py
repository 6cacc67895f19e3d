"""`ops plan`: Terraform's own plan of a layout's stacks, offline against stand-ins, or with the real providers."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from modules.app import synthesize
from modules.layout import Loaded

from ..errors import UsageError, instead
from ..offline.engine import find_engine
from ..variables import assigned, given
from .base import Base, read_base
from .offline import planned_offline
from .planned import check_file, keep, progress
from .real import planned_really
from .summary import summarize


@dataclass
class Request:
    """What to plan: the options of the command."""

    stacks: Sequence[str] = ()
    variables: Sequence[str] = ()
    json_file: Path | None = None
    real: bool = False
    output: Path = Path("cdktf.out")
    base: str | None = None


def plan(loaded: Sequence[Loaded], request: Request, console: Console | None = None) -> bool:
    """Plans the stacks of the layouts and prints the plans with a summary; returns whether all could be planned.

    Raises:
        LayoutError: the layout to compare with is at fault.
        UsageError: an option does not fit the layouts.
        EngineMissingError: there is no Terraform.
    """
    if not loaded:
        raise UsageError("no layout is named")
    engine = find_engine()
    check_file(request.json_file)
    with tempfile.TemporaryDirectory(prefix="plan-") as temporary:
        scratch = Path(temporary)
        base = Base("") if request.base is None else read_base(request.base, scratch / "base")
        wanted = _wanted(loaded, base, request.stacks)
        texts = assigned(loaded, request.variables, base.variables.values())
        for one in loaded:
            given(one.variables, texts)
        for warning in (warning for one in loaded for warning in one.warnings):
            print(warning, file=sys.stderr)
        console = console or Console(width=None if sys.stdout.isatty() else 160, highlight=False)
        color = console.is_terminal and not console.no_color
        chosen = [one for one in loaded if wanted & {*one.layout.stacks, *base.of(one.layout)}]
        progress(f"synthesizing {', '.join(one.name for one in chosen)}")
        if request.real:
            folder = synthesize(chosen, str(request.output))
            results = planned_really(engine, chosen, wanted, folder, texts, color=color)
        else:
            folder = synthesize(chosen, str(scratch / "out"))
            results = planned_offline(
                engine, chosen, folder, wanted, texts, scratch / "stacks", base=base, color=color
            )
            for result in results:
                console.rule(f"[bold]{result.stack}", characters="=", align="left")
                console.file.write(result.text.rstrip() + "\n\n")
        layouts = [one.layout for one in loaded]
        summarize(results, console, real=request.real, base=base, layouts=layouts)
    if request.json_file is not None:
        keep(results, request.json_file)
    return all(result.data is not None for result in results)


def _wanted(loaded: Sequence[Loaded], base: Base, named: Sequence[str]) -> set[str]:
    there = [stack for one in loaded for stack in dict.fromkeys((*one.layout.stacks, *base.of(one.layout)))]
    for name in named:
        if name not in there:
            raise UsageError(f"--stack {name}: there is no such stack; {instead(name, there)}")
    return set(named or there)
