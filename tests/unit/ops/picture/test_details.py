"""What the page tells of a resource."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

from ops.picture.details import HIDDEN, Detail, details, differences, pretty, rows
from ops.review.plan import Plan, parse_plan

DOCUMENTS = {"demo": {"resource": {"aws_subnet": {"a": {"cidr_block": "10.0.0.0/24", "count": 1}}}}}


def planned(*changes: dict[str, Any]) -> Plan:
    data = {"format_version": "1.2", "resource_changes": list(changes)}
    return parse_plan(json.dumps(data).encode(), Path("plan.demo.json"))


def change(address: str, actions: list[str], before: Any, after: Any, **more: Any) -> dict[str, Any]:
    return {
        "address": address,
        "mode": "managed",
        "type": address.split(".")[0],
        "change": {"actions": actions, "before": before, "after": after, **more},
    }


def only(plan: Plan) -> Detail:
    found = [one for one in details(DOCUMENTS, [plan]) if one.verb]
    assert len(found) == 1
    return found[0]


def test_json_in_a_string_has_a_line_for_each_part() -> None:
    assert pretty('{"a": [1]}') == '{\n  "a": [\n    1\n  ]\n}'


def test_what_only_looks_like_json_stays_as_it_is() -> None:
    assert pretty("${var.a}") == "${var.a}"
    assert pretty("{no json}") == "{no json}"


def test_long_texts_inside_an_argument_are_told_one_by_one() -> None:
    body = {
        "data": {"run.py": "import os\nos.abort()\n", "size": "1"},
        "values": ['{"a": 1}'],
        "//": {"path": "demo"},
    }
    assert list(rows(body)) == [
        ("data.run.py", "import os\nos.abort()\n"),
        ("data.size", "1"),
        ("values.0", '{\n  "a": 1\n}'),
    ]


def test_user_data_is_decoded() -> None:
    text = "MIME-Version: 1.0\n"
    assert dict(rows({"user_data": b64encode(text.encode()).decode()})) == {"user_data (decoded)": text}
    assert dict(rows({"user_data": "${var.user_data}"})) == {"user_data": "${var.user_data}"}


def test_sensitive_values_of_a_release_are_hidden() -> None:
    body = {"set_sensitive": [{"name": "token", "value": "secret"}], "deep": {"set_sensitive": "secret"}}
    assert dict(rows(body)) == {"set_sensitive": HIDDEN, "deep.set_sensitive": HIDDEN}


def test_a_difference_is_told_where_it_is() -> None:
    before = {"a": {"b": [1, 2]}, "policy": '{"S": "x"}', "same": 1, "gone": "1"}
    after = {"a": {"b": [1, 3]}, "policy": '{"S": "y"}', "same": 1}
    told = [(one.name, one.before, one.after) for one in differences(before, after)]
    assert told == [("a.b.1", "2", "3"), ("policy.S", "x", "y"), ("gone", "1", None)]


def test_a_replacement_says_what_forces_it() -> None:
    found = only(
        planned(
            change(
                "aws_subnet.a",
                ["delete", "create"],
                {"cidr_block": "10.0.0.0/24", "id": "subnet-1"},
                {"cidr_block": "10.0.1.0/24"},
                after_unknown={"id": True},
                replace_paths=[["cidr_block"]],
            )
        )
    )
    assert (found.verb, found.because) == ("replace", ("cidr_block",))
    assert [(one.name, one.before, one.after) for one in found.differences] == [
        ("cidr_block", "10.0.0.0/24", "10.0.1.0/24"),
        ("id", "subnet-1", "(known after apply)"),
    ]
    assert ("cidr_block", "10.0.0.0/24") in found.arguments


def test_nothing_sensitive_is_in_what_is_told() -> None:
    plan = planned(
        change("aws_subnet.a", ["update"], {"key": "hush1", "of": {"key": "hush2"}}, {"key": "hush3", "of": {"key": "hush2"}},
               before_sensitive={"key": True, "of": {"key": True}}, after_sensitive={"key": True, "of": {"key": True}}),
        change("aws_subnet.new", ["create"], None, {"key": "hush4"}, after_sensitive={"key": True}),
        change("aws_subnet.old", ["delete"], {"key": "hush5"}, None, before_sensitive=True),
    )  # fmt: skip
    told = details(DOCUMENTS, [plan])
    assert "hush" not in repr(told)
    assert [(one.name, one.before, one.after) for one in told[0].differences] == [("key", HIDDEN, HIDDEN)]


def test_instances_are_told_apart_and_belong_to_what_is_drawn() -> None:
    plan = planned(
        *(change(f'aws_subnet.a["{key}"]', ["create"], None, {"cidr_block": key}) for key in ("x", "y.z"))
    )
    assert [(one.address, one.drawn) for one in details(DOCUMENTS, [plan])] == [
        ('aws_subnet.a["x"]', "demo/aws_subnet.a"),
        ('aws_subnet.a["y.z"]', "demo/aws_subnet.a"),
    ]


def test_what_the_layout_does_not_have_any_more_is_told_too() -> None:
    found = only(planned(change("aws_subnet.old", ["delete"], {"cidr_block": "10.0.9.0/24"}, None)))
    assert (found.address, found.arguments, found.verb) == ("aws_subnet.old", (), "delete")
    assert [(one.name, one.before, one.after) for one in found.differences] == [
        ("cidr_block", "10.0.9.0/24", None)
    ]


def test_what_moves_says_from_where() -> None:
    moved = change("aws_subnet.a", ["no-op"], {"id": "1"}, {"id": "1"})
    told = details(DOCUMENTS, [planned({**moved, "previous_address": "aws_subnet.b"})])
    assert [(one.address, one.verb, one.moved_from) for one in told] == [("aws_subnet.a", "", "aws_subnet.b")]


def test_what_only_the_apply_tells_comes_last_and_what_forces_a_replacement_first() -> None:
    before = {"arn": "a", "name": "x", "zone": "1"}
    replaced = change(
        "aws_subnet.a", ["delete", "create"], before, {"name": "y", "zone": "2"},
        after_unknown={"arn": True}, replace_paths=[["zone"]],
    )  # fmt: skip
    assert [one.name for one in only(planned(replaced)).differences] == ["zone", "name", "arn"]


def test_user_data_is_compared_decoded() -> None:
    before, after = ({"user_data": b64encode(text).decode()} for text in (b"one\n", b"two\n"))
    assert [(one.before, one.after) for one in differences(before, after)] == [("one\n", "two\n")]
