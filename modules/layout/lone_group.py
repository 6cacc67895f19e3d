"""A node group without a layout around it, for a cluster that is not of this language: the same defaults, the same rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any

from .checks import check
from .faults import Fault, KeyPath, LayoutError
from .models import NodeGroup
from .python_tree import calling_line, document
from .tree import Node, replaced, wrap
from .variables import Variable, variables_of

# Stand for what the cluster has, of which the rules ask only how much there is. Its name says nothing of a node group, and
# may be one that EKS takes and the language does not.
_NAME = "cluster"
_VPC = "vpc-0123456789abcdef0"
_SUBNET = "subnet-0123456789abcde{:02x}"


@dataclass(frozen=True, slots=True)
class LoneGroup:
    """A checked section, the Terraform variables that it uses, and what is to be said of it."""

    section: NodeGroup
    variables: tuple[Variable, ...]
    warnings: tuple[Fault, ...]


def lone_group(
    name: str,
    settings: Mapping[str, Any] | NodeGroup,
    *,
    region: str,
    kubernetes_version: str,
    subnets: int | None = None,
    today: date | None = None,
) -> LoneGroup:
    """The section of a node group of an existing cluster.

    Args:
        name: of the group.
        settings: as below `node_groups.NAME` of a layout.
        region: where it is.
        kubernetes_version: minor version of the nodes, like `1.35`.
        subnets: how many subnets the group is given beside its section; None where the section says them.
        today: the day for support dates; the current day (UTC) without it.

    Raises:
        LayoutError: with every fault that was found, each with the line of the call, its path (`node_groups.NAME...`),
            problem and remedy.
    """
    origin = calling_line()
    written = document({"node_groups": {name: settings}}, origin)
    if written.faults:
        raise LayoutError(written.faults)
    around = wrap(
        {
            "name": _NAME,
            "region": region,
            "kubernetes_version": kubernetes_version,
            "network": {"vpc_id": _VPC, "private_subnet_ids": [_SUBNET.format(one) for one in (254, 255)]},
        },
        origin,
    )
    assert isinstance(around.value, dict)
    assert isinstance(written.tree.value, dict)
    tree = Node({**around.value, **written.tree.value}, origin)
    path: KeyPath = ("node_groups", name)
    given = (*path, "subnet_ids")
    faults: list[Fault] = []
    if subnets is not None:
        if tree.get(given) is not None:
            problem = "subnets are given twice: in the section, and beside it"
            faults.append(Fault(origin, given, problem, "Keep one of the two.", "duplicate-key"))
        stand_ins = wrap([_SUBNET.format(one) for one in range(min(subnets, 250))], origin)
        tree = replaced(tree, {given: stand_ins})
    checked = check(tree, faults, today or datetime.now(tz=timezone.utc).date())
    own = LayoutError(_of_group(checked.faults, path)).faults
    if checked.layout is None or any(fault.level == "error" for fault in own):
        raise LayoutError(own or checked.faults)
    section = checked.layout.node_groups[name]
    if subnets is not None:
        section = section.model_copy(update={"subnet_ids": None})
    return LoneGroup(section, variables_of(section), own)


def _of_group(faults: Iterable[Fault], path: KeyPath) -> list[Fault]:
    """Without what is said of the cluster around it, which has add-ons and other groups that nobody knows here."""
    ours = [path, ("region",), ("kubernetes_version",)]
    return [fault for fault in faults if any(fault.path[: len(one)] == one for one in ours)]
