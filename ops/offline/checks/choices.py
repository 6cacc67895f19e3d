"""Arguments that exclude each other, or of which one is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..overlay.aws_network import ROUTE_DESTINATIONS, ROUTE_TARGETS, RULE_PEERS
from ..values import UNKNOWN
from .problem import Path, Problem, either
from .walk import each


@dataclass(frozen=True, slots=True)
class Choice:
    """At most one of some arguments, those of a block where `inside` names it; just one where `needed`."""

    names: tuple[str, ...]
    inside: str = ""
    needed: bool = False


_REPAIR = "node_repair_config"
# The provider's ConflictsWith and ExactlyOneOf, where both say the same as AWS.
# https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service (ec2, eks)
CHOICES: Final[dict[str, tuple[Choice, ...]]] = {
    "aws_eks_node_group": (
        Choice(("id", "name"), "launch_template", needed=True),
        Choice(("max_unavailable", "max_unavailable_percentage"), "update_config", needed=True),
        Choice(("max_unhealthy_node_threshold_count", "max_unhealthy_node_threshold_percentage"), _REPAIR),
        Choice(("max_parallel_nodes_repaired_count", "max_parallel_nodes_repaired_percentage"), _REPAIR),
        # https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html
        Choice(("launch_template", "remote_access")),
        Choice(("launch_template", "disk_size")),
    ),
    "aws_launch_template": (
        # EC2: security groups of an instance stand in its network interfaces, where there are any.
        Choice(("network_interfaces", "vpc_security_group_ids")),
        Choice(("instance_type", "instance_requirements")),
        Choice(("group_id", "group_name"), "placement"),
        Choice(("arn", "name"), "iam_instance_profile"),
        Choice(
            ("capacity_reservation_id", "capacity_reservation_resource_group_arn"),
            "capacity_reservation_specification.capacity_reservation_target",
        ),
    ),
    "aws_route": (
        Choice(ROUTE_DESTINATIONS, needed=True),
        Choice(ROUTE_TARGETS, needed=True),
    ),
    "aws_route_table_association": (Choice(("gateway_id", "subnet_id"), needed=True),),
    "aws_subnet": (Choice(("availability_zone", "availability_zone_id")),),
    "aws_vpc": (Choice(("cidr_block", "ipv4_netmask_length")),),
    "aws_vpc_security_group_egress_rule": (Choice(RULE_PEERS, needed=True),),
    "aws_vpc_security_group_ingress_rule": (Choice(RULE_PEERS, needed=True),),
}


def problems(type_name: str, config: Mapping[str, Any]) -> Iterator[Problem]:
    """The choices that a configuration does not make, or makes twice."""
    prefixed = (
        Choice((name.removesuffix("_prefix"), name)) for name in config if name.endswith("name_prefix")
    )
    for choice in (*CHOICES.get(type_name, ()), *prefixed):
        for path, body in _bodies(config, choice.inside):
            yield from _of(choice, body, path)


def _bodies(config: Mapping[str, Any], inside: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    name, _, rest = inside.partition(".")
    if not name:
        yield (), config
        return
    for path, one in each(config.get(name), (name,)):
        if isinstance(one, Mapping):
            for deeper, body in _bodies(one, rest):
                yield (*path, *deeper), body


def _of(choice: Choice, body: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    values = {name: body.get(name) for name in choice.names}
    filled = [name for name, value in values.items() if value not in (None, "", []) and value is not UNKNOWN]
    if len(filled) > 1:
        yield Problem((*path, filled[0]), f"{' and '.join(filled)} exclude each other: keep one.")
    elif choice.needed and not filled and UNKNOWN not in values.values():
        yield Problem(path, f"One is needed of {either(choice.names)}.")
