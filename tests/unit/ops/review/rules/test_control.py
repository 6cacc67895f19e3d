from __future__ import annotations

import copy
from datetime import date

import pytest

from ops.review.judge import judge
from ops.review.rule import about
from ops.review.rules import CONTROL_RULES
from ops.review.subject import Subject
from tests.plans import plan
from tests.review_cases import Case, control, in_place, protection, running

CASES = (*control.CASES, *protection.CASES, *running.CASES, *in_place.CASES)
TODAY = date(2026, 11, 22)
SECRET = "hunter2"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_plan_gives_the_findings_that_its_case_names_and_no_others(case: Case) -> None:
    found = judge(Subject([plan(*case.changes, stack=case.stack, **case.more)], TODAY), CONTROL_RULES)
    assert {one.rule.id: one.level for one in found} == {
        rule: level for rule, (level, _) in case.expected.items()
    }
    told: dict[str, str] = {}
    for one in found:
        finding = one.finding
        assert finding.remedy.endswith(".")
        text = f"{finding.before} → {finding.after}. {finding.effect} {finding.remedy}"
        told[one.rule.id] = told.get(one.rule.id, "") + text
    for rule, (_, phrases) in case.expected.items():
        for phrase in phrases:
            assert phrase in told[rule]
    assert SECRET not in "".join(told.values())


def test_every_rule_has_a_case_and_says_what_it_is_for() -> None:
    named = {rule for case in CASES for rule in case.expected}
    assert named == {rule.id for rule in CONTROL_RULES}
    assert all(len(about(rule)) > 60 for rule in CONTROL_RULES)
    assert len({rule.id for rule in CONTROL_RULES}) == len(CONTROL_RULES)


def test_what_is_not_known_or_hidden_is_never_read_as_taken_away() -> None:
    for case in CASES:
        for hide in ("after_unknown", "before_sensitive"):
            changes = [copy.deepcopy(one) for one in case.changes if one["change"]["actions"] == ["update"]]
            for one in changes:
                inner = one["change"]
                # Names tell nothing by themselves.
                names = {key for key in inner["before"] if key not in ("addon_name", "name", "chart")}
                inner[hide] = dict.fromkeys(names, True)
                if hide == "before_sensitive":
                    inner["after_sensitive"] = inner[hide]
                else:
                    inner["after"] = {
                        key: value for key, value in (inner["after"] or {}).items() if key not in names
                    }
            found = judge(Subject([plan(*changes)], TODAY), CONTROL_RULES)
            assert not [one for one in found if one.level == "stop"], case.name
