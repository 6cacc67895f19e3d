"""`review.accept`: how a day and a reason are read, and that nothing of it reaches Terraform."""

from __future__ import annotations

import pytest

from modules.layout import LayoutError
from modules.layout.review_rules import RULE_IDS
from ops.review.rules import RULES
from tests.terraform_json import Load, Synth

ENTRY = "review: {{accept: [{{rule: nodes-roll, reason: {reason}, until: {until}{more}}}]}}\n"


def entry(reason: str = "The run is over.", until: str = "2026-12-31", more: str = "") -> str:
    return ENTRY.format(reason=reason, until=until, more=more)


def test_the_language_knows_the_rules_of_the_review() -> None:
    assert sorted(RULE_IDS) == sorted(rule.id for rule in RULES)


@pytest.mark.parametrize("until", ["2026-12-31", '"2026-12-31"', "'2026-12-31'"])
def test_a_day_is_the_same_in_quotes_and_without(layout: Load, until: str) -> None:
    (accepted,) = layout(entry(until=until)).layout.review.accept
    assert accepted.until == "2026-12-31"
    assert (accepted.last_day.year, accepted.last_day.month, accepted.last_day.day) == (2026, 12, 31)
    assert accepted.resources is None


@pytest.mark.parametrize(
    "text, path, problem",
    [
        (entry(until="2026-02-30"), "until", "'2026-02-30' is no day"),
        (entry(until="31.12.2026"), "until", "'31.12.2026' is no day"),
        (entry(until="20261231"), "until", "is a number, not text"),
        (entry(until="2026-12-31T00:00:00Z"), "until", "is no day"),
        (entry(reason="''"), "reason", "is no reason"),
        (entry(reason='"  "'), "reason", "is no reason"),
        (entry(reason='"two\\nlines"'), "reason", "is no reason"),
        (entry(more=", resources: []"), "resources", "is empty"),
        (entry(more=", resources: ['']"), "resources[0]", "is no address"),
        ("review: {accept: [{rule: nodes-roll, reason: Later.}]}\n", "until", "is missing"),
    ],
)
def test_an_entry_that_says_too_little_is_refused(layout: Load, text: str, path: str, problem: str) -> None:
    with pytest.raises(LayoutError) as caught:
        layout(text)
    (fault,) = caught.value.errors
    assert str(fault).split(": ")[1] == f"review.accept[0].{path}"
    assert problem in fault.problem


def test_one_that_has_expired_is_no_fault(layout: Load) -> None:
    assert layout(entry(until="2020-01-01")).warnings == ()


def test_nothing_of_it_is_in_the_terraform_json(synth: Synth) -> None:
    with_it, without = synth(entry()), synth("tags: {}\n")
    assert [stack.json for stack in with_it] == [stack.json for stack in without]
