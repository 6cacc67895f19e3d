"""Deliberate mistakes, one fault each, with the layer that catches it and what it says.

Tables and no tests: `test_mistakes.py` runs them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from ops.offline.account import Account

Command = Literal["validate", "plan", "apply", "destroy"]
Document = dict[str, Any]
Edit = Callable[[Document], object]

# What the mistakes are made in: a new VPC, one that exists, and one with a group that waits for its capacity block.
NEW = """
name: training
region: us-west-2
kubernetes_version: "1.35"
node_groups:
  sys:
    instance_type: c5.2xlarge
    size: {min: 1, desired: 1, max: 3}
  gpu:
    instance_type: g4dn.8xlarge
    size: {min: 0, desired: 2, max: 4}
    availability_zone: us-west-2b
"""
EXISTING = """
name: training
region: us-west-2
kubernetes_version: "1.35"
network: {vpc_id: var.vpc_id, private_subnet_ids: var.private_subnet_ids}
cluster: {endpoint: {public: true, public_access_cidrs: var.public_access_cidrs}}
node_groups:
  sys:
    instance_type: c5.2xlarge
    size: {min: 1, desired: 1, max: 3}
  p5:
    instance_type: p5.48xlarge
    size: {min: 0, desired: 2, max: 4}
    availability_zone: var.availability_zone
    subnet_ids: [var.gpu_subnet_id]
    capacity: {type: odcr, reservation_id: var.capacity_reservation_id}
"""
BLOCK = """
extends: eks-p5-capacity-block
name: training
node_groups: {p5: {capacity: {start: "2100-01-01T11:30:00Z"}}}
"""
# Values of the variables in the last two.
VALUES: Mapping[str, Any] = {
    "availability_zone": "us-west-2a",
    "capacity_reservation_id": "cr-0123456789abcdef0",
    "gpu_subnet_id": "subnet-0000000000000000a",
    "private_subnet_ids": ["subnet-0000000000000000b", "subnet-0000000000000000c"],
    "public_access_cidrs": ["203.0.113.0/24"],
    "vpc_id": "vpc-0123456789abcdef0",
}


class Layer(Enum):
    """What catches a mistake, first to last: what it is, and Terraform's command that it speaks up in."""

    LAYOUT = "the layout language", None
    KEYS = "our check of keys that Terraform drops", None
    CORE = "Terraform's core", "validate"
    ARGUMENT = "a provider's check of arguments", "validate"
    CORE_LATE = "Terraform's core, once data sources are read", "plan"
    ARGUMENT_LATE = "a provider's check of arguments, once their values are known", "plan"
    CONDITION = "a condition that our stacks set", "plan"
    LOOKUP = "AWS or Kubernetes, as something is looked up", "plan"
    CREATION = "AWS, as something is made or changed", "apply"
    DELETION = "AWS, as something is deleted", "destroy"

    def __init__(self, what: str, command: Command | None) -> None:
        self.what = what
        self.command = command


@dataclass(frozen=True, slots=True)
class BrokenLayout:
    """A layout with a fault: where it is, the rule that finds it, and a part of what it says."""

    name: str
    text: str
    where: str
    rule: str
    says: str
    layer: Layer = Layer.LAYOUT


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong in a stack, in the values of its variables or in the account.

    Args:
        layer: what has to catch it, and nothing before it.
        where: address of what the error has to name.
        says: a part of the message.
        edit: makes the mistake in the stack's JSON.
        values: variables that are wrong; None leaves one without a value.
        account: makes the mistake in the account.
        layout: what the mistake is made in.
        deployed: whether that layout runs already, without the mistake.
        target: the one resource that is applied, or destroyed, with what Terraform knows to belong to it.
        ends_all: Terraform says nothing of any resource then, as where it cannot put them in an order.
    """

    name: str
    layer: Layer
    where: str
    says: str
    edit: Edit | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    account: Callable[[Account], object] | None = None
    layout: str = NEW
    stack: Literal["cluster", "platform", "data", "workloads"] = "cluster"
    deployed: bool = False
    target: str | None = None
    ends_all: bool = False

    @property
    def in_one_resource(self) -> bool:
        """Whether `validate` finds it in a resource by itself, so that it hides no mistake in another one."""
        of_resource = self.where.count(".") == 1 and self.where.partition(".")[0] not in (
            "output",
            "provider",
        )
        return self.layer.command == "validate" and of_resource and not self.ends_all


def put(address: str, path: str, value: Any) -> Edit:
    """Sets an argument; a path has dots, and numbers for members of a list."""

    def edit(document: Document) -> None:
        *above, last = path.split(".")
        parent = at(document, address)
        for step in above:
            parent = parent[_key(parent, step)]
        parent[_key(parent, last)] = value

    return edit


def drop(address: str, path: str) -> Edit:
    """Takes out an argument or block, which has to be there."""

    def edit(document: Document) -> None:
        *above, last = path.split(".")
        parent = at(document, address)
        for step in above:
            parent = parent[_key(parent, step)]
        del parent[_key(parent, last)]

    return edit


def add(address: str, body: Mapping[str, Any]) -> Edit:
    """Adds a resource or another block of the document."""

    def edit(document: Document) -> None:
        *kinds, name = _steps(address)
        for kind in kinds:
            document = document.setdefault(kind, {})
        document[name] = dict(body)

    return edit


def both(*edits: Edit) -> Edit:
    """Several edits that are one mistake together."""
    return lambda document: [edit(document) for edit in edits]


def at(document: Document, address: str) -> Any:
    """The block of an address: `aws_vpc.v`, `data.aws_vpc.v`, `output.o`, `provider.helm`."""
    found: Any = document
    for step in _steps(address):
        found = found[step]
    return found[0] if isinstance(found, list) else found


def _steps(address: str) -> list[str]:
    steps = address.split(".")
    return (
        steps if steps[0] in ("data", "output", "provider", "locals", "terraform") else ["resource", *steps]
    )


def _key(parent: Any, step: str) -> Any:
    return int(step) if isinstance(parent, list) else step
