"""`ops preflight`: from a layout to a verdict about the account."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from modules.app import synthesize
from modules.layout import Layout, load
from modules.layout.variables import Variable

from ..aws.account import Account
from ..checking.check import Outcome, exit_status
from ..checking.report import print_checks, print_report, report_json
from ..checking.runner import Progress, chosen, run
from ..states import Deployed, StateError, UnreadableStateError, state_of
from ..variables import with_given
from .checks import CHECKS
from .policy import policy_json
from .subject import Document, Subject


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line.

    `skip` are ids of checks, `variables` are NAME=VALUE, `policy` and `checks` ask nothing, `strict` makes warnings count.
    """

    layout: str
    skip: Sequence[str] = ()
    variables: Sequence[str] = ()
    profile: str | None = None
    policy: bool = False
    checks: bool = False
    strict: bool = False
    as_json: bool = False


def preflight(request: Request, console: Console) -> int:
    """Looks at the account and prints what it finds; returns the exit status.

    Raises:
        LayoutError: the layout is at fault, or the value of a variable in its place.
        UsageError: the request is, or a variable has no value.
    """
    checks = chosen(CHECKS, request.skip)
    if request.checks:
        print_checks(checks, console)
        return 0
    loaded = load(request.layout)
    if request.policy:
        loaded = with_given(loaded, request.variables, all_of_them=False)
        print(policy_json(loaded.layout, checks), end="")
        return 0
    variables = loaded.variables
    loaded = with_given(loaded, request.variables, all_of_them=True)
    for warning in loaded.warnings:
        print(warning, file=sys.stderr)
    layout = loaded.layout
    progress = Progress(f"asking the account about {layout.name} in {layout.region}")
    with tempfile.TemporaryDirectory(prefix="preflight-") as scratch:
        stacks = _stacks(layout, synthesize([loaded], str(Path(scratch) / "out")))
    account = Account(layout.region, request.profile)
    subject = Subject(layout, account, stacks, _states(layout, request.profile))
    outcomes = [_with_variables(one, variables) for one in run(checks, subject, progress)]
    if request.as_json:
        about = {"layout": loaded.name, "cluster": layout.name, "region": layout.region}
        print(report_json(outcomes, about), end="")
    else:
        print_report(outcomes, console)
    return exit_status(outcomes, strict=request.strict)


def _with_variables(outcome: Outcome[Subject], variables: Iterable[Variable]) -> Outcome[Subject]:
    """Names the variable beside the place where its value stands: whoever uses a preset changes the one, not the other."""
    names = {
        ".".join(part for part in path if isinstance(part, str)): f"TF_VAR_{variable.name}"
        for variable in variables
        for path in variable.paths
    }

    def named(where: str) -> str:
        return ", ".join(f"{one} ({names[one]})" if one in names else one for one in where.split(", "))

    found = (
        one if outcome.level_of(one) == "info" else replace(one, where=named(one.where))
        for one in outcome.findings
    )
    return replace(outcome, findings=tuple(found))


def _stacks(layout: Layout, folder: Path) -> dict[str, Document]:
    files = {stack: folder / "stacks" / stack / "cdk.tf.json" for stack in layout.stacks}
    return {stack: json.loads(file.read_text(encoding="utf-8")) for stack, file in files.items()}


def _states(layout: Layout, profile: str | None) -> Mapping[str, Sequence[Deployed]]:
    """What is deployed already, as far as it can be read from here."""
    states = {}
    for stack in layout.stacks:
        try:
            states[stack] = state_of(layout, stack, profile=profile)
        except (StateError, UnreadableStateError) as error:
            print(f"What is deployed of {stack} is not known: {error}", file=sys.stderr)
    return states
