"""A stack's plan, and the files that plans are kept in."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..files import write_whole
from ..offline.changes import Change, changes
from ..offline.engine import Step

_ERROR = re.compile(r"^\W*Error: (.+)$", re.M)
_COLOR = re.compile(r"\x1b\[[\d;]*m")


@dataclass
class Planned:
    """One stack's plan; `data` is `terraform show -json`, None where Terraform has refused to plan.

    `text` is Terraform's own, empty where it went to the terminal. `goes` tells that no layout has the stack any more, and
    that this is the plan of its destroy.
    """

    stack: str
    text: str
    data: dict[str, Any] | None
    assumed: Mapping[str, Any] = field(default_factory=dict)
    goes: bool = False

    @property
    def changes(self) -> list[Change]:
        """What the plan does."""
        return changes(self.data or {})

    @property
    def errors(self) -> list[str]:
        """The headline of each error of Terraform, once."""
        return list(dict.fromkeys(_ERROR.findall(_COLOR.sub("", self.text))))


def error_text(step: Step) -> str:
    """What Terraform says of an error, without what it has done before."""
    return _COLOR.sub("", step.stderr or step.stdout).strip()


def progress(text: str) -> None:
    """Tells on stderr what takes a while."""
    print(f"ops plan: {text}", file=sys.stderr, flush=True)


def document(folder: Path, stack: str) -> dict[str, Any]:
    """A stack's JSON in the output folder of a synthesis."""
    file = folder / "stacks" / stack / "cdk.tf.json"
    result: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return result


def check_file(file: Path | None) -> None:
    """Refuses a file that cannot be written, before the time for a plan has been spent.

    Raises:
        UsageError: it is none.
    """
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


def keep(results: Sequence[Planned], file: Path) -> None:
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
