"""`python -m ci.review`: plans layouts, has `ops review` judge the plans, draws them, and leaves all in one folder.

    python -m ci.review --out out --base HEAD^1 [LAYOUT...]     # offline: no account, no credentials
    python -m ci.review --out out --real [LAYOUT...]            # with the account's state

The folder gets `review.md`, `pictures/NAME.html` and `result.json` (`Result`). A layout at fault and a plan that Terraform
refuses are results too: they are written down for the comment, and `python -m ci.verdict out` fails by them. The exit
status here is 0 but for a wrong call.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .fingerprint import creates, does_something, fingerprint, only_creates
from .job import summarize
from .layouts import FOLDER, chosen, slug

WARN, STOP = 1, 2
# Of what a program says when it fails, this many characters are shown.
_SAID = 4000
_REFUSED = re.compile(r"^Terraform refused to plan (\S+): ", re.M)


@dataclass
class Result:
    """What came of the plans of layouts.

    `status` is that of `ops review`: 0 nothing, 1 warnings, 2 something to stop. `fingerprint` tells what the plans
    change. `waiting` are stacks that can be planned only when those before them are deployed. `planned` is false where any other
    could not be planned: nobody knows then what would change.
    """

    layouts: list[str]
    status: int = 0
    real: bool = False
    stacks: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    changes: bool = False
    only_creates: bool = False
    fingerprint: str = ""
    planned: bool = True

    @classmethod
    def read(cls, folder: Path) -> Result:
        """The result that `write` has left in a folder."""
        return cls(**json.loads((folder / "result.json").read_text(encoding="utf-8")))

    def write(self, folder: Path) -> None:
        """Leaves it in a folder."""
        (folder / "result.json").write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


def ops(*words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs `python -m ops`, shows what it says, and keeps it."""
    print(f"$ ops {' '.join(words)}", flush=True)
    command = [sys.executable, "-m", "ops", *words]
    done = subprocess.run(
        command, cwd=folder, env=variables(os.environ), capture_output=True, text=True, check=False
    )
    print(done.stdout + done.stderr, flush=True)
    return done


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with a `TF_VAR_NAME` for each entry of `TF_VARS`, a JSON object.

    Raises:
        ValueError: it is none.
    """
    given = json.loads(environment.get("TF_VARS") or "{}")
    if not isinstance(given, dict):
        raise ValueError('TF_VARS is not a JSON object: write it like {"availability_zone": "us-west-2b"}')
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}
    return {**environment, **{f"TF_VAR_{name}": text for name, text in texts.items()}}


def review(
    layouts: Sequence[str], out: Path, *, base: Path | None, real: bool, stacks: Sequence[str] = ()
) -> Result:
    """Plans, reviews and draws.

    Args:
        layouts: their names.
        out: the folder for what comes of it; made anew.
        base: a checkout of what the plans are compared with, None for none.
        real: with the account.
        stacks: only these; all without it.
    """
    shutil.rmtree(out, ignore_errors=True)
    (out / "plans").mkdir(parents=True)
    result = Result(list(layouts), real=real)
    notes: list[str] = []
    plans: dict[str, Path] = {}
    before: dict[str, str] = {}
    for layout in layouts:
        options = [word for stack in stacks for word in ("--stack", stack)]
        if base is not None:
            compared, note = _based(layout, base)
            options += compared
            notes += note
            before |= dict.fromkeys(_stacks(compared), layout)
        made = _planned(layout, out, options, real=real)
        notes += made.notes
        result.status = max(result.status, made.status)
        result.waiting += made.waiting
        result.planned = result.planned and made.planned
        plans |= made.plans
    left = _left(before, plans) if result.status < STOP else []
    if base is not None:
        left += _removed(base)
    if left:
        notes += left
        result.status = max(result.status, WARN)
    read: dict[str, Any] = {
        stack: json.loads(file.read_text(encoding="utf-8")) for stack, file in plans.items()
    }
    result.stacks = list(plans)
    result.changes = any(map(does_something, read.values())) or bool(result.waiting)
    result.only_creates = all(map(only_creates, read.values()))
    result.fingerprint = fingerprint(read)
    judged = _judged(layouts, list(plans.values()), out) if plans else None
    if judged is not None:
        result.status = max(result.status, judged[0])
    # A stranger's pull request may be of other layouts than were meant: GitHub hands it no variable LAYOUTS.
    named = f"Layouts: {', '.join(f'`{layout}`' for layout in layouts)}\n"
    _write(out, [*notes, judged[1] if judged is not None else "", named])
    _draw(layouts, plans, out)
    result.write(out)
    return result


@dataclass
class _Made:
    """The plans of one layout, by stack; what is to be said of them."""

    plans: dict[str, Path] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    status: int = 0
    planned: bool = True


def _planned(layout: str, out: Path, options: Sequence[str], *, real: bool) -> _Made:
    folder = out / "plans" / slug(layout)
    folder.mkdir()
    file = folder / "plan.json"
    done = ops("plan", layout, "--json", str(file), *(["--real"] if real else []), *options)
    if file.exists():  # Of one stack alone: the review knows a stack by the name of its file.
        file.rename(folder / f"plan.{options[options.index('--stack') + 1]}.json")
    plans = {there.name[len("plan.") : -len(".json")]: there for there in sorted(folder.iterdir())}
    made = _Made(plans)
    if real and any(map(_is_local, plans)):
        made.notes.append(
            f"> [!CAUTION]\n> `{layout}` keeps its state in a file, which is gone when this job ends: a deploy from here could be "
            "neither changed nor destroyed. Give it `backend: {type: s3, bucket: ...}`.\n"
        )
        made.status = STOP
    if done.returncode == 0:
        return made
    refused = _REFUSED.findall(done.stdout)
    # The stacks that look the cluster up cannot be planned before it is there; what they may do then is up to ci.deploy. Where
    # nothing is made before them there is nothing to wait for: it is a fault, or the runner does not reach the cluster.
    if (
        real
        and refused
        and all(stack.endswith(("-platform", "-workloads")) for stack in refused)
        and any(creates(json.loads(file.read_text(encoding="utf-8"))) for file in plans.values())
    ):
        made.waiting = refused
        made.status = max(made.status, WARN)
        names = ", ".join(f"`{stack}`" for stack in refused)
        made.notes.append(
            f"> [!WARNING]\n> {names} could not be planned: it looks up what the stacks before it make. A deploy plans it "
            "after those, and goes on only if that plan creates and does nothing else.\n"
        )
        return made
    made.notes.append(_fault(f"`{layout}` cannot be planned.", done))
    made.status = STOP
    made.planned = False
    return made


def _is_local(stack: str) -> bool:
    """Whether the state of a stack that was just planned is a file beside its Terraform JSON."""
    document = json.loads(Path("cdktf.out", "stacks", stack, "cdk.tf.json").read_text(encoding="utf-8"))
    return "local" in document.get("terraform", {}).get("backend", {"local": {}})


def _based(layout: str, base: Path) -> tuple[list[str], list[str]]:
    """The options by which a plan is compared with the base, and what is to be said where it cannot be."""
    if layout.endswith(".yaml") and not (base / layout).is_file():
        return [], [f"> [!NOTE]\n> `{layout}` is new: everything in its plan is made.\n"]
    folder = (base / "cdktf.out" / slug(layout)).resolve()
    folder.parent.mkdir(exist_ok=True)
    done = ops("synth", layout, "--output", str(folder), folder=base)
    if done.returncode == 0:
        return ["--base", str(folder)], []
    told = f"> [!CAUTION]\n> `{layout}` cannot be synthesized from the base branch: this is the review of a new cluster, and not of a change.\n"
    return [], [told]


def _stacks(compared: Sequence[str]) -> list[str]:
    """The stacks of the base's synthesis."""
    return [
        file.parent.name
        for folder in compared[1:]
        for file in sorted(Path(folder).glob("stacks/*/cdk.tf.json"))
    ]


def _left(before: Mapping[str, str], after: Mapping[str, Path]) -> list[str]:
    """What is to be said of stacks that no plan is about any more: the cluster has another name."""
    return [
        f"> [!CAUTION]\n> `{stack}` was made by `{layout}`, and is not any more: a deploy leaves it as it is, in a state that no "
        "layout has. Destroy it first, or keep the name.\n"
        for stack, layout in before.items()
        if stack not in after
    ]


def _removed(base: Path) -> list[str]:
    """What is to be said of files of layouts that are not there any more."""
    gone = [
        file.name for file in sorted((base / FOLDER).glob("*.yaml")) if not Path(FOLDER, file.name).is_file()
    ]
    return [
        f"> [!CAUTION]\n> `{FOLDER}/{name}` is taken away, which destroys nothing: what is deployed of it runs on and costs. Run "
        f"`make destroy` with it first.\n"
        for name in gone
    ]


def _judged(layouts: Sequence[str], plans: Sequence[Path], out: Path) -> tuple[int, str]:
    file = out / "judged.md"
    named = [word for layout in layouts for word in ("--layout", layout)]
    words = ["--format", "md", "--output", str(file), *named, "--fail-on", "warn"]
    done = ops("review", *map(str, plans), *words)
    if done.returncode in (0, 1, STOP) and file.is_file():
        text = file.read_text(encoding="utf-8")
        file.unlink()
        return done.returncode, text
    return STOP, _fault("The plans could not be reviewed.", done)


def _draw(layouts: Sequence[str], plans: Mapping[str, Path], out: Path) -> None:
    """A picture of each layout. One that cannot be drawn is no reason to hold a change up: its place stays empty."""
    (out / "pictures").mkdir()
    for layout in layouts:
        mine = [file for file in plans.values() if file.parent.name == slug(layout)]
        words = [word for file in mine for word in ("--plan", str(file))]
        if mine:
            ops("picture", layout, *words, "-o", str(out / "pictures" / f"{slug(layout)}.html"))


def _fault(told: str, done: subprocess.CompletedProcess[str]) -> str:
    said = (done.stderr.strip() or done.stdout.strip())[-_SAID:]
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", said)), default=0))
    return f"> [!CAUTION]\n> {told}\n\n{fence}text\n{said}\n{fence}\n"


def _write(out: Path, parts: Sequence[str]) -> None:
    (out / "review.md").write_text("\n".join(filter(None, parts)), encoding="utf-8")


@contextmanager
def _checkout(commit: str) -> Iterator[Path]:
    """The files of a commit in a folder of their own; what runs there has the Python packages of this checkout."""
    with tempfile.TemporaryDirectory(prefix="base-") as scratch:
        folder = Path(scratch, "base")
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(folder), commit], check=True)
        try:
            yield folder
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(folder)], check=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line."""
    parser = argparse.ArgumentParser(prog="python -m ci.review")
    parser.add_argument("layouts", nargs="*", metavar="LAYOUT", help="default: those of ci.layouts")
    parser.add_argument("--out", type=Path, required=True, help="folder for what comes of it; made anew")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--base", metavar="COMMIT", help="offline: what the layouts would change of it")
    kind.add_argument("--real", action="store_true", help="against the account's state")
    given = parser.parse_args(arguments)
    try:
        layouts = given.layouts or chosen(os.environ.get("LAYOUTS", ""), Path())
        variables(os.environ)
    except ValueError as error:
        parser.error(str(error))
    with _checkout(given.base) if given.base else nullcontext() as base:
        review(layouts, given.out, base=base, real=given.real)
    summarize(os.environ, (given.out / "review.md").read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
