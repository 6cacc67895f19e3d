"""Plans with the real providers, where cdktf-cli makes them too."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from modules.bindings import active_flavor
from modules.layout import Loaded

from ..offline.engine import Engine
from .planned import Planned, document

_LOCKED = re.compile(r'^provider "[^"]*/([^"/]+)" \{\n\s*version\s*=\s*"([^"]+)"', re.M)
_EXACT = re.compile(r"\d+(\.\d+)*(-[\w.]+)?")


def planned_really(
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
        configured = document(folder, stack)
        declared = configured.get("variable", {})
        variables = {name: text for name, text in assigned.items() if name in declared}
        where = folder / "stacks" / stack
        others = other_versions(where, configured)
        if others:
            print(
                f"{stack}: the plans and deploys before this one had {'; '.join(others)}. They were of another flavour than "
                f"{active_flavor().title}, or of another version of this program: docs/leaving-cdktf.md",
                file=sys.stderr,
            )
        data = _really_planned(engine, where, variables, color=color, upgrade=bool(others))
        results.append(Planned(stack, "", data))
        if data is None and stack in layout.stacks[layout.stacks.index(layout.name) + 1 :]:
            print(
                f"\n{stack} looks the cluster {layout.name} up. If that is what failed: it can be planned once the "
                f"stack {layout.name} has been deployed.",
                file=sys.stderr,
            )
    return results


def other_versions(where: Path, stack: Mapping[str, Any]) -> list[str]:
    """Providers of which Terraform's lock file holds another version than the stack asks for, as "aws 6.25.0, not 6.69.1".

    So it is after a change of the flavour, and `terraform init` refuses then. cdktf-cli upgrades by itself:
    https://github.com/hashicorp/terraform-cdk/blob/v0.21.0/packages/%40cdktf/cli-core/src/lib/cdktf-stack.ts

    Args:
        where: the stack's folder.
        stack: its JSON.
    """
    file = where / ".terraform.lock.hcl"
    locked = dict(_LOCKED.findall(file.read_text(encoding="utf-8"))) if file.is_file() else {}
    required = stack.get("terraform", {}).get("required_providers", {})
    # A range, as of an extension's provider, is Terraform's to compare: an upgrade would take the newest of it.
    wanted = {
        name: one["version"] for name, one in required.items() if _EXACT.fullmatch(one.get("version", ""))
    }
    return [
        f"{name} {locked[name]}, not {version}"
        for name, version in wanted.items()
        if locked.get(name, version) != version
    ]


def _really_planned(
    engine: Engine, where: Path, variables: Mapping[str, str], *, color: bool, upgrade: bool
) -> dict[str, Any] | None:
    plain = () if color else ("-no-color",)
    options = [f"-var={name}={text}" for name, text in variables.items()]
    with tempfile.TemporaryDirectory(prefix="plan-") as scratch:
        file = Path(scratch, "plan")
        newer = ("-upgrade",) if upgrade else ()
        if _passed_on(engine, where, "init", "-input=false", *newer, *plain) != 0:
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
