"""The values that ship for a chart: `helm-values/RELEASE.yaml`, and what differs on another AMI."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from ..data_folders import HELM_VALUES
from .document import read
from .tree import Node, merge


def chart_values(release: str, gpu_ami_types: Iterable[str] = (), *, dra: bool = False) -> Node | None:
    """Values of a release, or None where the chart's defaults are right.

    Args:
        release: its name.
        gpu_ami_types: AMI types of the GPU node groups. Where all are Bottlerocket's, an overlay
            `RELEASE-bottlerocket.yaml` goes on top.
        dra: whether EFA devices are claimed. Then `RELEASE-dra.yaml` goes on top.
    """
    names = [release]
    if gpu_ami_types and all(ami_type.startswith("BOTTLEROCKET") for ami_type in gpu_ami_types):
        names.append(f"{release}-bottlerocket")
    if dra:
        names.append(f"{release}-dra")
    merged: Node | None = None
    for values in map(_shipped, names):
        if values is not None:
            merged = merge(merged, values) if merged is not None else values
    return merged


@cache
def _shipped(name: str) -> Node | None:
    """A file of `helm-values/`, read once for all layouts of a run. Nobody changes a tree once it is made."""
    file = HELM_VALUES / f"{name}.yaml"
    return read(file).tree if file.is_file() else None
