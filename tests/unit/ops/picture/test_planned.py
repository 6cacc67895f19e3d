"""Plans find the stacks that they are of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.errors import UsageError
from ops.picture.planned import base, read_plans, verbs

DOCUMENTS: dict[str, dict[str, Any]] = {
    "demo": {"resource": {"aws_vpc": {"net": {}}, "aws_subnet": {"a": {}}}},
    "demo-platform": {"resource": {"helm_release": {"efa": {}}}},
}


def written(file: Path, **actions: str) -> Path:
    """A plan; `aws_vpc__net="create"` is what it does to one resource."""
    changes: list[dict[str, Any]] = [
        {"address": name.replace("__", "."), "mode": "managed", "type": name.split("__")[0],
         "change": {"actions": action.split("+"), "before": {}, "after": {}}}
        for name, action in actions.items()
    ]  # fmt: skip
    file.write_text(json.dumps({"format_version": "1.2", "resource_changes": changes}))
    return file


def test_the_name_of_the_file_says_the_stack(tmp_path: Path) -> None:
    plans = read_plans(
        [
            written(tmp_path / "plan.demo-platform.json", helm_release__efa="update"),
            written(tmp_path / "demo.json", aws_vpc__net="create"),
        ],
        DOCUMENTS,
    )
    assert [plan.stack for plan in plans] == ["demo-platform", "demo"]
    assert verbs(plans) == {"demo-platform/helm_release.efa": "update", "demo/aws_vpc.net": "create"}


def test_else_what_is_planned_says_it(tmp_path: Path) -> None:
    plan = written(tmp_path / "tfplan.json", helm_release__efa="no-op", helm_release__old="delete")
    assert [plan.stack for plan in read_plans([plan], DOCUMENTS)] == ["demo-platform"]


@pytest.mark.parametrize("name", ["plan.demo.json", "tfplan.json"])
def test_a_plan_of_another_layout_is_refused(name: str, tmp_path: Path) -> None:
    plan = written(tmp_path / name, aws_vpc__net="create", aws_subnet__strange="create")
    with pytest.raises(UsageError, match=r"is no plan of .*aws_subnet\.strange"):
        read_plans([plan], DOCUMENTS)


def test_an_empty_plan_needs_a_name_that_says_the_stack(tmp_path: Path) -> None:
    assert read_plans([written(tmp_path / "plan.demo.json")], DOCUMENTS)[0].stack == "demo"
    with pytest.raises(UsageError, match="one of demo, demo-platform"):
        read_plans([written(tmp_path / "empty.json")], DOCUMENTS)


def test_all_of_a_stack_goes_that_the_layout_has_no_longer(tmp_path: Path) -> None:
    plan = written(tmp_path / "plan.demo-data.json", aws_s3_bucket__data="delete")
    plans = read_plans([plan], DOCUMENTS)
    assert verbs(plans) == {"demo-data/aws_s3_bucket.data": "delete"}
    with pytest.raises(UsageError, match=r"call it plan\.STACK\.json"):
        read_plans([written(tmp_path / "tfplan.json", aws_vpc__net="delete")], DOCUMENTS)


def test_what_an_interrupted_replacement_left_behind_is_not_what_stays(tmp_path: Path) -> None:
    file = written(tmp_path / "plan.demo.json", aws_vpc__net="update")
    plan = json.loads(file.read_text())
    (there,) = plan["resource_changes"]
    left = {**there, "deposed": "byebye", "change": {"actions": ["delete"], "before": {}, "after": None}}
    file.write_text(json.dumps({**plan, "resource_changes": [there, left]}))
    assert verbs(read_plans([file], DOCUMENTS)) == {"demo/aws_vpc.net": "update"}


def test_two_plans_of_one_stack_are_refused(tmp_path: Path) -> None:
    one, other = (
        written(tmp_path / name, aws_vpc__net="create") for name in ("plan.demo.json", "again.json")
    )
    with pytest.raises(
        UsageError, match=r"plan\.demo\.json and .*again\.json are both plans of the stack demo"
    ):
        read_plans([one, other], DOCUMENTS)


def test_each_instance_has_its_own_verb(tmp_path: Path) -> None:
    actions = {'aws_subnet__a["1"]': "update", "aws_subnet__a[2]": "delete+create"}
    plans = read_plans([written(tmp_path / "plan.demo.json", **actions)], DOCUMENTS)
    assert verbs(plans) == {'demo/aws_subnet.a["1"]': "update", "demo/aws_subnet.a[2]": "replace"}


def test_what_stays_has_no_verb(tmp_path: Path) -> None:
    assert verbs(read_plans([written(tmp_path / "plan.demo.json", aws_vpc__net="no-op")], DOCUMENTS)) == {}


def test_an_index_is_no_part_of_what_is_drawn() -> None:
    assert [base(one) for one in ("a.b", "a.b[0]", 'a.b["c[\\"].d"]')] == ["a.b", "a.b", "a.b"]
