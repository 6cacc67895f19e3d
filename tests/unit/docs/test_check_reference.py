"""docs/checks.md says what the checks of an account and of a cluster are."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ops.checking.check import Check, about
from ops.docs import check_reference
from ops.preflight.checks import CHECKS as OF_THE_ACCOUNT
from ops.verify.command import CHECKS as OF_THE_CLUSTER

PAGE = Path(__file__).parents[3] / "docs" / "checks.md"
ALL: list[Check[Any]] = [*OF_THE_ACCOUNT, *OF_THE_CLUSTER]


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == check_reference(), "run `make docs`"


def test_no_two_checks_have_one_id() -> None:
    assert [id for id, number in Counter(check.id for check in ALL).items() if number > 1] == []


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.id)
def test_a_check_says_what_it_looks_at_and_what_helps(check: Check[Any]) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", check.id)
    assert check.level in ("error", "warning", "info")
    assert re.fullmatch(r"[A-Z].*\.", about(check))
    assert len(about(check).split()) >= 7
    assert len(check.remedy.split()) >= 2


@pytest.mark.parametrize("check", OF_THE_ACCOUNT, ids=lambda check: check.id)
def test_an_action_is_one_of_iam(check: Check[Any]) -> None:
    actions = getattr(check, "actions", ())
    assert len(set(actions)) == len(actions)
    assert all(re.fullmatch(r"[a-z0-9-]+:[A-Z][A-Za-z0-9]+", action) for action in actions)
