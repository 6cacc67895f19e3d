"""Times, as a person reads them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone


def moment(time: datetime) -> str:
    """A time in UTC: `2026-12-01 11:30 UTC`."""
    return time.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def span(length: timedelta) -> str:
    """How long something takes, as exactly as it matters: `12 days`, `2 days 4 hours`, `3 hours 5 minutes`."""
    minutes = max(0, int(length.total_seconds()) // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    if days >= 7:  # from a week on, nobody counts hours
        return _counted(days, "day")
    if days:
        return _both(_counted(days, "day"), hours, "hour")
    if hours:
        return _both(_counted(hours, "hour"), minutes % 60, "minute")
    return _counted(minutes, "minute")


def _both(first: str, count: int, word: str) -> str:
    return f"{first} {_counted(count, word)}" if count else first


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
