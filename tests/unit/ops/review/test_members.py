"""What of a plan's JSON is kept, and that it is read as JSON is."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import pytest

from ops.errors import UsageError
from ops.review.members import kept
from ops.review.plan import parse_plan
from ops.review.values import Sensitive, either
from tests.plans import change, plan, plan_text

DATA = {"mode": "data", "type": "aws_subnet", "values": {"id": "subnet-1"}}
MANAGED = {"mode": "managed", "type": "aws_subnet", "values": {"id": "subnet-2"}}
MODULE = {"resources": [MANAGED, DATA], "child_modules": [{"resources": [DATA, MANAGED]}]}


def test_of_the_state_only_the_data_sources_are_kept_and_nothing_of_the_planned_values() -> None:
    state = {"values": {"root_module": MODULE, "outputs": {"x": 1}}}
    whole = {"a": [1, {"b": None}], "planned_values": MODULE, "prior_state": state, "z": "ü"}
    assert kept(json.dumps(whole, indent=1).encode()) == {
        "a": [1, {"b": None}],
        "planned_values": {},
        "prior_state": {
            "values": {
                "root_module": {
                    "resources": [DATA],
                    "child_modules": [{"resources": [DATA], "child_modules": []}],
                }
            }
        },
        "z": "ü",
    }


@pytest.mark.parametrize("odd", [None, 7, "x", True, {}, [7]])
def test_a_state_of_another_form_has_no_data_sources(odd: object) -> None:
    for root in (odd, {"resources": odd, "child_modules": odd}):
        raw = json.dumps({"prior_state": {"values": {"root_module": root}}}).encode()
        assert DATA not in kept(raw)["prior_state"]["values"]["root_module"].get("resources", [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_any_encoding_of_json_is_read(encoding: str) -> None:
    assert kept(' {"a" : "ü" , "b":[]} \n'.encode(encoding)) == {"a": "ü", "b": []}


@pytest.mark.parametrize("text", ["[1]", "7", "{}", ' {"a": {"a": 1}, "a": 2}\n'])
def test_it_is_what_json_says(text: str) -> None:
    assert kept(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    "text", ["", "{", '{"a"', '{"a" 1}', '{"a": 1', '{"a": 1,}', '{"a": 1} x', "{1: 2}", '{"a": 1 "b": 2}']
)
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # whatever it says
        kept(text.encode())
    assert gc.isenabled()


def test_an_action_that_is_not_known_is_refused_and_not_taken_for_nothing() -> None:
    unknown = change("a_b.c", {"x": 1}, {"x": 2})
    unknown["change"]["actions"] = ["explode"]
    with pytest.raises(UsageError, match="explode"):
        parse_plan(plan_text(unknown).encode(), Path("plan.json"))
    unknown["change"]["actions"] = ["read"]
    assert not plan(unknown).changes[0].happens


def test_what_is_sensitive_on_one_side_is_hidden_on_both() -> None:
    one = change("a_b.c", {"x": "s", "y": 1}, {"x": "s", "y": 1})
    one["change"]["before_sensitive"] = {"x": True}
    one["change"]["after_sensitive"] = {"y": True}
    [made] = plan(one).changes
    assert all(isinstance(side[name], Sensitive) for side in (made.before, made.after) for name in "xy")
    assert not made.differs("x")


def test_marks_of_both_trees_are_kept() -> None:
    assert either({"a": [True, False]}, {"a": [False, False, True], "b": {}}) == {"a": [True, False, True], "b": {}}  # fmt: skip
    assert either(False, {"a": True}) == {"a": True}
    assert either({"a": True}, True) is True


def test_marks_that_do_not_fit_each_other_hide_everything() -> None:
    one = change("kubernetes_manifest.a", {"manifest": {"a": "s"}}, {"manifest": ["s"]})
    one["change"]["before_sensitive"] = {"manifest": {"a": True}}
    one["change"]["after_sensitive"] = {"manifest": [True]}
    [made] = plan(one).changes
    assert isinstance(made.was("manifest"), Sensitive)
    assert isinstance(made.becomes("manifest"), Sensitive)
    assert either({"a": True}, []) == {"a": True}
