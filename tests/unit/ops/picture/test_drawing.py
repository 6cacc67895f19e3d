"""Pictures of made-up stacks: zones with names, many groups, and what a plan changes."""

from __future__ import annotations

from typing import Any

import pytest

from ops.picture.drawing import Drawing, Shape, draw
from tests.unit.ops.picture.documents import cluster_stack, group
from tests.unit.ops.picture.geometry import assert_sound

STACK = "demo"
GROUP = f"{STACK}/aws_eks_node_group.nodes_gpu"
PRIVATE = f"{STACK}/aws_subnet.network_private"


def _shape(drawing: Drawing, name: str) -> Shape:
    (found,) = [shape for shape in drawing.shapes if shape.name == name]
    return found


def _texts(shape: Shape) -> list[str]:
    return [line.text for line in shape.lines]


def _changed(drawing: Drawing) -> dict[str, str]:
    """What changes, by the boxes' names, but for the legend."""
    return {shape.name: shape.change for shape in drawing.shapes if shape.change and shape.kind != "legend"}


def test_the_addresses_of_a_zone_with_a_name_are_those_that_terraform_computes() -> None:
    drawing = draw({STACK: cluster_stack()})
    assert _texts(_shape(drawing, "private subnet us-west-2b")) == ["Private subnet", "10.0.32.0/19"]
    assert _texts(_shape(drawing, "public subnet us-west-2b")) == ["Public subnet", "10.0.228.0/22"]


def test_a_private_endpoint_is_said_to_be_private_only() -> None:
    drawing = draw({STACK: cluster_stack()})
    (plane,) = [shape for shape in drawing.shapes if shape.kind == "control-plane"]
    assert "endpoint: private only" in _texts(plane)


def test_thirty_groups_with_long_names_grow_downwards() -> None:
    groups = {
        f"nodes_{index}": group(
            f"team-{index}-with-a-very-long-name-of-a-node-group-{'x' * 30}",
            zone=f"us-west-2{'ab'[index % 2]}",
            logical_id=f"nodes_{index}",
            scaling_config={"min_size": 0, "desired_size": index * 10, "max_size": 400},
        )
        for index in range(30)
    }
    drawing = draw({"a-stack-with-a-rather-long-name-" * 3: cluster_stack(groups)})
    assert_sound(drawing)
    assert len([shape for shape in drawing.shapes if shape.kind == "group accelerated"]) == 30
    assert drawing.width == 1200


def test_a_group_of_many_nodes_says_how_many_are_not_drawn() -> None:
    sizes = {"min_size": 0, "desired_size": 100, "max_size": 200}
    drawing = draw({STACK: cluster_stack({"nodes_gpu": group("gpu", scaling_config=sizes)})})
    nodes = [_texts(shape) for shape in drawing.shapes if shape.kind.startswith("node")]
    assert [texts[0] for texts in nodes] == ["node 1", "node 2", "node 3", "+ 97 nodes"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            {"capacity_type": "SPOT", "instance_types": ["m5.large", "m5a.large"]},
            "m5.large or m5a.large, spot",
        ),
        ({"capacity_type": "CAPACITY_BLOCK"}, "Capacity Block"),
        ({"instance_types": ["x99.huge"]}, "x99.huge, on demand"),
    ],
)
def test_where_the_instances_come_from(more: dict[str, Any], expected: str) -> None:
    drawing = draw({STACK: cluster_stack({"nodes_gpu": group("gpu", **more)})})
    assert expected in _texts(_shape(drawing, "gpu"))


def test_a_stack_without_a_cluster_is_drawn_too() -> None:
    drawing = draw({"only": {"resource": {"aws_iam_role": {"one": {}}}}})
    assert _stack(drawing).addresses == ("only/aws_iam_role.one",)
    assert_sound(drawing)


def test_without_a_plan_nothing_is_coloured_and_there_is_no_legend() -> None:
    drawing = draw({STACK: cluster_stack()})
    assert not any(shape.change or shape.kind == "legend" for shape in drawing.shapes)


def test_a_plan_that_changes_nothing_says_so() -> None:
    drawing = draw({STACK: cluster_stack()}, {})
    assert ["The plan changes nothing."] in [_texts(shape) for shape in drawing.shapes]


def test_a_box_has_the_verb_of_what_it_is_and_the_word_for_it() -> None:
    changes = {GROUP: "replace", f"{STACK}/aws_launch_template.nodes_gpu_launch_template": "update"}
    drawing = draw({STACK: cluster_stack()}, changes)  # type: ignore[arg-type]
    assert _changed(drawing) == {"gpu": "replace"}
    assert _texts(_shape(drawing, "gpu"))[0] == "-/+ replaced"
    assert "1 changed, 1 replaced" in _texts(_stack(drawing))


def _stack(drawing: Drawing) -> Shape:
    (found,) = [shape for shape in drawing.shapes if shape.kind == "stack"]
    return found


@pytest.mark.parametrize("verb", ["create", "update", "replace", "delete"])
def test_a_box_changes_where_something_of_it_does(verb: str) -> None:
    drawing = draw({STACK: cluster_stack()}, {f"{STACK}/aws_iam_role.nodes_gpu_role": verb})  # type: ignore[dict-item]
    assert _changed(drawing) == {"gpu": "update"}


def test_what_belongs_to_no_box_changes_the_stack() -> None:
    drawing = draw({STACK: cluster_stack()}, {f"{STACK}/aws_iam_role.other_role": "update"})
    assert _stack(drawing).change == "update"


def test_a_stack_that_is_all_new_is_new_itself() -> None:
    document = cluster_stack()
    everything = {
        f"{STACK}/{kind}.{name}": "create" for kind, bodies in document["resource"].items() for name in bodies
    }
    drawing = draw({STACK: document}, everything)  # type: ignore[arg-type]
    assert _stack(drawing).change == "create"
    assert _shape(drawing, "private subnet us-west-2b").change == "create"
    everything.pop(GROUP)
    drawing = draw({STACK: document}, everything)  # type: ignore[arg-type]
    assert _stack(drawing).change == "update"


def test_what_the_layout_has_no_longer_is_shown_as_gone() -> None:
    gone = {
        f"{STACK}/aws_eks_node_group.nodes_old": "delete",
        f"{STACK}/aws_iam_role.nodes_old_role": "delete",
    }
    drawing = draw({STACK: cluster_stack()}, gone)  # type: ignore[arg-type]
    assert_sound(drawing)
    removed = {shape.addresses: _texts(shape) for shape in drawing.shapes if shape.kind == "removed"}
    assert removed == {
        (f"{STACK}/aws_eks_node_group.nodes_old",): ["- destroyed", "aws_eks_node_group.nodes_old"],
        (f"{STACK}/aws_iam_role.nodes_old_role",): ["- destroyed", "and 1 more that belongs to these"],
    }


def test_a_stack_that_is_gone_has_a_box_of_its_own() -> None:
    drawing = draw({STACK: cluster_stack()}, {"demo-data/aws_s3_bucket.bucket_data": "delete"})
    assert_sound(drawing)
    assert _shape(drawing, "demo-data").parent == _stack_region(drawing).id
    assert _shape(drawing, "demo-data/aws_s3_bucket.bucket_data").change == "delete"


def _stack_region(drawing: Drawing) -> Shape:
    (found,) = [shape for shape in drawing.shapes if shape.kind == "region"]
    return found


def test_only_the_zone_that_is_meant_changes() -> None:
    drawing = draw({STACK: cluster_stack()}, {f'{PRIVATE}["us-west-2b"]': "replace"})
    assert _changed(drawing) == {"private subnet us-west-2b": "replace"}


def test_a_zone_that_goes_is_none_of_those_that_stay() -> None:
    drawing = draw({STACK: cluster_stack()}, {f'{PRIVATE}["us-west-2d"]': "delete"})
    assert _changed(drawing) == {f'{PRIVATE}["us-west-2d"]': "delete"}


def test_of_zones_without_a_name_none_is_said_to_go_while_one_stays() -> None:
    zones = "${toset([local.zones[0], local.zones[1]])}"
    changes = {f'{PRIVATE}["us-west-2d"]': "delete", f'{PRIVATE}["us-west-2a"]': "update"}
    drawing = draw({STACK: cluster_stack(zones=zones)}, changes)  # type: ignore[arg-type]
    changed = _changed(drawing)
    assert changed.pop(f'{PRIVATE}["us-west-2d"]') == "delete"
    assert set(changed.values()) == {"update"}


def test_all_zones_go_where_all_of_them_do() -> None:
    changes = {f'{PRIVATE}["us-west-2{letter}"]': "delete" for letter in "ab"}
    drawing = draw({STACK: cluster_stack()}, changes)  # type: ignore[arg-type]
    assert _changed(drawing) == {f"private subnet us-west-2{letter}": "delete" for letter in "ab"}


def test_a_start_that_the_layout_says_has_no_quotes() -> None:
    sizes = {
        "min_size": 0,
        "desired_size": '${timecmp("2030-01-01T11:30:00Z", plantimestamp()) > 0 ? 0 : 2}',
        "max_size": 4,
    }
    drawing = draw({STACK: cluster_stack({"nodes_gpu": group("gpu", scaling_config=sizes)})})
    assert "0 nodes until 2030-01-01T11:30:00Z" in _texts(_shape(drawing, "gpu"))


def test_a_bucket_whose_versioning_is_suspended_is_not_versioned() -> None:
    versions = {
        f"bucket_{name}_versioning": {"versioning_configuration": {"status": status}}
        for name, status in (("kept", "Enabled"), ("scratch", "Suspended"))
    }
    buckets = {f"bucket_{name}": {"bucket": name} for name in ("kept", "scratch")}
    drawing = draw(
        {"demo-data": {"resource": {"aws_s3_bucket": buckets, "aws_s3_bucket_versioning": versions}}}
    )
    assert _texts(_shape(drawing, "kept"))[1:] == ["S3 bucket, versioned"]
    assert _texts(_shape(drawing, "scratch"))[1:] == ["S3 bucket"]


def test_a_region_that_a_variable_names_is_named_like_others() -> None:
    drawing = draw({STACK: {"provider": {"aws": [{"region": "${var.region}"}]}}})
    assert _texts(_stack_region(drawing)) == ["AWS region var.region"]
