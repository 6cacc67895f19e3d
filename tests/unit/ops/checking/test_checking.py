"""Checks that find, that cannot ask and that do not apply: their run, the exit status and the two reports."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from rich.console import Console

from ops.checking.check import Check, Finding, Level, Outcome, UnaskedError, exit_status
from ops.checking.report import print_report, report_json, verdict
from ops.checking.runner import Progress, chosen, run
from ops.errors import UsageError

WRONG = Finding("node_groups.p5", "the reservation is in us-west-2b, and the nodes are in us-west-2a")
DENIED = UnaskedError("the permission ec2:DescribeSubnets is missing", "ec2:DescribeSubnets")


@dataclass
class Looks:
    """A check that yields what it is told to, and then perhaps cannot ask on."""

    id: str
    finds: tuple[Finding, ...] = ()
    unasked: UnaskedError | None = None
    level: Level = "error"
    remedy: str = "Move the nodes."
    wanted: bool = True
    looked: list[str] = field(default_factory=list)

    def applies(self, subject: str) -> bool:
        return self.wanted

    def look(self, subject: str) -> Iterator[Finding]:
        self.looked.append(subject)
        yield from self.finds
        if self.unasked is not None:
            raise self.unasked


def outcomes(*checks: Looks) -> list[Outcome[str]]:
    return run(checks, "subject")


def printed(found: list[Outcome[str]], width: int) -> str:
    out = io.StringIO()
    print_report(found, Console(file=out, width=width))
    return out.getvalue()


def test_outcomes_are_in_the_order_of_the_checks_whatever_ends_first() -> None:
    second_is_done = threading.Event()

    class Waits(Looks):
        def look(self, subject: str) -> Iterator[Finding]:
            assert second_is_done.wait(10)
            yield from ()

    class Tells(Looks):
        def look(self, subject: str) -> Iterator[Finding]:
            second_is_done.set()
            yield from ()

    assert [one.check.id for one in outcomes(Waits("first"), Tells("second"))] == ["first", "second"]


def test_what_does_not_apply_is_not_looked_at() -> None:
    left_out = Looks("left-out", wanted=False)
    assert [one.check.id for one in outcomes(Looks("wanted"), left_out)] == ["wanted"]
    assert left_out.looked == []


def test_nothing_to_look_at_is_no_error() -> None:
    assert outcomes() == []
    assert exit_status([]) == 0


def test_what_was_found_before_a_question_was_denied_stays() -> None:
    (one,) = outcomes(Looks("subnets", (WRONG,), DENIED))
    assert one.findings == (WRONG,)
    assert one.unasked is DENIED


def test_a_fault_of_a_check_is_not_taken_for_a_finding() -> None:
    class Broken(Looks):
        def look(self, subject: str) -> Iterator[Finding]:
            yield from ()
            raise KeyError("Vpcs")

    with pytest.raises(KeyError):
        outcomes(Broken("broken"))


def test_who_interrupts_does_not_wait_for_answers() -> None:
    ended: list[str] = []
    answer = threading.Event()

    class Waits(Looks):
        def look(self, subject: str) -> Iterator[Finding]:
            yield from ()
            answer.wait(5)
            ended.append(self.id)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([Looks("a"), Waits("b")], "", interrupt)
    assert ended == []
    answer.set()


def test_progress_tells_what_is_done_and_what_is_left() -> None:
    told: list[tuple[int, int, int]] = []
    run([Looks("a"), Looks("b"), Looks("c")], "", lambda done, of, left: told.append((done, of, len(left))))
    assert told == [(1, 3, 2), (2, 3, 1), (3, 3, 0)]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_progress_is_one_line_that_is_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    progress = Progress("asking")
    progress(1, 2, ["quotas"])
    progress(2, 2, [])
    assert "asking: 1 of 2 checks, waiting for quotas" in screen.getvalue()
    assert "\n" not in screen.getvalue()
    assert screen.getvalue().endswith("\r\033[K")


def test_in_a_log_progress_is_one_line_in_all(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress("asking")
    progress(1, 2, ["quotas"])
    progress(2, 2, [])
    assert capsys.readouterr().err == "asking ...\n"


def test_checks_are_skipped_by_id() -> None:
    checks = [Looks("quotas"), Looks("subnets")]
    assert [one.id for one in chosen(checks, ["quotas"])] == ["subnets"]
    assert chosen(checks, []) == checks


@pytest.mark.parametrize(
    "id, said", [("qoutas", "did you mean quotas?"), ("xyzzy", "there are quotas, subnets")]
)
def test_an_id_that_is_none_is_refused(id: str, said: str) -> None:
    with pytest.raises(UsageError, match=f"--skip {id}: there is no such check; ") as refused:
        chosen([Looks("quotas"), Looks("subnets")], [id])
    assert said in str(refused.value)


WARNING = Finding("quotas", "3 of 5 VPCs are left", level="warning")
TOLD = Finding("node_groups.p5", "the block ends on 2030-01-08", level="info")


@pytest.mark.parametrize(
    "checks, status, strict",
    [
        ((Looks("a"),), 0, 0),
        ((Looks("a", (TOLD,)),), 0, 0),
        ((Looks("a", (WARNING,)),), 0, 1),
        ((Looks("a", (WRONG,)),), 1, 1),
        ((Looks("a", unasked=DENIED),), 3, 3),
        ((Looks("a", (WARNING,)), Looks("b", unasked=DENIED)), 3, 1),
        # What is known to be wrong is wrong, whatever else is not known.
        ((Looks("a", (WRONG,), DENIED),), 1, 1),
        ((Looks("a", (WRONG,)), Looks("b", unasked=DENIED)), 1, 1),
        # The level is the check's where a finding has none.
        ((Looks("a", (WRONG,), level="warning"),), 0, 1),
    ],
)
def test_the_exit_status_is_that_of_the_worst(checks: tuple[Looks, ...], status: int, strict: int) -> None:
    found = outcomes(*checks)
    assert exit_status(found) == status
    assert exit_status(found, strict=True) == strict


MIXED = (
    Looks("fine"),
    Looks("quotas", (WARNING,), level="warning", remedy="Ask for more."),
    Looks("subnets", unasked=DENIED),
    Looks("reservation-zone", (WRONG, TOLD)),
)


@pytest.mark.parametrize(
    "checks, said",
    [
        ((Looks("a"),), "1 of 1 check passed"),
        ((Looks("a"), Looks("b", (TOLD,))), "2 of 2 checks passed"),
        ((Looks("a", (WRONG, WRONG)),), "2 errors; 0 of 1 check passed"),
        (MIXED, "1 error; 1 warning; 1 check could not be asked; 1 of 4 checks passed"),
    ],
)
def test_the_verdict_counts(checks: tuple[Looks, ...], said: str) -> None:
    assert verdict(outcomes(*checks)) == said


def test_the_table_tells_the_worst_first_with_what_to_do() -> None:
    lines = [" ".join(line.split()) for line in printed(outcomes(*MIXED), 160).splitlines() if line.strip()]
    started = [line.split(" ")[0] for line in lines]
    assert [one for one in started if one in ("error", "warning", "info", "unasked")] == ["error", "warning", "unasked", "info"]  # fmt: skip
    assert f"error reservation-zone {WRONG.where}: {WRONG.problem}" in lines
    assert "Move the nodes." in lines
    assert "Ask for more." in lines
    # What only tells asks for nothing.
    assert lines.count("Move the nodes.") == 1
    assert lines[-2:] == [
        "1 error; 1 warning; 1 check could not be asked; 1 of 4 checks passed",
        "IAM actions that are missing: ec2:DescribeSubnets",
    ]


def test_a_narrow_report_breaks_nothing_that_is_copied() -> None:
    text = printed(outcomes(*MIXED), 40)
    assert f"error [reservation-zone] {WRONG.where}: {WRONG.problem}\n  Move the nodes.\n" in text
    assert f"unasked [subnets] {DENIED.reason}\n" in text


COMMAND = "While nothing runs in it: aws ec2 modify-capacity-reservation --region us-west-2 --capacity-reservation-id cr-1"


def test_a_command_that_the_table_would_break_stands_below_it() -> None:
    copied = Finding("node_groups.p5", "the reservation is open", COMMAND)
    found = outcomes(Looks("matching", (copied,)))
    lines = [line.rstrip() for line in printed(found, 90).splitlines()]
    assert lines[-4:] == ["matching, node_groups.p5:", f"  {COMMAND}", "", "1 error; 0 of 1 check passed"]
    assert "\n".join(lines).count("modify-capacity-reservation") == 1
    # Where there is room, it is beside what it is about.
    assert [line.strip() for line in printed(found, 200).splitlines()].count(COMMAND) == 1
    assert "matching, node_groups.p5:" not in printed(found, 200)


def test_a_long_remedy_without_a_command_stays_in_the_table() -> None:
    text = printed(outcomes(Looks("a", (Finding("vpc", "it is full", "Make it larger. " * 20),))), 90)
    assert "a, vpc:" not in text
    assert text.count("Make it larger.") > 10


def test_what_keeps_several_checks_from_asking_is_told_once() -> None:
    reason = "no AWS credentials were found: log in, or set AWS_PROFILE"
    found = outcomes(
        *(Looks(id, unasked=UnaskedError(reason)) for id in ("a", "b")), Looks("c", unasked=DENIED)
    )
    text = printed(found, 160)
    assert text.count(reason) == 1
    assert " ".join(text.split()).count("2 checks no AWS credentials") == 1
    assert "Not looked at: a, b" in text
    assert "3 checks could not be asked; 0 of 3 checks passed" in text
    assert f"unasked [2 checks] {reason}\n  Not looked at: a, b\n" in printed(found, 40)


def test_markup_in_what_aws_answers_is_text() -> None:
    odd = Finding("[red]bucket[/red]", "answers [/] and [bold]")
    for width in (40, 160):
        text = printed(outcomes(Looks("a", (odd,))), width)
        assert "[red]bucket[/red]" in text
        assert "answers [/] and [bold]" in text


def test_nothing_found_is_one_line() -> None:
    assert printed(outcomes(Looks("a"), Looks("b")), 100) == "2 of 2 checks passed\n"


def test_the_json_has_everything() -> None:
    report = json.loads(report_json(outcomes(*MIXED), {"layout": "demo", "region": "us-west-2"}))
    assert list(report) == ["layout", "region", "summary", "checks"]
    assert report["summary"] == {"errors": 1, "warnings": 1, "unasked": 1, "passed": 1}
    checks = {one["id"]: one for one in report["checks"]}
    assert {id: one["status"] for id, one in checks.items()} == {
        "fine": "passed",
        "quotas": "warning",
        "subnets": "unasked",
        "reservation-zone": "error",
    }
    assert checks["subnets"]["unasked"] == {"reason": DENIED.reason, "action": "ec2:DescribeSubnets"}
    assert checks["reservation-zone"]["findings"] == [
        {"level": "error", "where": WRONG.where, "problem": WRONG.problem, "remedy": "Move the nodes."},
        {"level": "info", "where": TOLD.where, "problem": TOLD.problem, "remedy": None},
    ]


def protocol(check: Check[str]) -> None:
    """mypy says here whether the checks of these tests are checks."""


protocol(Looks("a"))
