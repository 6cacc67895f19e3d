"""The `run` steps of the workflows and of GitLab's pipeline, run by bash as a runner runs them."""

from __future__ import annotations

import os
import re
import string
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.nodes import SequenceNode

from tests.checkout import ROOT

Tree = Any  # what a YAML file holds

ACTION = ".github/actions/setup/action.yml"
WORKFLOWS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / ".github/workflows").glob("*.yml"))
PIPELINE = ".gitlab-ci.yml"
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.S)
# What a runner has from the machine; everything else in the environment of a step is its own.
_KEPT = ("HOME", "LANG", "PATH", "TMPDIR", "XDG_CACHE_HOME", "GOMAXPROCS")


@dataclass(frozen=True)
class Step:
    """A step with a script; `env` is what the workflow, the job and the step set, with expressions."""

    file: str
    job: str
    name: str
    script: str
    shell: str
    env: Mapping[str, str] = field(default_factory=dict, compare=False)
    id: str | None = None
    condition: str = ""


@cache
def read(file: str) -> Tree:
    """A YAML file of the checkout; `on` stays a text, as in YAML 1.2."""
    return YAML(typ="safe", pure=True).load((ROOT / file).read_text(encoding="utf-8"))


def steps(file: str) -> Iterator[Step]:
    """The steps of a workflow, or of a composite action, that have a script."""
    tree = read(file)
    jobs = {"": tree["runs"]} if "runs" in tree else tree["jobs"]
    for job, body in jobs.items():
        for step in body.get("steps", ()):
            if "run" in step:
                env = {**tree.get("env", {}), **body.get("env", {}), **step.get("env", {})}
                shell = step.get("shell") or tree.get("defaults", {}).get("run", {}).get("shell", "")
                about = (str(step["run"]), shell, env, step.get("id"), str(step.get("if", "")))
                yield Step(file, job, step.get("name", "?"), *about)


def expressions(tree: Tree) -> Iterator[tuple[str, str]]:
    """Every text with an expression in it, with its key."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if isinstance(value, str) and _EXPRESSION.search(value):
                yield key, value
            yield from expressions(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from expressions(value)


@dataclass
class Runner:
    """A machine that runs steps in a checkout.

    `known` is what each expression is there: one that it does not have fails the test. Outputs of steps are added to it.
    """

    folder: Path
    scratch: Path
    known: dict[str, str]
    programs: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    ran: list[tuple[str, str, str]] = field(default_factory=list)

    def run(self, file: str, job: str, name: str, status: int = 0) -> str:
        """Runs a step, which has to end with a status; returns what it printed."""
        [step] = [one for one in steps(file) if (one.job, one.name) == (job, name)]
        output, summary = self.scratch / "output", self.scratch / "summary"
        output.write_text("", encoding="utf-8")
        own = {
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_WORKSPACE": str(self.folder),
            "CI": "true",
            **self.environment,
            **{key: self._resolved(value) for key, value in step.env.items()},
        }
        assert step.shell == "bash -euo pipefail {0}"
        printed = self._bash(["-euo", "pipefail"], step.script, own, status)
        for line in output.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition("=")
            self.known[f"steps.{step.id}.outputs.{key}"] = value
        self.ran.append((file, job, name))
        return printed

    def pipeline(self, job: str, status: int = 0) -> str:
        """Runs a job of GitLab, with what it extends; returns what it printed."""
        body = gitlab_job(job)
        own = {**self.environment, "CI": "true"}
        layouts = [leg["LAYOUT"] for leg in body.get("parallel", {}).get("matrix", ())]
        if layouts:
            [[own["LAYOUT"]]] = layouts
        for name in body.get("id_tokens", {}):
            own[name] = "a-signed-token"
        for name, value in {**_pipeline()["variables"], **body.get("variables", {})}.items():
            own[name] = string.Template(value).substitute(own)
        self.ran.append((PIPELINE, job, ""))
        return self._bash(
            ["-eo", "pipefail"], "\n".join([*body.get("before_script", ()), *body["script"]]), own, status
        )

    @property
    def summary(self) -> str:
        """What the steps have shown on the page of the run."""
        return (self.scratch / "summary").read_text(encoding="utf-8")

    def _resolved(self, text: str) -> str:
        return _EXPRESSION.sub(lambda match: self.known[match[1]], str(text))

    def _bash(self, options: list[str], script: str, own: Mapping[str, str], status: int) -> str:
        file = self.scratch / "script.sh"
        file.write_text(script, encoding="utf-8")
        machine = {name: os.environ[name] for name in _KEPT if name in os.environ}
        done = subprocess.run(
            ["bash", *options, str(file)],
            cwd=self.folder,
            env={**machine, **own, "PATH": f"{self.programs}{os.pathsep}{machine['PATH']}"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == status, f"{script}\nstatus {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr


@dataclass(frozen=True)
class _Reference:
    path: tuple[str, ...]


class _WithReferences(SafeConstructor):
    """Knows GitLab's `!reference [job, key]`: https://docs.gitlab.com/ci/yaml/yaml_optimization/#reference-tags"""


def _reference(constructor: SafeConstructor, node: SequenceNode) -> _Reference:
    return _Reference(tuple(constructor.construct_sequence(node)))


_WithReferences.add_constructor("!reference", _reference)


def gitlab_jobs() -> list[str]:
    """The jobs of the pipeline that run."""
    return [name for name, body in _pipeline().items() if isinstance(body, dict) and "script" in body]


def gitlab_job(name: str) -> Tree:
    """A job with all that it extends: https://docs.gitlab.com/ci/yaml/#extends"""
    tree = _pipeline()

    def whole(name: str) -> Tree:
        body = tree[name]
        above = body.get("extends", [])
        merged: Tree = {}
        for parent in [above] if isinstance(above, str) else above:
            merged = _merged(merged, whole(parent))
        merged = _merged(merged, body)
        for key in ("before_script", "script"):
            if key in merged:
                merged[key] = [line for part in merged[key] for line in _lines(tree, part)]
        return merged

    return whole(name)


def _lines(tree: Tree, part: str | _Reference) -> list[str]:
    if isinstance(part, str):
        return [part]
    job, key = part.path
    return [line for one in tree[job][key] for line in _lines(tree, one)]


def _merged(one: Tree, other: Tree) -> Tree:
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: _merged(one[key], other[key]) if key in one and key in other else {**one, **other}[key]
                for key in {**one, **other}}  # fmt: skip
    return other


@cache
def _pipeline() -> Tree:
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _WithReferences
    return yaml.load((ROOT / PIPELINE).read_text(encoding="utf-8"))
