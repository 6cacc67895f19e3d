"""What eksctl's manifests become is planned by the real engine, from their text to the last resource."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from modules.layout.eksctl import convert, read_manifests
from ops.offline.engine import Workspace
from tests.engine.conftest import Start
from tests.offline import succeeded
from tests.unit.layout.eksctl.imports import MANIFESTS, REFUSED, TODAY, Import

pytestmark = pytest.mark.engine

# Those of tests/unit/layout/eksctl/presets have the resources of our presets, which are planned elsewhere.
FILES = [file for file in MANIFESTS if file != REFUSED]


def _planned(workspace: Workspace) -> list[dict[str, Any]]:
    """What a plan says that it would do; nothing else is of interest, so that it need not be kept and shown."""
    step = succeeded(workspace.run("plan", "-json", "-input=false"))
    lines = [json.loads(line) for line in step.stdout.splitlines()]
    return [line["change"] for line in lines if line["type"] == "planned_change"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_imported_layout_is_planned_without_an_error(file: Path, start: Start) -> None:
    for manifest in read_manifests(file):
        made = Import(convert(manifest, today=TODAY))
        with start(made.text) as offline:
            cluster = _planned(offline.cluster)
            assert {one["action"] for one in cluster} - {"read"} == {"create"}
            groups = [one for one in cluster if one["resource"]["resource_type"] == "aws_eks_node_group"]
            assert len(groups) == len(made.layout.node_groups)
            # As if the first stack were applied.
            offline.account.clusters_assumed = True
            assert _planned(offline.platform)
