"""`python -m ci.deploy LAYOUT --out DIR`: applies what was approved, and nothing else.

`APPROVED`, or the result in `--approved`, is the fingerprint of the plans that the review before the approval was of. Here they
are made again: if they would do something else (a newer commit was merged, somebody changed something by hand, an AMI was
released), nothing is applied, and the run has to be started again, for another approval. A stack that could not be planned
before those that it looks up were there (`-platform`, `-workloads` of a new cluster) is planned and reviewed after them, and
applied only if its plan creates and does nothing else.

Between the plan here and cdktf's own there are seconds; nobody else deploys the layout meanwhile (concurrency, `resource_group`).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .forge import ForgeError, forge
from .job import summarize, tell
from .review import STOP, Result, review, variables


class RefusedError(Exception):
    """Nothing more is applied; the message says why, and what to do."""


def deploy(layout: str, out: Path, approved: str, environment: Mapping[str, str]) -> None:
    """Plans, compares, applies.

    Raises:
        RefusedError: what would be applied is not what was approved, or an apply failed.
    """
    if not approved:
        raise RefusedError("there is no approved plan: start the run again from its beginning")
    result = _reviewed(layout, out / "again")
    if result.fingerprint != approved:
        raise RefusedError(
            "the plan is not the one that was approved: something was changed since. Nothing was applied; start the run again "
            "from its beginning, and look at the new plan."
        )
    if not result.changes:
        return
    _apply(layout, result.stacks if result.waiting else [], environment)
    while result.waiting:
        result = _reviewed(layout, out / "after", result.waiting)
        if not result.only_creates:
            raise RefusedError(
                f"the plan of {', '.join(result.stacks)} could not be seen before, and does more than create. It was not applied: "
                "start the run again, and look at it."
            )
        _apply(layout, result.stacks, environment)


def _reviewed(layout: str, out: Path, stacks: Sequence[str] = ()) -> Result:
    out.parent.mkdir(parents=True, exist_ok=True)
    result = review([layout], out, base=None, real=True, stacks=stacks)
    summarize(os.environ, (out / "review.md").read_text(encoding="utf-8"))
    if not result.planned:
        asked = ", ".join(stacks) or layout
        raise RefusedError(f"{asked} cannot be planned: see above. Does the runner reach the cluster?")
    if result.status >= STOP:
        raise RefusedError(
            "the review says stop; accept the finding in the layout (review.accept), or change the layout"
        )
    return result


def _apply(layout: str, stacks: Sequence[str], environment: Mapping[str, str]) -> None:
    command = ["make", "deploy", f"LAYOUT={layout}", "ARGS=--auto-approve"]
    if stacks:
        command.append(f"STACKS={' '.join(stacks)}")
    print(f"$ {' '.join(command)}", flush=True)
    status = subprocess.run(command, env=variables(environment), check=False).returncode
    if status != 0:
        raise RefusedError(
            f"the deploy of {layout} failed, status {status}: see above. Start the run again when it is put right"
        )


def _is_newest(environment: Mapping[str, str]) -> None:
    """An approval of an older commit would take back what a newer one has deployed."""
    commit, branch = environment["COMMIT"], environment["BRANCH"]
    newest = forge(environment).newest(branch)
    if newest != commit:
        raise RefusedError(
            f"{branch} is at {newest[:12]} by now, and this run is of {commit[:12]}: approve the newer one"
        )


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> int:
    """Runs the command line; 1 where nothing, or not all, was applied."""
    parser = argparse.ArgumentParser(prog="python -m ci.deploy")
    parser.add_argument("layout")
    parser.add_argument("--out", type=Path, required=True, help="folder for the plans")
    parser.add_argument(
        "--approved", type=Path, metavar="DIR", help="what was approved, as ci.review left it; else $APPROVED"
    )
    given = parser.parse_args(arguments)
    approved = Result.read(given.approved).fingerprint if given.approved else environment.get("APPROVED", "")
    try:
        _is_newest(environment)
        deploy(given.layout, given.out, approved, environment)
    except (RefusedError, ForgeError) as error:
        tell(environment, "error", str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
