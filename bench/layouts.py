"""Layouts made up for the growth series."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

_BASE = "eks-g4dn"
_NODE_GROUP = "{instance_type: g5.8xlarge, size: {min: 0, desired: 1, max: 1}}"
# A thousand nodes of one zone find addresses in no VPC, unless each holds few.
_FEW_ADDRESSES = """\
addons: {vpc-cni: {configuration: {env: {WARM_IP_TARGET: '1', MINIMUM_IP_TARGET: '4'}}}}
"""


def with_node_groups(folder: Path, count: int) -> str:
    """Write a layout with that many node groups more than its base has; return the value of LAYOUT."""
    groups = "".join(f"  g{number:04}: {_NODE_GROUP}\n" for number in range(1, count + 1))
    return _write(folder, f"groups-{count}", f"{_FEW_ADDRESSES}node_groups:\n{groups}")


def several(folder: Path, count: int) -> str:
    """Write that many layouts of different names; return the value of LAYOUT."""
    return ",".join(_write(folder, f"one-of-{count}-{number:03}") for number in range(1, count + 1))


def _write(folder: Path, name: str, rest: str = "") -> str:
    path = folder / f"{name}.yaml"
    path.write_text(f"extends: {_BASE}\nname: {name}\n{rest}")
    return str(path)


def count_resources(output: Mapping[str, bytes]) -> int:
    """How many resources and data sources the Terraform JSON of all stacks holds."""
    total = 0
    for name, content in output.items():
        if name.endswith("cdk.tf.json"):
            stack = json.loads(content)
            blocks = [*stack.get("resource", {}).values(), *stack.get("data", {}).values()]
            total += sum(map(len, blocks))
    return total
