"""What a plan does, from its JSON form."""

from __future__ import annotations

from typing import Any

import pytest

from ops.offline.changes import Change, changes


def plan(actions: list[str], **change: Any) -> dict[str, Any]:
    return {"resource_changes": [{"address": "aws_vpc.x", "change": {"actions": actions, **change}}]}


@pytest.mark.parametrize(
    ("actions", "verb"),
    [
        (["create"], "create"),
        (["update"], "update"),
        (["delete"], "delete"),
        (["delete", "create"], "replace"),
        (["create", "delete"], "replace"),
        (["forget"], "forget"),
    ],
)
def test_an_action_has_the_verb_that_people_use(actions: list[str], verb: str) -> None:
    assert changes(plan(actions)) == [Change("aws_vpc.x", verb)]


@pytest.mark.parametrize("actions", [["no-op"], ["read"]])
def test_what_does_nothing_is_no_change(actions: list[str]) -> None:
    assert changes(plan(actions)) == []


def test_a_plan_without_changes_has_none() -> None:
    assert changes({}) == []


def test_the_order_of_the_plan_is_kept() -> None:
    both = [
        {"address": address, "change": {"actions": ["create"]}} for address in ("aws_vpc.z", "aws_subnet.a")
    ]
    assert [change.address for change in changes({"resource_changes": both})] == ["aws_vpc.z", "aws_subnet.a"]


@pytest.mark.parametrize(
    ("before", "after", "unknown", "expected"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, {}, ("b",)),
        ({"a": 1}, {"a": 1, "b": None}, {}, ()),
        ({"b": 2, "a": 1}, {}, {}, ("a", "b")),
        ({"a": 1}, {}, {"a": True}, ("a",)),
        ({"a": [1]}, {"a": [1]}, {"a": [{"b": {"c": True}}]}, ("a",)),
        ({"a": [1]}, {"a": [1]}, {"a": [False, {}], "b": False}, ()),
        (None, {"a": 1}, {}, ("a",)),
        ({"a": 1}, None, {}, ("a",)),
    ],
)
def test_the_arguments_that_differ_or_are_not_known_yet_are_named(
    before: Any, after: Any, unknown: Any, expected: tuple[str, ...]
) -> None:
    found = changes(plan(["update"], before=before, after=after, after_unknown=unknown))
    assert found[0].arguments == expected


def test_a_replacement_says_which_arguments_are_the_reason() -> None:
    (found,) = changes(plan(["delete", "create"], replace_paths=[["ami_type"], ["launch_template", 0, "id"]]))
    assert found.because == ("ami_type", "launch_template.0.id")
    assert str(found) == "replace aws_vpc.x because of ami_type, launch_template.0.id"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (Change("a.b", "create", ("x",)), "create a.b"),
        (Change("a.b", "update", ("x", "y")), "update a.b (x, y)"),
        (Change("a.b", "update"), "update a.b"),
        (Change("a.b", "replace", ("x",)), "replace a.b"),
        (Change("a.b", "delete", ("x",)), "delete a.b"),
    ],
)
def test_a_change_reads_as_a_line(change: Change, text: str) -> None:
    assert str(change) == text
