from __future__ import annotations

import pytest

from ops.review.judge import judge
from ops.review.rule import about
from ops.review.rules import NODE_RULES
from tests.plans import subject
from tests.review_cases import Case, capacity, groups, hardware, in_place, settings

CASES = (*groups.CASES, *capacity.CASES, *hardware.CASES, *settings.CASES, *in_place.NODE_CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_plan_gives_the_findings_that_its_case_names_and_no_others(case: Case) -> None:
    found = judge(subject(*case.changes, **case.more), NODE_RULES)
    assert {one.rule.id: one.level for one in found} == {
        rule: level for rule, (level, _) in case.expected.items()
    }
    for one in found:
        finding = one.finding
        told = f"{finding.before} → {finding.after}. {finding.effect} {finding.remedy}"
        for phrase in case.expected[one.rule.id][1]:
            assert phrase in told


def test_every_rule_about_nodes_has_a_case_and_says_what_it_is_for() -> None:
    named = {rule for case in CASES for rule in case.expected}
    assert named == {rule.id for rule in NODE_RULES}
    assert all(len(about(rule)) > 60 for rule in NODE_RULES)
    assert len({case.name for case in CASES}) == len(CASES)
