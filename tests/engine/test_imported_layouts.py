"""What eksctl's manifests become is planned by the real engine, from their text to the last resource."""

from __future__ import annotations

from pathlib import Path

import pytest

from modules.layout.eksctl import convert, read_manifests
from ops.offline.changes import Change
from tests.engine.conftest import Start
from tests.offline import planned
from tests.unit.layout.eksctl.imports import MANIFESTS, REFUSED, TODAY, Import

pytestmark = pytest.mark.engine

# Those of tests/unit/layout/eksctl/presets have the resources of our presets, which are planned elsewhere.
FILES = [file for file in MANIFESTS if file != REFUSED]


def _groups(changes: list[Change]) -> int:
    return sum(change.address.startswith("aws_eks_node_group.") for change in changes)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_imported_layout_is_planned_without_an_error(file: Path, start: Start) -> None:
    for manifest in read_manifests(file):
        made = Import(convert(manifest, today=TODAY))
        with start(made.text) as offline:
            cluster = planned(offline.cluster)
            assert all(change.verb == "create" for change in cluster)
            assert _groups(cluster) == len(made.layout.node_groups)
            # As if the first stack were applied.
            offline.account.clusters_assumed = True
            assert planned(offline.platform)
