"""A review for programs; docs/review.md says what each key holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..capacity import Amount, Capacity, Family, Row
from ..differences import differences
from ..plan import Change
from ..review import Entry, Review
from ..rule import LEVELS
from . import words as say

# Goes up where a key is taken away, or gets another meaning.
VERSION = 1


def json_report(review: Review) -> str:
    """The text of the file."""
    return json.dumps(report(review), indent=2) + "\n"


def report(review: Review) -> dict[str, Any]:
    """The same as data."""
    return {
        "version": VERSION,
        "verdict": say.verdict(review),
        "worst": review.worst,
        "counts": {
            **{level: review.count(level) for level in LEVELS},
            "accepted": len(review.accepted),
            "changes": review.counts,
        },
        "stacks": [plan.stack for plan in review.subject.plans],
        "findings": [_entry(one) for one in review.entries],
        "remarks": [{"level": one.level, "text": one.text} for one in review.remarks],
        "accepted": [_entry(one) for one in review.accepted],
        "capacity": _capacity(review.capacity),
        "drift": [_change(one) for one in review.drift],
        "renamed": [
            {**_place(one), "moved_from": one.previous_address, "imported_id": one.imported_id}
            for one in review.renamed
        ],
        "changes": list(_changes(review)),
    }


def _entry(entry: Entry) -> dict[str, Any]:
    finding = entry.judged.finding
    acceptance = entry.accepted or entry.expired
    told: dict[str, Any] = {
        "rule": entry.judged.rule.id,
        "level": entry.judged.level,
        "stack": finding.stack,
        "address": finding.address or None,
        "type": None if finding.change is None else finding.change.type,
        "verb": None if finding.change is None else finding.change.verb,
        "before": finding.before,
        "after": finding.after,
        "effect": finding.effect,
        "remedy": finding.remedy,
    }
    if acceptance is not None:
        told["acceptance"] = {
            "layout": acceptance.layout,
            "reason": acceptance.reason,
            "until": acceptance.until.isoformat(),
            "expired": entry.expired is not None,
        }
    return told


def _place(change: Change) -> dict[str, Any]:
    return {"stack": change.stack, "address": change.address, "type": change.type}


def _changes(review: Review) -> Iterator[dict[str, Any]]:
    for verbs in review.changes.values():
        for changes in verbs.values():
            for change in changes:
                yield _change(change)


def _change(change: Change) -> dict[str, Any]:
    told = {**_place(change), "verb": change.verb}
    if change.because:
        told["because"] = list(change.because)
    if change.reason:
        told["reason"] = change.reason
    if change.is_deposed:
        told["deposed"] = True
    if change.verb in ("update", "replace"):
        told["arguments"] = [
            {"argument": one.argument, "before": one.before, "after": one.after}
            for one in differences(change)
        ]
    return told


def _capacity(capacity: Capacity) -> dict[str, Any]:
    return {
        "changes": capacity.changes,
        "nodes": [_row(one) for one in capacity.rows],
        "totals": [_row(one) for one in capacity.totals],
        "vcpus": [_family(one) for one in capacity.families],
        "not_counted": list(capacity.unknown),
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "instance_type": row.instance_type or None,
        "market": row.market or None,
        "device": row.device or None,
        "nodes": _amount(row.nodes),
        "maximum": _amount(row.maximum),
        "devices": _amount(row.devices),
        "efa_interfaces": _amount(row.efa),
    }


def _family(family: Family) -> dict[str, Any]:
    return {
        "quota": family.name,
        "code": family.code or None,
        "market": family.market,
        "desired": _amount(family.desired),
        "maximum": _amount(family.maximum),
    }


def _amount(amount: Amount) -> dict[str, int]:
    return {"before": amount.before, "after": amount.after}
