"""What only the newer AWS provider takes, planned and applied with its schemas."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modules.bindings.flavor import CDKTN
from ops.offline.changes import changes
from ops.offline.engine import Engine
from tests.offline import Offline, edited, planned, planned_json, succeeded
from tests.terraform_json import Stacks

pytestmark = pytest.mark.engine


def without(document: dict[str, Any]) -> None:
    """Takes strategy and scheduler out of a cluster's stack, as a layout without them has it."""
    del document["resource"]["aws_eks_cluster"]["cluster"]["kube_scheduler_config"]
    del document["resource"]["aws_eks_node_group"]["nodes_p5"]["update_config"]["update_strategy"]


def test_the_newer_settings_are_written_as_the_newer_provider_has_them(
    terrain: Callable[[str], Stacks],
) -> None:
    cluster = terrain("newer").named("newer")
    groups = cluster.json["resource"]["aws_eks_node_group"]
    assert {name: group["update_config"] for name, group in groups.items()} == {
        "nodes_sys": {"max_unavailable": 1},
        "nodes_p5": {"max_unavailable": 1, "update_strategy": "MINIMAL"},
        "nodes_g5": {"max_unavailable_percentage": 50, "update_strategy": "DEFAULT"},
    }
    assert groups["nodes_g5"]["ami_type"] == "BOTTLEROCKET_x86_64_NVIDIA_FIPS"
    assert cluster.json["resource"]["aws_eks_cluster"]["cluster"]["kube_scheduler_config"] == {
        "node_resources_fit": {
            "scoring_strategy": {
                "type": "MostAllocated",
                "resource": [{"name": "nvidia.com/gpu", "weight": 10}, {"name": "cpu", "weight": 1}],
            }
        }
    }


def test_strategy_and_scheduler_change_in_place_and_only_the_strategy_can_be_left_out_again(
    engine: Engine, terrain: Callable[[str], Stacks], tmp_path: Path
) -> None:
    stacks = terrain("newer")
    with Offline(engine, tmp_path, stacks, flavor=CDKTN) as offline:
        cluster, whole = offline.cluster, stacks.named("newer")
        cluster.configure(edited(whole, without))
        succeeded(cluster.apply())
        # By this the review knows that the provider can say it.
        assert cluster.state["aws_eks_node_group.nodes_p5"]["update_config"][0]["update_strategy"] is None
        cluster.configure(whole.json)
        assert {str(change) for change in changes(planned_json(cluster))} == {
            "update aws_eks_cluster.cluster (kube_scheduler_config)",
            "update aws_eks_node_group.nodes_p5 (update_config)",
        }
        succeeded(cluster.apply())
        assert planned(cluster) == []
        (update,) = cluster.state["aws_eks_node_group.nodes_p5"]["update_config"]
        assert (update["max_unavailable"], update["update_strategy"]) == (1, "MINIMAL")
        # EKS keeps the configuration of the control plane that it once got.
        cluster.configure(edited(whole, without))
        assert {str(change) for change in planned(cluster)} == {
            "update aws_eks_node_group.nodes_p5 (update_config)"
        }
