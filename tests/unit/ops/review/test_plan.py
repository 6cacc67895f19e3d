from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.errors import UsageError
from ops.review.plan import parse_plan, stack_of
from ops.review.subject import Subject
from ops.review.values import UNKNOWN, leaves, masked, shown
from tests.plans import GROUP, P5, P5_TEMPLATE, change, edited, p5, plan, plan_text, subject

SECRET = "hunter2"


def test_what_is_sensitive_can_be_compared_and_is_never_shown() -> None:
    before, after = {"token": SECRET, "name": "a"}, {"token": "another", "name": "a"}
    one = plan(change("helm_release.a", before, after, sensitive={"token": True})).changes[0]
    assert one.arguments == ("token",)
    assert one.differs("token")
    assert shown(one.was("token")) == "(sensitive value)"
    assert SECRET not in repr(one.before) + str(one.after) + shown(one.before) + repr(
        list(leaves(one.before))
    )


def test_a_whole_object_that_is_sensitive_is_hidden() -> None:
    one = plan(change("a_b.c", {"x": SECRET}, {"x": 1}, sensitive=True)).changes[0]
    assert SECRET not in shown(one.before)
    assert one.was("x") is None


def test_a_block_of_which_parts_are_unknown_keeps_the_rest() -> None:
    tree = masked([{"id": "lt-1"}], [{"version": True}], False)
    assert tree == [{"id": "lt-1", "version": UNKNOWN}]
    assert masked(None, True, False) is UNKNOWN
    assert masked([None, "b"], [True], [False]) == [UNKNOWN, "b"]
    assert masked(["a", "b"], False, [False, True])[0] == "a"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no JSON"),
        ("[]", "no plan"),
        ("{}", "no plan"),
        ('{"format_version": "1.0", "values": {}}', "a state"),
        ('{"format_version": "2.0", "planned_values": {}}', "format version 2.0"),
        ('{"@level": "info"}\n{"@level": "info"}', "tells while it works"),
        ("PK\x03\x04", "a saved plan"),
        ('{"format_version": "1.2", "planned_values": {}, "resource_changes": [{}]}', "not whole"),
        ('{"format_version": "1.2", "resource_changes": [{"address": "a.b", "change": {"actions": 7}}]}', "not whole"),
        ("[" * 100_000, "no JSON"),
    ],
)  # fmt: skip
def test_what_is_no_plan_is_refused_with_what_to_do(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told) as raised:
        parse_plan(text.encode(), Path("plan.json"))
    assert "plan.json" in str(raised.value)


def test_a_plan_is_of_the_stack_that_its_file_is_called_after() -> None:
    assert [stack_of(Path(name)) for name in ("plan.a-platform.json", "b.json", "c", "plan.json")] == [
        "a-platform", "b", "c", "plan",
    ]  # fmt: skip


def test_moved_imported_and_deposed_resources_are_told() -> None:
    moved = change("a_b.new", {"x": 1}, {"x": 1}, previous_address="a_b.old")
    imported = change("a_b.i", {"x": 1}, {"x": 1}, importing={"id": "i-1"})
    deposed = change("a_b.d", {"x": 1}, None, deposed="00000000")
    one, two, three = plan(moved, imported, deposed).changes
    assert (one.previous_address, one.verb) == ("a_b.old", "no-op")
    assert two.imported_id == "i-1"
    assert three.is_deposed
    assert three.goes


def test_references_are_those_of_the_configuration_in_modules_too() -> None:
    expression = {"launch_template": [{"id": {"references": ["aws_launch_template.this[0].id", "aws_launch_template.this[0]", "aws_launch_template.this"]}}]}  # fmt: skip
    inner = {"resources": [{"address": "aws_eks_node_group.this", "expressions": expression}]}
    configuration = {"root_module": {"module_calls": {"eks": {"module": inner}}}}
    address = "module.eks.aws_eks_node_group.this[0]"
    made = plan(change(address, None, {"a": 1}), configuration=configuration)
    [one] = made.changes
    assert made.references(one, "launch_template") == ("module.eks.aws_launch_template.this",)
    assert made.references(one, "launch_template", "version") == ()


def test_checks_that_fail_and_deferred_changes_are_told() -> None:
    checks = [{"address": {"to_display": "check.a"}, "instances": [{"status": "fail", "problems": [{"message": "no"}]}]}]  # fmt: skip
    deferred = [{"reason": "provider_config_unknown", "resource_change": change("a_b.c", None, {"x": 1})}]
    text = plan_text(checks=checks, deferred_changes=deferred)
    made = parse_plan(text.encode(), Path("plan.json"))
    assert made.failed_checks == ("check.a: no",)
    assert [one.address for one in made.deferred] == ["a_b.c"]


def test_a_node_group_knows_its_nodes_before_and_after() -> None:
    [group] = subject(*p5(edited(P5, scaling_config__0__desired_size=4))).node_groups
    before, after = group.before, group.after
    assert before is not None
    assert after is not None
    assert (before.accelerators, after.accelerators) == (16, 32)
    assert (before.efa, before.zones, before.reservation) == (32, ("us-west-2b",), "cr-0123456789abcdef0")
    assert str(before) == "2 × p5.48xlarge (16 GPUs), reservation cr-0123456789abcdef0"
    assert (group.fate, group.at_once, group.name) == ("stays", "1 node", "p5")


@pytest.mark.parametrize(
    ("values", "options", "fate"),
    [
        (edited(P5, version="1.36"), {"unknown": {"release_version": True}}, "rolls"),
        (edited(P5, release_version="1.35.1-20261001"), {}, "rolls"),
        (edited(P5, labels={}), {"unknown": {"release_version": True}}, "stays"),
        (edited(P5, ami_type="BOTTLEROCKET_x86_64_NVIDIA"), {"because": [["ami_type"]]}, "replaced"),
        (None, {}, "deleted"),
        (P5, {}, "stays"),
    ],
)
def test_what_becomes_of_the_nodes(
    values: dict[str, object] | None, options: dict[str, object], fate: str
) -> None:
    [group] = subject(*p5(values, group_options=options)).node_groups
    assert group.fate == fate


def test_a_new_version_of_the_launch_template_rolls_the_nodes() -> None:
    template = edited(P5_TEMPLATE, block_device_mappings__0__ebs__0__volume_size=600)
    [group] = subject(*p5(template=template)).node_groups
    assert (group.fate, group.rolled_by) == ("rolls", ("launch_template",))


def test_a_new_group_finds_its_template_by_what_the_configuration_refers_to() -> None:
    group = change(
        GROUP, None, {"instance_types": ["p5.48xlarge"]}, unknown={"launch_template": [{"id": True}]}
    )
    templates = [
        change(f"aws_launch_template.{name}", None, {**P5_TEMPLATE, "id": None, "network_interfaces": []})
        for name in ("other", "mine")
    ]
    templates[1]["change"]["after"]["network_interfaces"] = P5_TEMPLATE["network_interfaces"]
    expressions = {"launch_template": [{"id": {"references": ["aws_launch_template.mine.id", "aws_launch_template.mine"]}}]}  # fmt: skip
    configuration = {"root_module": {"resources": [{"address": GROUP, "expressions": expressions}]}}
    [made] = Subject([plan(group, *templates, configuration=configuration)]).node_groups
    assert made.after is not None
    assert made.after.efa == 32
    assert made.before is None


def test_the_plan_of_a_test_is_json() -> None:
    assert json.loads(plan_text())["resource_changes"] == []
