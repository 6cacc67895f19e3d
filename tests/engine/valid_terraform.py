"""CDKTF's own judgement of every preset's stacks, as JSON: `to_be_valid_terraform` by name of the stack.

A program of its own, since Terraform is started by jsii's Node process, whose environment is that of its start.
"""

from __future__ import annotations

import json
import sys

from modules.bindings import install

install()

from cdktf import TerraformStack, Testing

from modules.layout import load, preset_names
from modules.stacks import add_stacks

# Faults that CDKTF writes without a word, and what they are put over.
FAULTS = {
    "unknown argument": ("resource.aws_kms_key.cluster_key.colour", "blue"),
    "missing argument": ("resource.aws_eks_cluster.cluster.role_arn", None),
    "wrong type": ("resource.aws_kms_key.cluster_key.deletion_window_in_days", "soon"),
    "undeclared reference": ("resource.aws_kms_key.cluster_key.description", "${aws_vpc.nowhere.id}"),
}
BROKEN = "eks-p5-odcr-vpc"


def _stacks(preset: str) -> tuple[TerraformStack, ...]:
    loaded = load(preset)
    return add_stacks(Testing.app(), loaded.layout, loaded.variables)


def _valid(stack: TerraformStack) -> bool:
    return bool(Testing.to_be_valid_terraform(Testing.full_synth(stack)))


def main() -> None:
    """Prints what is valid of the presets, and of one of them with each fault."""
    found = {stack.node.id: _valid(stack) for preset in preset_names() for stack in _stacks(preset)}
    for name, (path, value) in FAULTS.items():
        stack = next(one for one in _stacks(BROKEN) if one.node.id == BROKEN)
        stack.add_override(path, value)
        found[name] = _valid(stack)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
