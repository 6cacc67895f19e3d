"""What tests of checks have in common: a subject, and what checks find of it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from modules.layout import Layout, Loaded
from ops.checking.runner import run
from ops.preflight.checks.base import AccountCheck
from ops.preflight.subject import Document, Subject
from ops.states import Deployed
from tests.unit.ops.preflight.subjects import SharedAccount

# The day of layouts in tests (tests/conftest.py), at noon.
NOW = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)

# A check's id, the level of its finding, where it is, and what it says and advises.
Found = tuple[str, str, str, str]


def subject_of(
    layout: Layout | Loaded,
    stacks: Mapping[str, Document] | None = None,
    states: Mapping[str, Sequence[Deployed]] | None = None,
    now: datetime = NOW,
) -> Subject:
    """A layout in the account that boto3 is led to; nothing of it is deployed where no states are given."""
    one = layout.layout if isinstance(layout, Loaded) else layout
    known = dict.fromkeys(one.stacks, ()) if states is None else states
    account = SharedAccount(os.environ["AWS_ENDPOINT_URL"], one.region)
    return Subject(one, account, stacks or {}, known, now)


def look(checks: Sequence[AccountCheck], subject: Subject) -> list[Found]:
    """What checks find, in their order; each asks for no more than the IAM actions that it names."""
    for check in checks:
        assert check.__doc__, check.id
    outcomes = run(checks, subject)
    allowed = {action for check in checks for action in check.actions}
    assert subject.account.asked <= allowed, sorted(subject.account.asked - allowed)
    for outcome in outcomes:
        if outcome.unasked is not None:
            raise outcome.unasked
    return [
        (
            outcome.check.id,
            outcome.level_of(finding),
            finding.where,
            f"{finding.problem}. {outcome.remedy_of(finding)}",
        )
        for outcome in outcomes
        for finding in outcome.findings
    ]


def brief(found: Sequence[Found]) -> list[tuple[str, str, str]]:
    """Ids, levels and places."""
    return [one[:3] for one in found]


def resources(**types: Mapping[str, Mapping[str, Any]]) -> Document:
    """Terraform JSON of a stack with resources by type and name."""
    return {"resource": types}
