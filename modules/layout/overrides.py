"""Overrides of a layout: the addresses and paths that they are written by. `modules/overriding.py` applies them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from .faults import Step
from .forms import Form, wrong

Block = Literal["resource", "data", "provider"]
StackKind = Literal["data", "cluster", "platform", "workloads"]
# What takes an argument out: to Terraform it is as if nothing were written there.
TAKEN_OUT = "${null}"

# https://developer.hashicorp.com/terraform/cli/state/resource-addressing
_STACK = r"(?:(?P<stack>data|cluster|platform|workloads)/)?"
_RESOURCE = r"(?P<data>data\.)?(?P<type>[a-z][a-z0-9]*(?:_[a-z0-9]+)+)\.(?P<name>[A-Za-z_][A-Za-z0-9_-]*)"
_PROVIDER = r"provider\.(?P<provider>[a-z][a-z0-9-]*)(?:\.(?P<alias>[A-Za-z_][A-Za-z0-9_-]*))?"
_ADDRESS = re.compile(f"{_STACK}(?:{_PROVIDER}|{_RESOURCE})\\Z")
_STEP = re.compile(
    r'(?P<dot>\.)?(?P<name>[A-Za-z_][A-Za-z0-9_-]*)|\.(?P<number>[0-9]{1,6})|\[(?P<index>[0-9]{1,6})\]|\["(?P<key>[^"]+)"\]'
)
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Address:
    """What an override is about: a resource, a data source, or the configuration of a provider.

    `stack` is the kind of stack where the address names one; `name` that of the resource, or the alias of a provider, empty
    for the one without.
    """

    block: Block
    type: str
    name: str
    stack: StackKind | None = None

    @staticmethod
    def of(text: str) -> Address:
        """An address as a layout has it.

        Raises:
            PydanticCustomError: it is none.
        """
        found = _ADDRESS.match(text) if len(text) <= _LONGEST else None
        if found is None:
            raise wrong(f"{_shown(text)} is no address of a resource", _address_remedy(text))
        stack: StackKind | None = found["stack"]  # type: ignore[assignment]  # the pattern has no others
        if found["provider"]:
            return Address("provider", found["provider"], found["alias"] or "", stack)
        return Address("data" if found["data"] else "resource", found["type"], found["name"], stack)

    def __str__(self) -> str:
        """As Terraform writes it, without the stack."""
        before = {"resource": "", "data": "data.", "provider": "provider."}[self.block]
        return f"{before}{self.type}" + (f".{self.name}" if self.name else "")


def steps_of(path: str) -> tuple[Step, ...]:
    """The steps of a path: `a[0].b`, `a.0.b`, and `tags["example.com/team"]` for a key that has dots in it.

    Raises:
        PydanticCustomError: it is no path.
    """
    steps: list[Step] = []
    position = 0
    while position < len(path) <= _LONGEST:
        found = _STEP.match(path, position)
        # A name is first, and has a dot before it anywhere else.
        if found is None or bool(found["name"] and not found["dot"]) != (position == 0):
            break
        number = found["number"] or found["index"]
        steps.append(int(number) if number else found["name"] or found["key"])
        position = found.end()
    if position != len(path) or not steps:
        raise wrong(
            f"{_shown(path)} is no path of an argument",
            "Write names with dots between them, a place in a list in brackets, and a key that has other characters in "
            'brackets and quotes: update_config.max_unavailable, ebs[0].iops, tags["example.com/team"].',
        )
    return tuple(steps)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 100 else text[:97] + "...")


def _address_remedy(text: str) -> str:
    bare = re.sub(r"\[[^\]]*\]\Z", "", text)
    if bare != text and _ADDRESS.match(bare):
        return f"Write {bare}: all instances of a resource are made from the same arguments."
    return (
        "Write it as in plans: aws_eks_node_group.nodes_p5, data.aws_ami.nodes_p5_ami, provider.aws; with data/, cluster/, "
        "platform/ or workloads/ before it for the one stack that is meant."
    )


def _address(text: str) -> str:
    Address.of(text)
    return text


def _path(text: str) -> str:
    steps_of(text)
    return text


# Named groups are Python's; editors have the same without.
_PLAIN = re.compile(r"\?P<\w+>")
OverrideAddress = Annotated[
    str,
    Form(
        _address,
        _PLAIN.sub("?:", f"{_STACK}(?:{_PROVIDER}|{_RESOURCE})"),
        "Write an address as in plans: aws_eks_node_group.nodes_p5.",
    ),
]
OverridePath = Annotated[
    str,
    Form(
        _path,
        r'[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_][A-Za-z0-9_-]*|\[[0-9]{1,6}\]|\["[^"]+"\])*',
        'Write a path like update_config.max_unavailable, ebs[0].iops or tags["example.com/team"].',
    ),
]
