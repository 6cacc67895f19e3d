"""How many nodes a group may have, by its owner and its capacity block; and what a node says of itself."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from ops.verify.cluster import Cluster
from ops.verify.subject import Subject, called, group_of, instance_of
from tests.kubernetes_api.right import right
from tests.kubernetes_api.server import ByUrl
from tests.terraform_json import Load

START = datetime(2030, 1, 1, 11, 30, tzinfo=timezone.utc)
END = START + timedelta(days=7)
BLOCK = """
    extends: eks-p5-capacity-block
    node_groups: {p5: {size: {min: 0, desired: 2, max: 4}, capacity: {start: "2030-01-01T11:30:00Z", end: "2030-01-08T11:30:00Z"}}}
    """


def _sizes(layout: Load, text: str, now: datetime = START) -> list[list[int]]:
    subject = Subject(layout(text).layout, Cluster(ByUrl("")), None, now)
    return [list(subject.size(group)) for _, _, group in subject.groups()]


@pytest.mark.parametrize(
    ("now", "sizes"),
    [
        pytest.param(START - timedelta(seconds=1), [0], id="before the block"),
        pytest.param(START, [2, 3, 4], id="its begin"),
        pytest.param(END - timedelta(minutes=41), [2, 3, 4], id="in the block"),
        pytest.param(END - timedelta(minutes=40), [0], id="EKS drains"),
        pytest.param(END + timedelta(days=1), [0], id="after the block"),
    ],
)
def test_size_follows_the_capacity_block(layout: Load, now: datetime, sizes: list[int]) -> None:
    assert _sizes(layout, BLOCK, now) == [[1], sizes]


def test_group_of_a_block_whose_begin_nobody_tells_may_be_empty(layout: Load) -> None:
    text = BLOCK.replace('"2030-01-01T11:30:00Z"', "var.capacity_block_start")
    assert _sizes(layout, text) == [[1], [0, 1, 2, 3, 4]]


def test_autoscaler_may_have_any_size_between_its_limits(layout: Load) -> None:
    text = "node_groups: {sys: {size: {min: 1, desired: 2, max: 3}, scaling_owner: SOMEBODY}}"
    assert _sizes(layout, text.replace("SOMEBODY", "autoscaler")) == [[1, 2, 3]]
    assert _sizes(layout, text.replace("SOMEBODY", "terraform")) == [[2]]


def test_node_tells_its_group_and_its_instance(layout: Load) -> None:
    (node,) = right(layout("tags: {}").layout).nodes
    assert (group_of(node), instance_of(node)) == ("sys", "i-00000000000000000")
    assert called(node) == f"{node['metadata']['name']} (sys)"
    del node["metadata"]["labels"]["eks.amazonaws.com/nodegroup"]
    node["spec"]["providerID"] = "kind://docker/it"
    assert (group_of(node), instance_of(node)) == (None, None)
    assert called(node) == node["metadata"]["name"]
