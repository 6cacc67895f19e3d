"""Jobs whose pods claim EFA devices are drawn like those that ask for a number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from modules.workloads.kinds import manifests
from ops.picture.kubernetes_facts import workloads
from ops.picture.scene import Item
from tests.unit.workloads.test_kinds import group, job


def items(kind: str, **more: Any) -> list[Item]:
    """The manifests of a job as a stack has them."""
    described = replace(job(kind, group("p5.48xlarge"), nodes=2, command=["a"], **more), dra=True)
    *before, last = manifests(described)
    named = [(f"training_llama__{one['kind'].lower()}", one) for one in before] + [("training_llama", last)]
    return [
        Item("demo-workloads", f"kubernetes_manifest.{name}", "kubernetes_manifest", name, {"manifest": one})
        for name, one in named
        if one["kind"] != "Service"
    ]


@pytest.mark.parametrize(
    ("kind", "more", "details"),
    [
        ("indexed_job", {}, ("Job, 2 pods", "each pod: 8 GPUs, 32 EFA")),
        ("worker_set", {}, ("StatefulSet, 2 pods", "each pod: 8 GPUs, 32 EFA")),
        (
            "train_job",
            {"resources": {"gpus": 4}},
            ("TrainJob, 2 nodes of 4 processes", "each node: 4 GPUs, 16 EFA"),
        ),
    ],
)
def test_a_job_says_how_many_devices_each_pod_claims(
    kind: str, more: dict[str, Any], details: tuple[str, ...]
) -> None:
    [drawn] = workloads(items(kind, **more))
    assert drawn.name == "llama"
    assert drawn.details[:2] == details
    assert "on node group gpu" in drawn.details
