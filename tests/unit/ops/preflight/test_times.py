"""Times, as a person reads them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from ops.preflight.times import moment, span


def test_a_moment_is_in_utc() -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    assert moment(datetime(2026, 12, 1, 17, 0, tzinfo=east)) == "2026-12-01 11:30 UTC"


@pytest.mark.parametrize(
    "length, said",
    [
        (timedelta(days=12, hours=5), "12 days"),
        (timedelta(days=7), "7 days"),
        (timedelta(days=7) - timedelta(minutes=1), "6 days 23 hours"),
        (timedelta(days=1), "1 day"),
        (timedelta(hours=3, minutes=5), "3 hours 5 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(minutes=1, seconds=59), "1 minute"),
        (timedelta(seconds=-5), "0 minutes"),
    ],
)
def test_a_span_is_as_exact_as_it_matters(length: timedelta, said: str) -> None:
    assert span(length) == said
