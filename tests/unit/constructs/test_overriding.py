"""Overrides in the JSON of a stack: what they reach, what they are told where they cannot, and that they come last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cdktf import App, Aspects, IAspect
from cdktf_cdktf_provider_aws.eks_node_group import EksNodeGroup
from constructs import IConstruct
from jsii import implements

from modules.app import synthesize
from modules.layout import LayoutError
from modules.overriding import Overridden, override
from modules.stacks import ClusterStack, add_stacks
from tests.terraform_json import Load

GROUP = "aws_eks_node_group.nodes_sys"


def document() -> dict[str, Any]:
    return {
        "provider": {"aws": [{"region": "us-west-2"}, {"region": "us-east-1", "alias": "east"}]},
        "variable": {"owner": {}},
        "data": {"aws_ami": {"x": {"owners": ["self"]}}},
        "resource": {
            "aws_thing": {
                "x": {
                    "name": "a",
                    "tags": {"team": "b"},
                    "one": {"size": 1},
                    "listed": [{"size": 1}],
                    "many": [{"size": 1}, {"size": 2}, {"size": 3}],
                    "ids": "${data.aws_ids.x.ids}",
                }
            }
        },
    }


def overridden(values: Mapping[str, Any], address: str = "aws_thing.x") -> tuple[dict[str, Any], Overridden]:
    data = document()
    return data, override(data, {address: values}, "cluster")


def thing(values: Mapping[str, Any]) -> dict[str, Any]:
    data, result = overridden(values)
    assert result.problems == ()
    assert result.taken == {"aws_thing.x"}
    found: dict[str, Any] = data["resource"]["aws_thing"]["x"]
    return found


@pytest.mark.parametrize(
    ("values", "changed"),
    [
        ({"name": "z"}, {"name": "z"}),
        ({"new.inner": [1, {"a": 2.5}]}, {"new": {"inner": [1, {"a": 2.5}]}}),
        ({"new[0].inner": True}, {"new": [{"inner": True}]}),
        ({'tags["a.b/c"]': "d"}, {"tags": {"team": "b", "a.b/c": "d"}}),
        ({"tags": {"only": "this"}}, {"tags": {"only": "this"}}),
        # A block of which there is one, however CDKTF writes it and the user does.
        ({"one.size": 9}, {"one": {"size": 9}}),
        ({"one[0].size": 9}, {"one": {"size": 9}}),
        ({"one[1].size": 9}, {"one": [{"size": 1}, {"size": 9}]}),
        ({"listed.size": 9}, {"listed": [{"size": 9}]}),
        ({"listed[0].size": 9}, {"listed": [{"size": 9}]}),
        ({"many[1].size": 9}, {"many": [{"size": 1}, {"size": 9}, {"size": 3}]}),
        ({"many.3": {"size": 4}}, {"many": [{"size": 1}, {"size": 2}, {"size": 3}, {"size": 4}]}),
        # The longer path goes into what the shorter has put there.
        ({"one.size": 9, "one": {"other": 1}}, {"one": {"other": 1, "size": 9}}),
        ({"ids": "${[var.owner]}"}, {"ids": "${[var.owner]}"}),
        ({"lifecycle.prevent_destroy": True}, {"lifecycle": {"prevent_destroy": True}}),
    ],
)
def test_a_value_takes_the_place_of_what_is_there(values: dict[str, Any], changed: dict[str, Any]) -> None:
    before: dict[str, Any] = document()["resource"]["aws_thing"]["x"]
    assert thing(values) == before | changed


def test_null_as_an_expression_takes_an_argument_out() -> None:
    assert "one" not in thing({"one": "${null}"})
    assert thing({"one.size": "${null}"})["one"] == {}
    # Places in a list are those that its author has counted.
    assert thing({"many[0]": "${null}", "many[2]": "${null}", "many[1].size": 7})["many"] == [{"size": 7}]


def test_a_value_is_not_shared_between_the_layout_and_its_stacks() -> None:
    values: dict[str, Any] = {"one": {"a": 1}, "one.b": 2}
    assert thing(values)["one"] == {"a": 1, "b": 2}
    assert values == {"one": {"a": 1}, "one.b": 2}


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("data.aws_ami.x", ("data", "aws_ami", "x")),
        ("cluster/data.aws_ami.x", ("data", "aws_ami", "x")),
        ("provider.aws", ("provider", "aws", 0)),
        ("provider.aws.east", ("provider", "aws", 1)),
    ],
)
def test_an_address_leads_to_a_data_source_or_a_provider(address: str, found: tuple[Any, ...]) -> None:
    data, result = overridden({"new": 1}, address)
    assert result.taken == {address}
    for step in found:
        data = data[step]
    assert data["new"] == 1


@pytest.mark.parametrize(
    "address", ["platform/aws_thing.x", "aws_thing.y", "provider.aws.west", "data.aws_thing.x"]
)
def test_what_is_of_another_stack_or_not_there_is_left_alone(address: str) -> None:
    data, result = overridden({"new": 1}, address)
    assert (data, result.taken, result.problems) == (document(), frozenset(), ())
    assert "provider.aws.east" in result.addresses


@pytest.mark.parametrize(
    ("values", "problem", "remedy"),
    [
        ({"many.size": 1}, "many is a list of 3", "[0] to [2]"),
        ({"many[7].size": 1}, "many has 3, so that there is no [7]", "Write [3] to add one."),
        ({"name.first": 1}, "name is 'a', which has nothing inside", "Override name as a whole."),
        ({"ids[0]": 1}, "ids is '${data.aws_ids.x.ids}'", "as a whole"),
        ({"gone": "${null}"}, "nothing to take out", "Remove the override"),
        ({"gone.inner": "${null}"}, "nothing to take out", "Remove the override"),
        ({"one": "${null}", "one[0].size": 2}, "takes out what one[0].size is in", "Keep one"),
        ({"one.size": 1, "one[0].size": 2}, "is the same argument as one.size", "Keep one"),
        ({"name": "x-${var.nobody}"}, "the stack 'cluster' declares no variable 'nobody'", "There are owner"),
    ],
)
def test_an_override_that_cannot_be_is_a_problem_and_no_guess(
    values: dict[str, Any], problem: str, remedy: str
) -> None:
    _, result = overridden(values)
    (found,) = result.problems
    assert problem in found.problem
    assert remedy in found.remedy
    assert found.path[0] == "aws_thing.x"


def test_a_variable_in_a_text_is_not_one() -> None:
    assert thing({"name": "$${var.nobody} var.nobody"})["name"] == "$${var.nobody} var.nobody"


@implements(IAspect)
class _Named:
    """An aspect: it runs as the stacks are written."""

    def visit(self, node: IConstruct) -> None:
        if isinstance(node, EksNodeGroup):
            node.add_override("version", "by the aspect")
            node.add_override("force_update_version", True)


def test_they_come_after_aspects_and_the_constructs_own_overrides(layout: Load, tmp_path: Path) -> None:
    loaded = layout(f"overrides:\n  {GROUP}: {{version: '1.34', 'timeouts.create': 90m}}\n")
    app = App(outdir=str(tmp_path))
    cluster = add_stacks(app, loaded.layout, loaded.variables)[0]
    assert isinstance(cluster, ClusterStack)
    resource = cluster.node_groups["sys"].resource
    resource.add_override("timeouts.create", "1m")
    resource.add_override("timeouts.delete", "2m")
    Aspects.of(cluster).add(_Named())
    app.synth()
    made = json.loads((tmp_path / "stacks" / "demo" / "cdk.tf.json").read_text())
    group = made["resource"]["aws_eks_node_group"]["nodes_sys"]
    assert group["timeouts"] == {"create": "90m", "delete": "2m"}
    assert (group["version"], group["force_update_version"]) == ("1.34", True)


def test_each_fault_has_its_line_and_nothing_is_written(layout: Load, tmp_path: Path) -> None:
    loaded = layout(
        f"""
        overrides:
          {GROUP}: {{version.minor: 35}}
          aws_eks_node_group.nodes_sis: {{version: x}}
          workloads/provider.aws: {{profile: x}}
          platform/data.aws_eks_cluster.cluster: {{name: x}}
        """
    )
    with pytest.raises(LayoutError) as caught:
        synthesize([loaded], str(tmp_path / "out"))
    first = loaded.tree.locate(("overrides",)).line
    told = [
        (fault.origin.line - first, fault.path[1], fault.problem, fault.remedy)
        for fault in caught.value.faults
    ]
    assert [one[:3] for one in told] == [
        (1, GROUP, "version is '1.35', which has nothing inside"),
        (2, "aws_eks_node_group.nodes_sis", "no stack of the layout has aws_eks_node_group.nodes_sis"),
        (3, "workloads/provider.aws", "the stack 'workloads' has no provider.aws"),
    ]
    assert f"Did you mean {GROUP}" in told[1][3]
    assert "platform/provider.aws" in told[2][3]
    assert not (tmp_path / "out").exists()


def test_hcl_is_refused_since_it_would_be_without_them(layout: Load, tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path), hcl_output=True)
    loaded = layout(f"overrides:\n  {GROUP}: {{version: '1.34'}}\n")
    with pytest.raises(LayoutError, match="CDKTF writes HCL without them"):
        add_stacks(app, loaded.layout, loaded.variables)
