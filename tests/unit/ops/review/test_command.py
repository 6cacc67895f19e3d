"""The command line: exit status, files, acceptances of layouts, and what is refused."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

import ops.review.command
from ops.cli import app
from ops.review.command import Request, run_review
from ops.review.rule import Finding, Level, Rule, about
from ops.review.rules import RULES
from ops.review.subject import Subject
from tests.plans import P5, change, edited, p5, plan_text

Write = Callable[..., Path]


def review(*arguments: object, given: str | None = None) -> Result:
    return CliRunner().invoke(
        app, ["review", *map(str, arguments)], input=given, env={"COLUMNS": "200", "TERM": "dumb"}
    )


class Leveled:
    """What a resource is called says how bad it is; nothing else matters to this rule."""

    id = RULES[0].id  # one that a layout may accept
    level: Level = "note"

    def look(self, subject: Subject) -> Iterator[Finding]:
        for one in subject.happening:
            for level in ("stop", "warn", "note"):
                if one.name.startswith(level):
                    yield Finding(one, "It would.", "Do not.", level=level)


class Faulty:
    """It fails."""

    id = "faulty"
    level: Level = "note"

    def look(self, subject: Subject) -> Iterator[Finding]:
        raise KeyError("a fault of the rule")
        yield


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts other rules into the command."""

    def put(*those: Rule) -> None:
        def run(request: Request, console: object) -> int:
            return run_review(request, console, those)  # type: ignore[arg-type]

        monkeypatch.setattr("ops.cli.reviews.run_review", run)

    return put


@pytest.fixture
def named(tmp_path: Path) -> Write:
    """The file of a plan whose resources are called like this."""

    def write(*names: str, file: str = "plan.a.json") -> Path:
        path = tmp_path / file
        path.write_text(plan_text(*(change(f"a_b.{one}", None, {"x": 1}) for one in names)), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("names", "stop", "warn", "note", "never"),
    [
        ((), 0, 0, 0, 0),
        (("fine",), 0, 0, 0, 0),
        (("note",), 0, 0, 1, 0),
        (("warn", "note"), 0, 1, 1, 0),
        (("stop", "warn", "note"), 2, 2, 2, 0),
        (("stop",), 2, 2, 2, 0),
    ],
)
def test_the_exit_status_is_that_of_the_worst_at_or_above_the_bar(
    rules: Callable[..., None], named: Write, names: tuple[str, ...], stop: int, warn: int, note: int, never: int
) -> None:  # fmt: skip
    rules(Leveled())
    file = named(*names)
    bars = {"stop": stop, "warn": warn, "note": note, "never": never}
    assert {bar: review(file, "--fail-on", bar).exit_code for bar in bars} == bars
    assert review(file).exit_code == warn


def test_the_real_rules_stop_a_gpu_group_that_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "plan.training.json"
    other = edited(P5, ami_type="BOTTLEROCKET_x86_64_NVIDIA")
    file.write_text(plan_text(*p5(other, group_options={"because": [["ami_type"]]})), encoding="utf-8")
    done = review(file, "--format", "md")
    assert done.exit_code == 2
    assert "node group p5 (2 × p5.48xlarge (16 GPUs)" in done.stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "name the plan"),
        (("--no-such-option",), "No such option"),
        (("--format", "xml", "PLAN"), "xml"),
        (("--fail-on", "error", "PLAN"), "error"),
        (("PLAN", "--output"), "--output"),
        (("missing.json",), "missing.json: cannot be used: No such file"),
        (("FOLDER",), "cannot be used: Is a directory"),
        (("PLAN", "PLAN"), "is named twice"),
        (("PLAN", "OTHER"), "call each after its stack"),
        (("EMPTY",), "this is no JSON"),
        (("LATIN",), "this is no JSON"),
        (("PLAN", "--layout", "no-such-preset"), "no-such-preset"),
        (("PLAN", "--layout", "BROKEN"), "node_grops"),
        (("PLAN", "-o", "FOLDER/no/where.md"), "cannot be written"),
    ],
)  # fmt: skip
def test_bad_input_ends_with_64(named: Write, tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    named("fine")
    (tmp_path / "folder").mkdir()
    shutil.copy(tmp_path / "plan.a.json", tmp_path / "folder" / "a.json")
    (tmp_path / "empty.json").touch()
    (tmp_path / "latin.json").write_bytes(b'{"format_version": "\xe9"}')
    (tmp_path / "broken.yaml").write_text("extends: eks-g4dn\nnode_grops: {}\n", encoding="utf-8")
    places = {
        "PLAN": "plan.a.json", "FOLDER": "folder", "OTHER": "folder/a.json", "EMPTY": "empty.json", "LATIN": "latin.json",
        "BROKEN": "broken.yaml",
    }  # fmt: skip
    given = [str(tmp_path / places[one]) if one in places else one.replace("FOLDER", str(tmp_path / "folder")) for one in arguments]  # fmt: skip
    done = review(*given)
    assert done.exit_code == 64, done.output
    assert told in done.stderr
    assert done.stdout == ""


def test_a_rule_that_fails_is_no_warning(rules: Callable[..., None], named: Write) -> None:
    rules(Faulty())
    done = review(named("fine"))
    assert done.exit_code == 70
    assert "a fault of the rule" in done.stderr


def test_a_reader_that_has_had_enough_changes_no_exit_status(
    named: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, written = os.pipe()
    os.close(reading)
    with os.fdopen(written, "w", encoding="utf-8") as closed:
        monkeypatch.setattr(sys, "stdout", closed)
        assert run_review(Request([named("stop")]), Console(), [Leveled()]) == 2


def test_the_other_commands_still_refuse_with_2() -> None:
    assert CliRunner().invoke(app, ["plan", "--no-such-option"]).exit_code == 2
    assert review("--help").exit_code == 0


def test_several_plans_are_one_review_and_standard_input_is_one_of_them(named: Write) -> None:
    done = review(named("one"), "-", "--format", "json", given=plan_text(change("a_b.c", None, {"x": 1})))
    report = json.loads(done.stdout)
    assert report["stacks"] == ["a", "plan"]
    assert [one["address"] for one in report["changes"]] == ["a_b.one", "a_b.c"]


def test_the_form_follows_from_the_name_of_the_output(named: Write, tmp_path: Path) -> None:
    file = named("fine")
    for name, begins in {"r.md": "✅ **No objection**", "r.json": "{", "r.html": "<!doctype", "r": "No objection:"}.items():  # fmt: skip
        done = review(file, "-o", tmp_path / name)
        assert done.exit_code == 0
        assert (done.stdout, done.stderr) == ("", f"wrote {tmp_path / name}\n")
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)
    assert review(file, "-o", tmp_path / "r.md", "--format", "text").exit_code == 0
    assert (tmp_path / "r.md").read_text(encoding="utf-8").startswith("No objection:")


def test_an_output_survives_bad_input(tmp_path: Path) -> None:
    kept = tmp_path / "r.md"
    kept.write_text("earlier", encoding="utf-8")
    assert review("missing.json", "-o", kept).exit_code == 64
    assert kept.read_text(encoding="utf-8") == "earlier"


def test_rules_are_listed_without_a_plan() -> None:
    done = review("--rules")
    assert done.exit_code == 0
    for rule in RULES:
        assert f"{rule.id} ({rule.level})\n  {about(rule)}" in done.stdout


ACCEPTING = f"""
    extends: eks-g4dn
    name: acme
    review:
      accept:
        - {{rule: {RULES[0].id}, resources: ["a_b.stop*"], reason: It is known., until: "2026-12-31"}}
"""


@pytest.mark.parametrize(("today", "status"), [("2026-12-31", 1), ("2027-01-01", 2)])
def test_what_a_layout_accepts_does_not_count_until_its_last_day(
    rules: Callable[..., None], named: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, today: str, status: int
) -> None:  # fmt: skip
    import datetime

    class Clock(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Clock:
            return cls.fromisoformat(f"{today}T12:00:00+00:00")

    monkeypatch.setattr(ops.review.command, "datetime", Clock)
    rules(Leveled())
    layout = tmp_path / "acme.yaml"
    layout.write_text(textwrap.dedent(ACCEPTING), encoding="utf-8")
    done = review(
        named("stop", "stopped", "warn", file="plan.acme.json"), "--layout", layout, "--format", "json"
    )
    assert done.exit_code == status, done.stderr
    report = json.loads(done.stdout)
    assert report["counts"]["accepted"] == (2 if status == 1 else 0)
    assert [one["reason"] for one in (found["acceptance"] for found in [*report["accepted"], *report["findings"]] if "acceptance" in found)] == ["It is known."] * 2  # fmt: skip


def test_a_layout_accepts_nothing_of_another_stack(
    rules: Callable[..., None], named: Write, tmp_path: Path
) -> None:
    rules(Leveled())
    layout = tmp_path / "acme.yaml"
    layout.write_text(textwrap.dedent(ACCEPTING), encoding="utf-8")
    done = review(named("stop", file="plan.b.json"), "--layout", layout)
    assert done.exit_code == 2
    assert "is not used: no plan here is of acme-data, acme," in done.stdout
    assert (
        "accepts nothing that was found"
        in review(named("fine", file="plan.acme.json"), "--layout", layout).stdout
    )
