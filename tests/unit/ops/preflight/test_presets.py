"""The whole preflight: of every preset in an account that is right, and of one single thing wrong each time.

Exactly that finding and no other: who is told five things for one cause looks for five causes.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

import ops.preflight.command
from modules.layout.extends import preset_names
from ops.checking.check import Outcome, exit_status
from ops.checking.runner import run
from ops.preflight.checks import CHECKS
from ops.preflight.command import Request, preflight
from ops.preflight.subject import Subject
from tests.account.server import AccountServer
from tests.unit.ops.preflight.faults import FAULTS, Fault
from tests.unit.ops.preflight.own import LAYOUTS
from tests.unit.ops.preflight.subjects import Layouts, SharedAccount


@pytest.fixture(scope="module")
def layouts(tmp_path_factory: pytest.TempPathFactory) -> Layouts:
    made = Layouts(tmp_path_factory.mktemp("layouts"))
    for name, text in LAYOUTS.items():
        made.write(name, text)
    return made


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Local states are looked for beside the output folder: here are none."""
    monkeypatch.setenv("CDKTF_OUTDIR", str(tmp_path / "cdktf.out"))


def told(outcomes: list[Outcome[Subject]], *levels: str) -> list[tuple[str, str, str, str]]:
    return [
        (outcome.check.id, outcome.level_of(one), one.where, one.problem)
        for outcome in outcomes
        for one in outcome.findings
        if outcome.level_of(one) in levels
    ]


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_in_a_right_account_has_nothing_to_find(
    name: str, aws: AccountServer, layouts: Layouts, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = layouts.right(aws, name)
    for variable, value in right.exported.items():
        monkeypatch.setenv(variable, value)
    read = ops.preflight.command._stacks

    def kept(layout: object, folder: Path) -> object:
        layouts.stacks[name] = read(layout, folder)  # type: ignore[arg-type]  # as it came
        return layouts.stacks[name]

    monkeypatch.setattr(ops.preflight.command, "_stacks", kept)
    monkeypatch.setattr(
        ops.preflight.command, "Account", lambda region, profile: SharedAccount(aws.url, region)
    )
    out = io.StringIO()
    status = preflight(Request(name, strict=True), Console(file=out, width=200))
    verdict = out.getvalue().splitlines()[-1]
    assert (status, "error" in verdict, "warning" in verdict) == (0, False, False), out.getvalue()
    applied = [check for check in CHECKS if check.applies(layouts.subject(aws, name, right))]
    assert verdict == f"{len(applied)} of {len(applied)} checks passed"


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_with_things_of_ones_own_has_nothing_to_find_either(
    name: str, aws: AccountServer, layouts: Layouts
) -> None:
    outcomes = run(CHECKS, layouts.subject(aws, name, layouts.right(aws, name)))
    assert told(outcomes, "error", "warning") == []
    assert [one.unasked for one in outcomes if one.unasked] == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.layout}: {fault.name}")
def test_one_thing_wrong_is_one_finding(fault: Fault, aws: AccountServer, layouts: Layouts) -> None:
    right = layouts.right(aws, fault.layout)
    before: list[tuple[str, str, str, str]] = []
    if fault.level == "info":
        before = told(run(CHECKS, layouts.subject(aws, fault.layout, right)), "info")
    fault.break_it(right)
    outcomes = run(CHECKS, layouts.subject(aws, fault.layout, right))
    assert [one.unasked for one in outcomes if one.unasked] == []
    found = told(outcomes, "error", "warning")
    if fault.level == "info":
        assert found == []
        found = [one for one in told(outcomes, "info") if one not in before]
    assert [(one[0], one[1]) for one in found] == [(fault.check, fault.level)], found
    ((_, _, where, problem),) = found
    assert fault.where in where
    assert fault.problem in problem
    assert exit_status(outcomes) == (1 if fault.level == "error" else 0)
    if fault.level != "info":
        remedies = [
            outcome.remedy_of(one)
            for outcome in outcomes
            for one in outcome.findings
            if one.problem == problem
        ]
        assert remedies != [""], "it says what to do"


def test_checks_ask_what_they_say_and_say_what_they_ask(aws: AccountServer, layouts: Layouts) -> None:
    """One check after the other, for layouts that have much of everything."""
    asked: dict[str, set[str]] = {check.id: set() for check in CHECKS}
    for name in ("own", "pooled", "own-ami", "eks-p5-capacity-block", "eks-p5-training", "ml-load-balanced"):
        subject = layouts.subject(aws, name, layouts.right(aws, name))
        for check in CHECKS:
            subject.account.asked.clear()
            run([check], subject)
            asked[check.id] |= subject.account.asked
    for check in CHECKS:
        assert asked[check.id] <= set(check.actions), check.id
    everything = set().union(*asked.values())
    declared = {action for check in CHECKS for action in check.actions}
    # ListGroupResources asks the first three for the caller; the others are asked of what is wrong already.
    behind = {"cloudformation:DescribeStacks", "cloudformation:ListStackResources", "tag:GetResources"}
    behind |= {
        "servicequotas:GetAWSDefaultServiceQuota",
        "ecr:DescribePullThroughCacheRules",
        "ec2:DescribeImages",
    }
    behind |= {"kms:ListGrants", "s3:GetObject", "iam:GetUser", "sqs:GetQueueUrl", "ecr:DescribeRepositories"}
    behind |= {"ec2:DescribeDhcpOptions", "iam:ListRolePolicies"}
    assert declared - everything <= behind


def test_every_check_has_a_fault_that_it_finds() -> None:
    only_tells = {"registries"}
    assert {fault.check for fault in FAULTS} | only_tells == {check.id for check in CHECKS}
