"""Rules about overrides: what cannot be overridden at all, and what costs a day where it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..faults import KeyPath, Level, Step
from ..overrides import TAKEN_OUT, Address, steps_of
from ..tree import Node, RawFloat
from .base import Context, Finding

_META: Mapping[str, str] = {
    "count": "its address in every plan would be another one, and what is there would be destroyed",
    "for_each": "its address in every plan would be another one, and what is there would be destroyed",
    "provider": "Terraform would look for it in another place, not find it, and make it there",
    "alias": "resources name the provider by it",
}
_REPLACES = "a change of it replaces the {}"
_REPLACES_GROUP = _REPLACES.format("node group: its nodes go before the new ones come")
_NO_EFA = "nodes without EFA interfaces fall back to TCP and say nothing"
# https://github.com/hashicorp/terraform-provider-aws/blob/v6.25.0/internal/service/eks/node_group.go (ForceNew), cluster.go there,
# internal/service/ec2/ec2_placement_group.go, and internal/service/fsx/lustre_file_system.go.
_COSTLY: Mapping[str, Mapping[str, str]] = {
    "aws_launch_template": {
        "network_interfaces": _NO_EFA,
        "placement": "outside a placement group, or in another one, nodes of a job are far from each other",
        "capacity_reservation_specification": "nodes start outside the reservation, which is paid for all the same, or not at all",
        "instance_market_options": "nodes of a capacity block, or spot nodes, do not start without it",
        "instance_type": "a node group that has it in its launch template is refused where it says instance types itself",
        "user_data": "nodes that cannot read it do not join the cluster",
    },
    "aws_eks_node_group": dict.fromkeys(
        (
            "ami_type", "capacity_type", "cluster_name", "disk_size", "instance_types", "launch_template", "node_group_name",
            "node_group_name_prefix", "node_role_arn", "remote_access",
        ),
        _REPLACES_GROUP,
    )
    | {
        "subnet_ids": f"{_REPLACES_GROUP}, and in another zone reserved capacity is out of reach",
        "launch_template.version": "nodes stay at that version, whatever the layout changes in the launch template",
    },
    "aws_eks_cluster": dict.fromkeys(
        ("access_config", "bootstrap_self_managed_addons", "encryption_config", "kubernetes_network_config", "name", "role_arn"),
        _REPLACES.format("cluster with all that is in it"),
    ),
    "aws_placement_group": dict.fromkeys(
        ("name", "strategy", "partition_count", "spread_level"), _REPLACES.format("placement group, and rolls its nodes")
    ),
    "aws_fsx_lustre_file_system": dict.fromkeys(
        ("deployment_type", "efa_enabled", "kms_key_id", "security_group_ids", "storage_type", "subnet_ids"),
        _REPLACES.format("file system with all its data"),
    ),
}  # fmt: skip
# Of every regional resource: https://hashicorp.github.io/terraform-provider-aws/enhanced-region-support
_REGION = "a change of it makes the resource anew, in a region where the rest of the cluster is not"
_LIFECYCLE: Mapping[str, str] = {
    "prevent_destroy": "it is what keeps data from a destroy",
    "ignore_changes": "it is what keeps Terraform from undoing what others set, as the autoscaler does sizes",
    "precondition": "it is what stops a plan that would go wrong",
    "postcondition": "it is what stops a plan that would go wrong",
    "replace_triggered_by": "what depends on it would keep the old one",
    "create_before_destroy": "the old one would go while it is still used",
}
_SECRET = re.compile(r"(password|secret|token|private_key|api_key)(_string|_value)?\Z", re.IGNORECASE)
_NOT_SECRET = re.compile(r"_(arn|id|name)\Z")


def _each(context: Context) -> Iterator[tuple[KeyPath, Address, tuple[Step, ...], Node]]:
    """Every override with its path in the layout, what it is about, and its value."""
    for address, values in context.layout.overrides.items():
        for path in values:
            where = ("overrides", address, path)
            node = context.tree.get(where)
            if node is not None:
                yield where, Address.of(address), steps_of(path), node


class OverrideOfMeta:
    """Arguments of Terraform's own by which a resource has its address, or its provider.

    https://developer.hashicorp.com/terraform/language/meta-arguments
    """

    id = "override-of-meta"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """None of them is overridden."""
        for where, address, steps, _ in _each(context):
            meta = ("alias",) if address.block == "provider" else ("count", "for_each", "provider")
            if steps[0] in meta:
                problem = f"{steps[0]} cannot be overridden: {_META[str(steps[0])]}"
                remedy = "Leave it; an `extension` makes resources of your own, with any of them."
                yield Finding(where, problem, remedy)


class OverrideTwice:
    """One argument under two spellings of its path: only one of the values can be there."""

    id = "override-twice"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Every path is written in one way."""
        seen: dict[tuple[object, ...], KeyPath] = {}
        for where, address, steps, _ in _each(context):
            key = (address.stack, str(address), *steps)
            if key in seen:
                yield Finding(
                    where, f"is the same argument as {seen[key][-1]}", "Keep one of the two.", (seen[key],)
                )
            seen.setdefault(key, where)


class OverrideAsVariable:
    """`var.name` is a variable elsewhere in a layout. In a value for Terraform it would be a text."""

    id = "override-as-variable"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """A reference stands in `${}`."""
        for where, _, _, node in _each(context):
            for path, text in _scalars(node, where):
                if isinstance(text, str) and re.match(r"(var|local|data)\.[A-Za-z_][\w.-]*\Z", text):
                    problem = f"{text} is a text here: what is overridden goes to Terraform as it is written"
                    yield Finding(path, problem, f'Write "${{{text}}}".')


class OverrideNumber:
    """A version like 1.30 is a number without quotes, and Terraform gets 1.3."""

    id = "override-number"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """No number ends in zeros behind its point."""
        for where, _, _, node in _each(context):
            for path, number in _scalars(node, where):
                if isinstance(number, RawFloat) and re.search(r"\.[0-9]*0\Z", number.text):
                    problem = f"{number.text} is the number {float(number)}, and a text would not be"
                    remedy = f'Write "{number.text}" for the text, or {float(number):g} for the number.'
                    yield Finding(path, problem, remedy)


class OverrideUndoes:
    """An override acts behind the rules of a layout: where it touches what they see to, nobody else says so."""

    id = "override-undoes"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """No override touches what replaces nodes or data, or keeps them from starting."""
        for where, address, steps, _ in _each(context):
            if address.block == "provider":
                continue
            names = [one for one in steps if isinstance(one, str)]
            cost = _cost(address.type, names) if address.block == "resource" else None
            if names[0] == "lifecycle":
                inner = names[1:]
                cost = _LIFECYCLE.get(inner[0]) if inner else "it holds what keeps a plan from going wrong"
            if cost:
                problem = f"no rule of the layout looks at this value, and {cost}"
                yield Finding(
                    where, problem, "Read the plan (`make plan`, `ops review`) before it is applied."
                )


def _cost(type_: str, names: list[str]) -> str | None:
    """What a change of an argument costs, or of what is in it."""
    if names[0] == "region" and type_.startswith("aws_"):
        return _REGION
    of_type = _COSTLY.get(type_, {})
    return of_type.get(".".join(names[:2])) or of_type.get(names[0])


class OverrideSecret:
    """What stands in an override is in the JSON of the stack, in the state and in the repository of the layout."""

    id = "override-secret"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """No argument that has a secret's name has a text."""
        for where, _, steps, node in _each(context):
            named = [(where, str(steps[-1]), node.value), *_members(node, where)]
            for path, name, value in named:
                literal = isinstance(value, str) and value and "${" not in value and value != TAKEN_OUT
                if literal and _SECRET.search(name) and not _NOT_SECRET.search(name):
                    yield Finding(
                        path,
                        "looks like a secret, and everybody who has the layout, its JSON or the state can read it",
                        'Let Terraform look it up: "${data.aws_secretsmanager_secret_version.NAME.secret_string}".',
                    )


def _scalars(node: Node, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    if isinstance(node.value, dict):
        for key, child in node.value.items():
            yield from _scalars(child, (*path, key))
    elif isinstance(node.value, list):
        for index, child in enumerate(node.value):
            yield from _scalars(child, (*path, index))
    else:
        yield path, node.value


def _members(node: Node, path: KeyPath) -> Iterator[tuple[KeyPath, str, object]]:
    for where, value in _scalars(node, path):
        if len(where) > len(path) and isinstance(where[-1], str):
            yield where, where[-1], value
